"""Layers in one line of text each: small enough to see many tasks at once in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from embedbench.figures.layer_curves import Curve, curves_of
from embedbench.reporting.options import TableOptions
from embedbench.reporting.units import higher_is_better, scaled, unit
from embedbench.results.schema import Record
from embedbench.scoring.layer_summaries import centre_of_gravity

_STEPS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], low: float, high: float) -> str:
    """One bar per value, from the lowest of the range to the highest.

    >>> sparkline([0.0, 0.5, 1.0], 0.0, 1.0), sparkline([3.0, 3.0], 3.0, 3.0)
    ('▁▅█', '▁▁')
    """
    if high <= low:
        return _STEPS[0] * len(values)
    return "".join(_STEPS[round((len(_STEPS) - 1) * (value - low) / (high - low) + 1e-9)] for value in values)


def layer_lines(records: Iterable[Record], options: TableOptions | None = None) -> str:
    """A line per task and extractor: the shape over layers, lowest and highest score, best layer, mix weights.

    All extractors of a task share one range, so that the lines below one another can be compared.

    Raises:
        ConfigurationError: no single layer was scored.
    """
    curves = curves_of(records, options or TableOptions())
    rows: list[tuple[str, ...]] = [("task", "extractor", "layers", "scores", "best", "weights", "centre")]
    for task, of_task in curves.items():
        name = of_task[0].metric
        every = [scaled(name, s.value) for curve in of_task for s in curve.view.scores if s is not None]
        rows += [_row(task, curve, (min(every), max(every))) for curve in of_task]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    units = sorted({unit(curve.metric) for of_task in curves.values() for curve in of_task})
    notes = [
        "",
        f"layers: from the input layer up, one range per task; scores: lowest to highest, {' or '.join(units)}",
        "best: the layer that is best on dev; weights: of the scalar mix, from 0; centre: their centre of gravity",
    ]
    return "\n".join([*lines, *notes]) + "\n"


def _row(task: str, curve: Curve, span: tuple[float, float]) -> tuple[str, ...]:
    values = [None if s is None else scaled(curve.metric, s.value) for s in curve.view.scores]
    known = [value for value in values if value is not None]
    # The tallest bar is the best layer, whichever way the metric goes.
    low, high = span if higher_is_better(curve.metric) else (-span[1], -span[0])
    sign = 1 if higher_is_better(curve.metric) else -1
    shape = "".join(" " if value is None else sparkline([sign * value], low, high) for value in values)
    weights = curve.view.weights if len(curve.view.weights) > 1 else ()
    seeds = curve.view.weights_per_seed
    return (
        task,
        curve.label,
        shape,
        f"{min(known):.1f} to {max(known):.1f}" if len(known) > 1 else f"{known[0]:.1f}",
        "" if curve.best is None or len(known) < 2 else str(curve.best),
        sparkline(weights, 0.0, max(weights)) if weights else "",
        f"{sum(map(centre_of_gravity, seeds)) / len(seeds):.2f}" if weights else "",
    )
