"""Paired tests against SciPy on the same predictions, and against known answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from embedbench.errors import ContractError, DataError
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import Accuracy, MacroF1, Pearson, Spearman
from embedbench.scoring.paired import compare, holm, permutation_p

FEW = Bootstrap(resamples=499, seed=3)


def two_systems(n=300, clusters=60, edge=0.1, seed=0, seeds=1):
    """Gold labels and two systems' predictions; the first is right more often by about `edge`."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 4, n)

    def predicted(share):
        return np.stack([np.where(rng.random(n) < share, gold, rng.integers(0, 4, n)) for _ in range(seeds)])

    return gold, predicted(0.6 + edge), predicted(0.6), MetricContext(np.sort(rng.integers(0, clusters, n)))


def test_accuracy_agrees_with_scipy_on_clusters():
    gold, first, second, context = two_systems()
    found = compare(Accuracy(), gold, first, second, context, FEW)
    right = context.total(*((row[0] == gold).astype(float) for row in (first, second)), np.ones(len(gold)))
    a, b, n = right.T

    def difference(a, b, n, axis=-1):
        return (a.sum(axis=axis) - b.sum(axis=axis)) / n.sum(axis=axis)

    interval = stats.bootstrap(
        (a, b, n), difference, paired=True, vectorized=True, n_resamples=499, method="percentile",
        rng=np.random.default_rng(3),
    )  # fmt: skip
    ends = interval.confidence_interval
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.detectable == pytest.approx((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * interval.standard_error)
    swapped = stats.permutation_test(
        (a, b), lambda a, b, axis: (a - b).sum(axis=axis), permutation_type="samples", vectorized=True,
        n_resamples=499, rng=np.random.default_rng(3),
    )  # fmt: skip
    assert found.p == pytest.approx(swapped.pvalue)
    assert found.difference == pytest.approx((first == gold).mean() - (second == gold).mean())
    assert found.low < found.difference < found.high


def test_few_clusters_are_swapped_in_every_way():
    """Three clusters, all better by the same: of 8 swaps only the two extremes are as extreme, so p = 2 / 8."""
    gold = np.zeros(6, np.int64)
    first, second = gold[None], gold[None] + 1
    context = MetricContext(np.repeat(np.arange(3), 2))
    assert permutation_p(Accuracy(), gold, first, second, context, FEW) == pytest.approx(0.25)


@pytest.mark.parametrize("metric", [Accuracy(), MacroF1()], ids=lambda m: m.name)
def test_a_planted_difference_is_found_and_none_is_not(metric):
    gold, first, second, context = two_systems(n=1200, clusters=200, edge=0.15, seeds=2)
    found = compare(metric, gold, first, second, context, FEW)
    assert found.p == pytest.approx(2 / 500)
    assert found.low > 0
    assert 0 < found.detectable < found.difference
    same = compare(metric, gold, first, first, context, FEW)
    assert (same.p, same.difference, same.low, same.high, same.detectable) == (1.0, 0.0, 0.0, 0.0, 0.0)
    turned = compare(metric, gold, second, first, context, FEW)
    assert (turned.difference, turned.p) == pytest.approx((-found.difference, found.p))


def test_p_is_uniform_where_there_is_no_difference():
    p = []
    for seed in range(60):
        gold, first, second, context = two_systems(n=200, clusters=40, edge=0.0, seed=seed)
        p.append(permutation_p(Accuracy(), gold, first, second, context, Bootstrap(resamples=99, seed=seed)))
    assert np.mean(np.array(p) < 0.05) < 0.15
    assert stats.kstest(p, "uniform").pvalue > 1e-3


def test_words_of_a_sentence_stand_and_fall_together():
    """The same 20 sentences with every word ten times over: clusters keep the interval, single words would not."""
    gold, first, second, context = two_systems(n=20, clusters=20, edge=0.2)
    context = MetricContext(np.arange(20))
    once = compare(Accuracy(), gold, first, second, context, FEW)
    many = compare(
        Accuracy(), np.repeat(gold, 10), *(np.repeat(x, 10, axis=1) for x in (first, second)),
        MetricContext(np.repeat(np.arange(20), 10)), FEW,
    )  # fmt: skip
    assert (many.low, many.high, many.p) == pytest.approx((once.low, once.high, once.p))


@pytest.mark.parametrize("metric", [Spearman(), Pearson()], ids=lambda m: m.name)
def test_correlations_do_not_depend_on_a_system_s_scale(metric):
    rng = np.random.default_rng(0)
    gold = rng.normal(size=80)
    first, second = (gold + noise * rng.normal(size=80) for noise in (0.3, 3.0))
    context, few = MetricContext(np.arange(80)), Bootstrap(resamples=199)
    found = compare(metric, gold, first[None], second[None], context, few)
    library = {"spearman": stats.spearmanr, "pearson": stats.pearsonr}[metric.name]
    assert found.difference == pytest.approx(library(gold, first)[0] - library(gold, second)[0])
    assert found.p == pytest.approx(2 / 200)
    scaled = compare(metric, gold, first[None], 1000 * second[None] + 5, context, few)
    assert (scaled.p, scaled.low) == pytest.approx((found.p, found.low))


def test_what_cannot_be_paired_is_refused():
    gold, first, second, context = two_systems()
    with pytest.raises(DataError, match="1 cluster cannot be swapped"):
        compare(Accuracy(), gold, first, second, MetricContext(np.zeros(300, np.int64)), FEW)
    with pytest.raises(ContractError, match="first system has 2 seeds and the second 1"):
        compare(Accuracy(), gold, np.repeat(first, 2, axis=0), second, context, FEW)


def test_holm_is_the_greatest_of_the_smaller_ones_times_those_left():
    """The definition, in the order in which the p-values came: max over smaller p of (tests not yet passed) x p."""
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 40):
        p = rng.random(size) ** 3
        expected = [min(1.0, max((size - (p < other).sum()) * other for other in p[p <= one])) for one in p]
        assert holm(p.tolist()) == pytest.approx(expected)
    assert holm([0.5, 0.02, 0.02]) == pytest.approx([0.5, 0.06, 0.06])
    assert holm([]) == []
