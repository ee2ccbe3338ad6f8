"""What two records of the same cell differ in, number by number."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from embedbench.results.schema import Record


@dataclass(frozen=True)
class Differences:
    """What two records of one cell differ in.

    Attributes:
        numbers: how many numbers of the first record were compared.
        predictions: how many of its predictions.
        lines: one for everything that differs.
    """

    numbers: int
    predictions: int
    lines: tuple[str, ...]


_KEYS: Mapping[str, tuple[str, ...]] = {
    "scores": ("extractor", "mix", "labels", "split", "metric", "subset"),
    "baselines": ("extractor", "labels", "split", "metric", "subset"),
    "subset_scores": ("extractor", "mix", "labels", "split", "metric", "subset"),
    "mix_weights": ("mix", "labels", "seed"),
    "training": ("mix", "labels", "seed"),
    "trials": ("mix", "labels", "rate_factor", "weight_decay"),
}
"""The parts of a record that hold numbers, and by what their rows are told apart."""

_MAPPINGS = ("fingerprints", "alignment")
_PLAIN = ("status", "metric", "layer_names", "label_names")
"""What is not compared: when it ran, for how long, in which environment, and the identity, which follows from these."""


def differences(
    first: Record,
    second: Record,
    predictions: Sequence[pl.DataFrame] = (),
    *,
    tolerance: float = 0.0,
) -> Differences:
    """Everything that differs by more than the tolerance; numbers are fractions, counts and weights as recorded.

    Args:
        first: what is expected.
        second: what was found.
        predictions: of both, or of neither.
        tolerance: largest absolute difference of two numbers that is not told.
    """
    lines: list[str] = []
    count = 0
    for name in _PLAIN:
        lines += _differing(name, getattr(first, name), getattr(second, name), tolerance)
    for name in _MAPPINGS:
        sides = [_flat(getattr(record, name)) for record in (first, second)]
        count += sum(isinstance(value, int) for value in sides[0].values())
        lines += _mappings(name, sides[0], sides[1], tolerance)
    for name, key in _KEYS.items():
        rows = [_rows(getattr(record, name), key) for record in (first, second)]
        for label in dict.fromkeys([*rows[0], *rows[1]]):
            if label not in rows[1] or label not in rows[0]:
                lines.append(f"{name} {label}: only in the {'first' if label in rows[0] else 'second'}")
                continue
            count += sum(map(_count, rows[0][label].values()))
            lines += _mappings(f"{name} {label}", rows[0][label], rows[1][label], tolerance)
    guessed = 0
    if predictions:
        guessed = predictions[0].height * predictions[0].width
        lines += _frames(predictions[0], predictions[1], tolerance)
    return Differences(count, guessed, tuple(lines))


def _rows(rows: Iterable[Any], key: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for row in rows:
        values = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
        label = "/".join(str(values.pop(name)) for name in key)
        found[label] = values
    return found


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= _flat(item, f"{prefix}{key}.") if isinstance(item, Mapping) else {f"{prefix}{key}": item}
    return flat


def _count(value: Any) -> int:
    return sum(map(_count, value)) if isinstance(value, tuple) else int(isinstance(value, int | float))


def _mappings(name: str, first: Mapping[str, Any], second: Mapping[str, Any], tolerance: float) -> Iterator[str]:
    for key in dict.fromkeys([*first, *second]):
        if key in first and key in second:
            yield from _differing(f"{name} {key}", first[key], second[key], tolerance)
        else:
            yield f"{name} {key}: only in the {'first' if key in first else 'second'}"


def _differing(name: str, first: Any, second: Any, tolerance: float) -> Iterator[str]:
    if isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        for place, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from _differing(f"{name}[{place}]", one, other, tolerance)
        return
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (first, second))
    if first == second or (numbers and abs(first - second) <= tolerance):
        return
    by = f" (by {second - first:+.3g})" if numbers and math.isfinite(first) and math.isfinite(second) else ""
    yield f"{name}: {first} and {second}{by}"


def _frames(first: pl.DataFrame, second: pl.DataFrame, tolerance: float) -> Iterator[str]:
    if first.height != second.height:
        yield f"predictions: {first.height:,} and {second.height:,} targets"
        return
    for column in dict.fromkeys([*first.columns, *second.columns]):
        if column not in first.columns or column not in second.columns:
            yield f"predictions {column}: only in the {'first' if column in first.columns else 'second'}"
            continue
        one, other = (frame[column].to_numpy().astype(np.float64) for frame in (first, second))
        apart = ~((one == other) | (np.abs(one - other) <= tolerance) | (np.isnan(one) & np.isnan(other)))
        if apart.any():
            most = np.nanmax(np.abs(one - other)[apart], initial=0.0)
            yield f"predictions {column}: {int(apart.sum()):,} of {len(one):,} differ, by at most {most:.3g}"
