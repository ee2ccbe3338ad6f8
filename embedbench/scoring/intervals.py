"""95 % intervals by the cluster bootstrap: sentences are drawn, not words, because words of a sentence go together.

Percentile bootstrap of Efron (1979), https://doi.org/10.1214/aos/1176344552, through `scipy.stats.bootstrap`, drawing
whole clusters (Field & Welsh 2007, https://doi.org/10.1111/j.1467-9868.2007.00593.x). One resampling serves all mixes,
so their intervals differ by the predictions alone.

The interval tells how much the value would move on other test sentences. It does not tell how it would move with
another training set; seeds are averaged within every resample, not drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int64, Real, Shaped

from embedbench.errors import ContractError, DataError
from embedbench.scoring.metric import AdditiveMetric, Metric, MetricContext, WeightedMetric

if TYPE_CHECKING:
    from scipy.stats._resampling import BootstrapResult

_EXACT_FLOAT32 = 1 << 24
"""Whole numbers below this are exact in float32."""

BATCH_BYTES = 32 << 20
"""Working memory of one batch of resamples."""


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are computed.

    Attributes:
        resamples: how many times the clusters are drawn.
        level: the confidence level.
        seed: of the drawing.
    """

    resamples: int = 9_999
    level: float = 0.95
    seed: int = 0


@dataclass(frozen=True)
class Estimate:
    """A metric's mean over seeds with its interval.

    Attributes:
        value: the mean over seeds.
        low: lower end of the interval of the mean over seeds.
        high: upper end.
        n: targets.
        clusters: the units that were resampled.
        per_seed: the value of every seed.
    """

    value: float
    low: float
    high: float
    n: int
    clusters: int
    per_seed: tuple[float, ...]

    @property
    def seeds(self) -> int:
        """How many seeds the value averages."""
        return len(self.per_seed)


def estimates(
    metric: Metric,
    gold: Real[np.ndarray, "targets"],
    predictions: Sequence[Real[np.ndarray, "_ targets"]],
    context: MetricContext,
    bootstrap: Bootstrap | None = None,
) -> list[Estimate]:
    """One estimate per item of `predictions`; an item holds one mix, a row per seed (not every mix needs as many).

    With a single cluster there is nothing to resample, and where every resample has the same value (all right, all
    wrong) there is nothing to see: low = high = value. Never NaN.

    Raises:
        DataError: there are no targets.
        ContractError: the metric is neither additive nor weighted.
    """
    bootstrap = bootstrap or Bootstrap()
    if not len(gold):
        raise DataError(f"{metric.name} of no targets at all is undefined; the split is empty")
    if not predictions:
        return []
    per_seed = [tuple(metric.value(gold, row, context) for row in rows) for rows in predictions]
    values = [float(np.mean(seeds)) for seeds in per_seed]
    if context.n_clusters < 2:
        ends = np.array([values, values])
    else:
        drawn = resample(*resampled_values(metric, gold, predictions, context), context.n_clusters, bootstrap)
        ends = np.stack([drawn.confidence_interval.low, drawn.confidence_interval.high])
    return [
        # A percentile interval of a discrete value can miss it by rounding alone; the value always belongs to it.
        Estimate(value, min(float(low), value), max(float(high), value), len(gold), context.n_clusters, seeds)
        for value, low, high, seeds in zip(values, *ends, per_seed, strict=True)
    ]


_Values = Callable[[Float64[np.ndarray, "batch clusters"]], Float64[np.ndarray, "mixes batch"]]
"""From how often each cluster was drawn to the value of each mix."""


def resample(values: _Values, width: int, n_clusters: int, bootstrap: Bootstrap) -> BootstrapResult:
    """SciPy's bootstrap of values of drawn clusters; `width` numbers are needed per resample."""
    from scipy.stats import bootstrap as scipy_bootstrap

    def statistic(drawn: Int64[np.ndarray, "*batch clusters"], axis: int = -1) -> np.ndarray:
        rows = np.atleast_2d(drawn)
        offset = np.arange(len(rows), dtype=np.int64)[:, None] * n_clusters
        counts = np.bincount((rows + offset).ravel(), minlength=rows.size).reshape(rows.shape)
        result = values(counts.astype(np.float64))
        return result if drawn.ndim > 1 else result[:, 0]

    return scipy_bootstrap(
        (np.arange(n_clusters),),
        statistic,
        n_resamples=bootstrap.resamples,
        confidence_level=bootstrap.level,
        method="percentile",
        vectorized=True,
        batch=max(1, min(bootstrap.resamples, BATCH_BYTES // (8 * (n_clusters + width)))),
        rng=np.random.default_rng(bootstrap.seed),
    )


def resampled_values(
    metric: Metric, gold: np.ndarray, predictions: Sequence[np.ndarray], context: MetricContext
) -> tuple[_Values, int]:
    """The function from drawn clusters to values, and how many numbers it needs per resample."""
    if isinstance(metric, AdditiveMetric):
        return _additive(metric, gold, predictions, context)
    if isinstance(metric, WeightedMetric):
        return _weighted(metric, gold, predictions, context)
    raise ContractError(
        f"the metric {metric.name!r} has neither `statistics` and `value_from` nor `weighted`; "
        "the bootstrap needs one of the two"
    )


def _additive(
    metric: AdditiveMetric, gold: np.ndarray, predictions: Sequence[np.ndarray], context: MetricContext
) -> tuple[_Values, int]:
    """Sums over the drawn clusters are one matrix product; the mean over seeds is taken of the values."""
    statistics = [metric.statistics(gold, row, context) for rows in predictions for row in rows]
    table, columns = _distinct_columns(statistics)
    mix_ends = np.cumsum([len(rows) for rows in predictions])[:-1]

    def values(drawn: Float64[np.ndarray, "batch clusters"]) -> Float64[np.ndarray, "mixes batch"]:
        sums = drawn.astype(table.dtype) @ table
        members = [metric.value_from(sums[:, own].astype(np.float64)) for own in columns]
        return np.stack([np.mean(seeds, axis=0) for seeds in _split(members, mix_ends)])

    return values, table.shape[1]


def _split(members: list[np.ndarray], ends: Int64[np.ndarray, "mixes_minus_one"]) -> list[list[np.ndarray]]:
    bounds = [0, *ends.tolist(), len(members)]
    return [members[start:end] for start, end in itertools.pairwise(bounds)]


def _distinct_columns(
    statistics: Sequence[Float64[np.ndarray, "clusters k"]],
) -> tuple[Shaped[np.ndarray, "clusters columns"], list[Int64[np.ndarray, "k"]]]:
    """All different columns side by side, and where each table's own are: gold counts are the same in every member.

    In float32, which is twice as fast, where every possible sum of whole numbers stays exact in it.
    """
    numbers: dict[bytes, int] = {}
    distinct: list[np.ndarray] = []
    own = []
    for table in statistics:
        places = []
        for column in np.ascontiguousarray(table.T):
            place = numbers.setdefault(column.tobytes(), len(distinct))
            if place == len(distinct):
                distinct.append(column)
            places.append(place)
        own.append(np.array(places, dtype=np.int64))
    together = np.stack(distinct, axis=1)
    # A resample of n clusters can draw the largest one n times.
    largest = np.abs(together).max(initial=0) * len(together)
    exact = largest < _EXACT_FLOAT32 and np.array_equal(together, np.rint(together))
    return together.astype(np.float32) if exact else together, own


def _weighted(
    metric: WeightedMetric, gold: np.ndarray, predictions: Sequence[np.ndarray], context: MetricContext
) -> tuple[_Values, int]:
    mix_ends = np.cumsum([len(rows) for rows in predictions])[:-1]
    members = [row for rows in predictions for row in rows]

    def values(drawn: Float64[np.ndarray, "batch clusters"]) -> Float64[np.ndarray, "mixes batch"]:
        of_targets = np.ascontiguousarray(drawn.T)[context.cluster_index]
        rows = list(metric.weighted(gold, members, of_targets))
        return np.stack([np.mean(seeds, axis=0) for seeds in _split(rows, mix_ends)])

    return values, 8 * len(gold)
