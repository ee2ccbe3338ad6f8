"""Layers as rows for programs: one row per seed of every learned mix, with its weights and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from embedbench.reporting.layer_gains import BOTTOM_UP, Gained, gained
from embedbench.reporting.layers import view_layers
from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import choose, metric_of
from embedbench.reporting.units import higher_is_better
from embedbench.results.schema import MixWeights, Record
from embedbench.scoring.layer_summaries import centre_of_gravity, divergence_from_uniform, entropy

WHOLE_MIX = "scalar"
"""The mix of all layers, with which cumulative scores end: expected layers stand in its rows."""

_GAINS = {
    f"{name}_{way}": pl.Float64
    for way in ("bottom_up", "top_down")
    for name in (
        *("expected_layer", "expected_layer_mean", "expected_layer_low", "expected_layer_high"),
        *("total_gain", "noise"),
    )
}

LAYER_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(("extractor", "task", "probe", "metric", "split", "labels", "mix"), pl.String),
    "seed": pl.Int64,
    "layers": pl.Int64,
    "weights": pl.List(pl.Float64),
    "gamma": pl.Float64,
    "centre_of_gravity": pl.Float64,
    "entropy_bits": pl.Float64,
    "divergence_from_uniform_bits": pl.Float64,
    **_GAINS,
    "gains_divergence_bits": pl.Float64,
}
"""What every row holds; whatever comes of cumulative scores is null where they are missing or place nothing."""


def layer_rows(records: Iterable[Record], options: TableOptions) -> pl.DataFrame:
    """One row per seed of every learned mix of the chosen cells, on the labels that the options name.

    `weights` are of all layers, from 0 up; layers that take no part have 0, and the divergence is from equal weights of
    those that do. Expected layers, gains and their noise stand in the rows of `scalar`: the seed's own, then mean, low
    and high over seeds. Gains are fractions or correlations, as in all rows.

    Raises:
        ConfigurationError: the options ask for what no record has.
    """
    rows = [
        {
            "extractor": record.extractor,
            "task": record.task,
            "probe": record.probe,
            "metric": metric_of(record, options),
            "split": options.split,
            **of_member,
        }
        for record in choose(records, options).records
        for of_member in _members(record, options)
    ]
    return pl.DataFrame(rows, schema=LAYER_COLUMNS)


def _members(record: Record, options: TableOptions) -> Iterable[Mapping[str, Any]]:
    learned = [one for one in record.mix_weights if one.labels == options.labels]
    whole = [one for one in learned if one.mix == WHOLE_MIX]
    view = view_layers(record, options)
    # Of a codelength less is better: what a layer adds would be a loss.
    told = gained(view.bottom_up, view.top_down) if higher_is_better(metric_of(record, options)) else ()
    found = list(told)
    for one in learned:
        row = _of_weights(one)
        if one.mix == WHOLE_MIX:
            for way in found:
                row |= _of_gains(way, whole.index(one), len(whole))
        yield row


def _of_weights(one: MixWeights) -> dict[str, Any]:
    return {
        "labels": one.labels,
        "mix": one.mix,
        "seed": one.seed,
        "layers": len(one.weights),
        "weights": list(one.weights),
        "gamma": one.gamma,
        "centre_of_gravity": centre_of_gravity(one.weights),
        "entropy_bits": entropy(one.weights),
        "divergence_from_uniform_bits": divergence_from_uniform(_taking_part(one)),
    }


def _taking_part(one: MixWeights) -> Sequence[float]:
    """The weights of the layers that a mix has: the others' are 0 by definition, which is no preference.

    >>> _taking_part(MixWeights("top_down:1", "task", 0, (0.0, 0.5, 0.5), 1.0))
    (0.5, 0.5)
    """
    kind, _, layer = one.mix.partition(":")
    if kind == "cumulative":
        return one.weights[: int(layer) + 1]
    return one.weights[int(layer) :] if kind == "top_down" else one.weights


def _of_gains(found: Gained, number: int, seeds: int) -> dict[str, Any]:
    """The columns of one direction for the seed of that number."""
    way = "bottom_up" if found.direction == BOTTOM_UP else "top_down"
    row: dict[str, Any] = {f"total_gain_{way}": found.total, f"noise_{way}": found.noise}
    if found.expected:
        values = found.expected
        spread = {"mean": sum(values) / len(values), "low": min(values), "high": max(values)}
        row |= {f"expected_layer_{name}_{way}": value for name, value in spread.items()}
        # Scores without those of every seed have one expected layer, of their means.
        if len(values) == seeds:
            row[f"expected_layer_{way}"] = values[number]
    if len(found.divergence) == seeds:
        row["gains_divergence_bits"] = found.divergence[number]
    return row
