"""The manifest of a store: what a person or a listing needs to know; no vector depends on it."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from embedbench.errors import StoreError
from embedbench.files.durable import written_whole
from embedbench.store.estimate import size_of
from embedbench.store.layout import FORMAT, SENTENCES_PER_SHARD, Layout

MANIFEST = "manifest.json"


def write_manifest(folder: Path, layout: Layout, *, extractor_fingerprint: str, corpus_fingerprint: str) -> None:
    """Writes the manifest so that it appears whole; the same store always gets the same bytes. The caller holds a lock.

    Raises:
        OSError: the folder cannot be written.
    """
    size = size_of(layout)
    content = {
        "description": (
            f"Layered word vectors of extractor {layout.extractor!r}: {size}. Words stand in corpus order, a shard "
            f"holds up to {SENTENCES_PER_SHARD} sentences, and each shard is a safetensors file with one tensor per "
            "layer, [words, dim]. This folder may be deleted at any time; it is rebuilt when needed."
        ),
        "format": FORMAT,
        "extractor": layout.extractor,
        "key": layout.key,
        "extractor_fingerprint": extractor_fingerprint,
        "corpus_fingerprint": corpus_fingerprint,
        "layers": list(layout.layers),
        "layer_names": list(layout.layer_names),
        "dim": layout.dim,
        "dtype": layout.dtype.value,
        "sentences": int(layout.sentence_bounds[-1]),
        "words": layout.n_words,
        "shards": layout.n_shards,
        "bytes": size.bytes,
    }
    content["checksum"] = _checksum(content)
    with written_whole(folder / MANIFEST, folder / f"{MANIFEST}.tmp") as path:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a store folder; None when there is none, or it is torn or foreign."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    kinds = {"key": str, "extractor": str, "shards": int, "words": int}
    if content.get("checksum", _checksum(content)) != _checksum(content):
        return None
    known = all(type(content.get(name)) is kind for name, kind in kinds.items())
    return content if known and min(content["shards"], content["words"]) >= 0 else None


def _checksum(content: dict[str, Any]) -> str:
    """By which a flipped bit is noticed; older manifests have none."""
    told = {name: value for name, value in content.items() if name != "checksum"}
    return f"{zlib.crc32(json.dumps(told, sort_keys=True).encode()):08x}"


def check_owner(folder: Path, layout: Layout) -> None:
    """Refuses to mix two stores in one folder.

    Raises:
        StoreError: the folder belongs to other vectors.
    """
    manifest = read_manifest(folder)
    if manifest is not None and manifest["key"] != layout.key:
        raise StoreError(
            f"{folder / MANIFEST} is that of extractor {manifest['extractor']!r} with key {manifest['key']}, not of "
            f"{layout.extractor!r} with key {layout.key}; give every store its own folder (store_folder names it)"
        )
