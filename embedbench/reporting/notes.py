"""The lines below a table, without which its values mean nothing: mix, metric, split, n, seeds, interval, failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from embedbench.reporting.options import BEST, IntervalStyle, TableOptions
from embedbench.reporting.selection import Chosen, metric_of
from embedbench.reporting.units import BIAS, CODE_METRICS, higher_is_better, unit
from embedbench.results.schema import LEFT_OUT, Score, Status, cluster_unit
from embedbench.scoring.subsets import SUBSETS, WHOLE

_INTERVALS = {
    IntervalStyle.PLUS_MINUS: "± is half the width of the 95 % interval (bootstrap over clusters: {clusters})",
    IntervalStyle.BRACKETS: "brackets hold the 95 % interval (bootstrap over clusters: {clusters})",
    IntervalStyle.NONE: "intervals are left out",
}


def notes_below(chosen: Chosen, scored: Mapping[str, Sequence[Score]], options: TableOptions) -> list[str]:
    """The notes for the scores shown, by task."""
    metrics = {record.task: metric_of(record, options) for record in chosen.records}
    probes = {task: sorted({r.probe for r in chosen.by_task[task]}) for task in metrics}
    apart = options.dimensions
    notes = [
        f"{name}: {', '.join(sorted({str(getattr(record, name)) for record in chosen.records}))}"
        for name in ("extractor", "task")
        if name not in apart
    ]
    if "layer" in apart:
        notes.append("mix: the single layers; 0 is the context-free input layer")
    elif "mix" not in apart:
        notes.append(_mix_note(chosen, scored, options))
    if "metric" not in apart:
        of_tasks = {task: [metrics[task]] for task in chosen.tasks if task in metrics}
        notes.append("metric: " + _per_task(of_tasks, star="accuracy"))
    if "probe" not in apart:
        notes.append("probe: " + _per_task(probes))
    notes.append(_values_note(options, _units(chosen)))
    sizes = {
        task: [f"{n:,} in {clusters:,}" for n, clusters in sorted({(s.n, s.clusters) for s in scored[task]})]
        for task in chosen.tasks
        if scored.get(task)
    }
    if sizes and "subset" not in apart:
        notes.append("targets (n) in clusters: " + ", ".join(f"{t} {' or '.join(s)}" for t, s in sizes.items()))
        if "seed" not in apart:
            notes.append(
                "seeds: " + _per_task({t: [str(k) for k in sorted({s.seeds for s in scored[t]})] for t in sizes})
            )
    notes += _left_out_notes(chosen, scored)
    for record in chosen.records:
        if record.status == Status.FAILED and record.error is not None:
            message = " ".join(record.error.message.split())
            notes.append(f"failed: {record.extractor} x {record.task} x {record.probe}: {message}")
    return notes


def _units(chosen: Chosen) -> str:
    """What clusters are: `sentences; documents for upos`."""
    units: dict[str, list[str]] = {
        task: sorted({f"{cluster_unit(r)}s" for r in chosen.by_task.get(task, ()) if r.status == Status.DONE})
        for task in chosen.tasks
    }
    return _per_task({task: own for task, own in units.items() if own}, first="sentences") or "sentences"


def _left_out_notes(chosen: Chosen, scored: Mapping[str, Sequence[Score]]) -> list[str]:
    """Which extractors answered fewer targets than the task has, because they do not know a word of the others."""
    notes = []
    for task in chosen.tasks:
        gone: dict[str, int] = {
            record.extractor: record.alignment.get("test", {}).get(LEFT_OUT, 0)
            for record in (chosen.by_task.get(task, ()) if scored.get(task) else ())
        }
        told = [f"{n:,} by {extractor}" for extractor, n in gone.items() if n]
        if told:
            notes.append(
                f"left out of {task} for a word that the extractor does not know: {', '.join(told)}; "
                "these rows answered other targets than the rest (see task.unknown)"
            )
    return notes


def _values_note(options: TableOptions, units: str) -> str:
    interval = _INTERVALS[options.interval].format(clusters=units)
    split = "every split" if "split" in options.dimensions else options.split
    where = f"on {split}" + ("" if "labels" in options.dimensions else f", {options.labels} labels")
    if options.subset != WHOLE:
        told = f"whose word is {options.subset} in train" if options.subset in SUBSETS else f"of {options.subset}"
        where += f", only targets {told}"
    if options.metric == BIAS:
        return f"values are {unit(options.metric)} {where}; {interval}"
    if "seed" in options.dimensions:
        return f"values in percent (correlations x 100) {where}, of single seeds, which have no interval of their own"
    if options.metric not in CODE_METRICS:
        return f"values in percent (correlations x 100) {where}; {interval}"
    spread = {
        IntervalStyle.PLUS_MINUS: "± is half the range over seeds, each of which shuffles the targets anew",
        IntervalStyle.BRACKETS: "brackets hold the least and the greatest over seeds, which shuffle the targets anew",
        IntervalStyle.NONE: "the range over seeds is left out",
    }
    better = "higher" if higher_is_better(options.metric) else "lower"
    return f"values are {unit(options.metric)} {where} ({better} is better); {spread[options.interval]}"


def _mix_note(chosen: Chosen, scored: Mapping[str, Sequence[Score]], options: TableOptions) -> str:
    if options.mix == BEST:
        return "mix: the single layer that is best on dev (value@layer); its test value took no part in the choice"
    if options.mix is not None:
        return f"mix: {options.mix}"
    used = {task: sorted({s.mix for s in scored[task]}) for task in chosen.tasks if scored.get(task)}
    if not used:
        return "mix: scalar"
    return "mix: " + _per_task(used, first="scalar")


def _per_task(values: Mapping[str, Sequence[str]], *, star: str | None = None, first: str | None = None) -> str:
    """The common value, then who differs: `accuracy; * span_f1 for ner`."""
    tasks: dict[str, list[str]] = {}
    for task, several in values.items():
        tasks.setdefault(" or ".join(several), []).append(task)
    lead = star or first
    common = lead if lead in tasks else max(tasks, key=lambda v: len(tasks[v]), default="")
    parts = [common] if star is None or common == star else []
    mark = "* " if star is not None else ""
    parts += [f"{mark}{value} for {', '.join(who)}" for value, who in tasks.items() if value not in parts]
    return "; ".join(parts)
