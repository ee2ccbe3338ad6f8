"""Published expected layers, and the scores they come from (BERT base; Tenney, Das & Pavlick 2019 and its notebook)."""

from __future__ import annotations

from embedbench.scoring.layer_summaries import expected_layer
from embedbench.selftest.battery import Finding, Workplace

POS = (88.3952, 93.4826, 94.9644, 95.4243, 95.9719, 96.4355, 96.3890, 96.4161, 96.5560, 96.4781, 96.5859, 96.4020, 96.4782)  # fmt: skip # noqa: E501
"""F1 of the cumulative mixes 0..k on parts of speech."""

DEPENDENCIES = (85.1990, 90.2369, 91.2977, 92.5571, 93.6569, 94.0952, 94.6465, 94.8954, 95.1667, 95.2115, 95.0951, 95.3245, 95.2172)  # fmt: skip # noqa: E501
"""The same on dependency labels."""


def expected_layers(_place: Workplace) -> Finding:
    """The expected layers of BERT base come out as published: 1.76 (parts of speech) and 2.52 (dependencies).

    Catches gains given to the layer before or after, and gains that are not divided by their sum.
    """
    found = [expected_layer([value / 100 for value in scores]) for scores in (POS, DEPENDENCIES)]
    told = ", ".join("none" if layer is None else f"{layer:.4f}" for layer in found)
    return Finding(told, [None if layer is None else round(layer, 2) for layer in found] == [1.76, 2.52])


def no_expected_layer(_place: Workplace) -> Finding:
    """Where the layers add nothing, there is no expected layer to report.

    Catches the division of noise by noise: DPR once gave layer 23.9 of 12.
    """
    found = expected_layer([0.5, 0.502, 0.499, 0.501])
    return Finding(str(found).lower(), found is None)
