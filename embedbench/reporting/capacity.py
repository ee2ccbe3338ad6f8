"""Accuracy and selectivity against the size of the probe (Hewitt & Liang 2019): which probes nothing else beats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from embedbench.reporting.sheet import Entry, Row, Sheet
from embedbench.reporting.units import printed, unit
from embedbench.results.schema import Record


@dataclass(frozen=True)
class Sized:
    """One probe of a capacity sweep.

    Attributes:
        extractor: whose vectors it reads.
        task: what it was trained on.
        probe: its name, such as `rank_8`.
        mix: of the layers.
        parameters: numbers trained.
        value: of the task, by its main metric.
        low: lower end of the 95 % interval.
        high: upper end.
        control: the value on the control task.
        front: whether no other probe is at least as good in both value and selectivity, and better in one.
    """

    extractor: str
    task: str
    probe: str
    mix: str
    parameters: int
    metric: str
    value: float
    low: float
    high: float
    control: float
    front: bool = False

    @property
    def selectivity(self) -> float:
        """The task's value less the control task's: what the probe could not have learned by heart."""
        return self.value - self.control


def sized_probes(records: Iterable[Record], mix: str) -> list[Sized]:
    """One per record with that mix scored on test for both labels, by parameters; the front is marked."""
    found = []
    for record in records:
        values = {
            score.labels: score
            for score in record.scores
            if (score.mix, score.split, score.metric) == (mix, "test", record.metric)
        }
        if {"task", "control"} <= values.keys():
            task = values["task"]
            size = max((m.parameters for m in record.training if (m.mix, m.labels) == (mix, "task")), default=0)
            found.append(
                Sized(record.extractor, record.task, record.probe, mix, size, record.metric,
                      task.value, task.low, task.high, values["control"].value)
            )  # fmt: skip
    found.sort(key=lambda sized: (sized.parameters, sized.probe))
    return [Sized(**{**vars(sized), "front": not any(_beats(other, sized) for other in found)}) for sized in found]


def _beats(one: Sized, other: Sized) -> bool:
    gains = one.value - other.value, one.selectivity - other.selectivity
    return min(gains) >= 0 and max(gains) > 0


def capacity_rows(sized: Iterable[Sized]) -> pl.DataFrame:
    """The same for programs; fractions at full precision."""
    return pl.DataFrame([{**vars(probe), "selectivity": probe.selectivity} for probe in sized])


def capacity_sheet(sized: list[Sized]) -> Sheet:
    """One row per probe, the smallest first; probes on the front are marked as the best of their columns."""
    first = sized[0]

    def row(probe: Sized) -> Row:
        interval = f"{printed(first.metric, probe.low)}-{printed(first.metric, probe.high)}"
        return Row(
            probe.probe,
            (
                Entry(f"{probe.parameters:,}"),
                Entry(printed(first.metric, probe.value), interval, best=probe.front),
                Entry(printed(first.metric, probe.control)),
                Entry(printed(first.metric, probe.selectivity), best=probe.front),
            ),
        )

    return Sheet(
        title=f"{first.extractor} x {first.task}, mix {first.mix}: {first.metric} by the size of the probe "
        f"({unit(first.metric)})",
        columns=("parameters", first.metric, "control", "selectivity"),
        rows=tuple(map(row, sized)),
        notes=("Best: no other probe is at least as good in both and better in one (the Pareto front).",),
        corner="probe",
    )
