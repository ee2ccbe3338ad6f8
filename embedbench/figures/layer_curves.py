"""Layers as a picture: the scores of single layers per task, and below them what the mix weighs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from embedbench.errors import ConfigurationError
from embedbench.figures.drawing import drawing, series
from embedbench.reporting.layers import LayerView, view_layers
from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import best_layer, choose, metric_of
from embedbench.reporting.units import scaled, unit
from embedbench.results.schema import Record, Score
from embedbench.scoring.layer_summaries import LEAST_GAIN, centre_of_gravity, expected_layer

_COLUMNS = 3
_WIDTH, _HEIGHT = 3.2, 2.5
"""Inches of one panel."""

_RING = {"marker": "o", "markersize": 10, "markerfacecolor": "none"}
_CENTRE = {"color": "#c8501e", "linewidth": 2, "markeredgewidth": 2}
_EXPECTED = {"marker": "^", "color": "#0b6fa4", "markeredgecolor": "white", "markersize": 7}


@dataclass(frozen=True)
class Curve:
    """The layers of one extractor on one task.

    Attributes:
        label: of the row in a table.
        metric: of the scores.
        view: scores and weights.
        best: the single layer that is best on dev; None where none was scored there.
    """

    label: str
    metric: str
    view: LayerView
    best: int | None


def curves_of(records: Iterable[Record], options: TableOptions) -> Mapping[str, tuple[Curve, ...]]:
    """By task, the extractors of which a single layer was scored.

    Raises:
        ConfigurationError: there is none, or the options ask for what no record has.
    """
    chosen = choose(records, options)
    found: dict[str, list[Curve]] = {task: [] for task in chosen.tasks}
    for record in chosen.records:
        view = view_layers(record, options)
        if any(score is not None for score in view.scores):
            best = best_layer(record)
            number = None if best is None else int(best.partition(":")[2])
            found[record.task].append(Curve(chosen.row_label(record), metric_of(record, options), view, number))
    kept = {task: tuple(curves) for task, curves in found.items() if curves}
    if not kept:
        raise ConfigurationError("no single layer was scored in these records; run them with mixes=[scalar,single]")
    return kept


def layer_figure(records: Iterable[Record], options: TableOptions | None = None) -> Any:
    """A Matplotlib figure: one panel of curves per task, then one panel of mix weights per extractor that has any.

    Bands are 95 % intervals; a ring is the layer that is best on dev. In a panel of weights a bar is the centre of
    gravity of a task and a triangle its expected layer, where cumulative mixes were scored and gained anything.

    Raises:
        ConfigurationError: nothing can be drawn.
        MissingExtraError: Matplotlib is not installed.
    """
    curves = curves_of(records, replace(options or TableOptions(), mix=None))
    labels = list(dict.fromkeys(curve.label for of_task in curves.values() for curve in of_task))
    styles = {label: series(number) for number, label in enumerate(labels)}
    weighed = [
        label
        for label in labels
        if any(c.label == label and len(c.view.weights) > 1 for of_task in curves.values() for c in of_task)
    ]
    with drawing() as figure_class:
        columns = min(_COLUMNS, max(len(curves), len(weighed)))
        above, below = ceil(len(curves) / columns), ceil(len(weighed) / columns)
        tall = max(1.0, 0.24 * len(curves) + 0.75) / _HEIGHT
        figure = figure_class(figsize=(_WIDTH * columns, _HEIGHT * (above + tall * below) + 0.5), layout="constrained")
        grid = figure.add_gridspec(above + below, columns, height_ratios=[1.0] * above + [tall] * below)
        for number, (task, of_task) in enumerate(curves.items()):
            _draw_curves(figure.add_subplot(grid[number // columns, number % columns]), task, of_task, styles)
        # One scale for all panels, or the same grey would mean another weight in the next.
        of_weighed = [c for of_task in curves.values() for c in of_task if c.label in weighed]
        most = max((weight for curve in of_weighed for weight in curve.view.weights), default=1.0)
        panels = [figure.add_subplot(grid[above + n // columns, n % columns]) for n in range(len(weighed))]
        for axes, label in zip(panels, weighed, strict=True):
            shades = _draw_weights(axes, label, curves, max(0.5, most))
        handles = [_handle(label, styles[label]) for label in labels]
        if any(len(c.view.scores) > 1 and c.best is not None for of_task in curves.values() for c in of_task):
            handles.append(_handle("best on dev", _RING | {"color": "#555555", "linestyle": ""}))
        if panels:
            # Beside all panels, so that columns stay aligned, and as high as those of weights.
            share = tall * below / (above + tall * below)
            figure.colorbar(
                shades, ax=figure.axes, label="weight", anchor=(0.0, 0.0), shrink=0.8 * share, aspect=10, fraction=0.03
            )
            handles.append(_handle("centre of gravity", _CENTRE | {"marker": "|", "markersize": 12, "linestyle": ""}))
            if any(_expected(curve.view.bottom_up) is not None for curve in of_weighed):
                handles.append(_handle("expected layer", _EXPECTED | {"linestyle": ""}))
        figure.legend(handles=handles, loc="outside upper left", ncols=min(4, len(labels)))
        return figure


def _draw_curves(axes: Any, task: str, curves: Sequence[Curve], styles: Mapping[str, Mapping[str, Any]]) -> None:
    from matplotlib.ticker import MaxNLocator

    name = curves[0].metric
    for curve in curves:
        points = [(layer, score) for layer, score in enumerate(curve.view.scores) if score is not None]
        xs = [layer for layer, _ in points]
        value, low, high = ([scaled(name, getattr(s, end)) for _, s in points] for end in ("value", "low", "high"))
        style = styles[curve.label]
        axes.plot(xs, value, **style)
        if len(points) > 1:
            axes.fill_between(xs, low, high, color=style["color"], alpha=0.15, linewidth=0)
        else:
            axes.errorbar(xs, value, [[v - b for v, b in zip(value, low, strict=True)],
                                      [t - v for v, t in zip(value, high, strict=True)]],
                          color=style["color"], capsize=2)  # fmt: skip
        if curve.best in xs and len(points) > 1:
            best = xs.index(curve.best)
            axes.plot(xs[best], value[best], **_RING, color=style["color"])
    axes.set_title(task, loc="left")
    axes.set_xlabel("layer (0: input)")
    axes.set_ylabel(f"{name} ({'%' if unit(name) == 'percent' else unit(name)})")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))


def _draw_weights(axes: Any, label: str, curves: Mapping[str, Sequence[Curve]], most: float) -> Any:
    """Draws the panel of one extractor; returns its shades, from 0 to `most`."""
    import numpy as np
    from matplotlib.ticker import MaxNLocator

    rows = [(task, curve) for task, of in curves.items() for curve in of if curve.label == label and curve.view.weights]
    table = np.array([curve.view.weights for _, curve in rows])
    shades = axes.imshow(table, cmap="Greys", vmin=0, vmax=most, aspect="auto")
    for line, (_, curve) in enumerate(rows):
        centre = np.mean([centre_of_gravity(weights) for weights in curve.view.weights_per_seed])
        axes.plot([centre, centre], [line - 0.38, line + 0.38], **_CENTRE)
        expected = _expected(curve.view.bottom_up)
        if expected is not None:
            axes.plot(expected, line, **_EXPECTED)
    axes.set_yticks(range(len(rows)), [task for task, _ in rows])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=13))
    axes.grid(visible=False)
    axes.set_title(f"{label}: mix weights", loc="left")
    axes.set_xlabel("layer (0: input)")
    return shades


def _expected(chain: Sequence[Score]) -> float | None:
    """The expected layer from cumulative scores; None where they were not scored or gained less than their noise."""
    if not chain:
        return None
    least = max(LEAST_GAIN, *((score.high - score.low) / 2 for score in chain))
    return expected_layer([score.value for score in chain], least)


def _handle(label: str, style: Mapping[str, Any]) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], label=label, **style)
