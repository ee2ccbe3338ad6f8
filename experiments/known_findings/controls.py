"""What control labels tell of probes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from evidence import LARGE, STATIC, Evidence
from verdict import Effect, Line, at_least, direction, invariant

CONTROL_CEILING = 92.3
"""Control accuracy of a probe that knows the control label of every word type of train."""


def selectivity(e: Evidence) -> Iterable[Line]:
    """6. Linear probes more selective than MLPs (Hewitt & Liang 2019)."""

    def of(probe: str) -> np.ndarray:
        task, control = (
            np.array(e.score(STATIC, "upos", "single:0", labels=labels, probe=probe).per_seed)
            for labels in ("task", "control")
        )
        return 100 * (task - control)

    claim = "upos: selectivity of linear − MLP on word2vec ≥ 5 (range over seeds)"
    yield at_least(6, claim, Effect.of_range(of("linear") - of("mlp")), 5)
    for probe in ("linear", "mlp"):
        found = e.score(STATIC, "upos", "single:0", labels="control", probe=probe)
        claim = f"control accuracy ({probe}) below the ceiling of {CONTROL_CEILING}"
        yield invariant(6, claim, f"{100 * found.value:.1f}", 100 * found.low <= CONTROL_CEILING)


def codelength(e: Evidence) -> Iterable[Line]:
    """7. Control labels cost more bits than the task's, at every layer (Voita & Titov 2020)."""
    probe = "linear+codelength"
    layers = len(e.record(LARGE, "upos", probe).layer_names)

    def bits(layer: int, labels: str) -> np.ndarray:
        return np.array(
            e.score(LARGE, "upos", f"single:{layer}", labels=labels, probe=probe, name="codelength").per_seed
        )

    ratios = [bits(k, "control") / bits(k, "task") for k in range(layers)]
    lowest = min(float(ratio.min()) for ratio in ratios)
    yield direction(7, "control / task bits > 1 at every layer", f"least {lowest:.2f}", lowest > 1)
    for layer, threshold in ((0, 1.5), (layers // 2, 2.5)):
        claim = f"control / task bits at layer {layer} ≥ {threshold} (range over shuffles)"
        yield at_least(7, claim, Effect.of_range(ratios[layer]), threshold)
    spread = max(100 * bits(k, "task").std(ddof=1) / bits(k, "task").mean() for k in range(layers))
    yield direction(7, "spread over shuffles ≤ 3 %", f"{spread:.2f} %", spread <= 3)
