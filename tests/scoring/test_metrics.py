"""The library's value and the value recomputed from statistics are the same number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.errors import ConfigurationError, DataError, NumericalError
from embedbench.scoring.metric import AdditiveMetric, MetricContext, WeightedMetric, check_columns
from embedbench.scoring.metrics import metric

TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")

# Both sides are sums and quotients of the same counts, added in another order: a few units in the last place.
ULPS = 1e-13


def columns(n_labels: int):
    """Gold, predicted and cluster of 1..60 targets; clusters are in no order."""
    label = st.integers(0, n_labels - 1)
    return st.lists(st.tuples(label, label, st.integers(-2, 6)), min_size=1, max_size=60).map(
        lambda rows: tuple(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    )


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "span_f1"])
@given(drawn=columns(len(TAGS)))
@settings(max_examples=80, deadline=None)
def test_the_statistics_give_the_librarys_value(name, drawn):
    gold, predicted, clusters = drawn
    context, measure = MetricContext(clusters, TAGS), metric(name)
    assert isinstance(measure, AdditiveMetric)
    statistics = measure.statistics(gold, predicted, context)
    assert len(statistics) == len(set(clusters.tolist()))
    value = measure.value(gold, predicted, context)
    assert 0 <= value <= 1
    assert float(measure.value_from(statistics.sum(axis=0, keepdims=True))[0]) == pytest.approx(value, abs=ULPS)


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "span_f1"])
@given(drawn=columns(len(TAGS)), data=st.data())
@settings(max_examples=50, deadline=None)
def test_weighted_statistics_are_the_metric_of_the_repeated_clusters(name, drawn, data):
    gold, predicted, clusters = drawn
    context, measure = MetricContext(clusters, TAGS), metric(name)
    n = context.n_clusters
    chosen = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=n, max_size=n)))
    rows = np.concatenate([np.flatnonzero(context.cluster_index == c) for c in chosen])
    repeat = np.concatenate([np.full((context.cluster_index == c).sum(), i) for i, c in enumerate(chosen)])
    expected = measure.value(gold[rows], predicted[rows], MetricContext(repeat.astype(np.int64), TAGS))
    weights = np.bincount(chosen, minlength=n).astype(np.float64)
    found = measure.value_from(weights[None] @ measure.statistics(gold, predicted, context))
    assert float(found[0]) == pytest.approx(expected, abs=ULPS)


@given(
    pairs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), min_size=3, max_size=50),
    seed=st.integers(0, 1000),
)
@settings(max_examples=50, deadline=None)
def test_spearman_of_drawn_targets_is_spearman_of_the_repeated_ones(pairs, seed):
    gold, predicted = np.array(pairs, dtype=np.float64).T
    if np.ptp(gold) == 0:
        return
    measure = metric("spearman")
    assert isinstance(measure, WeightedMetric)
    drawn = np.random.default_rng(seed).multinomial(len(gold), np.full(len(gold), 1 / len(gold)))
    rows = np.repeat(np.arange(len(gold)), drawn)
    context = MetricContext(np.arange(len(rows)))
    constant = np.ptp(gold[rows]) == 0
    expected = 0.0 if constant else measure.value(gold[rows], predicted[rows], context)
    found = measure.weighted(gold, [predicted], drawn.astype(np.float64)[:, None])
    # Ranks are halves and exact; the root and the quotient round.
    assert found[0, 0] == pytest.approx(expected, abs=1e-12)


@given(
    pairs=st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=4, max_size=40),
    shift=st.sampled_from([0.0, 1e4]),
)
@settings(max_examples=50, deadline=None)
def test_pearson_from_statistics_is_scipys(pairs, shift):
    gold, predicted = np.array(pairs, dtype=np.float64).T + shift
    if np.ptp(gold) < 1e-3 or np.ptp(predicted) < 1e-3:  # SciPy itself warns of rounding below
        return
    measure, context = metric("pearson"), MetricContext(np.arange(len(gold)) // 3)
    found = measure.value_from(measure.statistics(gold, predicted, context).sum(axis=0, keepdims=True))
    assert float(found[0]) == pytest.approx(measure.value(gold, predicted, context), abs=1e-9)


def test_spans_are_counted_as_conlleval_counts_them():
    """The example of the CoNLL-2000 script's habits: an I- after O, or after another type, begins a span."""
    gold = np.array([TAGS.index(t) for t in ["B-LOC", "I-LOC", "O", "B-PER", "I-PER", "O"]])
    lenient = np.array([TAGS.index(t) for t in ["I-LOC", "I-LOC", "O", "B-PER", "I-LOC", "O"]])
    context = MetricContext(np.zeros(6, dtype=np.int64), TAGS)
    # predicted: LOC(0,1) right, PER(3,3) wrong end, LOC(4,4) wrong: 1 of 3 found, 1 of 2 wanted.
    assert metric("span_f1").value(gold, lenient, context) == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))


def test_a_span_does_not_cross_sentences():
    both = np.array([1, 2, 2, 2])
    one, two = MetricContext(np.array([0, 0, 0, 0]), TAGS), MetricContext(np.array([0, 0, 1, 1]), TAGS)
    assert metric("span_f1").statistics(both, both, one).sum(axis=0).tolist() == [1, 1, 1]
    assert metric("span_f1").statistics(both, both, two).sum(axis=0).tolist() == [2, 2, 2]


def test_span_f1_refuses_labels_that_are_not_bio():
    labels = np.array([0, 1])
    with pytest.raises(DataError, match="'NOUN'"):
        metric("span_f1").value(labels, labels, MetricContext(labels, ("O", "NOUN")))
    with pytest.raises(DataError, match="no label names"):
        metric("span_f1").statistics(labels, labels, MetricContext(labels))


@pytest.mark.parametrize("name", ["spearman", "pearson"])
def test_a_constant_prediction_correlates_with_nothing(name):
    gold, constant = np.arange(5.0), np.full(5, 0.3)
    assert metric(name).value(gold, constant, MetricContext(np.arange(5))) == 0.0


@pytest.mark.parametrize("name", ["spearman", "pearson"])
def test_correlations_refuse_what_has_no_meaning(name):
    context, scores = MetricContext(np.arange(3)), np.arange(3.0)
    with pytest.raises(NumericalError, match="predicted score of target 1 is nan"):
        metric(name).value(scores, np.array([0.0, np.nan, 1.0]), context)
    with pytest.raises(DataError, match=r"all 3 are 2\.0"):
        metric(name).value(np.full(3, 2.0), scores, context)


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "span_f1", "spearman", "pearson"])
def test_no_targets_are_refused(name):
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(DataError, match=f"{name} of no targets"):
        metric(name).value(none, none, MetricContext(none, TAGS))


def test_columns_of_unequal_length_are_refused():
    # The shape annotations of `value` refuse this in tests already; users run without them.
    with pytest.raises(DataError, match="accuracy got 3 gold and 2 predicted"):
        check_columns("accuracy", np.zeros(3), np.zeros(2))


def test_an_unknown_metric_lists_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"'bleu'.*accuracy, .*macro_f1"):
        metric("bleu")
