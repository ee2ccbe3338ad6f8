"""Where every score stands in a table: its row, its column, and what it may be compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from embedbench.errors import ConfigurationError
from embedbench.reporting.dimensions import OF_CELL, OF_SCORE, of_record, of_score, order_of
from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import Chosen, metric_of, score_of
from embedbench.reporting.units import CODE_METRICS
from embedbench.results.schema import Record, Score, of_subset

Key = tuple[str, ...]
"""The values of the dimensions of a row or a column."""

BASELINE_LACKS = "–"
"""What a baseline has for a mix, a layer, a seed or an option."""


@dataclass(frozen=True)
class Placed:
    """A cell in its row and column, with its score if it has one.

    Attributes:
        record: the cell.
        score: None where the cell failed, or was not scored so.
        row: its row.
        column: its column.
        seed: of the value; None where the score is the mean over seeds.
    """

    record: Record
    score: Score | None
    row: Key
    column: Key
    seed: str | None = None

    @property
    def question(self) -> Key:
        """Scores of the same question can be compared: task, metric, labels, split and subset are the same."""
        s = self.score
        return (self.record.task, *((s.metric, s.labels, s.split, s.subset) if s is not None else ()))


def placed(chosen: Chosen, options: TableOptions) -> list[Placed]:
    """Every score that the table shows, in the order of the cells.

    Raises:
        ConfigurationError: two scores meet in one entry, or options contradict each other.
    """
    _check(options)
    expanded = any(name in OF_SCORE for name in options.dimensions)
    found: list[Placed] = []
    for record in chosen.records:
        for score, seed in _expanded(record, options) if expanded else [(score_of(record, options), None)]:
            row, column = (
                tuple(_value(chosen, record, score, seed, name, options) for name in names)
                for names in (options.rows, options.columns)
            )
            found.append(Placed(record, score, row, column, seed))
    taken: dict[tuple[Key, Key], Placed] = {}
    for one in found:
        other = taken.setdefault((one.row, one.column), one)
        if other is not one:
            raise ConfigurationError(_meeting(one, other, options))
    return found


def compared_across(options: TableOptions) -> bool:
    """Whether what is compared stands side by side in a row, rather than below each other in a column."""
    for name in (
        "extractor",
        *(n for n in options.dimensions if n not in (*OF_CELL, *OF_SCORE)),
        "mix",
        "layer",
        "probe",
    ):
        if name in options.dimensions:
            return name in options.columns
    return "task" in options.rows


def _check(options: TableOptions) -> None:
    if not options.rows or not options.columns or len(set(options.dimensions)) < len(options.dimensions):
        raise ConfigurationError(
            f"rows are {', '.join(options.rows) or 'nothing'} and columns {', '.join(options.columns) or 'nothing'}; "
            "each needs a name, and none may stand twice"
        )
    for name in options.only.of_scores:
        if name not in options.dimensions:
            raise ConfigurationError(
                f"--only {name}=… chooses among rows or columns: add {name} to --rows or --columns"
                + (f", or choose one with --{name}" if name in ("mix", "metric", "labels", "split", "subset") else "")
            )
    given = {"mix": options.mix, "layer": options.mix, "metric": options.metric}
    for name, value in given.items():
        if name in options.dimensions and value is not None:
            raise ConfigurationError(
                f"--{'mix' if name == 'layer' else name} {value} leaves one, and {name} is to be told apart; "
                f"leave one of them out, or choose with --only {name}=…"
            )


def _expanded(record: Record, options: TableOptions) -> Iterator[tuple[Score | None, str | None]]:
    """The scores of a cell that differ in what rows and columns tell apart; a failed cell has none."""
    apart = options.dimensions
    scores: Iterable[Score] = record.scores
    if "subset" in apart:
        scores = (*record.scores, *(score for score in record.subset_scores if score.mix != "none"))
    groups: dict[tuple[str, ...], list[Score]] = {}
    for score in scores:
        if "labels" not in apart and score.labels != options.labels:
            continue
        if "metric" not in apart and score.metric != metric_of(record, options):
            continue
        if "split" not in apart and score.split != _split(score.metric, options):
            continue
        groups.setdefault((score.labels, score.metric, score.split, score.subset), []).append(score)
    for group in groups.values():
        if "mix" not in apart and "layer" not in apart:
            first = group[0]
            one = replace(options, labels=first.labels, metric=first.metric, split=first.split, subset=first.subset)
            by_default = score_of(replace(record, scores=tuple(group)), one)
            group = [] if by_default is None else [by_default]
        for score in group:
            if "layer" in apart and of_score(score, "layer") is None:
                continue
            if all(name == "seed" or options.only.has(name, of_score(score, name)) for name in options.only.of_scores):
                yield from _seeds(record, score, options) if "seed" in apart else [(score, None)]


def _split(metric: str, options: TableOptions) -> str:
    return "train" if metric in CODE_METRICS and options.split == "test" else options.split


def _seeds(record: Record, score: Score, options: TableOptions) -> Iterator[tuple[Score, str]]:
    """The value of every seed; it has no interval of its own."""
    seeds = record.config.get("seeds")
    names = seeds if isinstance(seeds, list) and len(seeds) == len(score.per_seed) else range(len(score.per_seed))
    for name, value in zip(map(str, names), score.per_seed, strict=True):
        if options.only.has("seed", name):
            yield replace(score, value=value, low=value, high=value, seeds=1, per_seed=(value,)), name


def _value(
    chosen: Chosen, record: Record, score: Score | None, seed: str | None, name: str, options: TableOptions
) -> str:
    if name == "extractor" and "probe" not in options.dimensions:
        return chosen.row_label(record)
    if name == "seed":
        return seed or BASELINE_LACKS
    if name in OF_SCORE:
        return (of_score(score, name) if score is not None else None) or BASELINE_LACKS
    return of_record(record, name)


def _meeting(one: Placed, other: Placed, options: TableOptions) -> str:
    for name in OF_CELL:
        values = of_record(one.record, name), of_record(other.record, name)
        if values[0] != values[1]:
            return (
                f"the {name}s {values[1]} and {values[0]} meet in one entry: add {name} to --rows or --columns, "
                f"or choose one with --only {name}={values[1]}"
            )
    return f"two scores of {one.record.extractor} x {one.record.task} meet in one entry; add to --rows what differs"


def keys_in_order(keys: Iterable[Key], names: Sequence[str], orders: dict[str, Sequence[str]]) -> list[Key]:
    """The keys as a reader expects them; `orders` holds the values of a dimension that were asked for in an order."""
    places = {name: {value: n for n, value in enumerate(values)} for name, values in orders.items()}

    def rank(key: Key) -> list[tuple[object, ...]]:
        return [
            (places.get(name, {}).get(value, len(places.get(name, {}))), *order_of(name, value))
            for name, value in zip(names, key, strict=True)
        ]

    return sorted(dict.fromkeys(keys), key=rank)


def baseline_places(
    chosen: Chosen, options: TableOptions, rows: Sequence[Key], columns: Sequence[Key]
) -> dict[tuple[Key, Key], Score]:
    """The baselines by row and column, from the newest cells of their task.

    They stand where the extractors do, as rows or as columns. A baseline has no mix, layer or seed: it is the same
    wherever lines differ in these alone.
    """
    as_columns = "extractor" in options.columns
    own_names, names = (options.columns, options.rows) if as_columns else (options.rows, options.columns)
    owns, lines = (columns, rows) if as_columns else (rows, columns)
    by_task: dict[str, list[Record]] = {}
    for record in sorted(chosen.records, key=lambda r: (r.finished, r.identity)):
        by_task.setdefault(record.task, []).append(record)
    found: dict[tuple[Key, Key], Score] = {}
    parts = dict.fromkeys(tuple(v for n, v in zip(own_names, own, strict=True) if n in _OF_BASELINE) for own in owns)
    for part in parts:
        of_own = dict(zip((name for name in own_names if name in _OF_BASELINE), part, strict=True))
        for line in lines:
            asked = of_own | dict(zip(names, line, strict=True))
            for score in _baselines(by_task, asked, options):
                own = tuple(
                    score.extractor if name == "extractor" else of_own.get(name, BASELINE_LACKS) for name in own_names
                )
                own = own if "extractor" in own_names else (score.extractor, *own[1:])
                found[(line, own) if as_columns else (own, line)] = score
    return found


_OF_BASELINE = ("task", "subset", "metric", "split")


def _baselines(
    by_task: Mapping[str, Sequence[Record]], asked: Mapping[str, str], options: TableOptions
) -> Iterator[Score]:
    if asked.get("labels", "task") != "task":
        return
    for task in [asked["task"]] if "task" in asked else list(by_task):
        for record in by_task.get(task, ()):
            metric = asked.get("metric", metric_of(record, options))
            split = asked.get("split", options.split)
            for score in of_subset(record, asked["subset"]).baselines if "subset" in asked else record.baselines:
                if (score.metric, score.split, score.labels) == (metric, split, "task"):
                    yield score
