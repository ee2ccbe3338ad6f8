"""A table before it has a format: labelled rows of entries, and the notes below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from embedbench.reporting.notes import notes_below
from embedbench.reporting.options import BEST, IntervalStyle, TableOptions
from embedbench.reporting.selection import Chosen, baselines, metric_of, score_of
from embedbench.reporting.units import higher_is_better, printed
from embedbench.results.schema import Record, Score, Status, selectivity

MISSING = "–"
FAILED = "failed"
BASELINES = ("majority", "word_majority")
"""The last rows, in this order; any other baseline follows."""


@dataclass(frozen=True)
class Entry:
    """What stands where a row meets a column.

    Attributes:
        text: the value in percent, or why there is none.
        beside: the interval, or nothing.
        best: whether it is the best of its column.
    """

    text: str = MISSING
    beside: str = ""
    best: bool = False


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
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    corner: str = "extractor"


def value_sheet(chosen: Chosen, options: TableOptions) -> Sheet:
    """The comparison table: extractors by tasks, values in percent with their intervals, baselines last."""
    shown = [(record, score_of(record, options)) for record in chosen.records]
    below, disagreements = baselines(chosen, options)
    entries = {(chosen.row_label(record), record.task): _entry(record, score, options) for record, score in shown}
    scored: dict[str, list[Score]] = {}
    for task in chosen.tasks:
        column = [(record, score) for record, score in shown if record.task == task and score is not None]
        scored[task] = [score for _, score in column]
        for label in _best(chosen, column):
            entries[label, task] = replace(entries[label, task], best=True)
    labels = tuple(dict.fromkeys(chosen.row_label(record) for record in chosen.records))
    rows = [Row(label, tuple(entries.get((label, task), Entry()) for task in chosen.tasks)) for label in labels]
    for name in sorted({name for name, _ in below}, key=lambda n: (n not in BASELINES, n)):
        scores = [below.get((name, task)) for task in chosen.tasks]
        rows.append(Row(name, tuple(_score_entry(s, options) for s in scores), baseline=True))
    return Sheet(
        title="",
        columns=_columns(chosen, options),
        rows=tuple(rows),
        notes=(*notes_below(chosen, scored, options), *disagreements, *chosen.notes),
    )


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
        "label at random, so a high control means that the probe learns words by heart"
        if rows
        else "selectivity: no control was scored here"
    )
    return Sheet("selectivity", tasks, tuple(rows), (note,))


def _columns(chosen: Chosen, options: TableOptions) -> tuple[str, ...]:
    metrics = {record.task: metric_of(record, options) for record in chosen.records}
    return tuple(task if metrics.get(task) == "accuracy" else f"{task}*" for task in chosen.tasks)


def _entry(record: Record, score: Score | None, options: TableOptions) -> Entry:
    if record.status == Status.FAILED:
        return Entry(FAILED)
    entry = _score_entry(score, options)
    if score is not None and options.mix == BEST:
        # Layers are written as in the literature: 95.2@8.
        return replace(entry, text=f"{entry.text}@{score.mix.partition(':')[2]}")
    return entry


def _score_entry(score: Score | None, options: TableOptions) -> Entry:
    if score is None:
        return Entry()
    name, low, high = score.metric, score.low, score.high
    beside = {
        IntervalStyle.PLUS_MINUS: f"±{printed(name, (high - low) / 2)}",
        IntervalStyle.BRACKETS: f"[{printed(name, low)}, {printed(name, high)}]",
        IntervalStyle.NONE: "",
    }[options.interval]
    return Entry(printed(name, score.value), beside)


def _best(chosen: Chosen, scored: Sequence[tuple[Record, Score]]) -> list[str]:
    """The rows with the best value of a column; none where there is nothing to compare."""
    if len(scored) < 2:
        return []
    top = (max if higher_is_better(scored[0][1].metric) else min)(score.value for _, score in scored)
    return [chosen.row_label(record) for record, score in scored if score.value == top]
