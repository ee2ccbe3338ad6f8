"""F1 with a negative label: hand-computed values, and the statistics that give them again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.errors import DataError
from embedbench.scoring.metric import AdditiveMetric, MetricContext
from embedbench.scoring.metrics import metric

LABELS = {
    "binary_f1": ("no", "yes"),
    "relation_f1": ("Cause(e1,e2)", "Cause(e2,e1)", "Other", "Whole(e1,e2)", "Whole(e2,e1)"),
}


def test_binary_f1_counts_yes_alone() -> None:
    gold, predicted = np.array([1, 1, 1, 0, 0, 0]), np.array([1, 1, 0, 1, 0, 0])
    context = MetricContext(np.arange(6), ("no", "yes"))
    assert metric("binary_f1").value(gold, predicted, context) == pytest.approx(2 * 2 / (3 + 3))
    with pytest.raises(DataError, match="needs a task with the label 'yes'; its labels are a, b"):
        metric("binary_f1").value(gold, predicted, MetricContext(np.arange(6), ("a", "b")))


def test_relation_f1_is_the_official_score_of_semeval() -> None:
    """As the task's scorer does it: a wrong direction is wrong, but predicted and gold count it for the relation."""
    names = LABELS["relation_f1"]
    gold = np.array([names.index(n) for n in ("Cause(e1,e2)", "Cause(e1,e2)", "Cause(e2,e1)", "Whole(e1,e2)", "Other")])
    said = ("Cause(e1,e2)", "Cause(e2,e1)", "Other", "Whole(e1,e2)", "Whole(e2,e1)")
    predicted = np.array([names.index(n) for n in said])
    cause = 2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3)  # 1 right of 2 predicted and 3 gold
    whole = 2 * (1 / 2) * (1 / 1) / (1 / 2 + 1 / 1)  # 1 right of 2 predicted and 1 gold
    value = metric("relation_f1").value(gold, predicted, MetricContext(np.arange(5), names))
    assert value == pytest.approx((cause + whole) / 2)


@pytest.mark.parametrize("name", sorted(LABELS))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_statistics_give_the_librarys_value(name, data) -> None:
    label = st.integers(0, len(LABELS[name]) - 1)
    rows = data.draw(st.lists(st.tuples(label, label, st.integers(-2, 6)), min_size=1, max_size=40))
    gold, predicted, clusters = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    context, measure = MetricContext(clusters, LABELS[name]), metric(name)
    assert isinstance(measure, AdditiveMetric)
    sums = measure.statistics(gold, predicted, context).sum(axis=0, keepdims=True)
    assert float(measure.value_from(sums)[0]) == pytest.approx(measure.value(gold, predicted, context), abs=1e-13)
