"""Two extractors (or two mixes of one) on every task that both were tested on, with paired tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from embedbench.errors import ConfigurationError, DataError
from embedbench.reporting.code_differences import CodeDifference, code_difference, code_lines
from embedbench.reporting.options import TableOptions
from embedbench.reporting.pairing import PairedPredictions
from embedbench.reporting.selection import choose, score_of
from embedbench.reporting.sheet import Entry, Row, Sheet
from embedbench.reporting.units import printed
from embedbench.results.reading import Results
from embedbench.results.schema import Record, Score, Status
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.paired import SIGNIFICANCE, Comparison, compare, holm
from embedbench.scoring.subsets import WHOLE


@dataclass(frozen=True)
class CompareOptions:
    """What is compared.

    Attributes:
        first: an extractor's name.
        second: another, or the same with another mix.
        mix: as in a table; by default `scalar`, or `mean` where nothing is trained.
        second_mix: of the second, if it is another.
        tasks: these tasks in this order; by default all that both have.
        labels: `task` or `control`.
        subset: on these test targets only; `whole` for all.
        bootstrap: resamples, level and seed.
    """

    first: str
    second: str
    mix: str | None = None
    second_mix: str | None = None
    tasks: tuple[str, ...] = ()
    labels: str = "task"
    subset: str = WHOLE
    bootstrap: Bootstrap = field(default_factory=Bootstrap)


@dataclass(frozen=True)
class TaskComparison:
    """One row.

    Attributes:
        task: its name.
        probe: the probe of both.
        metric: the task's metric.
        mixes: of the first and of the second.
        found: values, interval, p.
        p_holm: p, corrected for all rows.
        code: the lengths of both codes, where both have one.
        left_out: targets that only one of the two knows the words of, and that are not compared.
    """

    task: str
    probe: str
    metric: str
    mixes: tuple[str, str]
    found: Comparison
    p_holm: float
    code: CodeDifference | None = None
    left_out: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Compared:
    """All rows, and why others are missing."""

    options: CompareOptions
    rows: tuple[TaskComparison, ...]
    notes: tuple[str, ...]


def compare_extractors(results: Results, options: CompareOptions) -> Compared:
    """Every task and probe for which the newest cell of both extractors is finished, on the same test targets.

    Raises:
        ConfigurationError: an extractor, task or mix has no record, or both sides are the same.
    """
    if (options.first, options.mix) == (options.second, options.second_mix or options.mix):
        raise ConfigurationError(
            f"{options.first} is compared with itself; name another extractor, or another mix with --mix-second"
        )
    predictions = PairedPredictions(results.folder_of)
    asked = TableOptions(mix=options.mix, labels=options.labels, tasks=options.tasks)
    chosen = choose(results.records, replace(asked, extractors=(options.first, options.second)))
    known = {(r.extractor, r.task, r.probe): r for r in chosen.records}
    rows, notes = [], list(chosen.notes)
    for task, probe in dict.fromkeys((r.task, r.probe) for r in sorted(chosen.records, key=lambda r: r.task)):
        pair = [known.get((name, task, probe)) for name in (options.first, options.second)]
        try:
            row, note = _compared(_finished(pair, options, task, probe), predictions, asked, options)
            rows.append(row)
            notes += [f"codelength of {task} is not compared: {note}"] if note else []
        except DataError as error:
            notes.append(f"not compared: {task}, probe {probe}: {error}")
    corrected = holm([row.found.p for row in rows])
    return Compared(
        options, tuple(replace(row, p_holm=p) for row, p in zip(rows, corrected, strict=True)), tuple(notes)
    )


def _finished(pair: Sequence[Record | None], options: CompareOptions, task: str, probe: str) -> tuple[Record, Record]:
    for name, record in zip((options.first, options.second), pair, strict=True):
        if record is None or record.status is not Status.DONE:
            raise DataError(f"{name} has no finished cell")
    first, second = pair
    assert first is not None
    assert second is not None
    return first, second


def _compared(
    pair: tuple[Record, Record], predictions: PairedPredictions, asked: TableOptions, options: CompareOptions
) -> tuple[TaskComparison, str]:
    first, second = pair
    scores = (_score(first, asked), _score(second, replace(asked, mix=options.second_mix or asked.mix)))
    paired = predictions.pair(pair, (scores[0].mix, scores[1].mix), options.labels, options.subset)
    found = compare(paired.metric, paired.gold, paired.first, paired.second, paired.context, options.bootstrap)
    mixes = (scores[0].mix, scores[1].mix)
    # A code is of all train labels, whatever is tested.
    code, why = code_difference(pair, mixes, options.labels) if options.subset == WHOLE else (None, "")
    return TaskComparison(first.task, first.probe, first.metric, mixes, found, found.p, code, paired.left_out), why


def _score(record: Record, asked: TableOptions) -> Score:
    score = score_of(record, asked)
    if score is None:
        raise DataError(f"{record.extractor} has no score of the mix {asked.mix or 'scalar'}")
    return score


def comparison_sheet(compared: Compared) -> Sheet:
    """Rows are tasks; values and differences in percent and points."""
    options = compared.options
    sides = [options.first, options.second]
    if options.first == options.second or options.second_mix is not None:
        mixes = (options.mix or "scalar", options.second_mix or options.mix or "scalar")
        sides = [f"{name} {mix}" for name, mix in zip(sides, mixes, strict=True)]
    tasks = [row.task for row in compared.rows]
    rows = tuple(
        Row(row.task if tasks.count(row.task) == 1 else f"{row.task} ({row.probe})", _entries(row))
        for row in compared.rows
    )
    columns = (*sides, "difference", "95 % interval", "effect", "p", "p (Holm)", "detectable", "clusters", "seeds")
    codes = [(row.task, row.code) for row in compared.rows if row.code is not None]
    notes = (*_notes(compared), *code_lines(codes, (sides[0], sides[1])), *compared.notes)
    return Sheet("", columns, rows, notes, corner="task")


def _entries(row: TaskComparison) -> tuple[Entry, ...]:
    found, name = row.found, row.metric
    sign = "+" if found.difference > 0 else ""
    star = "*" if row.p_holm < SIGNIFICANCE else ""
    return (
        Entry(printed(name, found.first)),
        Entry(printed(name, found.second)),
        Entry(f"{sign}{_points(name, found.difference)}{star}"),
        Entry(f"[{_points(name, found.low)}, {_points(name, found.high)}]"),
        Entry(f"{found.effect:+.2f}" if found.effect else "–"),
        Entry(_p(found.p)),
        Entry(_p(row.p_holm)),
        Entry(_points(name, found.detectable) if found.detectable > 0 else "–"),
        Entry(f"{found.clusters:,}"),
        Entry(str(found.seeds)),
    )


def _points(name: str, value: float) -> str:
    """Differences are small: two decimals."""
    return f"{100 * value:.2f}"


def _p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _notes(compared: Compared) -> list[str]:
    if not compared.rows:
        return ["nothing could be compared"]
    mixes = sorted({row.mixes for row in compared.rows})
    metrics = sorted({row.metric for row in compared.rows})
    resamples = compared.options.bootstrap.resamples
    return [
        "mix: " + "; ".join(one if one == other else f"{one} against {other}" for one, other in mixes),
        f"metric: {', '.join(metrics)}; values in percent, differences in points (correlations x 100) on test, "
        f"{compared.options.labels} labels, means over seeds"
        + ("" if compared.options.subset == WHOLE else f"; {compared.options.subset} targets only"),
        "interval: paired bootstrap; p: paired permutation test, two-sided; "
        f"both over clusters, {resamples:,} resamples",
        f"p (Holm) is corrected for the {len(compared.rows)} rows; * stands where it is below {SIGNIFICANCE}",
        "effect: the difference in standard deviations of a cluster's contribution (Cohen's d for pairs)",
        "detectable: the true difference that such a test set would show with 80 % power at level "
        f"{SIGNIFICANCE}, before correction",
        *(
            f"{row.task}: {row.found.n:,} targets that both know; left out are {one:,} that only "
            f"{compared.options.first} knows and {other:,} that only {compared.options.second} knows"
            for row in compared.rows
            for one, other in [row.left_out]
            if one or other
        ),
    ]


def comparison_rows(compared: Compared) -> pl.DataFrame:
    """One row per task and probe, for programs; fractions or correlations at full precision."""
    options = compared.options
    rows = [
        {
            "task": row.task,
            "probe": row.probe,
            "metric": row.metric,
            "first": options.first,
            "first_mix": row.mixes[0],
            "second": options.second,
            "second_mix": row.mixes[1],
            "first_value": row.found.first,
            "second_value": row.found.second,
            "difference": row.found.difference,
            "low": row.found.low,
            "high": row.found.high,
            "effect": row.found.effect,
            "p": row.found.p,
            "p_holm": row.p_holm,
            "detectable": row.found.detectable,
            "n": row.found.n,
            "clusters": row.found.clusters,
            "seeds": row.found.seeds,
            "first_bits": row.code.first if row.code else None,
            "second_bits": row.code.second if row.code else None,
            "difference_bits": row.code.difference if row.code else None,
            "low_bits": row.code.low if row.code else None,
            "high_bits": row.code.high if row.code else None,
        }
        for row in compared.rows
    ]
    return pl.DataFrame(rows)
