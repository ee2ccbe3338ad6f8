"""Summaries over layers against the published figures (Tenney et al. 2019, BERT-base) and hand-computed ones."""

from __future__ import annotations

import math

import pytest

from embedbench.errors import ContractError
from embedbench.scoring.layer_summaries import (
    centre_of_gravity,
    divergence_from_uniform,
    divergence_of_gains,
    entropy,
    expected_layer,
    expected_layer_top_down,
    gains,
)

POS = "88.3952 93.4826 94.9644 95.4243 95.9719 96.4355 96.3890 96.4161 96.5560 96.4781 96.5859 96.4020 96.4782"
DEPS = "85.1990 90.2369 91.2977 92.5571 93.6569 94.0952 94.6465 94.8954 95.1667 95.2115 95.0951 95.3245 95.2172"


def fractions(column):
    return [float(value) / 100 for value in column.split()]


@pytest.mark.parametrize(("column", "layer", "divergence"), [(POS, 1.76, 1.72), (DEPS, 2.52, 1.18)])
def test_the_published_expected_layers(column, layer, divergence):
    """Cumulative F1 of the notebook behind figure 2; figures print two decimals."""
    assert round(expected_layer(fractions(column)), 2) == layer
    assert round(divergence_of_gains(fractions(column)), 2) == divergence


def test_expected_layers_by_hand():
    scores = [0.5, 0.6, 0.9, 0.9]
    assert gains(scores) == pytest.approx([0.1, 0.3, 0.0])
    assert expected_layer(scores) == pytest.approx((1 * 0.1 + 2 * 0.3) / 0.4)
    # Mixes 0..3, 1..3, 2..3, 3..3: layer 2 adds 0.2, layer 1 nothing, layer 0 adds 0.1.
    assert expected_layer_top_down([0.9, 0.8, 0.8, 0.6]) == pytest.approx((2 * 0.2 + 1 * 0.0 + 0 * 0.1) / 0.3)


def test_overlapping_layers_are_credited_to_whichever_comes_first():
    """All layers hold the same: bottom-up has no gain to place, and neither has top-down."""
    assert expected_layer([0.9, 0.9, 0.9]) is None
    assert expected_layer_top_down([0.9, 0.9, 0.9]) is None


def test_a_total_gain_about_zero_is_not_divided_by():
    """As with DPR, where noise over a gain of nothing gave layer 23.9 of 12."""
    noise = [0.500, 0.520, 0.490, 0.501]
    assert abs(gains(noise) @ [1, 2, 3] / 0.001) > 3, "what would have come out"
    assert expected_layer(noise) is None
    assert divergence_of_gains(noise) is None
    assert expected_layer([0.6, 0.5]) is None, "a loss is no gain"
    assert expected_layer([0.6, 0.62], least_gain=0.03) is None
    assert expected_layer([0.6, 0.62], least_gain=0.01) == pytest.approx(1.0)


def test_weights_by_hand():
    equal = [1 / 13] * 13
    assert centre_of_gravity(equal) == pytest.approx(6.0)
    assert entropy(equal) == pytest.approx(math.log2(13))
    assert divergence_from_uniform(equal) == pytest.approx(0, abs=1e-12)
    one = [0.0, 0.0, 1.0, 0.0]
    assert (centre_of_gravity(one), entropy(one), divergence_from_uniform(one)) == (2.0, 0.0, 2.0)


@pytest.mark.parametrize("weights", [[], [0.5, 0.6], [1.5, -0.5], [math.nan, 1.0]])
def test_what_is_no_distribution_is_refused(weights):
    with pytest.raises(ContractError, match="sum to 1"):
        entropy(weights)


def test_what_cannot_be_placed_is_refused():
    with pytest.raises(ContractError, match="at least two finite"):
        expected_layer([0.5])
