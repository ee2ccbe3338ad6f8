"""The whole instrument on questions whose answers are known: from sentences to the record.

The small worlds are those of `embedbench selftest`, which asks them of the installed code.
"""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.extractors.random_vectors import RandomVectors
from embedbench.results.predictions import read_predictions
from embedbench.selftest.worlds import GRAMMAR, CoinFlips, Misaligned, Noise, Planted, Reordered, measured
from embedbench.selftest.worlds import score_of as score
from embedbench.tasks.tagging import Upos
from embedbench.tasks.words_in_sentences import BigramShift

PLAIN = {"mixes": ("single",), "control": False}
"""Where nothing else is asked for."""


@pytest.mark.parametrize("layer", [0, 2])
def test_a_planted_signal_is_found_and_the_mix_finds_its_layer(tmp_path, layer):
    task = Upos(GRAMMAR)
    record, _ = measured(tmp_path, Planted(task, layer), task, control=False)
    assert score(record, f"single:{layer}").value >= 0.99
    assert score(record, "scalar").value >= 0.99
    (weights,) = [m.weights for m in record.mix_weights if m.labels == "task"]
    assert np.argmax(weights) == layer
    assert weights[layer] > 0.5
    for other in {0, 1, 2, 3} - {layer}:
        assert score(record, f"single:{other}").value < 0.5


def test_noise_stays_at_chance(tmp_path):
    record, _ = measured(tmp_path, Noise(), CoinFlips(), **PLAIN)
    found = score(record, "single:0")
    assert abs(found.value - 0.5) < 4 * np.sqrt(0.25 / found.n)


def test_control_labels_differ_from_the_task_and_are_learnt_from_word_types(tmp_path):
    record, folder = measured(tmp_path, RandomVectors(size=256), Upos(GRAMMAR))
    task, control = score(record, "single:0"), score(record, "single:0", "control")
    table = read_predictions(folder)
    assert (table["gold"] != table["gold|control"]).mean() > 0.5
    assert control.value > 0.6  # type vectors can memorise a label per type
    assert task.value > control.value - 0.1


def test_static_vectors_are_at_chance_on_swapped_neighbours(tmp_path):
    files = {"train": "grammar:train:800:5", "dev": "grammar:dev:200:5", "test": "grammar:test:600:5"}
    record, _ = measured(tmp_path, RandomVectors(size=32), BigramShift(files), **PLAIN)
    found = score(record, "single:0")
    assert abs(found.value - 0.5) < 4 * np.sqrt(0.25 / found.n)
    assert record.baselines


def test_the_order_of_sentences_changes_no_score(tmp_path):
    task = Upos(GRAMMAR)
    one, _ = measured(tmp_path, RandomVectors(size=32), task, control=False)
    other, _ = measured(tmp_path, RandomVectors(size=32), Reordered(task, 3), control=False)
    assert [s.value for s in one.scores if s.labels == "task"] == [s.value for s in other.scores if s.labels == "task"]


def test_labels_that_are_shifted_against_their_words_are_at_chance(tmp_path):
    right, wrong = (measured(tmp_path, RandomVectors(size=64), t, **PLAIN)[0] for t in (Upos(GRAMMAR), Misaligned(7)))
    majority = next(b.value for b in wrong.baselines if b.extractor == "majority")
    assert score(right, "single:0").value > majority + 0.3
    assert score(wrong, "single:0").value < majority + 0.1
