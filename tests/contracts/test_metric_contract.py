"""What every registered metric keeps, whoever wrote it."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.registry import components, load_components
from embedbench.scoring.intervals import Bootstrap, estimates
from embedbench.scoring.metric import AdditiveMetric, Metric, MetricContext, WeightedMetric

load_components()
TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
LABELS = {
    "binary_f1": ("no", "yes"),
    "gender_bias": ("no", "yes"),
    "relation_f1": ("A(e1,e2)", "A(e2,e1)", "B(e1,e2)", "Other"),
}
"""Label names of the metrics that read them otherwise."""


@pytest.fixture(params=sorted(components("metric")))
def measure(request) -> Metric:
    return components("metric")[request.param].target()


@pytest.fixture
def columns(measure):
    """Gold and half-right predictions that every metric can read: BIO label indices, which are also numbers."""
    names = LABELS.get(measure.name, TAGS)
    rng = np.random.default_rng(5)
    gold = rng.integers(0, len(names), 240)
    predicted = np.where(rng.random(240) < 0.6, gold, rng.integers(0, len(names), 240))
    groups = np.tile(["feminine", "masculine", "masculine"], 80)
    return gold, predicted, MetricContext(np.repeat(np.arange(40), 6), names, groups)


def test_it_says_what_it_is(measure):
    assert isinstance(measure, Metric)
    assert components("metric")[measure.name].target is type(measure)
    assert isinstance(measure.higher_is_better, bool)
    assert measure.chance
    assert components("metric")[measure.name].summary.endswith((".", "…"))


def test_it_can_be_resampled(measure):
    assert isinstance(measure, AdditiveMetric) != isinstance(measure, WeightedMetric)


def test_the_right_answer_is_the_best_answer(measure, columns):
    gold, predicted, context = columns
    best, half = measure.value(gold, gold, context), measure.value(gold, predicted, context)
    assert best == pytest.approx(1.0, abs=1e-12)
    if measure.name != "gender_bias":  # a ratio, whose best value is in the middle
        assert (best > half) == measure.higher_is_better


def test_it_does_not_change_its_input_or_its_mind(measure, columns):
    gold, predicted, context = columns
    before = gold.copy(), predicted.copy()
    assert measure.value(gold, predicted, context) == measure.value(gold, predicted, context)
    assert (gold == before[0]).all()
    assert (predicted == before[1]).all()


def test_sentences_may_come_in_any_order(measure, columns):
    gold, predicted, context = columns
    order = np.random.default_rng(0).permutation(40)
    rows = (order[:, None] * 6 + np.arange(6)).ravel()
    moved = MetricContext(context.clusters[rows], context.label_names, context.groups[rows])
    assert measure.value(gold[rows], predicted[rows], moved) == pytest.approx(
        measure.value(gold, predicted, context), abs=1e-12
    )


def test_the_interval_is_finite_and_holds_the_value(measure, columns):
    gold, predicted, context = columns
    [found] = estimates(measure, gold, [np.stack([predicted, gold])], context, Bootstrap(resamples=99))
    assert found.low < found.value < found.high


def test_drawing_everything_once_gives_the_librarys_value(measure, columns):
    gold, predicted, context = columns
    if isinstance(measure, AdditiveMetric):
        found = float(measure.value_from(measure.statistics(gold, predicted, context).sum(axis=0, keepdims=True))[0])
    else:
        assert isinstance(measure, WeightedMetric)
        found = float(measure.weighted(gold, [predicted], np.ones((len(gold), 1)))[0, 0])
    assert found == pytest.approx(measure.value(gold, predicted, context), abs=1e-12)
