"""Which records and which scores a table shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from embedbench.errors import ConfigurationError
from embedbench.reporting.dimensions import OF_CELL, OF_SCORE, check_dimensions, differing_options, of_record
from embedbench.reporting.dry_runs import dry_run_notes, without_mixed_limits
from embedbench.reporting.options import ALL, BEST, TableOptions
from embedbench.results.schema import Record, Score, Status, of_subset
from embedbench.scoring.subsets import SUBSETS, WHOLE
from embedbench.types import TASK, learned_for

DEFAULT_MIXES = ("scalar", "mean")
"""What a table shows when no mix is asked for: the first that was scored. Tasks without training learn no `scalar`."""

_MANY_NOTES = 3
"""Where more entries than this have competing cells, one line tells of all of them."""


@dataclass(frozen=True)
class Chosen:
    """The records behind a table: one per extractor, task and probe.

    Attributes:
        records: by extractor, then task, in the order asked for.
        tasks: the columns.
        notes: what a reader must know about the choice.
        subset: whose scores the records hold; `all` for every one of them.
    """

    records: tuple[Record, ...]
    tasks: tuple[str, ...]
    notes: tuple[str, ...]
    subset: str = WHOLE

    @property
    def views(self) -> tuple[Record, ...]:
        """The records as rows show them: with the scores of the subset, or with those of each in turn."""
        if self.subset != ALL:
            return self.records
        return tuple(of_subset(record, subset) for record in self.records for subset in (WHOLE, *_subsets(record)))

    def row_label(self, record: Record) -> str:
        """The extractor, and the probe where one of its tasks stands with several."""
        return f"{record.extractor} ({record.probe})" if record.extractor in self._several_probes else record.extractor

    @cached_property
    def by_task(self) -> dict[str, tuple[Record, ...]]:
        """The records of every task."""
        found: dict[str, list[Record]] = {}
        for record in self.records:
            found.setdefault(record.task, []).append(record)
        return {task: tuple(records) for task, records in found.items()}

    @cached_property
    def _several_probes(self) -> frozenset[str]:
        probes: dict[tuple[str, str], set[str]] = {}
        for record in self.records:
            probes.setdefault((record.extractor, record.task), set()).add(record.probe)
        return frozenset(extractor for (extractor, _), several in probes.items() if len(several) > 1)


def _subsets(record: Record) -> tuple[str, ...]:
    """The subsets that were scored: those that are told by words first, then the parts of the task's own."""
    scored = {score.subset for score in record.subset_scores}
    return (*(name for name in SUBSETS if name in scored), *sorted(scored - set(SUBSETS)))


def choose(records: Iterable[Record], options: TableOptions) -> Chosen:
    """The newest finished record of every extractor, task and probe; the newest failed one where none is finished.

    Dry runs (`limit`) never stand in a column with other cells: a task with a finished cell of all sentences shows none
    of them, another task those of its largest limit, and notes tell both.

    Raises:
        ConfigurationError: a task, an extractor, a mix, a metric, a split or a subset was asked for that has no
            record; the message lists what there is.
    """
    records = options.only.cells(list(records))
    check_dimensions(records, options.dimensions)
    if options.subset not in (WHOLE, ALL):
        _ordered({WHOLE, *(s.subset for r in records for s in r.subset_scores)}, (options.subset,), "subset")
        records = [of_subset(record, options.subset) for record in records]
    tasks = _ordered({r.task for r in records}, options.tasks, "task")
    extractors = _ordered({r.extractor for r in records}, options.extractors, "extractor")
    scores = [score for record in records for score in record.scores]
    for noun, asked in (("mix", options.mix), ("metric", options.metric), ("split", options.split)):
        if asked not in (None, ALL, BEST) and scores:
            _ordered({getattr(score, noun) for score in scores}, (str(asked),), noun)
    told_apart = [name for name in options.dimensions if name not in OF_CELL and name not in OF_SCORE]
    groups: dict[tuple[str, ...], list[Record]] = {}
    # A table with a row for every limit shows dry runs beside whole cells on purpose.
    records, notes = (list(records), []) if "limit" in told_apart else without_mixed_limits(list(records))
    for record in records:
        if record.task in tasks and record.extractor in extractors:
            apart = (of_record(record, name) for name in told_apart)
            groups.setdefault((record.extractor, record.task, record.probe, *apart), []).append(record)
    places = ({name: n for n, name in enumerate(extractors)}, {name: n for n, name in enumerate(tasks)})
    chosen = []
    competing = []
    for key in sorted(groups, key=lambda k: (places[0][k[0]], k[2], places[1][k[1]], k[3:])):
        group = groups[key]
        if len(group) > 1:
            # Same instant: the identity decides, so that the table never depends on the order of files.
            group.sort(key=lambda r: (r.status == Status.DONE, _has_score(r, options), r.finished, r.identity))
            if len({r.identity for r in group if r.status == Status.DONE}) > 1:
                competing.append(group)
        chosen.append(group[-1])
    notes += _competition(competing)
    notes += dry_run_notes(chosen)
    notes += _fingerprint_notes(chosen)
    notes += _subset_notes(chosen, options.subset)
    return Chosen(tuple(chosen), tasks, tuple(notes), options.subset)


def _ordered(known: set[str], asked: Sequence[str], noun: str) -> tuple[str, ...]:
    for name in asked:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise ConfigurationError(f"no record here has the {noun} {name!r}; there are: {there}")
    return tuple(dict.fromkeys(asked)) or tuple(sorted(known))


def _has_score(record: Record, options: TableOptions) -> bool:
    """Whether a record has the score that a table shows, where it shows one per cell."""
    if ALL in (options.split, options.labels, options.subset) or any(n in OF_SCORE for n in options.dimensions):
        return True
    return score_of(record, options) is not None


def _competition(groups: Sequence[Sequence[Record]]) -> list[str]:
    """What is said of entries that several finished cells compete for."""
    notes = []
    for group in groups[:_MANY_NOTES] if len(groups) > _MANY_NOTES + 1 else groups:
        shown, done = group[-1], [r for r in group if r.status == Status.DONE]
        different = differing_options(done)
        apart = f"; --rows extractor,{different[0]} tells them apart" if different else ""
        notes.append(
            f"{len({r.identity for r in done})} finished cells of {shown.extractor} x {shown.task} x {shown.probe} "
            f"differ in {', '.join(different) or 'data, weights or code'}; the newest that has the score is shown "
            f"({shown.identity[:12]}, {shown.finished}){apart}"
        )
    if len(notes) < len(groups):
        notes.append(f"so do those of {len(groups) - len(notes):,} other entries")
    return notes


def _fingerprint_notes(records: Sequence[Record]) -> list[str]:
    prints: dict[str, set[str]] = {}
    for record in records:
        if "task" in record.fingerprints:
            prints.setdefault(record.task, set()).add(record.fingerprints["task"])
    return [
        f"{task}: the cells stand on {len(prints[task])} different versions of the task "
        f"({', '.join(p[:8] for p in sorted(prints[task]))}); do not compare their values"
        for task in sorted(prints)
        if len(prints[task]) > 1
    ]


def _subset_notes(records: Sequence[Record], subset: str) -> list[str]:
    lacking = [f"{r.extractor} x {r.task}" for r in records if r.status == Status.DONE and not r.scores]
    if subset in (WHOLE, ALL) or not lacking:
        return []
    return [
        f"no {subset} targets were scored for {', '.join(lacking)}: there are none, the task has no subsets, or the "
        "record is older than they are (delete it and run again)"
    ]


def metric_of(record: Record, options: TableOptions) -> str:
    """The metric to show for a record."""
    return options.metric or record.metric


def score_of(record: Record, options: TableOptions) -> Score | None:
    """The score that a table shows for a record; None if it was not scored.

    Raises:
        ConfigurationError: `all` was asked of a table, which shows one split and one label column.
    """
    for option, value in (("--split", options.split), ("--labels", options.labels), ("--subset", options.subset)):
        if value == ALL:
            raise ConfigurationError(f"{option} all makes rows, not a table: add --format json or csv")
    wanted = (options.split, options.labels, metric_of(record, options))
    scores = {s.mix: s for s in record.scores if (s.split, s.labels, s.metric) == wanted}
    if options.mix == BEST:
        best = best_layer(record)
        return None if best is None else scores.get(best)
    if options.mix is not None:
        return scores.get(options.mix)
    for mix in DEFAULT_MIXES:
        if mix in scores:
            return scores[mix]
    return next(iter(scores.values())) if len(scores) == 1 else None


def best_layer(record: Record) -> str | None:
    """The mix `single:K` whose members are best on dev, averaged over seeds; the lowest layer of equals.

    Dev scores are the members' own (those that stopped their training), or recorded scores on dev. The test split has
    no say: a layer chosen on test would be flattered by the choice. None where nothing was scored on dev.
    """
    dev: dict[str, list[float]] = {}
    for member in record.training:
        if learned_for(member.labels) == TASK and member.mix.startswith("single:"):
            dev.setdefault(member.mix, []).append(member.dev_score)
    if not dev:
        for score in record.scores:
            if (score.split, score.labels, score.metric) == ("dev", "task", record.metric) and score.mix.startswith(
                "single:"
            ):
                dev[score.mix] = [score.value]
    ranked = sorted(dev, key=lambda mix: int(mix.partition(":")[2]))
    return max(ranked, key=lambda mix: sum(dev[mix]) / len(dev[mix]), default=None)


def baselines(chosen: Chosen, options: TableOptions) -> tuple[dict[tuple[str, str], Score], tuple[str, ...]]:
    """The baselines by (name, task), once each, and a note where records disagree about one.

    They are of the newest record of the task, since every record of the same task must have the same.
    """
    found: dict[tuple[str, str], Score] = {}
    seen: dict[tuple[str, str, str], set[float]] = {}
    for record in sorted(chosen.records, key=lambda r: (r.finished, r.identity)):
        for score in record.baselines:
            if (score.split, score.labels, score.metric) == (options.split, "task", metric_of(record, options)):
                found[score.extractor, record.task] = score
                key = (score.extractor, record.task, record.fingerprints.get("task", ""))
                seen.setdefault(key, set()).add(round(score.value, 9))
    notes = tuple(
        f"the records disagree about the baseline {name} of {task} on the same data: "
        + ", ".join(f"{100 * value:.2f}" for value in sorted(values))
        for (name, task, _), values in sorted(seen.items())
        if len(values) > 1
    )
    return found, notes
