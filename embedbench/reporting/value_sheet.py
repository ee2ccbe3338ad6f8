"""The comparison table as a sheet: scores in rows and columns, the best marked, baselines last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from embedbench.errors import ConfigurationError
from embedbench.reporting.dimensions import OF_CELL, OF_SCORE, order_of
from embedbench.reporting.notes import notes_below
from embedbench.reporting.options import BEST, IntervalStyle, TableOptions
from embedbench.reporting.pairing import PairedPredictions
from embedbench.reporting.placing import (
    BASELINE_LACKS,
    Key,
    Placed,
    baseline_places,
    compared_across,
    keys_in_order,
    placed,
)
from embedbench.reporting.relative import Reference
from embedbench.reporting.selection import Chosen, baselines, metric_of
from embedbench.reporting.sheet import Entry, Row, Sheet
from embedbench.reporting.ties import Tested, paired_tests
from embedbench.reporting.units import goodness, printed, printed_difference
from embedbench.results.schema import Score, Status

FAILED = "failed"
BASELINES = ("majority", "word_majority")
"""The last rows, in this order; any other baseline follows."""

Place = tuple[Key, Key]
"""A row and a column."""


def value_sheet(chosen: Chosen, options: TableOptions, predictions: PairedPredictions | None = None) -> Sheet:
    """The comparison table: values in percent with their intervals; the best of each group of comparable scores marked.

    Raises:
        ConfigurationError: rows and columns do not tell all scores apart, a column to sort by or a reference is not
            there, or paired tests were asked for without predictions.
    """
    found = placed(chosen, options)
    across = compared_across(options)
    rows, columns = _keys(found, chosen, options)
    below = baseline_places(chosen, options, rows, columns)
    reference = _reference(found, below, options)
    test = _tests(found, reference, across, options, predictions)
    entries: dict[Place, Entry] = {}
    for one in found:
        entries[one.row, one.column] = _entry(one, reference, test, options)
    for place in _best_places(found, across):
        entries[place] = replace(entries[place], best=True)
    for place, score in below.items():
        against = reference.of_baseline(place, score)
        entries[place] = _score_entry(score, options) if against is None else _difference_entry(score, against, "")
    rows = _sorted(rows, columns, found, options)
    baseline_rows, baseline_columns = _baseline_keys(below, options)
    columns = [*columns, *baseline_columns]
    stars = _stars(chosen, options)
    scored: dict[str, list[Score]] = {task: [] for task in chosen.tasks}
    for one in found:
        if one.score is not None:
            scored[one.record.task].append(one.score)
    return Sheet(
        title="",
        columns=tuple(_label(key, options.columns, stars) for key in columns),
        rows=tuple(
            Row(
                _label(key, options.rows, stars, rows=True),
                tuple(entries.get((key, c), Entry()) for c in columns),
                baseline,
            )
            for key, baseline in [*((key, False) for key in rows), *((key, True) for key in baseline_rows)]
        ),
        notes=(
            *notes_below(chosen, scored, options),
            *reference.notes,
            *test.notes,
            *baselines(chosen, options)[1],
            *chosen.notes,
        ),
        corner=", ".join(options.rows),
        best_of="row" if across else "column",
    )


def _keys(found: Sequence[Placed], chosen: Chosen, options: TableOptions) -> tuple[list[Key], list[Key]]:
    extractors = dict.fromkeys(chosen.row_label(record) for record in chosen.records)
    orders: dict[str, Sequence[str]] = {"extractor": tuple(extractors), "task": chosen.tasks}
    if options.only.wanted:
        # What was asked for by name stands in the order asked for.
        orders |= {name: values for name, values in options.only.wanted.items() if "*" not in "".join(values)}
    orders["extractor"] = tuple(extractors)
    rows = keys_in_order((one.row for one in found), options.rows, orders)
    columns = keys_in_order((one.column for one in found), options.columns, orders)
    if options.columns == ("task",):
        columns = [(task,) for task in chosen.tasks]
    return rows, columns


def _baseline_keys(below: Mapping[Place, Score], options: TableOptions) -> tuple[list[Key], list[Key]]:
    """The rows of baselines, or their columns where the extractors are columns."""
    as_columns = "extractor" in options.columns
    keys = dict.fromkeys((place[1] if as_columns else place[0], score.extractor) for place, score in below.items())
    names = options.columns if as_columns else options.rows

    def rank(item: tuple[Key, str]) -> tuple[object, ...]:
        key, name = item
        known = BASELINES.index(name) if name in BASELINES else len(BASELINES)
        return known, name, [order_of(*part) for part in zip(names, key, strict=True)]

    ordered = [key for key, _ in sorted(keys, key=rank)]
    return ([], ordered) if as_columns else (ordered, [])


def _reference(found: Sequence[Placed], below: Mapping[Place, Score], options: TableOptions) -> Reference:
    if options.relative_to is None:
        return Reference()
    if "extractor" not in options.dimensions:
        raise ConfigurationError("--relative-to needs the extractor among --rows or --columns")
    return Reference.among(found, below, options)


def _tests(
    found: Sequence[Placed],
    reference: Reference,
    across: bool,
    options: TableOptions,
    predictions: PairedPredictions | None,
) -> Tested:
    if not options.paired:
        return Tested()
    if predictions is None:
        raise ConfigurationError("paired tests need the predictions of the cells; these are records alone")
    if "seed" in options.dimensions:
        raise ConfigurationError("--paired tests means over seeds; leave seed out of --rows and --columns")
    if reference.name is not None:
        pairs = [(one, other) for one in found if (other := reference.cell_of(one)) is not None and other is not one]
        return paired_tests(pairs, predictions, reference.name, intervals=True)
    pairs = []
    for group in _groups(found, across):
        top = _top(group)[0]
        pairs += [(one, top) for one in group if one is not top]
    return paired_tests(pairs, predictions, "the best of its " + ("row" if across else "column"))


def _groups(found: Sequence[Placed], across: bool) -> list[list[Placed]]:
    """Scores that are compared: of one question, in one column, or in one row where tasks are rows."""
    groups: dict[tuple[Key, Key], list[Placed]] = {}
    for one in found:
        if one.score is not None:
            groups.setdefault((one.row if across else one.column, one.question), []).append(one)
    return [group for group in groups.values() if len(group) > 1]


def _top(group: Sequence[Placed]) -> list[Placed]:
    scores = [one.score for one in group if one.score is not None]
    top = max(goodness(score.metric, score.value) for score in scores)
    return [one for one in group if one.score is not None and goodness(one.score.metric, one.score.value) == top]


def _best_places(found: Sequence[Placed], across: bool) -> list[Place]:
    """Where the best of every group stands; nowhere where there is nothing to compare."""
    return [(one.row, one.column) for group in _groups(found, across) for one in _top(group)]


def _sorted(rows: list[Key], columns: list[Key], found: Sequence[Placed], options: TableOptions) -> list[Key]:
    """The rows by their values in one column, the best first; rows without a value last."""
    if options.sort is None:
        return rows
    labels = {_label(key, options.columns, frozenset()): key for key in columns}
    if options.sort not in labels:
        raise ConfigurationError(f"there is no column {options.sort!r} to sort by; there are: {', '.join(labels)}")
    values = {one.row: one.score for one in found if one.column == labels[options.sort] and one.score is not None}

    def worst_last(row: Key) -> tuple[bool, float]:
        score = values.get(row)
        if score is None:
            return True, 0.0
        return False, -goodness(score.metric, score.value)

    return sorted(rows, key=worst_last)


def _stars(chosen: Chosen, options: TableOptions) -> frozenset[str]:
    """The tasks whose metric is not accuracy."""
    if "metric" in options.dimensions:
        return frozenset()
    return frozenset(record.task for record in chosen.records if metric_of(record, options) != "accuracy")


def _label(key: Key, names: Sequence[str], stars: frozenset[str], *, rows: bool = False) -> str:
    """The values of a row or column; what a number stands for is told beside it."""
    parts = []
    bare = rows and len(names) == 1
    for name, value in zip(names, key, strict=True):
        if name == "task" and value in stars:
            parts.append(f"{value}*")
        elif value == BASELINE_LACKS and len(names) > 1:
            continue
        elif name in OF_CELL or name in OF_SCORE:
            parts.append(f"{name} {value}" if value.isdigit() and not bare else value)
        else:
            parts.append(value if bare else f"{name}={value}")
    return " / ".join(parts)


def _entry(one: Placed, reference: Reference, test: Tested, options: TableOptions) -> Entry:
    if one.record.status == Status.FAILED:
        return Entry(FAILED)
    if one.score is None:
        return Entry()
    if reference.name is not None and not reference.is_reference(one):
        other = reference.cell_of(one)
        against = reference.score_of(one)
        if against is None:
            return Entry()
        entry = _difference_entry(one.score, against, test.interval(one, options.interval) if other else "")
    else:
        entry = _score_entry(one.score, options)
        if one.seed is not None:
            entry = replace(entry, beside="")
    if options.mix == BEST:
        # Layers are written as in the literature: 95.2@8.
        entry = replace(entry, text=f"{entry.text}@{one.score.mix.partition(':')[2]}")
    return replace(entry, tied=test.tied(one))


def _difference_entry(score: Score, against: Score, beside: str) -> Entry:
    return Entry(printed_difference(score.metric, score.value - against.value), beside)


def _score_entry(score: Score, options: TableOptions) -> Entry:
    name, low, high = score.metric, score.low, score.high
    beside = {
        IntervalStyle.PLUS_MINUS: f"±{printed(name, (high - low) / 2)}",
        IntervalStyle.BRACKETS: f"[{printed(name, low)}, {printed(name, high)}]",
        IntervalStyle.NONE: "",
    }[options.interval]
    return Entry(printed(name, score.value), beside)
