"""How fast an extractor is here, by a short run on sentences from all over the corpus."""

from __future__ import annotations

import time
from dataclasses import dataclass

from embedbench.types import Corpus, Extractor

_FIRST_WORDS, _MOST_WORDS = 400, 6_400
_ENOUGH_SECONDS = 0.5
"""A run this long is believed; a shorter one is repeated with four times as many words."""


@dataclass(frozen=True)
class Timing:
    """What a short run found.

    Attributes:
        start_seconds: of the first, small call: the model is loaded, tables are opened.
        words_per_second: afterwards.
        resident_bytes: by how much the process grew.
    """

    start_seconds: float
    words_per_second: float
    resident_bytes: int


def time_extraction(extractor: Extractor, corpus: Corpus) -> Timing:
    """Loads the model and extracts a few hundred words, or as many as half a second takes.

    Raises:
        EmbedbenchError: whatever the extractor refuses.
    """
    import psutil

    process = psutil.Process()
    before, started = int(process.memory_info().rss), time.perf_counter()
    extractor.extract(corpus.sample(1))
    start_seconds = time.perf_counter() - started
    words, n, seconds = _FIRST_WORDS, 0, 0.0
    while True:
        sentences = corpus.sample(words)
        n, started = sum(map(len, sentences)), time.perf_counter()
        extractor.extract(sentences)
        seconds = time.perf_counter() - started
        if seconds >= _ENOUGH_SECONDS or words >= min(_MOST_WORDS, corpus.n_words):
            break
        words *= 4
    grown = int(process.memory_info().rss) - before
    return Timing(start_seconds, n / max(seconds, 1e-9), max(grown, 0))
