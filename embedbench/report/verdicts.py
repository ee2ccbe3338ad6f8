"""Who wins where: on every task the best extractor, and which of the others the paired test tells apart from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from embedbench.errors import EmbedbenchError
from embedbench.report.answers import Answers
from embedbench.report.options import ReportOptions
from embedbench.report.shown import Shown, ShownCell
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.paired import SIGNIFICANCE, holm
from embedbench.scoring.rivals import rival_p_values


@dataclass(frozen=True)
class Rival:
    """One of the others on a task.

    Attributes:
        row: its label.
        value: its score.
        p: of the paired permutation test against the best; None where it was not tested.
        p_holm: corrected for the tests of all tasks.
        why: why it was not tested; empty where it was.
    """

    row: str
    value: float
    p: float | None = None
    p_holm: float | None = None
    why: str = ""

    @property
    def separated(self) -> bool | None:
        """Whether the test tells it from the best; None where it was not tested."""
        return None if self.p_holm is None else self.p_holm < SIGNIFICANCE


@dataclass(frozen=True)
class Verdict:
    """One task.

    Attributes:
        task: its name.
        metric: its metric.
        best: the label of the best row.
        value: its score.
        rivals: the others, the nearest first.
    """

    task: str
    metric: str
    best: str
    value: float
    rivals: tuple[Rival, ...]

    @property
    def tied(self) -> tuple[str, ...]:
        """The rows that were tested and not told from the best."""
        return tuple(rival.row for rival in self.rivals if rival.separated is False)


def verdicts(shown: Shown, answers: Mapping[str, Answers], options: ReportOptions) -> tuple[Verdict, ...]:
    """One per task with a score, in the order of the tasks; p-values are corrected for the tests of all (Holm)."""
    asked = {task: cells for task, cells in shown.by_task.items() if cells}
    share = _shares({task: len(cells) - 1 for task, cells in asked.items()}, options.tests)
    return _corrected(
        [_verdict(task, cells, answers.get(task), share[task], options.resamples) for task, cells in asked.items()]
    )


def number_of_tests(found: Sequence[Verdict]) -> int:
    """How many tests were made, and so how many the p-values are corrected for."""
    return sum(rival.p is not None for verdict in found for rival in verdict.rivals)


def _corrected(found: Sequence[Verdict]) -> tuple[Verdict, ...]:
    # The page shows all tasks side by side, so that their tests are one family.
    corrected = iter(holm([rival.p for verdict in found for rival in verdict.rivals if rival.p is not None]))
    return tuple(
        replace(
            verdict,
            rivals=tuple(replace(r, p_holm=next(corrected)) if r.p is not None else r for r in verdict.rivals),
        )
        for verdict in found
    )


def _shares(wanted: Mapping[str, int], bound: int) -> dict[str, int]:
    """How many rivals of each task are tested: one of every task, then a second of every task, up to the bound.

    >>> _shares({"a": 3, "b": 1}, 3)
    {'a': 2, 'b': 1}
    """
    share = dict.fromkeys(wanted, 0)
    left = min(bound, sum(wanted.values()))
    while left:
        for task in wanted:
            if left and share[task] < wanted[task]:
                share[task] += 1
                left -= 1
    return share


def _verdict(task: str, cells: Sequence[ShownCell], answers: Answers | None, tests: int, resamples: int) -> Verdict:
    best, *others = cells
    assert best.score is not None
    values = {cell.row: cell.score.value for cell in cells if cell.score is not None}
    tested = [cell.row for cell in others[:tests]]
    found = _tested(best, tested, answers, resamples)
    rivals = tuple(
        Rival(cell.row, values[cell.row], *found.get(cell.row, (None, None, "beyond the bound of tests")))
        for cell in others
    )
    return Verdict(task, best.score.metric, best.row, best.score.value, rivals)


_Tested = dict[str, tuple[float | None, None, str]]


def _tested(best: ShownCell, rivals: Sequence[str], answers: Answers | None, resamples: int) -> _Tested:
    """By row: the p-value, or why there is none."""
    if answers is None or not answers.cells:
        return dict.fromkeys(rivals, (None, None, "its predictions were not read"))
    if answers.cells[0] is not best:
        return dict.fromkeys(rivals, (None, None, "the predictions of the best were not read"))
    rows = {cell.row: rows for cell, rows in zip(answers.cells, answers.predicted, strict=True)}
    prints = {cell.row: cell.record.fingerprints.get("task") for cell in answers.cells}
    own = rows[best.row]
    able, told = [], _Tested()
    for row in rivals:
        if row not in rows:
            told[row] = (None, None, answers.left.get(row, "its predictions were not read"))
        elif len(rows[row]) != len(own):
            told[row] = (None, None, "it was run with another number of seeds")
        elif prints[row] != prints[best.row]:
            told[row] = (None, None, "it stands on another version of the task")
        else:
            able.append(row)
    try:
        names = best.record.label_names or tuple(map(str, range(1 + int(max(answers.gold.max(), own.max())))))
        context = MetricContext(answers.clusters, names, sentences=answers.sentences)
        if context.n_clusters < 2:
            return told | dict.fromkeys(able, (None, None, "the test set is a single cluster"))
        assert best.score is not None
        values = rival_p_values(
            metric(best.score.metric), answers.gold, own, [rows[row] for row in able], context,
            Bootstrap(resamples=resamples),
        )  # fmt: skip
    except EmbedbenchError as error:
        return told | dict.fromkeys(able, (None, None, str(error)))
    return told | {row: (p, None, "") for row, p in zip(able, values, strict=True)}
