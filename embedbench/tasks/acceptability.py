"""Acceptability of sentences, with whole kinds of contrast held out (BLiMP)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from embedbench.data.blimp import MinimalPair, read_blimp
from embedbench.data.locate import locate
from embedbench.data.tokenisation import VERSION as TOKENISATION
from embedbench.data.tokenisation import words_of
from embedbench.errors import ConfigurationError
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans, sentence_spans
from embedbench.types import Corpus, Split


@register("task", "blimp")
@dataclass(frozen=True)
class Blimp(FileTask):
    """Whether a sentence is acceptable, in paradigms that training never showed (BLiMP, Warstadt et al. 2020).

    Every sentence of a minimal pair is judged on its own; the pair is the cluster. Paradigms, not pairs, are divided
    into train, dev and test (by a hash of seed and name), so that a probe cannot learn the words by which a paradigm
    was made. BLiMP itself compares the two sentences of a pair by a language model's probability: another number.
    Pairs whose two sentences are the same (7 of 67,000) are left out.

    Attributes:
        phenomena: only these, such as `binding`; empty: all.
        pairs: at most so many pairs of a paradigm, the first ones; BLiMP has 1,000 of each.
        dev_share: the part of the paradigms that is dev, at least one.
        test_share: the part of the paradigms that is test, at least one.
        seed: another seed divides the paradigms otherwise.
    """

    name: str = "blimp"
    phenomena: Sequence[str] = ()
    pairs: int = 200
    dev_share: float = 0.1
    test_share: float = 0.2
    seed: int = 13

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pairs < 1:
            raise ConfigurationError(f"{self.label}.pairs is {self.pairs}; expected at least 1")
        if min(self.dev_share, self.test_share) <= 0 or self.dev_share + self.test_share >= 1:
            raise ConfigurationError(
                f"{self.label} got dev_share {self.dev_share} and test_share {self.test_share}; "
                "expected two shares above 0 that leave something for train"
            )

    @property
    def fingerprint(self) -> str:
        """Of the files' bytes, the options, the version and the rules that part words."""
        return fingerprint(super().fingerprint, TOKENISATION)

    def labelled(self, which: Split) -> LabelledSpans:
        """Both sentences of every pair of the split's paradigms."""
        paradigms = self._paradigms(which)
        own = self.paradigms(paradigms)[which]
        chosen = [(words_of(pair.good), words_of(pair.bad)) for name in own for pair in paradigms[name][: self.pairs]]
        corpus = Corpus.of(sentence for pair in chosen for sentence in pair)
        spans = sentence_spans(corpus, range(2 * len(chosen)))
        labels = ("acceptable", "unacceptable") * len(chosen)
        return LabelledSpans(corpus, spans, labels, np.repeat(np.arange(len(chosen), dtype=np.int64), 2))

    def paradigms(self, names: Iterable[str]) -> dict[Split, tuple[str, ...]]:
        """Which paradigms belong to which split.

        Raises:
            ConfigurationError: there are too few to have one in every split.
        """
        ranked = sorted(names, key=lambda name: hashlib.sha256(f"{self.seed}\0{name}".encode()).digest())
        test = max(1, round(self.test_share * len(ranked)))
        dev = max(1, round(self.dev_share * len(ranked)))
        if len(ranked) < test + dev + 1:
            raise ConfigurationError(
                f"{self.label} has {len(ranked)} paradigms ({', '.join(sorted(ranked))}); train, dev and test need one "
                "each at least: name more phenomena"
            )
        parts = {Split.TEST: ranked[:test], Split.DEV: ranked[test : test + dev], Split.TRAIN: ranked[test + dev :]}
        return {which: tuple(sorted(part)) for which, part in parts.items()}

    def _paradigms(self, which: Split) -> dict[str, list[MinimalPair]]:
        path = locate(self.files[which])
        pairs = _read(path, path.stat().st_size, path.stat().st_mtime_ns)
        known = {pair.phenomenon for pair in pairs}
        if unknown := sorted(set(self.phenomena) - known):
            raise ConfigurationError(
                f"{self.files[which]} has no phenomenon {', '.join(unknown)}; it has {', '.join(sorted(known))}"
            )
        paradigms: dict[str, list[MinimalPair]] = defaultdict(list)
        for pair in pairs:
            if pair.good != pair.bad and (not self.phenomena or pair.phenomenon in self.phenomena):
                paradigms[pair.paradigm].append(pair)
        return paradigms


# The three splits mostly name one file; size and time, so that a rewritten file is read again.
@lru_cache(maxsize=1)
def _read(path: Path, _size: int, _mtime_ns: int) -> tuple[MinimalPair, ...]:
    return tuple(read_blimp(path))
