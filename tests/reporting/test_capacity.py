"""The front of a capacity sweep holds what nothing else beats."""

from __future__ import annotations

from synthetic_records import cell, score

from embedbench.reporting.capacity import sized_probes
from embedbench.results.schema import MemberTraining


def sized(probe, value, control, parameters):
    scores = (score("a", "scalar", value), score("a", "scalar", control, labels="control"))
    training = (MemberTraining("scalar", "task", 0, 5, value, parameters),)
    return cell("a", "upos", value, probe=probe, scores=scores, training=training)


def test_the_front_and_the_order():
    found = sized_probes(
        [
            sized("mlp", 0.96, 0.90, 9000),  # best value
            sized("worse", 0.95, 0.92, 5000),  # linear beats it in both
            sized("linear", 0.955, 0.80, 500),
            sized("tiny", 0.80, 0.40, 50),  # best selectivity
            sized("same", 0.80, 0.40, 60),  # equal to tiny: neither beats the other
        ],
        "scalar",
    )
    assert [probe.probe for probe in found] == ["tiny", "same", "linear", "worse", "mlp"]
    assert [probe.front for probe in found] == [True, True, True, False, True]


def test_records_without_a_control_are_no_part_of_it():
    assert sized_probes([cell("a", "upos", 0.9)], "scalar") == []
