"""Which system is best over several tasks: mean ranks with intervals over tasks and over the targets of each.

A mean of scores adds percent of different things; a mean of ranks (Demšar 2006,
https://jmlr.org/papers/v7/demsar06a.html) does not. Two things are left to chance: which tasks were asked, and which
targets each of them had. The bootstrap draws both: tasks with replacement, and for every drawn task a resample of its
clusters, the same for all systems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from embedbench.errors import DataError
from embedbench.scoring.intervals import Bootstrap


@dataclass(frozen=True, eq=False)
class Ranking:
    """Systems by their mean rank over tasks, 1 the best; equal values share the mean of their ranks.

    Attributes:
        mean: the mean rank of each system.
        low: lower end of its interval.
        high: upper end.
        wins: in how many tasks it is first, alone or with others.
        separated: whether the interval of the difference of two systems' mean ranks leaves out 0.
    """

    mean: Float64[np.ndarray, "systems"]
    low: Float64[np.ndarray, "systems"]
    high: Float64[np.ndarray, "systems"]
    wins: Float64[np.ndarray, "systems"]
    separated: np.ndarray


def ranking(
    values: Float64[np.ndarray, "tasks systems"],
    resampled: Sequence[Float64[np.ndarray, "systems _"] | None],
    bootstrap: Bootstrap,
) -> Ranking:
    """The ranking of systems whose every value is known; higher is better everywhere.

    Args:
        values: one row per task.
        resampled: for every task, the values on resampled clusters, a column per resample; None where there are no
            predictions, whose task then keeps its ranks in every resample.
        bootstrap: how many resamples of tasks, which level and seed.

    Raises:
        DataError: there are fewer than two systems, or no task.
    """
    n_tasks, n_systems = values.shape
    if n_systems < 2 or not n_tasks:
        raise DataError(f"{n_systems} systems on {n_tasks} common tasks cannot be ranked; it takes two on one at least")
    at = _ranks(values)
    of_tasks = [at[[task]] if drawn is None else _ranks(drawn.T) for task, drawn in enumerate(resampled)]
    rng = np.random.default_rng(bootstrap.seed)
    drawn_tasks = rng.integers(0, n_tasks, (bootstrap.resamples, n_tasks))
    means = np.zeros((bootstrap.resamples, n_systems))
    for task, ranks in enumerate(of_tasks):
        row, _ = np.nonzero(drawn_tasks == task)
        np.add.at(means, row, ranks[rng.integers(0, len(ranks), len(row))])
    means /= n_tasks
    tails = [(1 - bootstrap.level) / 2, (1 + bootstrap.level) / 2]
    low, high = np.quantile(means, tails, axis=0)
    mean = at.mean(axis=0)
    between = np.quantile(means[:, :, None] - means[:, None, :], tails, axis=0)
    return Ranking(
        mean=mean,
        low=np.minimum(low, mean),
        high=np.maximum(high, mean),
        wins=(values == values.max(axis=1, keepdims=True)).sum(axis=0).astype(np.float64),
        separated=(between[0] > 0) | (between[1] < 0),
    )


def _ranks(values: Float64[np.ndarray, "rows systems"]) -> Float64[np.ndarray, "rows systems"]:
    from scipy.stats import rankdata

    return np.asarray(rankdata(-values, axis=1, method="average"), dtype=np.float64)
