"""Graded similarity of two words that stand in sentences; nothing is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.locate import locate
from embedbench.data.word_contexts import read_scws
from embedbench.registry import register
from embedbench.tasks.suites import SuiteTask, Unknown
from embedbench.types import Corpus, Split, TaskKind, TaskSplit


@register("task", "context_similarity")
@dataclass(frozen=True)
class ContextSimilarity(SuiteTask):
    """Similarity of two words in their sentences, against human scores (SCWS, Huang et al. 2012; Spearman's rho).

    The vectors are those of the two marked words; a static extractor sees the words alone. The cluster of a pair is its
    first text, one per pair.

    Attributes:
        name: the name in tables.
        unknown: what happens to pairs with a marked word that the extractor does not know; `wrong` is similarity 0.
    """

    name: str = "context_similarity"
    unknown: Unknown = Unknown.skip

    METRIC: ClassVar[str] = "spearman"
    KIND: ClassVar[TaskKind] = TaskKind.SIMILARITY

    @property
    def label_names(self) -> tuple[str, ...]:
        """None: the labels are graded."""
        return ()

    def split(self, which: Split) -> TaskSplit:
        """Every pair: texts 2i and 2i+1 of the corpus.

        Raises:
            ConfigurationError: another split than test is asked for.
            DataError: the file is missing or malformed.
        """
        self.check_split(which)
        pairs = read_scws(locate(self.files[which]))
        corpus = Corpus.of(context.words for pair in pairs for context in (pair.first, pair.second))
        marks = np.array([[pair.first.mark, pair.second.mark] for pair in pairs], np.int64)
        starts = marks + corpus.offsets[:-1].reshape(-1, 2)
        scores = np.array([pair.score for pair in pairs], np.float64)
        clusters = np.arange(len(pairs), dtype=np.int64) * 2
        return TaskSplit(corpus, np.stack([starts, starts + 1], axis=-1), scores, clusters)
