"""Tasks: what is asked of words, in three splits of labelled targets. Shapes are the contract."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64, Shaped

from embedbench.errors import ContractError
from embedbench.types.words import Corpus

POSITIVE_LABEL = "yes"
"""The positive label of yes/no tasks, by which the metric `binary_f1` finds it."""


FEMININE, MASCULINE = "feminine", "masculine"
"""The groups of targets about feminine and masculine words, by which the metric `gender_bias` finds them."""


class Split(enum.StrEnum):
    """The three parts of a task; only `train` trains, only `dev` selects, `test` is read once."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


class TaskKind(enum.StrEnum):
    """How a task is scored."""

    CLASSIFICATION = "classification"
    """One label per target; a probe is trained."""
    SIMILARITY = "similarity"
    """One graded score per pair of spans; nothing is trained, only the test split exists."""
    GRADED = "graded"
    """One graded score per pair of spans; a probe learns a distribution over the whole grades of the task's scale."""
    POINTER = "pointer"
    """A span of a passage that answers a question; a probe learns where it starts and where it ends."""
    TREE_DISTANCE = "tree_distance"
    """A tree over every sentence; a structural probe learns the distance of every two words."""
    TREE_DEPTH = "tree_depth"
    """A tree over every sentence; a structural probe learns the depth of every word."""
    HEAD_SELECTION = "head_selection"
    """A tree over every sentence; a biaffine probe chooses the head of every word."""
    ANALOGY = "analogy"
    """A word is looked for that is to a third word as the second is to the first; nothing is trained."""
    CATEGORISATION = "categorisation"
    """Words are put into clusters, which are compared with categories; nothing is trained."""
    OUTLIER = "outlier"
    """A word is looked for that does not belong to the others; nothing is trained."""


TREES = (TaskKind.TREE_DISTANCE, TaskKind.TREE_DEPTH)
"""The kinds whose targets are all words of a sentence with their heads; a structural probe is trained."""
SUITES = (TaskKind.ANALOGY, TaskKind.CATEGORISATION, TaskKind.OUTLIER)
"""The kinds that ask about lists of words and train nothing; only the test split exists."""


class ControlKind(enum.StrEnum):
    """How control labels are drawn (Hewitt & Liang 2019)."""

    NONE = "none"
    WORD_TYPE = "word_type"
    """One label per word type of the target's first span, drawn from the label distribution of train."""
    WORD_TYPE_HEAD = "word_type_head"
    """One place per word type, on which its words hang in every sentence: the root, the first or the last word."""


class ClusterUnit(enum.Enum):
    """What one cluster of targets is, the unit that bootstrap and permutation tests resample."""

    sentence = "sentence"
    """Words of one sentence stand and fall together; sentences are taken as independent of each other."""
    document = "document"
    """Sentences of one document stand and fall together too: fewer clusters, and wider intervals."""


@dataclass(frozen=True)
class TaskMeta:
    """What a reader must know about a task before believing a score."""

    name: str
    source: str
    licence: str
    citation: str
    version: int
    metric: str
    kind: TaskKind = TaskKind.CLASSIFICATION
    control: ControlKind = ControlKind.NONE
    description: str = ""
    scale: tuple[int, int] | None = None
    """Of graded tasks that are learned: the lowest and the highest grade."""
    further_metrics: tuple[str, ...] = ()
    """Of classifications: metrics of all test targets that are scored beside the main one."""
    cluster: ClusterUnit | None = None
    """What a cluster is, where the task can choose; None: what its targets naturally stand in (sentence, pair, …)."""


@dataclass(frozen=True, eq=False)
class TaskSplit:
    """The labelled targets of one split, as columns.

    Attributes:
        corpus: the words.
        spans: word positions, half-open. Token task: one span of length 1; arc: two (dependent, head);
            sentence: the whole sentence; sentence pair: two sentences; tree: the word and its head.
        labels: an index into the task's `label_names`, or a graded score for similarity tasks.
        clusters: the sentence (or document) of each target, the unit that the statistics resample.
        questions: of a task that asks several questions about every tuple of spans (multi-label data), the name of the
            one that each target asks; every question has a probe of its own. None: all targets ask the same.
        lemmas: of a task about the senses of words, the lemma whose senses each target chooses from. None: the task
            knows no lemmas.
        groups: of a task whose targets fall into named parts, the part of each target; every part is a subset that is
            scored beside the whole. None: there are no parts.
    """

    corpus: Corpus
    spans: Int64[np.ndarray, "targets n_spans 2"]
    labels: Shaped[np.ndarray, "targets"]
    clusters: Int64[np.ndarray, "targets"]
    questions: Shaped[np.ndarray, "targets"] | None = None
    lemmas: Shaped[np.ndarray, "targets"] | None = None
    groups: Shaped[np.ndarray, "targets"] | None = None

    def __post_init__(self) -> None:
        spans, n = self.spans, len(self.spans)
        if len(self.labels) != n or len(self.clusters) != n:
            raise ContractError(
                f"a task split has {n} spans, {len(self.labels)} labels and {len(self.clusters)} clusters; "
                "there must be one of each per target"
            )
        for name, column in (("questions", self.questions), ("lemmas", self.lemmas), ("groups", self.groups)):
            if column is not None and len(column) != n:
                raise ContractError(f"a task split has {n} targets and {len(column)} {name}; expected one per target")
        start, end = spans[..., 0], spans[..., 1]
        wrong = np.flatnonzero(((start < 0) | (start >= end) | (end > self.corpus.n_words)).any(axis=1))
        if len(wrong):
            raise ContractError(
                f"target {wrong[0]} has spans {spans[wrong[0]].tolist()}; every span must be a non-empty half-open "
                f"range within the {self.corpus.n_words} words of the corpus"
            )

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def sentences(self) -> Int64[np.ndarray, "targets"]:
        """The sentence of every target's first span, whatever its cluster is."""
        return self.corpus.sentence_of(self.spans[:, 0, 0])

    def only(self, rows: Shaped[np.ndarray, "rows"]) -> TaskSplit:
        """The same corpus with these targets only: their numbers, in this order, or a mask."""

        def chosen(column: Shaped[np.ndarray, "targets"] | None) -> Shaped[np.ndarray, "chosen"] | None:
            return None if column is None else column[rows]

        return TaskSplit(
            self.corpus,
            self.spans[rows],
            np.asarray(self.labels)[rows],
            self.clusters[rows],
            chosen(self.questions),
            chosen(self.lemmas),
            chosen(self.groups),
        )


@runtime_checkable
class Task(Protocol):
    """A corpus per split, its targets, a metric and its metadata."""

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric."""
        ...

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels, by index; empty for graded tasks."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of the files' bytes, the options and the version; cheap: the data is not parsed to compute it."""
        ...

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits this task has."""
        ...

    def split(self, which: Split) -> TaskSplit:
        """The targets of one split."""
        ...
