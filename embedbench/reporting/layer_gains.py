"""Where among the layers a score is gained: expected layers of cumulative scores, of every seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from embedbench.results.schema import Score
from embedbench.scoring.layer_summaries import (
    LEAST_GAIN,
    divergence_of_gains,
    expected_layer,
    expected_layer_top_down,
)

BOTTOM_UP, TOP_DOWN = "bottom-up", "top-down"

_Summary = Callable[[Sequence[float], float], float | None]


@dataclass(frozen=True)
class Gained:
    """What a chain of cumulative scores comes to.

    Attributes:
        direction: `bottom-up` or `top-down`.
        total: the last score of the chain minus the first, means over seeds, as a fraction.
        noise: a total gain below it places nothing: half of the widest interval in the chain, or `LEAST_GAIN`.
        expected: the expected layer of every seed, or of the means where seeds were not kept; empty where undefined.
        divergence: of the gains from equal gains, in bits, as many; bottom-up alone.
    """

    direction: str
    total: float
    noise: float
    expected: tuple[float, ...]
    divergence: tuple[float, ...] = ()


def gained(bottom_up: Sequence[Score], top_down: Sequence[Score]) -> Iterator[Gained]:
    """One for every chain that was scored.

    Args:
        bottom_up: scores of the mixes 0..0 up to 0..top; empty unless all were scored.
        top_down: scores of the mixes 0..top up to top..top; empty unless all were scored.
    """
    if bottom_up:
        noise = _noise(bottom_up)
        expected = _of_seeds(bottom_up, expected_layer, noise)
        divergence = _of_seeds(bottom_up, divergence_of_gains, noise)
        yield Gained(BOTTOM_UP, bottom_up[-1].value - bottom_up[0].value, noise, expected, divergence)
    if top_down:
        noise = _noise(top_down)
        expected = _of_seeds(top_down, expected_layer_top_down, noise)
        yield Gained(TOP_DOWN, top_down[0].value - top_down[-1].value, noise, expected)


def _noise(chain: Sequence[Score]) -> float:
    return max(LEAST_GAIN, *((score.high - score.low) / 2 for score in chain))


def _of_seeds(chain: Sequence[Score], summary: _Summary, least: float) -> tuple[float, ...]:
    """The summary of every seed's own scores, or of the means where seeds were not kept; none if one is undefined."""
    seeds = min(len(score.per_seed) for score in chain)
    columns = [[score.per_seed[seed] for score in chain] for seed in range(seeds)]
    values = [summary(column, least) for column in columns or [[score.value for score in chain]]]
    known = tuple(value for value in values if value is not None)
    return known if len(known) == len(values) else ()
