"""The lines below a plot of layers: what the mix weights and the cumulative scores come to, with their spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from embedbench.results.schema import Score
from embedbench.scoring.layer_summaries import (
    LEAST_GAIN,
    centre_of_gravity,
    divergence_from_uniform,
    divergence_of_gains,
    entropy,
    expected_layer,
    expected_layer_top_down,
)

Summary = Callable[[Sequence[float], float], float | None]


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
    for name, chain, expected in (
        ("bottom-up", bottom_up, expected_layer),
        ("top-down", top_down, expected_layer_top_down),
    ):
        if not chain:
            continue
        least = max(LEAST_GAIN, *((score.high - score.low) / 2 for score in chain))
        first, last = (chain[0], chain[-1]) if name == "bottom-up" else (chain[-1], chain[0])
        gained = f"total gain {100 * (last.value - first.value):.1f}"
        values = _of_seeds(chain, expected, least)
        if values is None:
            lines.append(f"expected layer {name}: undefined, {gained} is within the noise ({100 * least:.1f})")
            continue
        line = f"expected layer {name} {_spread(values)}, {gained}"
        divergences = _of_seeds(chain, divergence_of_gains, least) if name == "bottom-up" else None
        if divergences is not None:
            line += f", divergence of the gains from uniform {_spread(divergences)} bits"
        lines.append(line)
    return lines


def _of_seeds(chain: Sequence[Score], summary: Summary, least: float) -> list[float] | None:
    """The summary of every seed's own scores, or of the means where seeds were not kept; None if one is undefined."""
    seeds = min(len(score.per_seed) for score in chain)
    columns = [[score.per_seed[seed] for score in chain] for seed in range(seeds)]
    values = [summary(column, least) for column in columns or [[score.value for score in chain]]]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _spread(values: Sequence[float]) -> str:
    """`1.76 (1.70 to 1.81)`; a single value alone.

    >>> _spread([1.0, 2.0]), _spread([1.0])
    ('1.50 (1.00 to 2.00)', '1.00')
    """
    # Sums of fractions may end a hair below zero.
    mean, low, high = (value + 0.0 for value in (sum(values) / len(values), min(values), max(values)))
    return f"{mean:.2f}" if len(values) == 1 else f"{mean:.2f} ({low:.2f} to {high:.2f})"
