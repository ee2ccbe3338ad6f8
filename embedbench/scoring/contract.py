"""The contract of metrics: what every one keeps, checked on any, also one from outside this repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from embedbench.promises import CheckResult, Promise, ask_all
from embedbench.registry import components
from embedbench.scoring.intervals import Bootstrap, estimates
from embedbench.scoring.metric import AdditiveMetric, Metric, MetricContext, WeightedMetric

_TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
_LABELS = {
    "binary_f1": ("no", "yes"),
    "gender_bias": ("no", "yes"),
    "relation_f1": ("A(e1,e2)", "A(e2,e1)", "B(e1,e2)", "Other"),
}
"""Label names of the metrics that read them otherwise."""

_RATIOS = ("gender_bias",)
"""Metrics whose best value is in the middle."""

_ROUNDING = 1e-12
_SENTENCES = 40


@dataclass(frozen=True, eq=False)
class Columns:
    """A metric with gold labels and predictions of which six in ten are right, six targets to a sentence.

    Attributes:
        metric: what is checked.
        label_names: by index; the labels are numbers too, so that correlations can be asked.
    """

    metric: Any
    label_names: tuple[str, ...]

    @property
    def gold(self) -> np.ndarray:
        """The labels, anew every time: a metric may spoil them."""
        return np.random.default_rng(5).integers(0, len(self.label_names), 6 * _SENTENCES)

    @property
    def predicted(self) -> np.ndarray:
        """The predictions, anew every time."""
        rng = np.random.default_rng(6)
        other = rng.integers(0, len(self.label_names), len(self.gold))
        return np.where(rng.random(len(self.gold)) < 0.6, self.gold, other)

    @cached_property
    def context(self) -> MetricContext:
        """Sentences, label names and groups."""
        groups = np.tile(["feminine", "masculine", "masculine"], 2 * _SENTENCES)
        return MetricContext(np.repeat(np.arange(_SENTENCES), 6), self.label_names, groups)


def check_metric(metric: Any, label_names: Sequence[str] | None = None) -> list[CheckResult]:
    """One result per promise of a metric.

    Args:
        metric: what is checked.
        label_names: of the labels to try it on; by default BIO tags, or the metric's own attribute `example_labels`.
    """
    name = str(getattr(metric, "name", ""))
    labels = label_names or getattr(metric, "example_labels", None) or _LABELS.get(name, _TAGS)
    return ask_all(METRIC_PROMISES, Columns(metric, tuple(labels)))


def _describes_itself(of: Columns) -> tuple[bool, str]:
    metric = of.metric
    if not isinstance(metric, Metric):
        return False, f"{type(metric).__name__} lacks one of name, higher_is_better, chance, value"
    registered = components("metric").get(metric.name)
    if registered is None or registered.target is not type(metric):
        return False, f"its name {metric.name!r} is not the one that it is registered by"
    if not isinstance(metric.higher_is_better, bool) or not metric.chance:
        return False, "higher_is_better must be True or False, and chance must say what a guess gets"
    if not registered.summary.endswith((".", "…")):
        return False, "the first line of its docstring is no sentence"
    return True, f"{metric.name}: {registered.summary}"


def _resampled(of: Columns) -> tuple[bool, str]:
    ways = [kind.__name__ for kind in (AdditiveMetric, WeightedMetric) if isinstance(of.metric, kind)]
    return len(ways) == 1, f"it is {' and '.join(ways) or 'neither an AdditiveMetric nor a WeightedMetric'}"


def _right_is_best(of: Columns) -> tuple[bool, str]:
    best = of.metric.value(of.gold, of.gold, of.context)
    half = of.metric.value(of.gold, of.predicted, of.context)
    ordered = of.metric.name in _RATIOS or (best > half) == of.metric.higher_is_better
    return abs(best - 1) <= _ROUNDING and ordered, f"all right {best:.6f}, six in ten right {half:.6f}"


def _pure(of: Columns) -> tuple[bool, str]:
    gold, predicted = of.gold.copy(), of.predicted.copy()
    first, second = (of.metric.value(gold, predicted, of.context) for _ in range(2))
    kept = np.array_equal(gold, of.gold) and np.array_equal(predicted, of.predicted)
    return kept and first == second, f"{first}, then {second}" + ("" if kept else "; it changed its input")


def _any_order(of: Columns) -> tuple[bool, str]:
    order = np.random.default_rng(0).permutation(_SENTENCES)
    rows = (order[:, None] * 6 + np.arange(6)).ravel()
    assert of.context.groups is not None
    moved = MetricContext(of.context.clusters[rows], of.label_names, of.context.groups[rows])
    before = of.metric.value(of.gold, of.predicted, of.context)
    after = of.metric.value(of.gold[rows], of.predicted[rows], moved)
    return abs(before - after) <= _ROUNDING, f"{before} became {after}"


def _interval(of: Columns) -> tuple[bool, str]:
    both = np.stack([of.predicted, of.gold])
    [found] = estimates(of.metric, of.gold, [both], of.context, Bootstrap(resamples=99))
    return found.low < found.value < found.high, f"{found.value:.4f} in [{found.low:.4f}, {found.high:.4f}]"


def _drawn_once(of: Columns) -> tuple[bool, str]:
    if isinstance(of.metric, AdditiveMetric):
        sums = of.metric.statistics(of.gold, of.predicted, of.context).sum(axis=0, keepdims=True)
        found = float(of.metric.value_from(sums)[0])
    else:
        found = float(of.metric.weighted(of.gold, [of.predicted], np.ones((len(of.gold), 1)))[0, 0])
    value = of.metric.value(of.gold, of.predicted, of.context)
    return abs(found - value) <= _ROUNDING, f"{found} from drawn targets, {value} from all"


METRIC_PROMISES: tuple[Promise[Columns], ...] = (
    Promise("name, direction, chance and docstring are there", _describes_itself),
    Promise("it says in one way how it is resampled", _resampled),
    Promise("the right answer is the best answer, 1", _right_is_best),
    Promise("it changes neither its input nor its mind", _pure),
    Promise("sentences may come in any order", _any_order),
    Promise("the interval is finite and holds the value", _interval),
    Promise("drawing everything once gives the value", _drawn_once),
)
"""Every promise of a metric."""
