"""What trackers are told of a record: named numbers, labels and options, the same for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from embedbench.results.schema import Record, Score, selectivity

_TASK = "task"


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes:
        name: such as `test/accuracy/scalar`, `test/accuracy/scalar/low`, `dev/single`, `seconds/probing`.
        value: as recorded.
        layer: of the mixes that come once per layer (`single:3`, `cumulative:3`) and of mix weights; None of others.
    """

    name: str
    value: float
    layer: int | None = None


def figures(record: Record) -> tuple[Figure, ...]:
    """Every score with its interval, selectivity, dev scores, mix weights, seconds and memory.

    Dev scores and mix weights are means over seeds, as scores are. Subsets and predictions stay with the record.
    """
    return (*_scores(record), *_dev(record), *_weights(record), *_costs(record))


def labels(record: Record) -> dict[str, str]:
    """What the cell is, by a name each."""
    return {
        "extractor": record.extractor,
        "task": record.task,
        "probe": record.probe,
        "metric": record.metric,
        "identity": record.identity,
        "started": record.started,
        "finished": record.finished,
        **({"limit": str(record.limit)} if record.limit is not None else {}),
    }


def called(record: Record) -> str:
    """The cell's name for people."""
    return f"{record.extractor} x {record.task} x {record.probe}"


def options(config: Mapping[str, Any], under: str = "") -> dict[str, str]:
    """The resolved configuration, one level deep: dotted names and texts; lists as JSON.

    >>> options({"extractor": {"name": "minilm", "device": "cpu"}, "seeds": [0, 1], "limit": None})
    {'extractor.name': 'minilm', 'extractor.device': 'cpu', 'seeds': '[0, 1]', 'limit': 'null'}
    """
    flat: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            flat |= options(value, f"{under}{key}.")
        else:
            flat[f"{under}{key}"] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return flat


def _scores(record: Record) -> Iterator[Figure]:
    for score in record.scores:
        name, layer = _of_mix(score.mix)
        yield from _interval(f"{_prefix(score.labels)}{score.split}/{score.metric}/{name}", score, layer)
    for (mix, split, metric), value in selectivity(record).items():
        name, layer = _of_mix(mix)
        yield Figure(f"selectivity/{split}/{metric}/{name}", value, layer)
    for score in record.baselines:
        yield from _interval(f"baseline/{score.split}/{score.metric}/{score.extractor}", score, None)


def _interval(name: str, score: Score, layer: int | None) -> Iterator[Figure]:
    yield Figure(name, score.value, layer)
    yield Figure(f"{name}/low", score.low, layer)
    yield Figure(f"{name}/high", score.high, layer)


def _dev(record: Record) -> Iterator[Figure]:
    by_mix: dict[tuple[str, str], list[float]] = {}
    for member in record.training:
        by_mix.setdefault((member.labels, member.mix), []).append(member.dev_score)
    for (column, mix), dev in by_mix.items():
        name, layer = _of_mix(mix)
        yield Figure(f"{_prefix(column)}dev/{name}", sum(dev) / len(dev), layer)


def _weights(record: Record) -> Iterator[Figure]:
    by_mix: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    gammas: dict[tuple[str, str], list[float]] = {}
    for learned in record.mix_weights:
        by_mix.setdefault((learned.labels, learned.mix), []).append(learned.weights)
        gammas.setdefault((learned.labels, learned.mix), []).append(learned.gamma)
    for (column, mix), seeds in by_mix.items():
        name = f"{_prefix(column)}mix_weight/{mix.replace(':', '_')}"
        for layer, weights in enumerate(zip(*seeds, strict=True)):
            yield Figure(name, sum(weights) / len(weights), layer)
        gamma = gammas[column, mix]
        yield Figure(f"{name}/gamma", sum(gamma) / len(gamma))


def _costs(record: Record) -> Iterator[Figure]:
    seconds: dict[str, float] = {}
    memory: dict[str, int] = {}
    for phase in record.phases:
        seconds[phase.name] = seconds.get(phase.name, 0.0) + phase.seconds
        memory[phase.name] = max(memory.get(phase.name, 0), phase.peak_memory_bytes)
    for name in seconds:
        yield Figure(f"seconds/{name}", seconds[name])
        yield Figure(f"peak_memory_bytes/{name}", float(memory[name]))
    if seconds:
        yield Figure("seconds", sum(seconds.values()))
        yield Figure("peak_memory_bytes", float(max(memory.values())))


def _of_mix(mix: str) -> tuple[str, int | None]:
    """The mix without its layer, and the layer.

    >>> _of_mix("single:3"), _of_mix("scalar")
    (('single', 3), ('scalar', None))
    """
    kind, _, layer = mix.partition(":")
    return (kind, int(layer)) if layer.isdigit() else (mix.replace(":", "_"), None)


def _prefix(column: str) -> str:
    return "" if column == _TASK else f"{column}/"
