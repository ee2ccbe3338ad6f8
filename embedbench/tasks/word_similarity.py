"""Graded similarity of word pairs; nothing is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.locate import locate
from embedbench.data.word_pairs import read_word_pairs
from embedbench.errors import ConfigurationError
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.tasks.sources import provenance, spec_fingerprint
from embedbench.types import Corpus, Split, TaskKind, TaskMeta, TaskSplit


@register("task", "word_similarity")
@dataclass(frozen=True)
class WordSimilarity:
    """Similarity of two words, against human scores (Spearman's rho, Faruqui & Dyer 2014).

    Each word is a sentence of its own, so a contextual backend sees it alone. Only the test split exists. Labels are
    the human scores as written in the file; the cluster of a pair is the sentence of its first word, one per pair.

    Attributes:
        files: the spec of the one file, under `test`.
        name: the name in tables.
        first: the index of the column of the first word.
        second: the index of the column of the second word.
        score: the index of the column of the human score.
        header: whether the first row is a header.
        comment: rows that begin with it are skipped; empty: every row counts.
    """

    files: dict[str, str]
    name: str = "word_similarity"
    first: int = 0
    second: int = 1
    score: int = 2
    header: bool = False
    comment: str = ""

    VERSION: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if list(self.files) != [Split.TEST.value]:
            raise ConfigurationError(
                f"task {self.name} got files for {', '.join(sorted(self.files)) or 'no split'}; it needs exactly one, "
                "for test: nothing is trained"
            )

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric."""
        source, licence, citation = provenance(self.files.values())
        return TaskMeta(
            name=self.name,
            source=source,
            licence=licence,
            citation=citation,
            version=self.VERSION,
            metric="spearman",
            kind=TaskKind.SIMILARITY,
            description=(type(self).__doc__ or "").strip().splitlines()[0],
        )

    @property
    def label_names(self) -> tuple[str, ...]:
        """None: the labels are graded."""
        return ()

    @property
    def fingerprint(self) -> str:
        """Of the file's bytes, the columns and the version."""
        columns = [self.first, self.second, self.score, self.header, self.comment]
        return fingerprint(type(self).__qualname__, self.VERSION, columns, spec_fingerprint(self.files[Split.TEST]))

    @property
    def splits(self) -> tuple[Split, ...]:
        """The test split."""
        return (Split.TEST,)

    def split(self, which: Split) -> TaskSplit:
        """Every pair: words 2i and 2i+1 of the corpus.

        Raises:
            ConfigurationError: another split than test is asked for.
            DataError: the file is missing or malformed.
        """
        if which is not Split.TEST:
            raise ConfigurationError(f"task {self.name} has only a test split, not {which.value}: nothing is trained")
        pairs = read_word_pairs(
            locate(self.files[which]),
            first=self.first,
            second=self.second,
            score=self.score,
            header=self.header,
            comment=self.comment,
        )
        # White space within an entry ("ice cream") parts words, as everywhere else.
        corpus = Corpus.of(word.split() for pair in pairs for word in (pair.first, pair.second))
        bounds = np.stack([corpus.offsets[:-1], corpus.offsets[1:]], axis=-1).reshape(len(pairs), 2, 2)
        scores = np.array([pair.score for pair in pairs], np.float64)
        return TaskSplit(corpus, bounds, scores, np.arange(len(pairs), dtype=np.int64) * 2)
