"""Small worlds with a known answer: extractors that plant a signal, tasks that hide one, and the cell they meet in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Int64

from embedbench.cells import Cell
from embedbench.errors import ContractError
from embedbench.fingerprint import fingerprint
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import Linear, Probe, Structural
from embedbench.results.schema import Record, Score, Status
from embedbench.tasks.tagging import Upos
from embedbench.types import Corpus, Extractor, LayeredWords, Sentence, Split, Task, TaskMeta, TaskSplit

GRAMMAR = {"train": "grammar:train:300:5", "dev": "grammar:dev:60:5", "test": "grammar:test:100:5"}
"""The files of every small world: sentences of the built-in grammar."""

SHORT = Training(min_updates=200)
"""Enough for a planted signal."""

RESAMPLES = 999
"""Of the intervals of every small world."""


def measured(
    folder: Path,
    extractor: Extractor,
    task: Task,
    *,
    mixes: Sequence[str] = ("scalar", "single"),
    seeds: Sequence[int] = (0,),
    probe: Probe | Structural | None = None,
    training: Training = SHORT,
    codelength: bool = False,
    control: bool = True,
) -> tuple[Record, Path]:
    """The record of a cell and its folder, run as `embedbench run` runs it; results and vectors go below `folder`.

    Raises:
        ContractError: the cell failed.
    """
    cell = Cell(
        extractor=extractor,
        task=task,
        # A tree task takes a structural probe in the place of another; the cell sorts that out.
        probe=cast(Probe, probe or Linear()),
        training=training,
        mixes=tuple(mixes),
        seeds=tuple(seeds),
        resamples=RESAMPLES,
        codelength=codelength,
        control=control,
    )
    outcome = run_cell(cell, Places(folder / "results", folder / "store"))
    if outcome.record.status is not Status.DONE:
        raise ContractError(f"the cell {extractor.name} x {task.meta.name} failed: {outcome.record.error}")
    return outcome.record, outcome.folder


def score_of(record: Record, mix: str, labels: str = "task", metric: str = "") -> Score:
    """The score of that mix and label column; of the record's own metric unless another is named."""
    (found,) = [s for s in record.scores if (s.mix, s.labels, s.metric) == (mix, labels, metric or record.metric)]
    return found


class Planted:
    """Noise in every layer but one, which holds the label of every word of the splits it was made from.

    Attributes:
        layer: the one that knows.
        silent: splits whose words get noise only.
    """

    def __init__(
        self,
        task: Task,
        layer: int,
        *,
        n_layers: int = 4,
        dim: int = 24,
        silent: Sequence[Split] = (),
    ) -> None:
        self.name, self.dim, self.layer = "planted", dim, layer
        self.layer_names = tuple("abcdefgh"[:n_layers])
        self.fingerprint = fingerprint("planted", task.fingerprint, layer, n_layers, dim, list(silent))
        self._signal: dict[Sentence, np.ndarray] = {}
        eye = np.eye(dim, dtype=np.float32)
        for which in task.splits:
            split = task.split(which)
            rows = 3 * eye[np.asarray(split.labels)] * (which not in silent)
            for sentence, start in zip(split.corpus.sentences, split.corpus.offsets.tolist(), strict=False):
                self._signal[sentence] = rows[start : start + len(sentence)]

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """Noise, and the signal in the layer that knows; the vectors of a sentence depend on that sentence alone."""
        values = [_noise(sentence, len(self.layer_names), self.dim) for sentence in sentences]
        for sentence, layers in zip(sentences, values, strict=True):
            layers[:, self.layer] = 0.1 * layers[:, self.layer] + self._signal[sentence]
        return LayeredWords(np.concatenate([_noise((), len(self.layer_names), self.dim), *values]))


class Noise:
    """A fresh random vector for every word: it knows nothing, and with enough dimensions it tells any two apart."""

    layer_names: tuple[str, ...] = ("table",)

    def __init__(self, dim: int = 16) -> None:
        self.name, self.dim, self.fingerprint = "noise", dim, fingerprint("noise", dim)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """Noise that depends on the sentence alone."""
        return LayeredWords(np.concatenate([_noise((), 1, self.dim), *(_noise(s, 1, self.dim) for s in sentences)]))


class Speechless:
    """The same vector for every word."""

    name, layer_names, dim, fingerprint = "speechless", ("table",), 3, fingerprint("speechless")

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """Ones."""
        return LayeredWords(np.ones((sum(map(len, sentences)), 1, self.dim), np.float32))


def _noise(sentence: Sentence, n_layers: int, dim: int) -> np.ndarray:
    seed = int(fingerprint("noise", list(sentence))[:16], 16)
    return np.random.default_rng(seed).standard_normal((len(sentence), n_layers, dim)).astype(np.float32)


class OverWords(ABC):
    """A task over every word of the small grammar, with labels of its own. A subclass says which."""

    def __init__(self, name: str, label_names: tuple[str, ...]) -> None:
        self._words = Upos(GRAMMAR)
        self.label_names, self.splits = label_names, tuple(Split)
        self.fingerprint = fingerprint("over words", name)

    @property
    def meta(self) -> TaskMeta:
        """That of the grammar's parts of speech."""
        return self._words.meta

    @abstractmethod
    def labels(self, which: Split, words: TaskSplit) -> Int64[np.ndarray, "targets"]:
        """The label of every word."""

    def split(self, which: Split) -> TaskSplit:
        """Every word, labelled."""
        words = self._words.split(which)
        return TaskSplit(words.corpus, words.spans, self.labels(which, words), words.clusters)


class CoinFlips(OverWords):
    """Two balanced labels that nothing explains."""

    def __init__(self) -> None:
        super().__init__("coin flips", ("heads", "tails"))

    def labels(self, which: Split, words: TaskSplit) -> Int64[np.ndarray, "targets"]:
        """A coin per word."""
        return np.random.default_rng(len(words)).integers(0, 2, len(words))


class Misaligned(OverWords):
    """Parts of speech, each given to another word: labels that lost their vectors."""

    def __init__(self, by: int) -> None:
        super().__init__(f"misaligned by {by}", Upos(GRAMMAR).label_names)
        self._by = by

    def labels(self, which: Split, words: TaskSplit) -> Int64[np.ndarray, "targets"]:
        """The label of a word some places before."""
        return np.roll(np.asarray(words.labels, np.int64), self._by)


class Reordered:
    """A task with some of the test sentences only, in another order, targets with them."""

    def __init__(self, task: Task, seed: int, share: float = 1.0) -> None:
        self._task, self._seed, self._share = task, seed, share
        self.meta, self.label_names, self.splits = task.meta, task.label_names, task.splits
        self.fingerprint = fingerprint("reordered", task.fingerprint, seed, share)

    def sentences(self) -> Int64[np.ndarray, "kept"]:
        """The numbers of the test sentences that are kept, in their new order."""
        n = len(self._task.split(Split.TEST).corpus.sentences)
        return np.random.default_rng(self._seed).permutation(n)[: int(n * self._share)]

    def words(self) -> Int64[np.ndarray, "words"]:
        """Where each word of the new test split stood in the old one."""
        offsets = self._task.split(Split.TEST).corpus.offsets
        return np.concatenate([np.arange(offsets[i], offsets[i + 1]) for i in self.sentences()])

    def split(self, which: Split) -> TaskSplit:
        """Train and dev as they are; test in another order. Every word must be a target, in order."""
        split = self._task.split(which)
        if which is not Split.TEST:
            return split
        corpus = Corpus(tuple(split.corpus.sentences[i] for i in self.sentences()))
        place = np.arange(corpus.n_words, dtype=np.int64)
        labels = np.asarray(split.labels)[self.words()]
        return TaskSplit(corpus, np.stack([place, place + 1], axis=-1)[:, None], labels, corpus.sentence_of(place))
