"""Which records and which scores a table shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from embedbench.errors import ConfigurationError
from embedbench.reporting.options import ALL, BEST, TableOptions
from embedbench.results.schema import Record, Score, Status, of_subset
from embedbench.scoring.subsets import SUBSETS, WHOLE

DEFAULT_MIXES = ("scalar", "mean")
"""What a table shows when no mix is asked for: the first that was scored. Tasks without training learn no `scalar`."""


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
    def _several_probes(self) -> frozenset[str]:
        seen: set[tuple[str, str]] = set()
        several = set()
        for record in self.records:
            if (record.extractor, record.task) in seen:
                several.add(record.extractor)
            seen.add((record.extractor, record.task))
        return frozenset(several)


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
    records = list(records)
    if options.subset not in (WHOLE, ALL):
        _ordered({WHOLE, *(s.subset for r in records for s in r.subset_scores)}, (options.subset,), "subset")
        records = [of_subset(record, options.subset) for record in records]
    tasks = _ordered({r.task for r in records}, options.tasks, "task")
    extractors = _ordered({r.extractor for r in records}, options.extractors, "extractor")
    scores = [score for record in records for score in record.scores]
    for noun, asked in (("mix", options.mix), ("metric", options.metric), ("split", options.split)):
        if asked not in (None, ALL, BEST) and scores:
            _ordered({getattr(score, noun) for score in scores}, (str(asked),), noun)
    groups: dict[tuple[str, str, str], list[Record]] = {}
    records, notes = _without_mixed_limits(records)
    for record in records:
        if record.task in tasks and record.extractor in extractors:
            groups.setdefault((record.extractor, record.task, record.probe), []).append(record)
    chosen = []
    for key in sorted(groups, key=lambda k: (extractors.index(k[0]), k[2], tasks.index(k[1]))):
        # Same instant: the identity decides, so that the table never depends on the order of files.
        group = sorted(groups[key], key=lambda r: (r.status == Status.DONE, r.finished, r.identity))
        chosen.append(group[-1])
        notes += _competition(key, group)
    notes += _dry_run_notes(chosen)
    notes += _fingerprint_notes(chosen)
    notes += _subset_notes(chosen, options.subset)
    return Chosen(tuple(chosen), tasks, tuple(notes), options.subset)


def _ordered(known: set[str], asked: Sequence[str], noun: str) -> tuple[str, ...]:
    for name in asked:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise ConfigurationError(f"no record here has the {noun} {name!r}; there are: {there}")
    return tuple(dict.fromkeys(asked)) or tuple(sorted(known))


def _competition(key: tuple[str, str, str], group: Sequence[Record]) -> list[str]:
    shown = group[-1]
    done = {r.identity for r in group if r.status == Status.DONE}
    if len(done) > 1:
        return [
            f"{len(done)} finished cells of {' x '.join(key)} differ in configuration, data, weights or code; "
            f"the newest is shown ({shown.identity[:12]}, {shown.finished})"
        ]
    return []


def _without_mixed_limits(records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """The records without the dry runs that stand beside cells of more sentences, and a note of those left out."""
    limits: dict[str, set[int | None]] = {}
    for record in records:
        if record.status == Status.DONE:
            limits.setdefault(record.task, set()).add(record.limit)
    shown = {task: None if None in own else max(filter(None, own)) for task, own in limits.items()}

    def fits(record: Record) -> bool:
        # What failed has no values to mix, and a failure of a whole cell is worth knowing.
        failed = record.status == Status.FAILED and record.limit is None
        return failed or record.limit == shown.get(record.task, record.limit)

    left_out = [record for record in records if not fits(record)]
    named = ", ".join(sorted({f"{record.extractor} x {record.task}" for record in left_out}))
    note = f"{len(left_out)} cells of dry runs (limit=N) are left out beside cells of more sentences: {named}"
    return [record for record in records if fits(record)], [note] if left_out else []


def _dry_run_notes(records: Sequence[Record]) -> list[str]:
    dry: dict[int, list[str]] = {}
    for record in records:
        if record.status == Status.DONE and record.limit is not None:
            dry.setdefault(record.limit, []).append(f"{record.extractor} x {record.task}")
    return [
        f"DRY RUN on the first {limit:,} sentences of every split, not comparable with other cells: {', '.join(cells)}"
        for limit, cells in sorted(dry.items())
    ]


def _fingerprint_notes(records: Sequence[Record]) -> list[str]:
    notes = []
    for task in sorted({r.task for r in records}):
        prints = {r.fingerprints["task"] for r in records if r.task == task and "task" in r.fingerprints}
        if len(prints) > 1:
            notes.append(
                f"{task}: the cells stand on {len(prints)} different versions of the task "
                f"({', '.join(p[:8] for p in sorted(prints))}); do not compare their values"
            )
    return notes


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
        if member.labels == "task" and member.mix.startswith("single:"):
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
