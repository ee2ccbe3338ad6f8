"""Graded similarity of word pairs; nothing is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.locate import locate
from embedbench.data.word_pairs import read_word_pairs
from embedbench.registry import register
from embedbench.tasks.suites import SuiteTask, Unknown
from embedbench.types import Corpus, Split, TaskKind, TaskSplit


@register("task", "word_similarity")
@dataclass(frozen=True)
class WordSimilarity(SuiteTask):
    """Similarity of two words, against human scores (Spearman's rho, Faruqui & Dyer 2014).

    Each word is a sentence of its own, so a contextual backend sees it alone. Only the test split exists. Labels are
    the human scores as written in the file; the cluster of a pair is the sentence of its first word, one per pair.

    Attributes:
        name: the name in tables.
        first: the index of the column of the first word.
        second: the index of the column of the second word.
        score: the index of the column of the human score.
        header: whether the first row is a header.
        comment: rows that begin with it are skipped; empty: every row counts.
        unknown: what happens to pairs with a word that the extractor does not know. `skip`: left out and counted, as by
            gensim's `evaluate_word_pairs`; `wrong`: similarity 0, as by its `dummy4unknown`. A word that fastText built
            of its pieces counts as unknown, too; `keep` scores it.
    """

    name: str = "word_similarity"
    first: int = 0
    second: int = 1
    score: int = 2
    header: bool = False
    comment: str = ""
    unknown: Unknown = Unknown.skip

    METRIC: ClassVar[str] = "spearman"
    KIND: ClassVar[TaskKind] = TaskKind.SIMILARITY

    @property
    def label_names(self) -> tuple[str, ...]:
        """None: the labels are graded."""
        return ()

    def split(self, which: Split) -> TaskSplit:
        """Every pair: words 2i and 2i+1 of the corpus.

        Raises:
            ConfigurationError: another split than test is asked for.
            DataError: the file is missing or malformed.
        """
        self.check_split(which)
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
