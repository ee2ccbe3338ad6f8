"""What tasks share that train nothing and ask about lists of words: one test split, unknown words by a stated rule."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Int64

from embedbench.errors import ConfigurationError
from embedbench.fingerprint import fingerprint
from embedbench.tasks.sources import provenance, spec_fingerprint
from embedbench.types import Corpus, Split, TaskKind, TaskMeta


class Unknown(enum.Enum):
    """What happens to an entry with a word that the extractor does not know."""

    skip = "skip"
    """It is left out, and counted in the record's alignment account."""
    wrong = "wrong"
    """What is asked about it counts as wrong, so that all extractors are scored on the same items."""
    keep = "keep"
    """It gets the vector that the extractor gives it, such as the mean, or fastText's composed one."""


@dataclass(frozen=True)
class SuiteTask:
    """A task that trains nothing, over one file.

    Attributes:
        files: the spec of the one file, under `test`.
    """

    files: dict[str, str]

    METRIC: ClassVar[str]
    KIND: ClassVar[TaskKind]
    VERSION: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if list(self.files) != [Split.TEST.value]:
            raise ConfigurationError(
                f"task {self.label} got files for {', '.join(sorted(self.files)) or 'no split'}; it needs exactly one, "
                "for test: nothing is trained"
            )

    @property
    def label(self) -> str:
        """The name in tables."""
        return str(getattr(self, "name", "") or type(self).__name__.lower())

    @property
    def specs(self) -> tuple[str, ...]:
        """Every file that the task reads."""
        return tuple(self.files.values())

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric."""
        source, licence, citation = provenance(self.specs)
        return TaskMeta(
            name=self.label,
            source=source,
            licence=licence,
            citation=citation,
            version=self.VERSION,
            metric=self.METRIC,
            kind=self.KIND,
            description=(type(self).__doc__ or "").strip().splitlines()[0],
        )

    @property
    def fingerprint(self) -> str:
        """Of the files' bytes, the options and the version; nothing is parsed."""
        options: dict[str, Any] = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        options = {k: v.value if isinstance(v, enum.Enum) else v for k, v in options.items()}
        for name in ("files", "name", "vocabulary"):
            options.pop(name, None)
        return fingerprint(type(self).__qualname__, self.VERSION, options, [spec_fingerprint(s) for s in self.specs])

    @property
    def splits(self) -> tuple[Split, ...]:
        """The test split."""
        return (Split.TEST,)

    def check_split(self, which: Split) -> None:
        """Refuses any split but test.

        Raises:
            ConfigurationError: another split than test is asked for.
        """
        if which is not Split.TEST:
            raise ConfigurationError(f"task {self.label} has only a test split, not {which.value}: nothing is trained")


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
