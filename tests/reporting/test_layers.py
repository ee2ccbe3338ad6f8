"""The text plot of layers."""

from __future__ import annotations

import pytest
from synthetic_records import cell, failed, score, similarity

from embedbench.errors import ConfigurationError
from embedbench.reporting.layers import render_layers, view_layers
from embedbench.reporting.options import TableOptions


@pytest.fixture
def record():
    return cell("minilm", "upos", 0.951, layers=(0.85, 0.94), dev=(0.85, 0.93))


def test_the_plot(record):
    assert [line.rstrip() for line in render_layers([record], "upos").splitlines()] == [
        "minilm: upos, accuracy on test (task labels), percent",
        "bars of layers from 84.0 to 94.0",
        "   0 layer0   85.0 ± 1.0 ██                        0.250 ████████",
        "*  1 layer1   94.0 ± 1.0 ████████████████████████  0.750 ████████████████████████",
        "     scalar          95.1 ± 1.0",
        "* is the best single layer on dev",
        "right: weights of the scalar mix, mean over seeds",
        "mix weights: centre of gravity 0.75 (0.75 to 0.75), entropy 0.81 (0.81 to 0.81) bits, "
        "divergence from uniform 0.19 (0.19 to 0.19) bits",
        "expected layer bottom-up 1.00 (1.00 to 1.00), total gain 10.1, "
        "divergence of the gains from uniform 0.00 (0.00 to 0.00) bits",
        "expected layer top-down 0.00 (0.00 to 0.00), total gain 1.1",
    ]


def test_of_a_single_layer_there_is_nothing_to_weigh():
    static = cell("word2vec", "upos", 0.85, layers=(0.85,), dev=(0.85,))
    assert render_layers([static], "upos").splitlines() == [
        "word2vec: upos, accuracy on test (task labels), percent",
        "  0 layer0  85.0 ± 1.0",
        "the only layer, so there is nothing to mix",
    ]


def test_a_gain_within_the_noise_places_nothing(record):
    flat = cell("minilm", "upos", 0.851, layers=(0.85, 0.845))
    text = render_layers([flat], "upos")
    assert "expected layer bottom-up: undefined, total gain 0.1 is within the noise (1.0)" in text
    assert "expected layer top-down: undefined, total gain 0.6 is within the noise (1.0)" in text


def test_codelength_of_layers_is_in_bits():
    kinds = {"split": "train", "metric": "codelength", "half": 100.0}
    code = {"single:0": 20_000.0, "single:1": 10_000.0, "scalar": 9_000.0}
    scores = tuple(score("minilm", mix, bits, **kinds) for mix, bits in code.items())
    coded = cell("minilm", "upos", 0.9, layers=(0.8, 0.9), scores=scores)
    text = render_layers([coded], "upos", TableOptions(metric="codelength", split="train"))
    assert "codelength on train (task labels), bits" in text
    assert "20,000 ± 100" in text
    assert "expected layer" not in text, "less is better: what a layer adds would be a loss"


def test_weights_are_averaged_over_seeds(record):
    view = view_layers(record, TableOptions())
    assert view.weights == pytest.approx((0.25, 0.75))


def test_layers_that_were_not_scored_are_missing(record):
    control = view_layers(record, TableOptions(labels="control"))
    assert control.scores == (None, None)
    assert control.weights == ()
    assert "–" in render_layers([record], "upos", TableOptions(labels="control"))


def test_every_extractor_has_its_block(record):
    other = cell("elmo", "upos", 0.9, layers=(0.5, 0.5))
    text = render_layers([record, other, similarity("elmo", "simlex", 0.4), failed("bert", "upos", "gone")], "upos")
    assert text.count("accuracy on test") == 2
    assert text.index("elmo: upos") < text.index("minilm: upos")


def test_a_task_without_cells_is_said(record):
    with pytest.raises(ConfigurationError, match="'ner'; there are: upos"):
        render_layers([record], "ner")
    with pytest.raises(ConfigurationError, match="no finished cell of the task 'ner'"):
        render_layers([record, failed("bert", "ner", "gone")], "ner")
