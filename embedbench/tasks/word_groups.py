"""Categories of words, and words that do not belong: nothing is trained."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from embedbench.data.locate import locate
from embedbench.data.word_groups import OutlierSet, read_categories, read_outlier_sets
from embedbench.errors import ConfigurationError, DataError
from embedbench.registry import register
from embedbench.tasks.suites import Entries, SuiteTask, Unknown
from embedbench.types import Split, TaskKind, TaskSplit


class Clustering(enum.Enum):
    """How words are put into clusters, as many as there are categories; vectors have unit length."""

    kmeans = "kmeans"
    """k-means, ten starts, once per seed (scikit-learn)."""
    agglomerative = "agglomerative"
    """Average linkage of cosine distances (scikit-learn); the same for every seed."""


@register("task", "categorisation")
@dataclass(frozen=True)
class Categorisation(SuiteTask):
    """Whether words of a category fall into one cluster: purity (Almuhareb 2006; Baroni et al. 2014).

    Each target is a word, its label the category. A word listed twice counts once, in its first category.

    Attributes:
        clustering: how words are put into clusters.
        joiner: what parts an entry into several words; their vectors are averaged.
        unknown: what happens to words that the extractor does not know; `wrong` is not possible here.
        name: the name in tables.
    """

    clustering: Clustering = Clustering.kmeans
    joiner: str = "_"
    unknown: Unknown = Unknown.skip
    name: str = "categorisation"

    METRIC: ClassVar[str] = "purity"
    KIND: ClassVar[TaskKind] = TaskKind.CATEGORISATION

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.unknown is Unknown.wrong:
            raise ConfigurationError("categorisation.unknown is wrong, but a cluster is neither; use skip or keep")

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        """The categories, sorted."""
        return tuple(sorted(set(self._words.values())))

    def split(self, which: Split) -> TaskSplit:
        """Every word.

        Raises:
            ConfigurationError: another split than test is asked for.
            DataError: the file is missing or malformed.
        """
        self.check_split(which)
        entries = Entries.of(self._words, self.joiner)
        labels = np.array([self.label_names.index(c) for c in self._words.values()], np.int64)
        return TaskSplit(
            entries.corpus, entries.spans(self._words)[:, None], labels, np.arange(len(labels), dtype=np.int64)
        )

    @cached_property
    def _words(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for row in read_categories(locate(self.files[Split.TEST])):
            found.setdefault(row.word, row.category)
        if len(set(found.values())) < 2:
            raise DataError(f"{self.files[Split.TEST]} has only one category; there is nothing to tell apart")
        return found


@register("task", "outlier")
@dataclass(frozen=True)
class Outlier(SuiteTask):
    """Which word of a set does not belong: accuracy, and position percentage (Camacho-Collados & Navigli 2016).

    A target is a set with one outlier: the spans are the words of the set, then the outlier; its label is the set.

    Attributes:
        joiner: what parts an entry into several words; their vectors are averaged.
        unknown: what happens to words that the extractor does not know. `skip`: a word of the set is taken out of it;
            a target whose outlier is unknown, or with fewer than two words left, is left out.
        name: the name in tables.
    """

    joiner: str = "_"
    unknown: Unknown = Unknown.skip
    name: str = "outlier"

    METRIC: ClassVar[str] = "accuracy"
    KIND: ClassVar[TaskKind] = TaskKind.OUTLIER

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        """The names of the sets."""
        return tuple(one.name for one in self._sets)

    def split(self, which: Split) -> TaskSplit:
        """Every set with each of its outliers, set by set.

        Raises:
            ConfigurationError: another split than test is asked for.
            DataError: the file is missing or malformed, or its sets differ in size.
        """
        self.check_split(which)
        sizes = {len(one.words) for one in self._sets}
        if len(sizes) > 1:
            raise DataError(f"the sets of {self.files[which]} have {sorted(sizes)} words; expected all of one size")
        entries = Entries.of((w for one in self._sets for w in (*one.words, *one.outliers)), self.joiner)
        rows = [(number, (*one.words, odd)) for number, one in enumerate(self._sets) for odd in one.outliers]
        spans = np.stack([entries.spans(row) for _, row in rows])
        labels = np.array([number for number, _ in rows], np.int64)
        return TaskSplit(entries.corpus, spans, labels, entries.corpus.sentence_of(spans[:, 0, 0]))

    @cached_property
    def _sets(self) -> list[OutlierSet]:
        return read_outlier_sets(locate(self.files[Split.TEST]))
