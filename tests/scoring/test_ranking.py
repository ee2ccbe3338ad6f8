"""Mean ranks over tasks: by hand, against a plain bootstrap, and where nothing can be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.errors import DataError
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.ranking import ranking

FEW = Bootstrap(resamples=2000, seed=1)


def test_ranks_by_hand():
    values = np.array([[0.9, 0.8, 0.7], [0.6, 0.5, 0.5], [0.1, 0.2, 0.3]])
    found = ranking(values, [None] * 3, FEW)
    assert found.mean.tolist() == [
        pytest.approx((1 + 1 + 3) / 3),
        pytest.approx((2 + 2.5 + 2) / 3),
        pytest.approx(6.5 / 3),
    ]
    assert found.wins.tolist() == [2, 0, 1]
    assert not found.separated.any()


def test_tasks_alone_are_the_plain_bootstrap_of_ranks():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(12, 4)) + np.array([1.0, 0.5, 0.0, -1.0])
    found = ranking(values, [None] * 12, Bootstrap(resamples=20_000))
    ranks = (-values).argsort(axis=1).argsort(axis=1) + 1.0
    drawn = ranks[rng.integers(0, 12, (20_000, 12))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    # Mean ranks of 12 tasks go in steps of 1/12; two independent bootstraps agree to a step.
    assert found.low == pytest.approx(low, abs=1 / 12 + 1e-9)
    assert found.high == pytest.approx(high, abs=1 / 12 + 1e-9)


def test_targets_add_their_own_chance():
    """Two systems apart by little on every task: always the same order by tasks alone, any order by targets."""
    rng = np.random.default_rng(0)
    values = np.tile([0.51, 0.50], (8, 1))
    sure = ranking(values, [None] * 8, FEW)
    assert sure.separated[0, 1]
    noisy = [values[0][:, None] + rng.normal(scale=0.1, size=(2, 500)) for _ in range(8)]
    unsure = ranking(values, noisy, FEW)
    assert not unsure.separated[0, 1]
    assert unsure.low[0] == 1.0
    assert unsure.high[0] > 1.3


def test_every_resample_of_the_targets_is_drawn():
    """One task, whose order turns in half of its resamples: either rank is within the interval of both."""
    turned = np.where(np.arange(500) % 2, [[0.6], [0.4]], [[0.4], [0.6]]).astype(float)
    found = ranking(np.array([[0.5, 0.5]]), [turned], FEW)
    assert found.mean.tolist() == [1.5, 1.5]
    assert (found.low.tolist(), found.high.tolist()) == ([1.0, 1.0], [2.0, 2.0])


def test_a_clear_winner_is_separated_and_nothing_ranks_alone():
    values = np.tile([0.9, 0.5, 0.5], (6, 1))
    found = ranking(values, [None] * 6, FEW)
    assert found.separated[0].tolist() == [False, True, True]
    assert found.separated[1].tolist() == [True, False, False]
    with pytest.raises(DataError, match="1 systems on 6 common tasks"):
        ranking(values[:, :1], [None] * 6, FEW)
