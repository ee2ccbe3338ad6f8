"""What scaling.py runs, each in a process of its own: filling a store, and training probes in little memory."""

from __future__ import annotations

import os
import re
import resource
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from inputs import ewt

from embedbench.types import Corpus, LayeredWords, Sentence, TaskSplit

EXTRACTORS = {"static": "small_word2vec", "minilm": "minilm"}
_LAYERS, _DIM, _LABELS, _TYPES, _DEV_WORDS = 7, 384, 12, 4_000, 4_000
_MB = 1_000_000
_GROUPS = ((Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"), (Path("/sys/fs/cgroup"), "memory.max"))
"""Where memory cgroups are made, in their first and second version."""


def long_text(words: int) -> Corpus:
    """About so many words in sentences of which no two are equal."""
    from embedbench.tasks import sources

    known = sources.words(ewt("train")).sentences
    order = np.random.default_rng(0).permutation(len(known)).tolist()
    chosen: dict[Sentence, None] = {}
    n = turn = 0
    while n < words:
        for k in order:
            sentence = (*known[k][turn:], *known[k][:turn])
            if turn < len(sentence) and sentence not in chosen and n < words:
                chosen[sentence] = None
                n += len(sentence)
        turn += 1
    return Corpus(tuple(chosen))


def extract(place: Path, name: str, words: int) -> dict[str, Any]:
    """Seconds and peak memory of filling a store of about so many words."""
    from extraction import build_extractor

    from embedbench.store import fill, store_folder

    extractor, corpus = build_extractor(f"extractor={EXTRACTORS[name]}"), long_text(words)
    warm = Corpus(corpus.sentences[:64])
    fill(extractor, warm, store_folder(place, extractor, warm))
    with _peak() as peak:
        started = time.perf_counter()
        store = fill(extractor, corpus, store_folder(place, extractor, corpus))
        seconds = time.perf_counter() - started
    return {"words": corpus.n_words, "seconds": seconds, "store_mb": store.nbytes / _MB, **peak}


@dataclass(frozen=True)
class Planted:
    """Vectors that belong to the word alone, as many numbers as MiniLM's; the label belongs to the word too."""

    name: str = "planted"
    layer_names: tuple[str, ...] = tuple(f"layer{k}" for k in range(_LAYERS))
    dim: int = _DIM
    fingerprint: str = "planted"

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """Rows of a random table."""
        table = np.random.default_rng(0).standard_normal((_TYPES, _LAYERS, _DIM), dtype=np.float32)
        return LayeredWords(table[types_of(sentences)])


def types_of(sentences: Sequence[Sentence]) -> np.ndarray:
    """A number below `_TYPES` for every word."""
    return np.array([zlib.crc32(word.encode()) % _TYPES for sentence in sentences for word in sentence], np.int64)


def probe(place: Path, times: float, allowed_mb: float) -> dict[str, Any]:
    """Seconds and peak memory of training on a store so many times as large as the memory that this process has."""
    with _little_memory(int(allowed_mb * _MB)) as how:
        from embedbench.probing.members import ProbeData, Training
        from embedbench.probing.plan import plan_members
        from embedbench.probing.probes import Linear
        from embedbench.probing.trainer import train_members
        from embedbench.store import fill, store_folder

        data = []
        for words in (int(times * allowed_mb * _MB / (2 * _LAYERS * _DIM)), _DEV_WORDS):
            corpus, extractor = long_text(words), Planted()
            store = fill(extractor, corpus, store_folder(place, extractor, corpus))
            starts = np.arange(corpus.n_words, dtype=np.int64)
            labels = types_of(corpus.sentences) % _LABELS
            spans = np.stack([starts, starts + 1], axis=1)[:, None]
            data.append(
                ProbeData(store, TaskSplit(corpus, spans, labels, corpus.sentence_of(starts)), {"task": labels})
            )
        # As many passes whatever the size, and what is held in memory is bounded far below the store.
        training = Training(max_epochs=2, min_updates=0, enough_updates=0, memory_bytes=64 * _MB)
        members = plan_members(("single", "scalar"), Linear(), (0,), ("task",), _LAYERS)
        with _peak() as peak:
            started = time.perf_counter()
            fitted = train_members(data[0], data[1], members, {"task": _LABELS}, training)
            seconds = time.perf_counter() - started
        return {
            "words": data[0].split.corpus.n_words,
            "seconds": seconds,
            "store_mb": data[0].vectors.nbytes / _MB,  # type: ignore[attr-defined]
            "allowed_mb": allowed_mb,
            "limited_by": how,
            "dev_score_of_the_mix": fitted.dev_scores[-1],
            **peak,
        }


@contextmanager
def _little_memory(n_bytes: int) -> Iterator[str]:
    """This process in a memory cgroup where one can be made, else with RLIMIT_DATA; says which."""
    for root, limit in _GROUPS:
        group = root / f"embedbench-{os.getpid()}"
        try:
            group.mkdir()
            (group / limit).write_text(str(n_bytes))
            (group / "cgroup.procs").write_text(str(os.getpid()))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        try:
            yield "cgroup: all memory, mapped files too"
        finally:
            (root / "cgroup.procs").write_text(str(os.getpid()))
            group.rmdir()
        return
    resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, n_bytes))
    yield "RLIMIT_DATA: what the process allocates"


@contextmanager
def _peak() -> Iterator[dict[str, float]]:
    """Fills in the largest memory that was allocated, and resident, meanwhile.

    Pages of mapped files are resident while nothing else needs their place; the system drops them when it likes.
    """
    found = {"peak_mb": 0.0, "resident_mb": 0.0}
    ended = threading.Event()

    def look() -> None:
        status = Path("/proc/self/status").read_text("utf-8")
        for key, line in (("peak_mb", "RssAnon"), ("resident_mb", "VmRSS")):
            kilobytes = re.search(rf"^{line}:\s*(\d+) kB", status, re.MULTILINE)
            assert kilobytes is not None
            found[key] = max(found[key], int(kilobytes[1]) * 1024 / _MB)

    def sample() -> None:
        while not ended.wait(0.02):
            look()

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield found
    finally:
        ended.set()
        sampler.join()
        look()
