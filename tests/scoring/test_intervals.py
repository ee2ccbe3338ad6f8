"""The cluster bootstrap: the same as scipy.stats.bootstrap on resampled word lists, and with honest coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from embedbench.errors import ContractError, DataError
from embedbench.scoring.intervals import Bootstrap, estimates
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric

FEW = Bootstrap(resamples=400, seed=3)


@pytest.fixture
def sample():
    """700 targets in 90 uneven sentences, three seeds of predictions."""
    rng = np.random.default_rng(7)
    clusters = np.sort(rng.integers(0, 90, 700))
    gold = rng.integers(0, 6, 700)
    predicted = np.where(rng.random((3, 700)) < 0.8, gold, rng.integers(0, 6, (3, 700)))
    return gold, predicted, clusters * 10 + 5


def oracle(function, gold, predicted, clusters, options):
    """scipy.stats.bootstrap over clusters; every resample is the plain list of the drawn clusters' targets."""
    members = [np.flatnonzero(clusters == c) for c in np.unique(clusters)]

    def statistic(drawn):
        rows = np.concatenate([members[c] for c in drawn])
        return np.mean([function(gold[rows], row[rows]) for row in predicted])

    found = stats.bootstrap(
        (np.arange(len(members)),),
        statistic,
        n_resamples=options.resamples,
        method="percentile",
        vectorized=False,
        rng=np.random.default_rng(options.seed),
    )
    return found.confidence_interval


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("accuracy", lambda g, p: np.mean(g == p)),
        ("macro_f1", lambda g, p: f1_score(g, p, average="macro", zero_division=0.0)),
        ("spearman", lambda g, p: stats.spearmanr(g, p).statistic),
    ],
)
def test_it_equals_scipys_bootstrap_of_plain_lists(sample, name, function):
    gold, predicted, clusters = sample
    context = MetricContext(clusters, tuple("abcdef"))
    [found] = estimates(metric(name), gold, [predicted], context, FEW)
    expected = oracle(function, gold, predicted, clusters, FEW)
    # The same drawn clusters (same generator, same order): only rounding differs.
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.value == pytest.approx(np.mean([function(gold, row) for row in predicted]))
    assert found.low < found.value < found.high
    assert (found.n, found.clusters, found.seeds) == (700, 90, 3)


def test_mixes_do_not_disturb_each_other(sample):
    gold, predicted, clusters = sample
    context = MetricContext(clusters)
    together = estimates(metric("macro_f1"), gold, [predicted[:1], predicted, predicted[1:]], context, FEW)
    alone = [
        estimates(metric("macro_f1"), gold, [p], context, FEW)[0] for p in (predicted[:1], predicted, predicted[1:])
    ]
    assert together == alone
    assert [e.seeds for e in together] == [1, 3, 2]


def test_the_value_is_the_mean_over_seeds_also_where_the_metric_is_not_linear(sample):
    gold, predicted, clusters = sample
    [found] = estimates(metric("macro_f1"), gold, [predicted], MetricContext(clusters), FEW)
    assert found.value == pytest.approx(np.mean(found.per_seed))
    assert len(set(found.per_seed)) == 3


def test_the_result_depends_on_the_seed_alone(sample):
    gold, predicted, clusters = sample
    context, measure = MetricContext(clusters), metric("accuracy")
    assert estimates(measure, gold, [predicted], context, FEW) == estimates(measure, gold, [predicted], context, FEW)
    assert estimates(measure, gold, [predicted], context, FEW) != estimates(
        measure, gold, [predicted], context, Bootstrap(resamples=400, seed=4)
    )


def test_the_order_of_targets_does_not_matter(sample):
    gold, predicted, clusters = sample
    order = np.random.default_rng(0).permutation(len(gold))
    first = estimates(metric("accuracy"), gold, [predicted], MetricContext(clusters), FEW)
    second = estimates(metric("accuracy"), gold[order], [predicted[:, order]], MetricContext(clusters[order]), FEW)
    assert first == second


def test_dependent_targets_widen_the_interval():
    """Words of a sentence that stand and fall together are one observation, not twenty."""
    right = np.repeat(np.random.default_rng(1).random(60) < 0.5, 20).astype(np.int64)
    gold = np.ones(1200, dtype=np.int64)
    [together] = estimates(metric("accuracy"), gold, [right[None]], MetricContext(np.repeat(np.arange(60), 20)), FEW)
    [apart] = estimates(metric("accuracy"), gold, [right[None]], MetricContext(np.arange(1200)), FEW)
    widening = (together.high - together.low) / (apart.high - apart.low)
    assert widening == pytest.approx(np.sqrt(20), rel=0.2)


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "span_f1"])
@pytest.mark.parametrize("right", [True, False])
def test_all_right_or_all_wrong_leaves_nothing_to_doubt(name, right):
    gold = np.array([1, 2, 0] * 10)
    predicted = gold if right else np.where(gold == 0, 0, 3) if name == "span_f1" else (gold + 1) % 3
    names = ("O", "B-A", "I-A", "I-B")
    [found] = estimates(metric(name), gold, [predicted[None]], MetricContext(np.repeat(np.arange(10), 3), names), FEW)
    assert found.value == (1.0 if right else 0.0)
    assert found.low == found.value == found.high


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "spearman", "pearson"])
def test_one_cluster_has_no_interval(name):
    gold, predicted = np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])
    [found] = estimates(metric(name), gold, [predicted[None]], MetricContext(np.zeros(4, dtype=np.int64)), FEW)
    assert found.low == found.value == found.high
    assert found.clusters == 1


@pytest.mark.parametrize("name", ["spearman", "pearson"])
def test_tiny_samples_give_numbers_not_nan(name):
    """Of three pairs, one resample in nine draws a single pair over and over."""
    scores = np.array([0.1, 0.4, 0.9])
    [found] = estimates(metric(name), scores, [scores[None] ** 2], MetricContext(np.arange(3)), FEW)
    assert np.isfinite([found.low, found.high]).all()
    [constant] = estimates(metric(name), scores, [np.zeros((1, 3))], MetricContext(np.arange(3)), FEW)
    assert (constant.low, constant.value, constant.high) == (0.0, 0.0, 0.0)


def test_nothing_to_score():
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(DataError, match="accuracy of no targets"):
        estimates(metric("accuracy"), none, [none[None]], MetricContext(none))
    assert estimates(metric("accuracy"), np.array([1]), [], MetricContext(np.array([0]))) == []


def test_a_metric_that_cannot_be_resampled_is_refused():
    @dataclass(frozen=True)
    class Opaque:
        name = "opaque"
        higher_is_better = True
        chance = "unknown"

        def value(self, gold, predicted, context):
            return 0.5

    with pytest.raises(ContractError, match="'opaque'"):
        estimates(Opaque(), np.arange(3), [np.arange(3)[None]], MetricContext(np.arange(3)))


@pytest.mark.slow
def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Over 400 drawn test sets of 60 sentences the 95 % interval holds the true accuracy in 95 % of cases."""
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(400):
        skill = np.repeat(rng.beta(4, 2, 60), 12)  # sentences differ; true accuracy 4 / (4 + 2)
        right = (rng.random(720) < skill).astype(np.int64)
        context = MetricContext(np.repeat(np.arange(60), 12))
        [found] = estimates(metric("accuracy"), np.ones(720, dtype=np.int64), [right[None]], context, FEW)
        covered += found.low <= 2 / 3 <= found.high
    # Standard error of the coverage is 1.1 points; the percentile interval is known to be a little short.
    assert 0.91 <= covered / 400 <= 0.98
