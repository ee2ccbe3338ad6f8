"""The cells of a report with the score that stands for each, arranged in rows (extractors) and columns (tasks)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import baselines, choose, score_of
from embedbench.reporting.units import goodness
from embedbench.results.archive import Folder
from embedbench.results.reading import Results
from embedbench.results.schema import Record, Score, Status


@dataclass(frozen=True, eq=False)
class ShownCell:
    """One cell.

    Attributes:
        record: what it left.
        folder: where that lies.
        row: the extractor's label in the table.
        score: what stands for it: the mix `scalar`, or `mean` where nothing is trained; None if it failed.
    """

    record: Record
    folder: Folder
    row: str
    score: Score | None


@dataclass(frozen=True, eq=False)
class Shown:
    """Everything a report is about.

    Attributes:
        cells: by extractor, then task.
        rows: labels of extractors (and probes, where one task stands with several).
        tasks: the columns.
        baselines: by (name, task).
        notes: what a reader must know about the choice of records.
    """

    cells: tuple[ShownCell, ...]
    rows: tuple[str, ...]
    tasks: tuple[str, ...]
    baselines: Mapping[tuple[str, str], Score]
    notes: tuple[str, ...]

    @cached_property
    def by_task(self) -> Mapping[str, Sequence[ShownCell]]:
        """The scored cells of every task, the best first; equals in the order of the rows."""
        found: dict[str, list[ShownCell]] = {task: [] for task in self.tasks}
        for cell in self.cells:
            if cell.score is not None:
                found[cell.record.task].append(cell)
        return {task: sorted(cells, key=_goodness, reverse=True) for task, cells in found.items()}


def _row_labels(records: Sequence[Record]) -> dict[tuple[str, str, str], str]:
    """By extractor, task and probe: the extractor, and the probe where its task stands with several.

    The probe that most tasks of the extractor have stands in the extractor's own row. A task of another kind has
    another probe, which makes no other row; a second probe on the same task does.
    """
    often = Counter((record.extractor, record.probe) for record in records)
    probes: dict[tuple[str, str], list[str]] = {}
    for record in records:
        probes.setdefault((record.extractor, record.task), []).append(record.probe)
    return {
        (extractor, task, probe): extractor if place == 0 else f"{extractor} ({probe})"
        for (extractor, task), several in probes.items()
        for place, probe in enumerate(sorted(several, key=lambda p: (-often[extractor, p], p)))
    }


def _goodness(cell: ShownCell) -> float:
    assert cell.score is not None
    return goodness(cell.score.metric, cell.score.value)


def shown_cells(results: Results, *, extractors: tuple[str, ...] = (), tasks: tuple[str, ...] = ()) -> Shown:
    """The newest finished cell of every extractor, task and probe, as the table has them.

    Raises:
        ConfigurationError: an extractor or a task was asked for that has no record.
    """
    options = TableOptions(extractors=extractors, tasks=tasks)
    chosen = choose(results.records, options)
    labels = _row_labels(chosen.records)
    folders = {id(record): folder for record, folder in zip(results.records, results.folders, strict=True)}
    cells = tuple(
        ShownCell(
            record,
            folders[id(record)],
            labels[record.extractor, record.task, record.probe],
            score_of(record, options) if record.status is Status.DONE else None,
        )
        for record in chosen.records
    )
    below, disagreements = baselines(chosen, options)
    rows = tuple(dict.fromkeys(cell.row for cell in cells))
    return Shown(cells, rows, chosen.tasks, below, (*disagreements, *chosen.notes))
