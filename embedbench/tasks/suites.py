"""What tasks share that train nothing and ask about lists of words: one test split, unknown words by a stated rule."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Int64

from embedbench.errors import ConfigurationError
from embedbench.tasks.described import DescribedTask
from embedbench.tasks.sources import spec_fingerprint
from embedbench.types import Corpus, Split


class Unknown(enum.Enum):
    """What happens to an entry with a word that the extractor does not know."""

    skip = "skip"
    """It is left out, and counted in the record's alignment account."""
    wrong = "wrong"
    """What is asked about it counts as wrong, so that all extractors are scored on the same items."""
    keep = "keep"
    """It gets the vector that the extractor gives it, such as the mean, or fastText's composed one."""


@dataclass(frozen=True)
class SuiteTask(DescribedTask):
    """A task that trains nothing, over one file.

    Attributes:
        files: the spec of the one file, under `test`.
    """

    SPLITS: ClassVar[tuple[Split, ...]] = (Split.TEST,)
    NAMED_BY_CONTENT: ClassVar[tuple[str, ...]] = ("files", "vocabulary")

    def check_split(self, which: Split) -> None:
        """Refuses any split but test.

        Raises:
            ConfigurationError: another split than test is asked for.
        """
        if which is not Split.TEST:
            raise ConfigurationError(f"task {self.label} has only a test split, not {which.value}: nothing is trained")

    def _data_fingerprints(self) -> Sequence[str]:
        return [spec_fingerprint(spec) for spec in self.specs]


@dataclass(frozen=True, eq=False)
class Entries:
    """Different entries, each a sentence of its own, so that a contextual extractor sees it alone.

    Attributes:
        corpus: the entries' words.
        index: the sentence of each entry.
    """

    corpus: Corpus
    index: dict[str, int]

    @classmethod
    def of(cls, entries: Iterable[str], joiner: str = "") -> Entries:
        """The entries in order of first appearance; `joiner` parts one into words, as white space does.

        >>> Entries.of(["New_York", "Rome", "New_York"], "_").corpus.sentences
        (('New', 'York'), ('Rome',))
        """
        index: dict[str, int] = {}
        for entry in entries:
            index.setdefault(entry, len(index))
        return cls(Corpus.of((e.replace(joiner, " ") if joiner else e).split() or (e,) for e in index), index)

    def spans(self, entries: Iterable[str]) -> Int64[np.ndarray, "entries 2"]:
        """The word positions of each entry."""
        sentences = np.fromiter((self.index[entry] for entry in entries), np.int64)
        return np.stack([self.corpus.offsets[sentences], self.corpus.offsets[sentences + 1]], axis=-1)
