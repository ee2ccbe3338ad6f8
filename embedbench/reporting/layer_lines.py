"""The lines below a plot of layers: what the mix weights and the cumulative scores come to, with their spread."""

from __future__ import annotations

from collections.abc import Sequence

from embedbench.reporting.layer_gains import gained
from embedbench.results.schema import Score
from embedbench.scoring.layer_summaries import centre_of_gravity, divergence_from_uniform, entropy


def weight_lines(weights_per_seed: Sequence[Sequence[float]]) -> list[str]:
    """Centre of gravity, entropy and divergence of the mix weights: means over seeds, with the range over seeds."""
    told = [
        f"{name} {_spread([summary(weights) for weights in weights_per_seed])}{unit}"
        for name, summary, unit in (
            ("centre of gravity", centre_of_gravity, ""),
            ("entropy", entropy, " bits"),
            ("divergence from uniform", divergence_from_uniform, " bits"),
        )
    ]
    return ["mix weights: " + ", ".join(told)]


def gain_lines(bottom_up: Sequence[Score], top_down: Sequence[Score]) -> list[str]:
    """Expected layers from cumulative scores; a total gain within the noise of the scores is said, not divided by."""
    lines = []
    for found in gained(bottom_up, top_down):
        total = f"total gain {100 * found.total:.1f}"
        if not found.expected:
            noise = f"{100 * found.noise:.1f}"
            lines.append(f"expected layer {found.direction}: undefined, {total} is within the noise ({noise})")
            continue
        line = f"expected layer {found.direction} {_spread(found.expected)}, {total}"
        if found.divergence:
            line += f", divergence of the gains from uniform {_spread(found.divergence)} bits"
        lines.append(line)
    return lines


def _spread(values: Sequence[float]) -> str:
    """`1.76 (1.70 to 1.81)`; a single value alone.

    >>> _spread([1.0, 2.0]), _spread([1.0])
    ('1.50 (1.00 to 2.00)', '1.00')
    """
    # Sums of fractions may end a hair below zero.
    mean, low, high = (value + 0.0 for value in (sum(values) / len(values), min(values), max(values)))
    return f"{mean:.2f}" if len(values) == 1 else f"{mean:.2f} ({low:.2f} to {high:.2f})"
