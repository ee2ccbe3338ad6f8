"""A table before it has a format: labelled rows of entries, and the notes below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import Chosen, score_of
from embedbench.reporting.units import printed
from embedbench.results.schema import selectivity
from embedbench.scoring.baselines import CONTROL_CEILING

MISSING = "–"
BEST_MARK = "▸"
"""Marks the best of a column where bold cannot be seen."""

TIED_MARK = "†"
"""Stands after a value that the paired test cannot separate from what it was tested against."""


@dataclass(frozen=True)
class Entry:
    """What stands where a row meets a column.

    Attributes:
        text: the value in percent, or why there is none.
        beside: the interval, or nothing.
        best: whether it is the best of those that it is compared with.
        tied: whether the paired test cannot separate it from the best, or from the reference.
    """

    text: str = MISSING
    beside: str = ""
    best: bool = False
    tied: bool = False


@dataclass(frozen=True)
class Row:
    """A labelled row; baselines stand below a rule and are never the best."""

    label: str
    entries: tuple[Entry, ...]
    baseline: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table.

    Attributes:
        title: what is shown.
        columns: the tasks, starred where the metric is not accuracy.
        rows: the extractors, then the baselines.
        notes: one sentence each.
        corner: what the rows are.
        best_of: of what the best is marked.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    corner: str = "extractor"
    best_of: str = "column"


def selectivity_sheet(chosen: Chosen, options: TableOptions) -> Sheet:
    """The second table: task minus control in points, with the control's own value."""
    entries: dict[tuple[str, str], Entry] = {}
    task_options = replace(options, labels="task")
    for record in chosen.records:
        score = score_of(record, task_options)
        if score is not None:
            gained = selectivity(record).get((score.mix, score.split, score.metric))
            if gained is not None:
                control = printed(score.metric, score.value - gained)
                entry = Entry(printed(score.metric, gained), f"({control})")
                entries[chosen.row_label(record), record.task] = entry
    tasks = tuple(task for task in chosen.tasks if any(t == task for _, t in entries))
    labels = dict.fromkeys(chosen.row_label(r) for r in chosen.records)
    rows = [Row(label, tuple(entries.get((label, t), Entry()) for t in tasks)) for label in labels if tasks]
    note = (
        "selectivity: task minus control (control in parentheses), in points; the control gives every word type a "
        "label (of heads: a place) at random, so a high control means that the probe learns words by heart"
        + _ceilings(chosen, tasks)
        if rows
        else "selectivity: no control was scored here"
    )
    return Sheet("selectivity", tasks, tuple(rows), (note,))


def _ceilings(chosen: Chosen, tasks: Sequence[str]) -> str:
    """What knowing every train word's control label would reach, by task, for the note; of the newest record."""
    found = {
        record.task: printed(score.metric, score.value)
        for record in sorted(chosen.records, key=lambda r: (r.finished, r.identity))
        for score in record.baselines
        if (score.extractor, score.metric) == (CONTROL_CEILING, record.metric)
    }
    told = ", ".join(f"{task} {found[task]}" for task in tasks if task in found)
    return f"; by heart, knowing all words of train, the control would reach: {told}" if told else ""
