"""Extractors ranked over the tasks that all of them have."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from jaxtyping import Float64

from embedbench.errors import ConfigurationError, ContractError, DataError
from embedbench.reporting.only import Only
from embedbench.reporting.options import TableOptions
from embedbench.reporting.pairing import PairedPredictions
from embedbench.reporting.selection import choose, metric_of, score_of
from embedbench.reporting.sheet import Entry, Row, Sheet
from embedbench.reporting.units import higher_is_better
from embedbench.results.reading import Results
from embedbench.results.schema import Record, Score
from embedbench.scoring.intervals import Bootstrap, resample, resampled_values
from embedbench.scoring.ranking import Ranking, ranking


@dataclass(frozen=True)
class RankOptions:
    """What is ranked.

    Attributes:
        mix: as in a table.
        tasks: over these; by default over all that every extractor has.
        extractors: these; by default all.
        only: which cells are kept.
        bootstrap: resamples of tasks and of clusters, level and seed.
    """

    mix: str | None = None
    tasks: tuple[str, ...] = ()
    extractors: tuple[str, ...] = ()
    only: Only = field(default_factory=Only)
    bootstrap: Bootstrap = field(default_factory=lambda: Bootstrap(resamples=1_999))


@dataclass(frozen=True, eq=False)
class Ranked:
    """Extractors, the best first.

    Attributes:
        extractors: their names.
        tasks: over which they were ranked.
        ranks: what was found, in the order of `extractors`.
        notes: what a reader must know.
    """

    extractors: tuple[str, ...]
    tasks: tuple[str, ...]
    ranks: Ranking
    notes: tuple[str, ...]


def rank_extractors(results: Results, options: RankOptions) -> Ranked:
    """The extractors by their mean rank over the tasks that every one of them was scored on.

    Raises:
        ConfigurationError: an extractor stands with several probes on a task, or there is no common task.
    """
    asked = TableOptions(mix=options.mix, tasks=options.tasks, extractors=options.extractors, only=options.only)
    chosen = choose(results.records, asked)
    found: dict[tuple[str, str], tuple[Record, Score]] = {}
    for record in chosen.records:
        score = score_of(record, asked)
        if score is None:
            continue
        if (record.extractor, record.task) in found:
            raise ConfigurationError(
                f"{record.extractor} stands with several probes on {record.task}; choose one, such as "
                f"--only probe={record.probe}"
            )
        found[record.extractor, record.task] = record, score
    names = tuple(dict.fromkeys(extractor for extractor, _ in found))
    tasks = tuple(task for task in chosen.tasks if all((name, task) in found for name in names))
    if len(names) < 2 or not tasks:
        raise ConfigurationError(
            f"{len(names)} extractors have {len(tasks)} tasks in common; ranking takes two extractors and one task: "
            "choose some with --extractors or --only"
        )
    notes = [f"left out, since not every extractor has it: {task}" for task in chosen.tasks if task not in tasks]
    predictions = PairedPredictions(results.folder_of)
    resampled: list[Float64[np.ndarray, "systems resamples"] | None] = []
    for task in tasks:
        cells = [found[name, task] for name in names]
        try:
            resampled.append(_resampled(cells, predictions, options.bootstrap))
        except (DataError, ContractError) as error:
            resampled.append(None)
            notes.append(f"the targets of {task} are not resampled: {error}")
    signs = [1.0 if higher_is_better(metric_of(found[names[0], task][0], asked)) else -1.0 for task in tasks]
    values = np.array([[found[name, task][1].value for name in names] for task in tasks]) * np.array(signs)[:, None]
    ranks = ranking(values, resampled, options.bootstrap)
    order = np.argsort(ranks.mean, kind="stable")
    ranks = Ranking(
        mean=ranks.mean[order],
        low=ranks.low[order],
        high=ranks.high[order],
        wins=ranks.wins[order],
        separated=ranks.separated[order][:, order],
    )
    return Ranked(tuple(names[place] for place in order), tasks, ranks, (*notes, *chosen.notes))


def _resampled(
    cells: Sequence[tuple[Record, Score]], predictions: PairedPredictions, bootstrap: Bootstrap
) -> Float64[np.ndarray, "systems resamples"]:
    """The values of all cells of a task on the same resamples of its clusters."""
    (first, first_score), *others = cells
    pairs = [predictions.pair((first, other), (first_score.mix, score.mix), "task") for other, score in others]
    if any(sum(pair.left_out) for pair in pairs):
        raise DataError("the extractors know different words, so they answered different targets")
    context = pairs[0].context
    if context.n_clusters < 2:
        raise DataError("it has one cluster")
    rows = [pairs[0].first, *(pair.second for pair in pairs)]
    values, width = resampled_values(pairs[0].metric, pairs[0].gold, rows, context)
    return np.asarray(resample(values, width, context.n_clusters, bootstrap).bootstrap_distribution)


def ranking_sheet(ranked: Ranked, bootstrap: Bootstrap) -> Sheet:
    """One row per extractor; a warning for every pair of neighbours that is not separated."""
    ranks, names = ranked.ranks, ranked.extractors
    rows = []
    for place, name in enumerate(names):
        near = [
            other for other, known in zip(names, ranks.separated[place], strict=True) if not known and other != name
        ]
        entries = (
            Entry(f"{ranks.mean[place]:.2f}"),
            Entry(f"[{ranks.low[place]:.2f}, {ranks.high[place]:.2f}]"),
            Entry(f"{ranks.wins[place]:.0f}"),
            Entry(", ".join(near) or "–"),
        )
        rows.append(Row(name, entries))
    unsure = [
        f"{one} and {other}"
        for place, (one, other) in enumerate(itertools.pairwise(names))
        if not ranks.separated[place, place + 1]
    ]
    notes = [
        f"mean rank over {len(ranked.tasks)} tasks, 1 is the best: {', '.join(ranked.tasks)}",
        f"interval: 95 %, bootstrap over tasks and over the clusters of each, {bootstrap.resamples:,} resamples; it "
        "tells how the rank would move with other tasks and other test sentences",
        "wins: tasks in which it is first, alone or with others",
    ]
    if len(ranked.tasks) < _FEW_TASKS:
        notes.append(
            f"warning: {len(ranked.tasks)} tasks say little about others; intervals over so few are too narrow"
        )
    if unsure:
        notes.append(f"warning: these neighbours are not separated, their order may be chance: {'; '.join(unsure)}")
    columns = ("mean rank", "95 % interval", "wins", "not separated from")
    return Sheet("", columns, tuple(rows), (*notes, *ranked.notes))


_FEW_TASKS = 5


def ranking_rows(ranked: Ranked) -> pl.DataFrame:
    """The same for programs."""
    ranks, names = ranked.ranks, ranked.extractors
    return pl.DataFrame(
        [
            {
                "extractor": name,
                "mean_rank": float(ranks.mean[place]),
                "low": float(ranks.low[place]),
                "high": float(ranks.high[place]),
                "wins": int(ranks.wins[place]),
                "tasks": len(ranked.tasks),
                "separated_from_next": bool(ranks.separated[place, place + 1]) if place + 1 < len(names) else None,
            }
            for place, name in enumerate(names)
        ]
    )
