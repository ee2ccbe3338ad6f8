"""The report's summary in words, made from its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from embedbench.report.shown import Shown, ShownCell
from embedbench.report.verdicts import Verdict, number_of_tests
from embedbench.reporting.units import higher_is_better, printed
from embedbench.results.schema import LEFT_OUT, Score, Status

_ALL, _ANY = {1: "there", 2: "on both"}, {1: "there", 2: "on either"}
_TOLD = 6
"""Names told one by one; the rest are counted."""


def summary(shown: Shown, found: Sequence[Verdict]) -> list[str]:
    """Sentences, the most important first."""
    lines = [_size(shown)]
    contested = [verdict for verdict in found if verdict.rivals]
    if contested:
        lines += _winners(contested)
        lines += _ties(contested)
        lines += _untested(contested)
    lines += _baselines(shown)
    lines += _below_baselines(shown)
    lines += _control(shown)
    lines += _best_layers(shown)
    lines += _cautions(shown)
    return lines


def _size(shown: Shown) -> str:
    states = Counter(cell.record.status for cell in shown.cells)
    failed = f", {states[Status.FAILED]} failed" if states[Status.FAILED] else ""
    return (
        f"{_count(len(shown.rows), 'extractor')} on {_count(len(shown.tasks), 'task')}: "
        f"{_count(states[Status.DONE], 'finished cell')}{failed}."
    )


def _winners(found: Sequence[Verdict]) -> list[str]:
    wins = Counter(verdict.best for verdict in found)
    lines = []
    for row, n in wins.most_common(_TOLD):
        own = [verdict for verdict in found if verdict.best == row]
        # Only a rival that was tested and told apart counts: silence is no separation.
        clear = [verdict for verdict in own if all(rival.separated for rival in verdict.rivals)]
        nearest = max(own, key=lambda v: _lead(v)[0])
        points, _ = _lead(nearest)
        lines.append(
            f"{row} is best on {n} of {_count(len(found), 'task')}"
            + (f" ({_names([v.task for v in own])})" if n <= _TOLD else "")
            + f"; {_clear(len(clear), n)}"
            + (f", and its widest lead over the second is {points:.1f} points on {nearest.task}." if points else ".")
        )
    if len(wins) > _TOLD:
        lines.append(f"{_count(len(wins) - _TOLD, 'other extractor')} are best on the remaining tasks.")
    return lines


def _clear(clear: int, n: int) -> str:
    """How often the paired test separates a winner from all others.

    >>> _clear(0, 1), _clear(2, 2), _clear(1, 3)
    ('not separated from all others there', 'separated from all others on both', 'separated from all others on 1')
    """
    if clear == 0:
        return "not separated from all others " + _ANY.get(n, "on any of them")
    return "separated from all others " + (_ALL.get(n, "on all of them") if clear == n else f"on {clear}")


def _lead(verdict: Verdict) -> tuple[float, str]:
    second = verdict.rivals[0]
    return 100 * abs(verdict.value - second.value), second.row


def _ties(found: Sequence[Verdict]) -> list[str]:
    tied = [verdict for verdict in found if verdict.tied]
    if not tied:
        return []
    told = [f"{v.task} ({v.best} and {_names(v.tied)})" for v in tied[:_TOLD]]
    more = f", and {len(tied) - _TOLD} more" if len(tied) > _TOLD else ""
    return [
        f"Not separated by the paired test (p ≥ 0.05 after Holm's correction over all "
        f"{_count(number_of_tests(found), 'test')} of this page): {'; '.join(told)}{more}. "
        "Do not rank these against each other on these tasks."
    ]


def _untested(found: Sequence[Verdict]) -> list[str]:
    reasons = Counter(rival.why for verdict in found for rival in verdict.rivals if rival.p is None)
    tests = number_of_tests(found)
    pairs = tests + sum(reasons.values())
    if not reasons:
        return []
    told = "; ".join(f"{n}: {why}" for why, n in reasons.most_common(3))
    return [
        f"The paired test could be made for {tests} of {pairs} pairs of a best extractor with another; "
        f"for {sum(reasons.values())} it was not ({told})."
    ]


def _baselines(shown: Shown) -> list[str]:
    """Where the best does not clear the best baseline, its interval considered."""
    below = []
    for task, (bar, (best, *_)) in _against_baselines(shown).items():
        if not _clears(best.score, bar):
            below.append(f"{task} ({_printed(best.score)} against {_printed(bar)})")
    if not below:
        return []
    return [
        f"The interval of the best extractor reaches down to the best baseline, or lies below it, on {_names(below)}."
    ]


def _below_baselines(shown: Shown) -> list[str]:
    """Extractors besides the best of a task that do not clear its best baseline, those on most tasks first."""
    below: dict[str, list[str]] = {}
    asked: Counter[str] = Counter()
    for task, (bar, cells) in _against_baselines(shown).items():
        asked.update(cell.row for cell in cells)
        for cell in cells[1:]:
            if not _clears(cell.score, bar):
                below.setdefault(cell.row, []).append(task)
    if not below:
        return []
    rows = sorted(below, key=lambda row: (-len(below[row]), row))
    told = [f"{row} on {len(below[row])} of {_count(asked[row], 'task')} ({_names(below[row])})" for row in rows]
    more = f"; and {_count(len(told) - _TOLD, 'other extractor')}" if len(told) > _TOLD else ""
    return [f"No better than the best baseline of the task, intervals considered: {'; '.join(told[:_TOLD])}{more}."]


def _against_baselines(shown: Shown) -> dict[str, tuple[Score, Sequence[ShownCell]]]:
    """By task that has both: its best baseline, and its cells from the best on."""
    found: dict[str, tuple[Score, Sequence[ShownCell]]] = {}
    for task, cells in shown.by_task.items():
        scores = [score for (_, of), score in shown.baselines.items() if of == task]
        if cells and scores:
            best = max if higher_is_better(scores[0].metric) else min
            found[task] = (best(scores, key=lambda score: score.value), cells)
    return found


def _clears(score: Score | None, bar: Score) -> bool:
    assert score is not None, "cells of `by_task` have one"
    return score.low > bar.value if higher_is_better(score.metric) else score.high < bar.value


def _printed(score: Score | None) -> str:
    assert score is not None, "cells of `by_task` have one"
    return printed(score.metric, score.value)


def _control(shown: Shown) -> list[str]:
    """The cells whose probe learns words by heart nearly as well as the task."""
    from embedbench.results.schema import selectivity

    weak = []
    for cell in shown.cells:
        if cell.score is None or not higher_is_better(cell.score.metric):
            continue
        gained = selectivity(cell.record).get((cell.score.mix, cell.score.split, cell.score.metric))
        if gained is not None and gained <= 0.05:
            weak.append(f"{cell.row} on {cell.record.task} ({100 * gained:.1f} points)")
    if not weak:
        return []
    return [
        f"Selectivity is 5 points or less for {_names(weak)}: there the probe could have learned the labels of "
        "words by heart."
    ]


def _best_layers(shown: Shown) -> list[str]:
    from embedbench.reporting.selection import best_layer

    lines = []
    for row in shown.rows:
        layers = [
            (int(best.partition(":")[2]), len(cell.record.layer_names) - 1)
            for cell in shown.cells
            if cell.row == row and len(cell.record.layer_names) > 2 and (best := best_layer(cell.record)) is not None
        ]
        if len(layers) < 3:
            continue
        tops = max(top for _, top in layers)
        middle = sum(0 < layer < top for layer, top in layers)
        last = sum(layer == top for layer, top in layers)
        lines.append(
            f"{row}: the single layer that is best on dev is the top one on {last} of {len(layers)} tasks, one between "
            f"on {middle} and the input layer on {len(layers) - middle - last}; on average layer "
            f"{sum(layer for layer, _ in layers) / len(layers):.1f} of {tops}."
        )
    return lines[:_TOLD]


def _cautions(shown: Shown) -> list[str]:
    lines = []
    single = sorted({cell.record.task for cell in shown.cells if cell.record.training and _seeds(cell) == 1})
    if single:
        lines.append(f"Trained with a single seed, so the spread over seeds is unknown: {_names(single)}.")
    unshown = [
        f"{cell.row} on {cell.record.task}"
        for cell in shown.cells
        if cell.score is None and cell.record.status is Status.DONE
    ]
    if unshown:
        lines.append(f"Scored without the mixes scalar and mean, so shown by layers only: {_names(unshown)}.")
    gone = [
        f"{cell.row} on {cell.record.task} ({n:,})"
        for cell in shown.cells
        if (n := cell.record.alignment.get("test", {}).get(LEFT_OUT, 0))
    ]
    if gone:
        lines.append(f"Targets left out for a word that the extractor does not know: {_names(gone)}.")
    return lines


def _seeds(cell: ShownCell) -> int:
    return cell.score.seeds if cell.score is not None else 0


def _names(names: Sequence[str]) -> str:
    told = list(names[:_TOLD])
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return ", ".join(told) + more


def _count(n: int, noun: str) -> str:
    """`1 task`, `2 tasks`.

    >>> _count(1, "task"), _count(2, "finished cell")
    ('1 task', '2 finished cells')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
