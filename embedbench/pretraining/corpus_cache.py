"""Corpora that were read before: cutting ten million words into sentences takes minutes, reading numbers a second."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import numpy as np

from embedbench.data.locate import locate
from embedbench.data.tokenisation import VERSION as TOKENISATION
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.pretraining.corpus import CorpusFiles, read_corpus
from embedbench.pretraining.encoded_text import EncodedText, TrainingCorpus
from embedbench.progress import Progress, SilentProgress

_VERSION = 1
"""Raise it when the layout below, or what reading makes of a file, changes."""

_TEXTS = ("train", "held_out")
_PARTS = ("ids", "offsets", "documents")


def cached_corpus(options: CorpusFiles, folder: Path, progress: Progress | None = None) -> TrainingCorpus:
    """The corpus of those files, from `folder` if it was read before; the files' bytes decide, not their dates.

    A copy that is damaged (its checksums say so) is made again.

    Raises:
        DataError: a file is missing, damaged, or holds less than two sentences.
    """
    paths = [locate(spec) for spec in options.files]
    rules = {**asdict(options), "files": [(path.name, file_fingerprint(path)) for path in paths]}
    copy = folder / f"corpus-{fingerprint(_VERSION, TOKENISATION, rules)[:16]}.npz"
    found = _read(copy)
    if found is None:
        found = read_corpus(options, progress or SilentProgress())
        _write(copy, found)
    return found


def _read(path: Path) -> TrainingCorpus | None:
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as columns:
            train, held_out = (EncodedText(*(columns[f"{text}_{part}"] for part in _PARTS)) for text in _TEXTS)
            types, description = (columns[name].tobytes().decode().split("\n") for name in ("types", "description"))
    except Exception:  # zipfile and numpy raise a dozen kinds for a damaged copy; it is made again
        return None
    return TrainingCorpus(tuple(types), train, held_out, tuple(description))


def _write(path: Path, corpus: TrainingCorpus) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {f"{text}_{part}": getattr(getattr(corpus, text), part) for text in _TEXTS for part in _PARTS}
    # No word and no description holds a line break: lines and white space end words.
    for name, lines in (("types", corpus.types), ("description", corpus.description)):
        columns[name] = np.frombuffer("\n".join(lines).encode(), np.uint8)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with open(partial, "wb") as stream:
        np.savez(stream, **columns)
    partial.replace(path)
