"""Graded pairs of sentences: how related or alike they are, learned by a probe or read off the cosine."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float64, Int64

from embedbench.data.locate import locate
from embedbench.data.text import malformed
from embedbench.data.tokenisation import words_of
from embedbench.data.tsv import LabelledPair, read_labelled_pairs
from embedbench.errors import ConfigurationError
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans, sentence_spans
from embedbench.tasks.suites import SuiteTask, Unknown
from embedbench.types import Corpus, Sentence, Split, TaskKind, TaskMeta, TaskSplit


class Words(enum.Enum):
    """How a sentence becomes words."""

    white_space = "white_space"
    """Parted at white space: the file is tokenised, or has no punctuation."""
    running_text = "running_text"
    """Clitics and punctuation are cut off, as treebanks do."""

    def of(self, text: str) -> Sentence:
        """The words of a text."""
        return words_of(text) if self is Words.running_text else tuple(text.split())


@dataclass(frozen=True)
class GradedPairs(FileTask):
    """A task of graded pairs of sentences, from TAB-separated tables with a header row.

    A sentence that occurs in several pairs stands in the corpus once. Pairs that share a sentence, also by way of other
    pairs, are one cluster: SICK grades each sentence against several others.

    Attributes:
        first: the name of the column of the first sentence.
        second: the name of the column of the second sentence.
        grade: the name of the column of the grade.
        lowest: the lowest grade of the scale, a whole number.
        highest: the highest grade.
        words: how a sentence becomes words.
    """

    name: str = "graded_pairs"
    first: str = "sentence_A"
    second: str = "sentence_B"
    grade: str = "relatedness_score"
    lowest: int = 1
    highest: int = 5
    words: Words = Words.white_space

    METRIC: ClassVar[str] = "pearson"
    KIND: ClassVar[TaskKind] = TaskKind.GRADED

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lowest >= self.highest:
            raise ConfigurationError(
                f"{self.label}.lowest is {self.lowest} and highest {self.highest}; expected two grades or more"
            )

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric."""
        return replace(super().meta, scale=(self.lowest, self.highest))

    @property
    def label_names(self) -> tuple[str, ...]:
        """None: the labels are graded."""
        return ()

    def labelled(self, which: Split) -> LabelledSpans:
        """Every row."""
        path = locate(self.files[which])
        pairs = read_labelled_pairs(path, first=self.first, second=self.second, label=self.grade)
        grades = _grades(pairs, str(path), (self.lowest, self.highest))
        corpus, spans = pair_spans(pairs, self.words)
        clusters = linked(corpus.sentence_of(spans[..., 0]), len(corpus.sentences))
        return LabelledSpans(corpus, spans, tuple(map(repr, grades.tolist())), clusters)

    def split(self, which: Split) -> TaskSplit:
        """Every pair of one split.

        Raises:
            DataError: the file is missing or malformed, or a grade lies outside of the scale.
        """
        kept = self._kept(which)
        assert kept.clusters is not None
        return TaskSplit(kept.corpus, kept.spans, np.array(list(map(float, kept.labels))), kept.clusters)


@register("task", "sick_relatedness")
@dataclass(frozen=True)
class SickRelatedness(GradedPairs):
    """How related two sentences are, from 1 to 5 (SICK, Marelli et al. 2014); any graded pairs of sentences."""

    name: str = "sick_relatedness"


@register("task", "stsb")
@dataclass(frozen=True)
class StsBenchmark(GradedPairs):
    """How alike two sentences are in meaning, from 0 to 5 (STS Benchmark, Cer et al. 2017)."""

    name: str = "stsb"
    first: str = "sentence1"
    second: str = "sentence2"
    grade: str = "score"
    lowest: int = 0
    words: Words = Words.running_text


@register("task", "sentence_similarity")
@dataclass(frozen=True)
class SentenceSimilarity(SuiteTask):
    """Similarity of two sentences by the cosine of their mean vectors (Spearman's rho); nothing is trained.

    The same tables as `stsb` and `sick_relatedness`, of which only the test split is read.

    Attributes:
        name: the name in tables.
        first: the name of the column of the first sentence.
        second: the name of the column of the second sentence.
        grade: the name of the column of the grade.
        words: how a sentence becomes words.
        unknown: what becomes of a pair with a word that the extractor does not know; it keeps its place in the mean
            of its sentence by default, since most pairs of long sentences have one.
    """

    name: str = "sentence_similarity"
    first: str = "sentence1"
    second: str = "sentence2"
    grade: str = "score"
    words: Words = Words.running_text
    unknown: Unknown = Unknown.keep

    METRIC: ClassVar[str] = "spearman"
    KIND: ClassVar[TaskKind] = TaskKind.SIMILARITY

    @property
    def label_names(self) -> tuple[str, ...]:
        """None: the labels are graded."""
        return ()

    def split(self, which: Split) -> TaskSplit:
        """Every pair.

        Raises:
            ConfigurationError: another split than test is asked for.
            DataError: the file is missing or malformed.
        """
        self.check_split(which)
        path = locate(self.files[which])
        pairs = read_labelled_pairs(path, first=self.first, second=self.second, label=self.grade)
        corpus, spans = pair_spans(pairs, self.words)
        clusters = linked(corpus.sentence_of(spans[..., 0]), len(corpus.sentences))
        return TaskSplit(corpus, spans, _grades(pairs, str(path), None), clusters)


def pair_spans(pairs: Sequence[LabelledPair], words: Words) -> tuple[Corpus, Int64[np.ndarray, "pairs 2 2"]]:
    """Every different sentence once, in order of appearance, and both sentences of every pair."""
    places: dict[Sentence, int] = {}
    sides = [[places.setdefault(words.of(text), len(places)) for text in (p.first, p.second)] for p in pairs]
    corpus = Corpus.of(places)
    chosen = np.array(sides, np.int64).reshape(-1, 2)
    return corpus, np.concatenate([sentence_spans(corpus, chosen[:, side].tolist()) for side in (0, 1)], axis=1)


def linked(pairs: Int64[np.ndarray, "pairs 2"], n_sentences: int) -> Int64[np.ndarray, "pairs"]:
    """The first pair (by number) of all pairs that hang together by common sentences.

    >>> linked(np.array([[0, 1], [2, 3], [4, 1], [4, 5]]), 6).tolist()
    [0, 1, 0, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n_sentences, n_sentences))
    of_pair = connected_components(edges, directed=False)[1][pairs[:, 0]]
    _, earliest, component = np.unique(of_pair, return_index=True, return_inverse=True)
    return earliest[component].astype(np.int64)


def grades_fault(split: TaskSplit, scale: tuple[int, int] | None) -> str:
    """What is wrong with the labels of a graded task that is learned; empty if nothing is."""
    if scale is None:
        return "the metadata have no scale, such as (1, 5)"
    grades = split.labels.astype(np.float64)
    wrong = np.flatnonzero(~((grades >= scale[0]) & (grades <= scale[1])))
    return f"target {wrong[0]} has grade {grades[wrong[0]]}, outside of {scale[0]} to {scale[1]}" if len(wrong) else ""


def _grades(pairs: Sequence[LabelledPair], path: str, scale: tuple[int, int] | None) -> Float64[np.ndarray, "pairs"]:
    grades = np.empty(len(pairs))
    for i, pair in enumerate(pairs):
        try:
            grades[i] = float(pair.label)
        except ValueError:
            raise malformed(path, pair.line, f"expected a number as the grade, found {pair.label!r}") from None
        if not np.isfinite(grades[i]) or (scale and not scale[0] <= grades[i] <= scale[1]):
            wanted = f"from {scale[0]} to {scale[1]}" if scale else "a finite number"
            raise malformed(path, pair.line, f"the grade is {pair.label}; expected {wanted}")
    return grades
