"""The whole instrument on questions whose answers are known: from sentences to the record."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.cells import Cell
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import Linear
from embedbench.results.predictions import read_predictions
from embedbench.results.schema import Record, Status
from embedbench.tasks.tagging import Upos
from embedbench.tasks.words_in_sentences import BigramShift
from embedbench.types import Corpus, LayeredWords, Split, TaskSplit

GRAMMAR = {"train": "grammar:train:300:5", "dev": "grammar:dev:60:5", "test": "grammar:test:100:5"}


def measured(tmp_path, extractor, task, **options) -> Record:
    cell = Cell(
        extractor=extractor,
        task=task,
        probe=Linear(),
        training=Training(min_updates=200),
        mixes=options.pop("mixes", ("scalar", "single")),
        seeds=options.pop("seeds", (0,)),
        resamples=999,
        **options,
    )
    outcome = run_cell(cell, Places(tmp_path / "results", tmp_path / "store"))
    assert outcome.record.status is Status.DONE, outcome.record.error
    return outcome.record


def score(record, mix, labels="task"):
    (found,) = [s for s in record.scores if s.mix == mix and s.labels == labels]
    return found


class Planted:
    """Noise in every layer but one, which holds the gold tag of every word of the splits it was made from."""

    name = "planted"
    layer_names = ("a", "b", "c", "d")
    dim = 24

    def __init__(self, task, layer):
        self.layer, self.fingerprint = layer, f"planted-{layer}"
        self._tags = {}
        for which in Split:
            split = task.split(which)
            for sentence, start in zip(split.corpus.sentences, split.corpus.offsets, strict=False):
                self._tags[sentence] = split.labels[start : start + len(sentence)]

    def extract(self, sentences):
        n = sum(map(len, sentences))
        values = np.random.default_rng(n).standard_normal((n, 4, self.dim)).astype(np.float32)
        tags = np.concatenate([self._tags[sentence] for sentence in sentences])
        values[:, self.layer] = 0.1 * values[:, self.layer] + 3 * np.eye(self.dim, dtype=np.float32)[tags]
        return LayeredWords(values)


@pytest.mark.parametrize("layer", [0, 2])
def test_a_planted_signal_is_found_and_the_mix_finds_its_layer(tmp_path, layer):
    task = Upos(GRAMMAR)
    record = measured(tmp_path, Planted(task, layer), task)
    assert score(record, f"single:{layer}").value >= 0.99
    assert score(record, "scalar").value >= 0.99
    (weights,) = [m.weights for m in record.mix_weights if m.labels == "task"]
    assert np.argmax(weights) == layer
    assert weights[layer] > 0.5
    for other in {0, 1, 2, 3} - {layer}:
        assert score(record, f"single:{other}").value < 0.5


class Noise:
    """A fresh random vector for every word: it knows nothing."""

    name, layer_names, dim, fingerprint = "noise", ("table",), 16, "noise"

    def extract(self, sentences):
        n = sum(map(len, sentences))
        seed = sum(map(ord, "".join("".join(sentence) for sentence in sentences)))
        return LayeredWords(np.random.default_rng(seed).standard_normal((n, 1, self.dim)).astype(np.float32))


class CoinFlips:
    """Two balanced labels that nothing explains."""

    def __init__(self):
        self._task = Upos(GRAMMAR)
        self.meta, self.label_names, self.splits = self._task.meta, ("heads", "tails"), tuple(Split)
        self.fingerprint = "coins"

    def split(self, which):
        split = self._task.split(which)
        labels = np.random.default_rng(len(split)).integers(0, 2, len(split))
        return TaskSplit(split.corpus, split.spans, labels, split.clusters)


def test_noise_stays_at_chance(tmp_path):
    record = measured(tmp_path, Noise(), CoinFlips())
    found = score(record, "single:0")
    assert abs(found.value - 0.5) < 4 * np.sqrt(0.25 / found.n)


def test_control_labels_differ_from_the_task_and_are_learnt_from_word_types(tmp_path):
    record = measured(tmp_path, RandomVectors(size=256), Upos(GRAMMAR))
    task, control = score(record, "single:0"), score(record, "single:0", "control")
    table = read_predictions(next((tmp_path / "results").rglob("record.json")).parent)
    assert (table["gold"] != table["gold|control"]).mean() > 0.5
    assert control.value > 0.6  # type vectors can memorise a label per type
    assert task.value > control.value - 0.1


def test_static_vectors_are_at_chance_on_swapped_neighbours(tmp_path):
    files = {"train": "grammar:train:1500:5", "dev": "grammar:dev:300:5", "test": "grammar:test:600:5"}
    record = measured(tmp_path, RandomVectors(size=32), BigramShift(files))
    found = score(record, "single:0")
    assert abs(found.value - 0.5) < 4 * np.sqrt(0.25 / found.n)
    assert record.baselines


class Shuffled:
    """A task with the sentences of every split in another order, targets with them."""

    def __init__(self, task, seed):
        self._task, self._seed = task, seed
        self.meta, self.label_names, self.splits = task.meta, task.label_names, task.splits
        self.fingerprint = f"{task.fingerprint}-{seed}"

    def split(self, which):
        split = self._task.split(which)
        if which is not Split.TEST:
            return split
        order = np.random.default_rng(self._seed).permutation(len(split.corpus.sentences))
        corpus = Corpus(tuple(split.corpus.sentences[i] for i in order))
        words = np.concatenate([np.arange(split.corpus.offsets[i], split.corpus.offsets[i + 1]) for i in order])
        place = np.argsort(words)
        starts = place[split.spans[..., 0]]
        spans = np.stack([starts, starts + 1], axis=-1)
        by_place = np.argsort(starts[:, 0])
        return TaskSplit(corpus, spans[by_place], split.labels[by_place], corpus.sentence_of(starts[by_place, 0]))


def test_the_order_of_sentences_changes_no_score(tmp_path):
    task = Upos(GRAMMAR)
    one = measured(tmp_path, RandomVectors(size=32), task)
    other = measured(tmp_path, RandomVectors(size=32), Shuffled(task, 3))
    assert [s.value for s in one.scores if s.labels == "task"] == [s.value for s in other.scores if s.labels == "task"]


def test_labels_that_are_shifted_against_their_words_are_at_chance(tmp_path):
    class Misaligned(Shuffled):
        def split(self, which):
            split = self._task.split(which)
            return TaskSplit(split.corpus, split.spans, np.roll(split.labels, 7), split.clusters)

    task = Upos(GRAMMAR)
    right, wrong = (measured(tmp_path, RandomVectors(size=64), t) for t in (task, Misaligned(task, 1)))
    majority = next(b.value for b in wrong.baselines if b.extractor == "majority")
    assert score(right, "single:0").value > majority + 0.3
    assert score(wrong, "single:0").value < majority + 0.1
