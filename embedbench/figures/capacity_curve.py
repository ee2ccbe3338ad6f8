"""Accuracy and selectivity against the size of the probe, as a picture (Hewitt & Liang 2019, figure 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from embedbench.figures.drawing import drawing, series
from embedbench.reporting.capacity import Sized
from embedbench.reporting.units import scaled, unit


def capacity_figure(sized: Sequence[Sized]) -> Any:
    """A Matplotlib figure: the task with its interval, the control task and their difference, over parameters.

    Probes that no other beats in both score and selectivity have a ring.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    first = sized[0]
    name = first.metric
    sizes = [max(1, probe.parameters) for probe in sized]
    with drawing() as figure_class:
        figure = figure_class(figsize=(5.6, 3.8), layout="constrained")
        axes = figure.add_subplot()
        columns = (
            (name, [probe.value for probe in sized]),
            (f"{name} on control labels", [probe.control for probe in sized]),
            ("selectivity", [probe.selectivity for probe in sized]),
        )
        for number, (label, values) in enumerate(columns):
            axes.plot(sizes, [scaled(name, value) for value in values], label=label, **series(number))
        low, high = ([scaled(name, getattr(probe, end)) for probe in sized] for end in ("low", "high"))
        axes.fill_between(sizes, low, high, color=series(0)["color"], alpha=0.15, linewidth=0)
        front = [(size, scaled(name, probe.value)) for size, probe in zip(sizes, sized, strict=True) if probe.front]
        axes.plot(*zip(*front, strict=True), "o", markersize=11, markerfacecolor="none", color="black",
                  markeredgewidth=0.9, label="no other probe is better in both")  # fmt: skip
        for size, probe in zip(sizes, sized, strict=True):
            axes.annotate(probe.probe, (size, scaled(name, probe.value)), xytext=(0, 9), textcoords="offset points",
                          ha="center", fontsize=7)  # fmt: skip
        axes.set_xscale("log")
        axes.set_xlabel("parameters of the probe")
        axes.set_ylabel(unit(name))
        axes.set_ylim(bottom=min(0.0, *axes.get_ylim()))
        axes.set_title(f"{first.extractor} on {first.task}, mix {first.mix}", loc="left")
        axes.legend(loc="best")
        return figure
