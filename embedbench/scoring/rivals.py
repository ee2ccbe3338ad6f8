"""Is the best of several systems really better than each of the others? All of them in one set of swaps.

The same paired permutation test as `embedbench.scoring.paired.permutation_p` (Noreen 1989): clusters are swapped
between two systems, every seed of a cluster together. Where a metric is a function of sums over clusters, the sums of
all rivals under all swaps are one matrix product, so that a report can test hundreds of pairs. Spearman's correlation
is Pearson's of ranks; each system keeps its own ranks when clusters are swapped, so it is such a function too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64, Real

from embedbench.errors import ContractError
from embedbench.scoring.intervals import BATCH_BYTES, Bootstrap
from embedbench.scoring.metric import AdditiveMetric, Metric, MetricContext
from embedbench.scoring.metrics import Pearson, Spearman
from embedbench.scoring.paired import permutation_p

_NEARLY = 1e-14
"""Two values of the statistic that differ by less, relatively, are the same value; as in `scipy.stats`."""


def rival_p_values(
    metric: Metric,
    gold: Real[np.ndarray, "targets"],
    best: Real[np.ndarray, "_ targets"],
    rivals: Sequence[Real[np.ndarray, "_ targets"]],
    context: MetricContext,
    bootstrap: Bootstrap | None = None,
) -> list[float]:
    """The two-sided p-value of the best against each rival, uncorrected, in the order of the rivals.

    The same swaps serve all rivals, so their p-values differ by the predictions alone. Where all swaps together are
    fewer than `bootstrap.resamples` the test is exact.

    Args:
        metric: what is compared.
        gold: labels or scores.
        best: predictions of one system, a row per seed.
        rivals: predictions of the others, as many seeds each.
        context: clusters and label names.
        bootstrap: how many swaps, and the seed that draws them.

    Raises:
        ContractError: the numbers of seeds differ, or the metric is neither additive nor weighted.
    """
    bootstrap = bootstrap or Bootstrap()
    for rival in rivals:
        if len(rival) != len(best):
            raise ContractError(f"one system has {len(best)} seeds and its rival {len(rival)}; a swap needs as many")
    if isinstance(metric, Spearman):
        metric, gold, best, *rivals = Pearson(), *map(_ranks, (gold, best, *rivals))
    exact = context.n_clusters < 63 and 2**context.n_clusters <= bootstrap.resamples
    if exact or not isinstance(metric, AdditiveMetric):
        return [permutation_p(metric, gold, best, rival, context, bootstrap) for rival in rivals]
    return _swapped(metric, gold, best, rivals, context, bootstrap) if rivals else []


def _ranks(rows: np.ndarray) -> np.ndarray:
    """Ranks within each row, ties at their mean."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(rows, axis=-1))


def _swapped(
    metric: AdditiveMetric,
    gold: np.ndarray,
    best: np.ndarray,
    rivals: Sequence[np.ndarray],
    context: MetricContext,
    bootstrap: Bootstrap,
) -> list[float]:
    own = [metric.statistics(gold, row, context) for row in best]
    others = [[metric.statistics(gold, row, context) for row in rival] for rival in rivals]
    # A swapped cluster takes from the one sum what it gives to the other.
    moved = [other - one for rival in others for one, other in zip(own, rival, strict=True)]
    width = own[0].shape[1]
    moves = np.hstack(moved)
    # What no swap changes, such as how many targets there are, need not be multiplied.
    changed = np.flatnonzero(moves.any(axis=0))
    factor = moves[:, changed].astype(np.float32 if _counts(moves) else np.float64)
    ends = [(one.sum(axis=0), other.sum(axis=0)) for rival in others for one, other in zip(own, rival, strict=True)]

    def statistics(swaps: Float[np.ndarray, "batch clusters"]) -> Float64[np.ndarray, "rivals batch"]:
        gained = np.zeros((len(swaps), moves.shape[1]))
        gained[:, changed] = swaps @ factor
        found = np.empty((len(ends), len(swaps)))
        for place, (one, other) in enumerate(ends):
            step = gained[:, place * width : (place + 1) * width]
            found[place] = metric.value_from(one + step) - metric.value_from(other - step)
        return np.asarray(found.reshape(len(rivals), len(best), -1).mean(axis=1))

    observed = statistics(np.zeros((1, context.n_clusters), factor.dtype))
    slack = _NEARLY * np.abs(observed)
    below, above = np.zeros(len(rivals)), np.zeros(len(rivals))
    random = np.random.default_rng(bootstrap.seed)
    batch = max(1, BATCH_BYTES // (8 * (context.n_clusters + moves.shape[1])))
    # Filled anew in every round: to get fresh memory of this size takes longer than to multiply.
    swaps = np.empty((min(batch, bootstrap.resamples), context.n_clusters), factor.dtype)
    for start in range(0, bootstrap.resamples, batch):
        rows = min(batch, bootstrap.resamples - start)
        swaps[:rows] = random.integers(0, 2, size=(rows, context.n_clusters), dtype=np.int8)
        drawn = statistics(swaps[:rows])
        below += (drawn <= observed + slack).sum(axis=1)
        above += (drawn >= observed - slack).sum(axis=1)
    # What was observed is one of the possible swaps (Phipson & Smyth 2010), hence the ones.
    tail = (np.minimum(below, above) + 1) / (bootstrap.resamples + 1)
    return [float(p) for p in np.minimum(1.0, 2 * tail)]


def _counts(moves: Float64[np.ndarray, "clusters columns"]) -> bool:
    """Whether every sum of these is a whole number that float32 holds exactly, so that half the bytes will do."""
    return bool((moves == np.rint(moves)).all() and np.abs(moves).sum(axis=0).max(initial=0.0) < 2**24)
