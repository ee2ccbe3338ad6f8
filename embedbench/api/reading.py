"""Questions about records from Python: table, comparison, ranking, layers, SQL, and what is written for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from embedbench.api.answer import Answer, LayerPlot
from embedbench.errors import ConfigurationError
from embedbench.reporting.only import Only
from embedbench.reporting.options import IntervalStyle, TableOptions
from embedbench.reporting.units import CODE_METRICS
from embedbench.results.reading import Results, read_records
from embedbench.results.schema import Record
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.subsets import WHOLE

if TYPE_CHECKING:
    import polars as pl

Place = str | PathLike[str]
Found = Place | Sequence[Place] | Results
"""Where records are: folders or bundles, or what `records` has read."""
Choice = Mapping[str, str | Sequence[str]]
"""For every name, as in `embedbench table --rows`, the values to keep; `*` stands for anything."""


def records(*results: Place) -> Results:
    """Every record in and below these folders or bundles; `.records` has them, `.problems` what could not be read.

    Raises:
        ConfigurationError: a folder or bundle does not exist.
    """
    return read_records(*(Path(place).expanduser() for place in results))


def table(
    results: Found | Sequence[Record] = "results/run",
    *,
    rows: Sequence[str] = ("extractor",),
    columns: Sequence[str] = ("task",),
    mix: str | None = None,
    metric: str | None = None,
    split: str | None = None,
    labels: str = "task",
    subset: str = WHOLE,
    interval: str = "plus_minus",
    tasks: Sequence[str] = (),
    extractors: Sequence[str] = (),
    only: Choice | None = None,
    sort: str | None = None,
    relative_to: str | None = None,
    paired: bool = False,
    selectivity: bool = False,
) -> Answer:
    """The comparison table, as `embedbench table` prints it; every argument is the option of that name.

    Raises:
        ConfigurationError: something asked for has no record, or does not fit together.
    """
    from embedbench.registry import load_components
    from embedbench.reporting.pairing import PairedPredictions
    from embedbench.reporting.rows import score_rows
    from embedbench.reporting.selection import choose
    from embedbench.reporting.sheet import selectivity_sheet
    from embedbench.reporting.value_sheet import value_sheet

    load_components()  # the metrics of every kind of task
    found = _found(results)
    options = TableOptions(
        mix=mix,
        metric=metric,
        split=split or ("train" if metric in CODE_METRICS else "test"),
        labels=labels,
        subset=subset,
        interval=IntervalStyle(interval),
        tasks=tuple(tasks),
        extractors=tuple(extractors),
        selectivity=selectivity,
        rows=tuple(rows),
        columns=tuple(columns),
        only=_only(only),
        sort=sort,
        relative_to=relative_to,
        paired=paired,
    )
    chosen = choose(found.records, options)
    pairs = PairedPredictions(found.folder_of) if found.folders else None
    sheets = [value_sheet(chosen, options, pairs)]
    if selectivity:
        sheets.append(selectivity_sheet(chosen, options))
    return Answer(tuple(sheets), lambda: score_rows(chosen, options), options)


def compare(
    results: Found,
    first: str,
    second: str,
    *,
    mix: str | None = None,
    mix_second: str | None = None,
    tasks: Sequence[str] = (),
    labels: str = "task",
    subset: str = WHOLE,
    resamples: int = 9_999,
) -> Answer:
    """Two extractors on every task that both have: difference, interval, paired test, Holm correction.

    Every argument is that of `embedbench compare`.

    Raises:
        ConfigurationError: an extractor or a mix has no record.
    """
    from embedbench.registry import load_components
    from embedbench.reporting.comparing import CompareOptions, compare_extractors, comparison_rows, comparison_sheet

    load_components()
    options = CompareOptions(
        first, second, mix, mix_second, tuple(tasks), labels, subset, Bootstrap(resamples=resamples)
    )
    compared = compare_extractors(_found(results), options)
    return Answer((comparison_sheet(compared),), lambda: comparison_rows(compared))


def rank(
    results: Found,
    *,
    mix: str | None = None,
    tasks: Sequence[str] = (),
    extractors: Sequence[str] = (),
    only: Choice | None = None,
    resamples: int = 1_999,
) -> Answer:
    """Extractors by their mean rank over the tasks that all of them have, as `embedbench rank` prints them.

    Raises:
        ConfigurationError: there are fewer than two extractors, or no task that all have.
    """
    from embedbench.registry import load_components
    from embedbench.reporting.ranking import RankOptions, rank_extractors, ranking_rows, ranking_sheet

    load_components()
    bootstrap = Bootstrap(resamples=resamples)
    options = RankOptions(mix, tuple(tasks), tuple(extractors), _only(only), bootstrap)
    ranked = rank_extractors(_found(results), options)
    return Answer((ranking_sheet(ranked, bootstrap),), lambda: ranking_rows(ranked))


def query(sql: str, *results: Place) -> pl.DataFrame:
    """What a SELECT over the tables `scores`, `cells`, `weights`, `training` and `predictions` finds.

    Raises:
        ConfigurationError: the statement is wrong.
    """
    from embedbench.reporting.querying import query as ask

    return ask(records(*results), sql)


def layers(
    results: Found,
    *,
    tasks: Sequence[str] = (),
    extractors: Sequence[str] = (),
    metric: str | None = None,
    labels: str = "task",
    brief: bool = False,
) -> LayerPlot:
    """Scores of the layers, weights of the mix and expected layers, as `embedbench layers` prints and draws them.

    Raises:
        ConfigurationError: there is no finished cell.
    """
    found = _found(results)
    scored = tuple(sorted({record.task for record in found.records if record.scores}))
    if not scored:
        raise ConfigurationError("there is no finished cell here, so there are no layers to show")
    options = TableOptions(
        metric=metric,
        split="train" if metric in CODE_METRICS else "test",
        labels=labels,
        extractors=tuple(extractors),
        tasks=tuple(tasks) or scored,
    )
    return LayerPlot(found, options, brief)


def write_report(results: Found, path: Place = "report.html", *, title: str = "", text: bool = False) -> Path:
    """Writes the HTML page of `embedbench report` and tells where.

    Args:
        results: folders or bundles.
        path: of the page.
        title: its heading.
        text: whether the words of disputed targets are shown; mind the licence of the data.

    Raises:
        ConfigurationError: there is no record.
    """
    from embedbench.registry import load_components
    from embedbench.report.content import content
    from embedbench.report.html import render_page
    from embedbench.report.options import ReportOptions

    load_components()
    found = _not_empty(_found(results))
    texts = None
    if text:
        from embedbench.cli.target_texts import target_texts

        texts = target_texts
    options = ReportOptions(title=title) if title else ReportOptions()
    page, file = render_page(content(found, options, texts)), Path(path).expanduser()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, encoding="utf-8")
    return file


def write_bundle(results: Found, path: Place, *, only: Choice | None = None) -> Path:
    """Writes the bundle of `embedbench export`, all that others need to read and to rerun the cells.

    Raises:
        ConfigurationError: there is no record, or the file does not end in .zip.
    """
    from embedbench.cli.export_command import write

    file = Path(path).expanduser()
    write(_not_empty(_found(results)), file, _only(only))
    return file


def _found(results: Found | Sequence[Record]) -> Results:
    if isinstance(results, Results):
        return results
    if isinstance(results, str | PathLike):
        return records(results)
    if all(isinstance(one, Record) for one in results):
        return Results(tuple(one for one in results if isinstance(one, Record)))
    return records(*(place for place in results if isinstance(place, str | PathLike)))


def _not_empty(found: Results) -> Results:
    if not found.records:
        raise ConfigurationError("there are no records here; embedbench.run writes them")
    return found


def _only(chosen: Choice | None) -> Only:
    return Only(
        {name: (values,) if isinstance(values, str) else tuple(values) for name, values in (chosen or {}).items()}
    )
