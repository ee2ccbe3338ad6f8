"""What classification tasks over files share: label names, and targets built once per split."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from jaxtyping import Int64

from embedbench.data.conllu import Token
from embedbench.errors import DataError
from embedbench.tasks.described import DescribedTask
from embedbench.tasks.sources import documents, treebank, words
from embedbench.types import ClusterUnit, Corpus, Split, TaskKind, TaskMeta, TaskSplit


@dataclass(frozen=True, eq=False)
class LabelledSpans:
    """The targets of one split before labels become numbers.

    Attributes:
        corpus: the words.
        spans: word positions, half-open.
        labels: one label per target.
        clusters: what the statistics resample, where it is more than a sentence; None: the sentence of the first span.
        questions: which question each target asks, where every tuple of spans is asked several; None: there is one.
        lemmas: the lemma whose senses each target chooses from, where labels are senses; None: there are no lemmas.
        groups: the named part of the targets that each belongs to, which is scored as a subset; None: there are none.
    """

    corpus: Corpus
    spans: Int64[np.ndarray, "targets n_spans 2"]
    labels: Sequence[str]
    clusters: Int64[np.ndarray, "targets"] | None = None
    questions: Sequence[str] | None = None
    lemmas: Sequence[str] | None = None
    groups: Sequence[str] | None = None

    @property
    def resampled(self) -> Int64[np.ndarray, "targets"]:
        """The cluster of every target."""
        return self.corpus.sentence_of(self.spans[:, 0, 0]) if self.clusters is None else self.clusters


@dataclass(frozen=True)
class FileTask(DescribedTask):
    """A classification task whose splits come from one file (or grammar spec) each.

    A subclass says how one split's words become labelled spans. Labels are sorted over all splits; a label that only
    dev or test shows has an index that no probe ever learns, so it counts as an error for every probe alike.

    Attributes:
        files: one spec for each of train, dev and test.
    """

    METRIC: ClassVar[str] = "accuracy"
    KIND: ClassVar[TaskKind] = TaskKind.CLASSIFICATION

    @abstractmethod
    def labelled(self, which: Split) -> LabelledSpans:
        """The labelled spans of one split, computed anew."""

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        """The labels of all splits, sorted."""
        names = sorted({label for which in self.splits for label in self._kept(which).labels})
        if len(names) < 2:
            raise DataError(
                f"task {self.label} found only the label {names[0]!r} in {', '.join(self.files.values())}; "
                "there is nothing to tell apart: check its options"
            )
        return tuple(names)

    def split(self, which: Split) -> TaskSplit:
        """The targets of one split.

        Raises:
            DataError: the file is missing, malformed, or has no target for this task.
        """
        kept = self._kept(which)
        index = {name: i for i, name in enumerate(self.label_names)}
        labels = np.fromiter((index[label] for label in kept.labels), np.int64, count=len(kept.labels))
        named = (kept.questions, kept.lemmas, kept.groups)
        columns = (None if column is None else np.array(column) for column in named)
        return TaskSplit(kept.corpus, kept.spans, labels, kept.resampled, *columns)

    @cached_property
    def _cache(self) -> dict[Split, LabelledSpans]:
        return {}

    def _kept(self, which: Split) -> LabelledSpans:
        if which not in self._cache:
            built = self.labelled(which)
            if len(built.labels) == 0:
                raise DataError(
                    f"task {self.label} finds no target in {self.files[which]} ({which.value}); "
                    "check the options, or whether the file carries this annotation"
                )
            self._cache[which] = built
        return self._cache[which]


@dataclass(frozen=True)
class TreebankTask(FileTask):
    """A task over the trees of a treebank.

    Attributes:
        clusters: what the statistics resample, `sentence` or `document`; scores are the same, intervals are not.
            Documents need a treebank in which every sentence stands below a `# newdoc`; those of one id are one.
    """

    # Keyword only: subclasses add options without a default.
    clusters: ClusterUnit = field(default=ClusterUnit.sentence, kw_only=True)

    ADDED_LATER: ClassVar[tuple[str, ...]] = ("clusters",)

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric, and what a cluster is."""
        return replace(super().meta, cluster=self.clusters)

    def trees(self, which: Split) -> Iterator[tuple[int, tuple[Token, ...]]]:
        """Every sentence's tokens, with the word position at which the sentence starts."""
        start = 0
        for sentence in treebank(self.files[which]):
            yield start, sentence.tokens
            start += len(sentence.tokens)

    def spans_of(self, which: Split, rows: list[tuple[int, ...]], labels: list[str]) -> LabelledSpans:
        """Labelled spans of single words: each row holds the word positions of one target."""
        starts = np.asarray(rows, np.int64).reshape(len(rows), -1)
        return self._clustered(which, np.stack([starts, starts + 1], axis=-1), labels)

    def sentences_of(self, which: Split, indices: list[int], labels: list[str]) -> LabelledSpans:
        """Labelled whole sentences, by sentence index."""
        return self._clustered(which, sentence_spans(words(self.files[which]), indices), labels)

    def _clustered(
        self, which: Split, spans: Int64[np.ndarray, "targets n_spans 2"], labels: list[str]
    ) -> LabelledSpans:
        found = LabelledSpans(words(self.files[which]), spans, tuple(labels))
        if self.clusters is ClusterUnit.sentence:
            return found
        return replace(found, clusters=documents(self.files[which])[found.resampled])


def sentence_spans(corpus: Corpus, indices: Sequence[int]) -> Int64[np.ndarray, "targets 1 2"]:
    """One span per target: the whole of the sentence with that index."""
    chosen = np.asarray(indices, np.int64).reshape(-1)
    return np.stack([corpus.offsets[chosen], corpus.offsets[chosen + 1]], axis=-1)[:, None, :]


def split_generator(seed: int, which: Split) -> np.random.Generator:
    """The random generator of one split, so that no split's draws depend on another's."""
    return np.random.default_rng([seed, list(Split).index(which)])
