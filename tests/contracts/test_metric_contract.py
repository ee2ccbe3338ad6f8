"""Every registered metric keeps the contract of metrics; one that breaks a promise is told so."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embedbench.registry import components, load_components
from embedbench.scoring.contract import METRIC_PROMISES, check_metric
from embedbench.scoring.metrics import Accuracy

load_components()


@pytest.mark.parametrize("name", sorted(components("metric")))
def test_it_keeps_every_promise(name):
    results = check_metric(components("metric")[name].target())
    assert [result.name for result in results] == [promise.name for promise in METRIC_PROMISES]
    assert [result for result in results if not result.passed] == []


class Halved(Accuracy):
    """Never more than a half."""

    def value(self, gold, predicted, context):
        return super().value(gold, predicted, context) / 2


class Forgetful(Accuracy):
    """Overwrites what it was given."""

    def value(self, gold, predicted, context):
        found = super().value(gold, predicted, context)
        predicted[0] = gold[0] + 1
        return found


class InOrder(Accuracy):
    """Looks at the first half only."""

    def value(self, gold, predicted, context):
        half = len(gold) // 2
        return float(np.mean(gold[:half] == predicted[:half]))


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (Halved, "the right answer is the best answer, 1"),
        (Halved, "drawing everything once gives the value"),
        (Forgetful, "it changes neither its input nor its mind"),
        (InOrder, "sentences may come in any order"),
        (dataclasses.make_dataclass("Nothing", []), "name, direction, chance and docstring are there"),
    ],
)
def test_a_broken_one_fails_by_name(broken, promise):
    assert promise in [result.name for result in check_metric(broken()) if result.failed]
