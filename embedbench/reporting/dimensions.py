"""What rows and columns can be: the parts of a cell and of a score, and any option of the resolved configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from embedbench.errors import ConfigurationError
from embedbench.results.schema import Record, Score
from embedbench.scoring.subsets import SUBSETS, WHOLE

OF_CELL = ("extractor", "task", "probe")
"""What a cell is named by."""

OF_SCORE = ("mix", "layer", "subset", "labels", "metric", "split", "seed")
"""What a cell has several scores for."""

_MIXES = ("scalar", "mean", "concat")
_SPLITS = ("train", "dev", "test")


def of_record(record: Record, name: str) -> str:
    """What a cell has for `extractor`, `task`, `probe` or an option such as `limit` or `extractor.pooling`.

    An option that the cell does not have is empty.
    """
    if name in OF_CELL:
        return str(getattr(record, name))
    value: Any = record.config
    for key in name.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return ""
        value = value[key]
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def of_score(score: Score, name: str) -> str | None:
    """What a score has for a name of `OF_SCORE` other than `seed`; None for the layer of any mix but single ones."""
    if name == "layer":
        return score.mix.partition(":")[2] if score.mix.startswith("single:") else None
    return str(getattr(score, name))


def check_dimensions(records: Sequence[Record], names: Iterable[str]) -> None:
    """Refuses a name that is neither a part of cells and scores nor an option of any record.

    Raises:
        ConfigurationError: the message lists what there is.
    """
    for name in names:
        if name in OF_CELL or name in OF_SCORE or any(_has(record.config, name) for record in records):
            continue
        options = sorted({key for record in records for key in record.config} - set(OF_CELL))
        raise ConfigurationError(
            f"{name!r} is neither {', '.join((*OF_CELL, *OF_SCORE))} nor an option of a record here, such as "
            + (", ".join(options) or "limit")
        )


def _has(config: Mapping[str, Any], name: str) -> bool:
    value: Any = config
    for key in name.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
    return not isinstance(value, Mapping)


def order_of(name: str, value: str) -> tuple[Any, ...]:
    """A key by which the values of a dimension stand as a reader expects: layers by number, the whole first."""
    known: Sequence[str] = {
        "mix": _MIXES,
        "subset": (WHOLE, *SUBSETS),
        "labels": ("task", "control"),
        "split": _SPLITS,
    }.get(name, ())
    rank = known.index(value) if value in known else len(known)
    # Numbers inside names count: `single:10` comes after `single:9`, 1e-3 before 1e-2.
    try:
        return (rank, "", float(value), ())
    except ValueError:
        pieces = re.split(r"(\d+)", value)
        numbers = [int(piece) if piece.isdecimal() and len(piece) < 19 else None for piece in pieces]
        parts = tuple((number is not None, number or 0, piece) for number, piece in zip(numbers, pieces, strict=True))
        return (rank, "text", 0.0, parts)


def differing_options(records: Sequence[Record]) -> tuple[str, ...]:
    """The options in which the configurations of these records differ, such as `training.learning_rate`."""
    flat = [_flat(record.config) for record in records]
    names = dict.fromkeys(name for one in flat for name in one)
    where = ("paths.", "runtime.", "results")
    return tuple(name for name in names if not name.startswith(where) and len({one.get(name, "") for one in flat}) > 1)


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = json.dumps(value)
    return found
