"""One cell as plain values for the page: its scores, layers, weights, subsets, cost and configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from embedbench.report.pool import Pool
from embedbench.report.shown import ShownCell
from embedbench.reporting.layer_lines import gain_lines, weight_lines
from embedbench.reporting.layers import view_layers
from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import best_layer
from embedbench.reporting.units import higher_is_better, scaled
from embedbench.results.archive import ArchiveFolder
from embedbench.results.schema import Record, Score, selectivity
from embedbench.scoring.layer_summaries import centre_of_gravity


def cell_data(
    cell: ShownCell, rows: Mapping[str, int], tasks: Mapping[str, int], pool: Pool, *, trace: bool
) -> dict[str, Any]:
    """What the page knows of a cell: values in the unit that is printed, shared parts as numbers of the pool."""
    record, score = cell.record, cell.score
    data: dict[str, Any] = {
        "row": rows[cell.row],
        "task": tasks[record.task],
        "probe": record.probe,
        "metric": record.metric,
        "id": record.identity[:12],
        "status": record.status.value,
        "started": record.started,
        "finished": record.finished,
        "layers": pool.add(list(record.layer_names)),
        "mixes": [_mix(s, record, pool) for s in record.scores],
        "phases": [[phase.name, round(phase.seconds, 2), phase.peak_memory_bytes] for phase in record.phases],
        "seconds": round(sum(phase.seconds for phase in record.phases), 1),
        "memory": max((phase.peak_memory_bytes for phase in record.phases), default=0),
        "bytes": sum(_sizes(cell)),
        "alignment": pool.add({split: dict(counts) for split, counts in record.alignment.items()}),
        "environment": pool.add(dict(record.environment)),
        "fingerprints": pool.add(dict(record.fingerprints)),
        "config": pool.add({key: pool.add(value) for key, value in record.config.items()}),
    }
    if record.error is not None:
        error = record.error
        data["error"] = [error.type, error.message, error.traceback if trace else ""]
    if score is not None:
        data |= _shown_score(record, score)
    return data | _layers(record)


def _shown_score(record: Record, score: Score) -> dict[str, Any]:
    name = score.metric
    sizes = (m.parameters for m in record.training if (m.mix, m.labels) == (score.mix, "task"))
    found: dict[str, Any] = {
        "mix": score.mix,
        **_ends(score),
        "n": score.n,
        "clusters": score.clusters,
        "cluster": record.cluster or "cluster",
        "seeds": [number(scaled(name, value)) for value in score.per_seed],
        "parameters": max(sizes, default=0),
    }
    gained = selectivity(record).get((score.mix, score.split, name))
    if gained is not None:
        found["selectivity"] = number(scaled(name, gained))
        found["control"] = number(scaled(name, score.value - gained))
    subsets = {
        s.subset: [number(scaled(name, v)) for v in (s.value, s.low, s.high)] + [s.n]
        for s in record.subset_scores
        if (s.mix, s.labels, s.split, s.metric) == (score.mix, "task", score.split, name)
    }
    return found | ({"subsets": subsets} if subsets else {})


def _mix(score: Score, record: Record, pool: Pool) -> list[Any]:
    """Mix, labels, metric (as numbers of the pool), value, low, high, epochs (0: unknown), dev score."""
    members = [m for m in record.training if (m.mix, m.labels) == (score.mix, score.labels)]
    epochs = sum(m.epochs for m in members) / len(members) if members else 0
    dev = 100 * sum(m.dev_score for m in members) / len(members) if members else None
    names = [pool.add(name) for name in (score.mix, score.labels, score.metric)]
    ends = _ends(score)
    return [*names, ends["value"], ends["low"], ends["high"], round(epochs, 1), None if dev is None else number(dev)]


def _layers(record: Record) -> dict[str, Any]:
    view = view_layers(record, TableOptions())
    found: dict[str, Any] = {}
    best = best_layer(record)
    if best is not None:
        found["best"] = int(best.partition(":")[2])
    if view.weights:
        columns = list(zip(*view.weights_per_seed, strict=True))
        found["weights"] = [[round(f(c), 4) for c in columns] for f in (lambda c: sum(c) / len(c), min, max)]
        found["centre"] = round(sum(map(centre_of_gravity, view.weights_per_seed)) / len(view.weights_per_seed), 3)
        found["told"] = weight_lines(view.weights_per_seed)
    if view.scores and higher_is_better(record.metric):
        lines = gain_lines(view.bottom_up, view.top_down)
        if lines:
            found["told"] = [*found.get("told", []), *lines]
    return found


def _ends(score: Score) -> dict[str, float]:
    return {
        end: number(scaled(score.metric, value))
        for end, value in (("value", score.value), ("low", score.low), ("high", score.high))
    }


def number(value: float) -> float:
    """Enough digits for every format of the page."""
    return round(value, 3)


def _sizes(cell: ShownCell) -> Iterator[int]:
    """Bytes of the files of the cell's folder."""
    if isinstance(cell.folder, ArchiveFolder):
        yield from cell.folder.sizes
        return
    try:
        yield from (path.stat().st_size for path in cell.folder.iterdir() if path.is_file())
    except OSError:
        return
