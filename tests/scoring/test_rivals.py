"""Testing many rivals at once gives what scipy's permutation test gives for each alone."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.errors import ContractError
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.paired import permutation_p
from embedbench.scoring.rivals import rival_p_values


def systems(n=240, seeds=2):
    random = np.random.default_rng(7)
    gold = random.integers(0, 3, n)
    rows = [np.where(random.random((seeds, n)) < right, gold, (gold + 1) % 3) for right in (0.8, 0.77, 0.7, 0.5)]
    return gold, rows, MetricContext(np.arange(n) // 3, ("a", "b", "c"))


@pytest.mark.parametrize("name", ["accuracy", "macro_f1"])
def test_the_p_values_are_those_of_scipy(name):
    gold, (best, *rivals), context = systems()
    draws = Bootstrap(resamples=1_999)
    found = rival_p_values(metric(name), gold, best, rivals, context, draws)
    alone = [permutation_p(metric(name), gold, best, rival, context, draws) for rival in rivals]
    # Both draw their own swaps: three standard errors of a drawn p-value of two tails.
    for one, other in zip(found, alone, strict=True):
        assert one == pytest.approx(other, abs=1e-3 + 3 * 2 * np.sqrt(other * (1 - other / 2) / 2 / 1_999))
    assert found[0] > 0.05 > found[-1]
    assert found[-1] == 2 / 2_000


def test_a_metric_that_is_no_mean_is_taken_of_both_sides():
    """Macro F1 of ten clusters: drawn swaps come as near to all 1,024 of them as drawing allows."""
    random = np.random.default_rng(1)
    gold = (random.random(60) < 0.15).astype(np.int64)
    best, rival = (np.where(random.random((1, 60)) < right, gold, 1 - gold) for right in (0.85, 0.7))
    context = MetricContext(np.arange(60) // 6, ("a", "b"))
    exact = permutation_p(metric("macro_f1"), gold, best, rival, context, Bootstrap(resamples=1_024))
    (drawn,) = rival_p_values(metric("macro_f1"), gold, best, [rival], context, Bootstrap(resamples=1_023))
    assert exact == 0.109375
    assert drawn == pytest.approx(exact, abs=3 * 2 * np.sqrt(exact / 2 / 1_023))


def test_few_clusters_are_swapped_exhaustively():
    gold = np.zeros(6, np.int64)
    context = MetricContext(np.arange(6), ("a", "b"))
    best, rival = np.zeros((1, 6), np.int64), np.ones((1, 6), np.int64)
    assert rival_p_values(metric("accuracy"), gold, best, [rival], context) == [2 / 64]


def test_equal_systems_are_never_separated():
    gold, (best, *_), context = systems()
    assert rival_p_values(metric("accuracy"), gold, best, [best], context, Bootstrap(resamples=199)) == [1.0]


def test_ranks_are_swapped_for_spearman():
    random = np.random.default_rng(3)
    gold = random.normal(size=120)
    best, near, far = ((gold + random.normal(size=120) * spread)[None] for spread in (0.5, 0.55, 3.0))
    context = MetricContext(np.arange(120))
    draws = Bootstrap(resamples=399)
    found = rival_p_values(metric("spearman"), gold, best, [near, far], context, draws)
    alone = [permutation_p(metric("spearman"), gold, best, rival, context, draws) for rival in (near, far)]
    assert found == pytest.approx(alone, abs=0.12)
    assert found[1] == 2 / 400 < 0.05 < found[0]


def test_other_numbers_of_seeds_are_refused():
    gold, (best, rival, *_), context = systems()
    with pytest.raises(ContractError, match="one system has 2 seeds and its rival 1"):
        rival_p_values(metric("accuracy"), gold, best, [rival[:1]], context)


def test_no_rivals_no_values():
    gold, (best, *_), context = systems()
    assert rival_p_values(metric("accuracy"), gold, best, [], context) == []
