"""Stores, word tables and caches on disk: what is damaged is built again and never read."""

from __future__ import annotations

import hashlib
import io
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from embedbench.extractors import table_cache
from embedbench.extractors.glove import Glove
from embedbench.fingerprint import _file_fingerprint, fingerprint
from embedbench.pretraining.checkpoint import Checkpoint
from embedbench.pretraining.corpus import CorpusFiles
from embedbench.pretraining.corpus_cache import cached_corpus
from embedbench.store import fill, inspection, stores
from embedbench.store.rounding import read_rounding
from embedbench.types import Alignment, Corpus, LayeredWords
from fuzzing.mutations import BYTES, JSON_FILE
from fuzzing.subject import Subject, expect

CORPUS = Corpus.of([["the", "cat"], [], ["שלום", "👩\u200d👧", "x" * 100]])


class Toy:
    """Vectors of the length of a word."""

    name = "toy"
    layer_names = ("a", "b")
    dim = 3
    fingerprint = fingerprint("fuzz toy")

    def extract(self, sentences: Any) -> LayeredWords:
        lengths = [len(word) for sentence in sentences for word in sentence]
        values = np.multiply.outer(np.array(lengths, np.float32), np.ones((2, 3), np.float32))
        return LayeredWords(values, Alignment(windowed=np.array([0, 2])))


@cache
def _stored(name: str) -> bytes:
    """A file of the finished store."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Toy(), CORPUS, Path(folder, "s"))
        return Path(folder, "s", name).read_bytes()


def _read_store(path: Path) -> Any:
    inspection._verified.clear()
    listed = stores(path.parents[1])
    store = fill(Toy(), CORPUS, path.parent)
    values, counts = store.gather(np.arange(CORPUS.n_words)), store.alignment.counts()
    return listed, values, counts, path.parent


def check_store(found: Any, _content: bytes) -> None:
    _, values, counts, folder = found
    expect(values[:, 0, 0].tolist(), [3.0, 3.0, 4.0, 3.0, 100.0], "vectors")
    expect((counts["windowed"], counts["out_of_vocabulary"]), (2, 0), "alignment")
    shard = folder / "shard-00000.safetensors"
    expect(_digest(shard.read_bytes()), _digest(_stored(shard.name)), "bytes of the shard")
    expect([path.name for path in folder.iterdir() if path.suffix == ".tmp"], [], "leftovers")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check_manifest(found: Any, _content: bytes) -> None:
    check_store(found, _content)
    for store in found[0]:
        expect(store.words >= 0 and isinstance(store.name, str), True, "a listed store")


VECTORS = b"the 0.5 1.5\ncat -1 2\n\xd7\xa9\xd7\x9c 3 4\n"
SENTENCES = [("the", "cat", "dog"), ("של",)]
_TABLE_FILES = ("table.safetensors", "vocabulary.json", "sizes.json")


@cache
def _table_file(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "v.txt")
        path.write_bytes(VECTORS)
        Glove(path=str(path), cache=folder).extract(SENTENCES)
        return next(Path(folder, "tables").rglob(name)).read_bytes()


def _read_table(path: Path) -> Any:
    """Puts the file into a finished table, and asks the extractor."""
    source, cache_folder = path.with_name("v.txt"), path.parent
    source.write_bytes(VECTORS)
    glove = Glove(path=str(source), cache=str(cache_folder))
    table_cache._seen.clear()
    _file_fingerprint.cache_clear()
    folder = next((p for p in (cache_folder / "tables").glob("*") if p.is_dir()), None)
    if folder is not None:
        for name in _TABLE_FILES:
            (folder / name).write_bytes(path.read_bytes() if name == path.name else _table_file(name))
    return glove.extract(SENTENCES).values


def check_table(values: np.ndarray, _content: bytes) -> None:
    expect(values[:, 0].tolist(), [[0.5, 1.5], [-1.0, 2.0], [0.0, 0.0], [3.0, 4.0]], "vectors")


def _read_rounding(path: Path) -> Any:
    return read_rounding(path.parent)


def check_rounding(found: Any, _content: bytes) -> None:
    import json

    json.dumps(found, allow_nan=False)
    expect(isinstance(found, dict), True, "an object")


@cache
def _checkpoints() -> tuple[bytes, ...]:
    import torch

    made = []
    for state in ({"key": "k", "step": 3, "weights": torch.ones(3, 2)}, [1, 2], {"step": 3}, torch.ones(2)):
        buffer = io.BytesIO()
        torch.save(state, buffer)
        made.append(buffer.getvalue())
    return tuple(made)


def _read_checkpoint(path: Path) -> Any:
    return Checkpoint(path.parent, "k").read()


def check_checkpoint(found: Any, _content: bytes) -> None:
    expect(found["key"], "k", "the key")


CORPUS_TEXT = b"# doc = 1\n" + b"the cat sat .\na dog ran .\n" * 30
_OPTIONS: dict[str, CorpusFiles] = {}


def _corpus_options(folder: Path) -> CorpusFiles:
    text = folder / "text.txt"
    if not text.exists():
        text.write_bytes(CORPUS_TEXT)
    return CorpusFiles((str(text),), held_out=0.1)


@cache
def _corpus_copy() -> tuple[bytes, ...]:
    with tempfile.TemporaryDirectory() as folder:
        cached_corpus(_corpus_options(Path(folder)), Path(folder, "c"))
        return (next(Path(folder, "c").glob("*.npz")).read_bytes(),)


def _read_corpus(path: Path) -> Any:
    options, folder = _corpus_options(path.parent), path.parent / "c"
    if not folder.exists():
        cached_corpus(options, folder)
    (copy,) = folder.glob("*.npz")
    copy.write_bytes(path.read_bytes())
    found = cached_corpus(options, folder)
    (copy,) = folder.glob("*")
    return found, copy.read_bytes()


def check_corpus(found: Any, _content: bytes) -> None:
    corpus, _ = found
    expect(sorted(corpus.types), sorted({".", "the", "cat", "sat", "a", "dog", "ran"}), "types")
    expect(len(corpus.train.ids) + len(corpus.held_out.ids), 240, "words")


SUBJECTS = (
    Subject("store: shard", "s/shard-00000.safetensors", lambda: (_stored("shard-00000.safetensors"),), _read_store,
            check_store, BYTES, share=0.3, prepare=lambda folder: (folder / "s").mkdir(exist_ok=True)),
    Subject("store: manifest", "s/manifest.json", lambda: (_stored("manifest.json"),), _read_store, check_manifest,
            JSON_FILE, share=0.3, prepare=lambda folder: (folder / "s").mkdir(exist_ok=True)),
    Subject("store: precision", "precision.json",
            lambda: (b'{"computed": "bf16", "error": {"lowest_cosine": 0.99}}',), _read_rounding, check_rounding,
            JSON_FILE, share=0.3),
    *(Subject(f"word table: {name}", name, lambda name=name: (_table_file(name),), _read_table, check_table,
              JSON_FILE if name.endswith("json") else BYTES, share=0.2) for name in _TABLE_FILES),
    Subject("checkpoint", "checkpoint.pt", _checkpoints, _read_checkpoint, check_checkpoint, BYTES, share=0.2),
    Subject("corpus cache", "copy.npz", _corpus_copy, _read_corpus, check_corpus, BYTES, share=0.2),
)  # fmt: skip
