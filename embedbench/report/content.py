"""Everything that the page shows, as plain values: a function of records, their predictions and the options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from embedbench import __version__
from embedbench.report.answers import Answers, read_answers
from embedbench.report.cell_data import cell_data, number
from embedbench.report.disagreements import disagreements
from embedbench.report.labels import label_tables
from embedbench.report.options import ReportOptions
from embedbench.report.pool import Pool
from embedbench.report.shown import Shown, shown_cells
from embedbench.report.summary import summary
from embedbench.report.verdicts import Verdict, verdicts
from embedbench.reporting.units import higher_is_better, scaled, unit
from embedbench.results.reading import Results
from embedbench.results.schema import Record

TargetTexts = Callable[[Record, list[int]], Mapping[int, str]]
"""From a record and numbers of its test targets to what stands there; see `embedbench report --text`."""


def content(results: Results, options: ReportOptions | None = None, texts: TargetTexts | None = None) -> dict[str, Any]:
    """The report's data.

    Args:
        results: records and where they lie.
        options: bounds and choices.
        texts: looks the words of targets up; None: examples are named by number.

    Raises:
        ConfigurationError: there is no record, or an extractor or a task was asked for that has none.
    """
    options = options or ReportOptions()
    shown = shown_cells(results, extractors=options.extractors, tasks=options.tasks)
    pool = Pool()
    rows = {row: i for i, row in enumerate(shown.rows)}
    tasks = {task: i for i, task in enumerate(shown.tasks)}
    answers, labels, examples, notes = _from_predictions(shown, options, texts)
    found = verdicts(shown, answers, options)
    cells = [cell_data(cell, rows, tasks, pool, trace=options.trace) for cell in shown.cells]
    return {
        "title": options.title,
        "version": __version__,
        "newest": max((cell.record.finished for cell in shown.cells), default=""),
        "rows": list(shown.rows),
        "strength": _strength(shown, found),
        "tasks": [_task(task, shown) for task in shown.tasks],
        "cells": cells,
        "baselines": [
            [name, tasks[task], *(number(scaled(score.metric, v)) for v in (score.value, score.low, score.high))]
            for (name, task), score in sorted(shown.baselines.items())
        ],
        "summary": summary(shown, found),
        "verdicts": [_verdict(verdict, rows, tasks) for verdict in found],
        "labels": {tasks[task]: table for task, table in labels.items()},
        "examples": {tasks[task]: example for task, example in examples.items()},
        "notes": [*shown.notes, *notes, *(f"not read: {problem.what}" for problem in results.problems)],
        "pool": pool.values,
    }


def _from_predictions(
    shown: Shown, options: ReportOptions, texts: TargetTexts | None
) -> tuple[dict[str, Answers], dict[str, Any], dict[str, Any], list[str]]:
    """The answers, label tables and examples of every task, and notes on what was left out."""
    scored = {task: cells for task, cells in shown.by_task.items() if cells}
    each = max(2, options.opened // max(1, len(scored)))
    answers, labels, examples, notes = {}, {}, {}, []
    unopened = sum(max(0, len(cells) - each) for cells in scored.values())
    if unopened:
        notes.append(
            f"predictions were read of the {each} best cells of every task; {unopened:,} further cells are in the "
            "tables and the charts of scores, not in tests, labels and disagreements (--opened reads more)"
        )
    for task, cells in scored.items():
        own = answers[task] = read_answers(cells[:each])
        table = label_tables(own, options)
        if table is not None:
            labels[task] = table
        example = disagreements(own, options)
        if example is not None:
            example["names"] = list(own.label_names)
            if texts is not None:
                told = texts(own.cells[0].record, example["targets"])
                example["texts"] = [told.get(target, "") for target in example["targets"]]
            examples[task] = example
        notes += [f"predictions of {row} on {task} are not used: {why}" for row, why in own.left.items()]
    return answers, labels, examples, notes


def _task(task: str, shown: Shown) -> dict[str, Any]:
    of_task = [cell for cell in shown.cells if cell.record.task == task]
    metric = next((cell.score.metric for cell in of_task if cell.score is not None), of_task[0].record.metric)
    return {"name": task, "metric": metric, "unit": unit(metric), "up": higher_is_better(metric)}


def _strength(shown: Shown, found: Sequence[Verdict]) -> list[int]:
    """The rows, those first that win most, then those nearest to the best; what charts show where all are too many."""
    wins = Counter(verdict.best for verdict in found if verdict.rivals)
    places: dict[str, list[float]] = {row: [] for row in shown.rows}
    for cells in shown.by_task.values():
        for place, cell in enumerate(cells):
            places[cell.row].append(place / max(1, len(cells) - 1))
    mean = {row: sum(p) / len(p) if p else 2.0 for row, p in places.items()}
    # Rows that have nearly all tasks come first, or one easy task would make a row the strongest.
    most = max((len(p) for p in places.values()), default=0)

    def order(row: str) -> tuple[int, bool, float]:
        return -wins[row], 2 * len(places[row]) < most, mean[row]

    return sorted(range(len(shown.rows)), key=lambda i: order(shown.rows[i]))


def _verdict(verdict: Verdict, rows: Mapping[str, int], tasks: Mapping[str, int]) -> dict[str, Any]:
    return {
        "task": tasks[verdict.task],
        "best": rows[verdict.best],
        "value": number(scaled(verdict.metric, verdict.value)),
        "rivals": [
            [
                rows[rival.row],
                number(scaled(verdict.metric, rival.value)),
                rival.p,
                rival.p_holm,
                rival.separated,
                rival.why,
            ]
            for rival in verdict.rivals
        ],
    }
