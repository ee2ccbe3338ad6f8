"""Which stores a cache folder holds, and removing one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from embedbench.errors import StoreError
from embedbench.store.layout import shard_path
from embedbench.store.manifest import MANIFEST, read_manifest


@dataclass(frozen=True)
class StoredVectors:
    """One store as found on disk.

    Attributes:
        folder: where it is.
        name: label of the extractor.
        key: fingerprint of all that decides its bytes.
        words: words of the corpus.
        bytes: bytes on disk now.
        complete: whether every shard is there; checksums are compared when the store is used.
    """

    folder: Path
    name: str
    key: str
    words: int
    bytes: int
    complete: bool


def stores(cache: str | Path) -> list[StoredVectors]:
    """The stores in this folder, by folder name; whatever else lies there is left out. A missing folder has none."""
    cache, found = Path(cache), []
    for folder in sorted(cache.iterdir()) if cache.is_dir() else []:
        manifest = read_manifest(folder)
        if manifest is not None:
            found.append(
                StoredVectors(
                    folder=folder,
                    name=str(manifest["extractor"]),
                    key=str(manifest["key"]),
                    words=int(manifest["words"]),
                    bytes=sum(file.stat().st_size for file in folder.glob("shard-*")),
                    complete=all(shard_path(folder, shard).exists() for shard in range(int(manifest["shards"]))),
                )
            )
    return found


def remove(folder: str | Path) -> int:
    """The bytes freed by deleting one store.

    Raises:
        StoreError: the folder is not a store, or cannot be deleted.
    """
    folder = Path(folder)
    if read_manifest(folder) is None:
        raise StoreError(f"{folder} is not a store: it has no readable {MANIFEST}; delete it by hand if you mean to")
    freed = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(f"cannot delete the store {folder}: {error.strerror or error} ({error.filename})") from error
    return freed
