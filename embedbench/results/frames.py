"""Records as tables for queries: one row per score, cell, mix weight, member, or prediction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from embedbench.results.archive import ArchiveFolder, Folder
from embedbench.results.predictions import FILE_NAME, read_predictions
from embedbench.results.reading import SCORE_COLUMNS, Results, frame
from embedbench.results.schema import Record, class_names, of_subset
from embedbench.scoring.subsets import WHOLE

CONFIG = "config."
"""Begins the columns of `cells` that hold options of the resolved configuration."""

_CELL: dict[str, Any] = {"identity": pl.String, "extractor": pl.String, "task": pl.String, "probe": pl.String}
_MEMBER: dict[str, Any] = {**_CELL, "mix": pl.String, "labels": pl.String, "seed": pl.Int64}

COLUMNS: dict[str, dict[str, Any]] = {
    "scores": SCORE_COLUMNS,
    "cells": {
        **_CELL,
        "status": pl.String,
        "metric": pl.String,
        "layers": pl.Int64,
        "labels": pl.Int64,
        "started": pl.String,
        "finished": pl.String,
        "seconds": pl.Float64,
        "peak_memory_bytes": pl.Int64,
        "embedbench": pl.String,
        "error": pl.String,
        "folder": pl.String,
    },
    "weights": {**_MEMBER, "gamma": pl.Float64, "layer": pl.Int64, "layer_name": pl.String, "weight": pl.Float64},
    "training": {**_MEMBER, "epochs": pl.Int64, "dev_score": pl.Float64, "parameters": pl.Int64},
    "predictions": {
        **_MEMBER,
        "target": pl.Int64,
        "cluster": pl.Int64,
        "gold": pl.Float64,
        "predicted": pl.Float64,
        "gold_label": pl.String,
        "predicted_label": pl.String,
    },
}
"""The tables and their columns; `cells` has further ones, `config.KEY` for every option of a configuration."""


def frames(results: Results) -> dict[str, Callable[[], pl.DataFrame | pl.LazyFrame]]:
    """The tables by name, each made when it is called."""
    records = results.records
    return {
        "scores": lambda: frame(view for record in records for view in _views(record)),
        "cells": lambda: _cells(results),
        "weights": lambda: pl.DataFrame(list(_weights(records)), schema=COLUMNS["weights"], orient="row"),
        "training": lambda: pl.DataFrame(list(_training(records)), schema=COLUMNS["training"], orient="row"),
        "predictions": lambda: _predictions(results),
    }


def _views(record: Record) -> Iterator[Record]:
    for subset in dict.fromkeys([WHOLE, *(score.subset for score in record.subset_scores)]):
        yield of_subset(record, subset)


def _cell(record: Record) -> tuple[str, ...]:
    return record.identity, record.extractor, record.task, record.probe


def _cells(results: Results) -> pl.DataFrame:
    rows = []
    for record, folder in zip(results.records, results.folders, strict=True):
        packages = record.environment.get("packages")
        rows.append(
            (
                *_cell(record),
                record.status.value,
                record.metric,
                len(record.layer_names),
                len(record.label_names),
                record.started,
                record.finished,
                sum(phase.seconds for phase in record.phases),
                max((phase.peak_memory_bytes for phase in record.phases), default=None),
                packages.get("embedbench") if isinstance(packages, Mapping) else None,
                None if record.error is None else record.error.message,
                str(folder),
            )
        )
    table = pl.DataFrame(rows, schema=COLUMNS["cells"], orient="row")
    options = [dict(_flat(record.config, CONFIG)) for record in results.records]
    names = sorted({name for one in options for name in one})
    return table.with_columns(_column(name, [one.get(name) for one in options]) for name in names)


def _flat(config: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _column(name: str, values: Sequence[Any]) -> pl.Series:
    """Numbers and truths as they are; what is of several kinds, or a list, as text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds and (kinds <= {int, float} or kinds == {bool}):
        return pl.Series(name, values, strict=False)
    texts = [value if isinstance(value, str) or value is None else json.dumps(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)


def _weights(records: Iterable[Record]) -> Iterator[tuple[Any, ...]]:
    for record in records:
        for one in record.mix_weights:
            for layer, weight in enumerate(one.weights):
                name = record.layer_names[layer] if layer < len(record.layer_names) else None
                yield (*_cell(record), one.mix, one.labels, one.seed, one.gamma, layer, name, weight)


def _training(records: Iterable[Record]) -> Iterator[tuple[Any, ...]]:
    for record in records:
        for one in record.training:
            yield (*_cell(record), one.mix, one.labels, one.seed, one.epochs, one.dev_score, one.parameters)


def _predictions(results: Results) -> pl.LazyFrame:
    """One row per target and member; a file is opened when a query needs it."""
    cells = [
        _of_cell(record, folder)
        for record, folder in zip(results.records, results.folders, strict=True)
        if record.predictions is not None
    ]
    return pl.concat(cells) if cells else pl.LazyFrame(schema=COLUMNS["predictions"])


def _of_cell(record: Record, folder: Folder) -> pl.LazyFrame:
    lazily = (
        read_predictions(folder).lazy() if isinstance(folder, ArchiveFolder) else pl.scan_parquet(folder / FILE_NAME)
    )
    known = lazily.collect_schema().names()
    golds = {name.partition("|")[2] or "task": name for name in known if name == "gold" or name.startswith("gold|")}
    of_labels = []
    for labels, gold in golds.items():
        members = [name for name in known if name.count("|") == 2 and name.split("|")[1] == labels]
        if members:
            of_labels.append(
                lazily.select("target", "cluster", gold, *members)
                .with_columns(pl.col(gold, *members).cast(pl.Float64))
                .unpivot(members, index=["target", "cluster", gold], variable_name="member", value_name="predicted")
                .rename({gold: "gold"})
            )
    if not of_labels:
        return pl.LazyFrame(schema=COLUMNS["predictions"])
    part = pl.col("member").str.split("|").list
    named = {float(number): name for number, name in enumerate(class_names(record))}

    def label(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(named, default=None, return_dtype=pl.String).alias(f"{column}_label")

    return (
        pl.concat(of_labels)
        .with_columns(
            *(pl.lit(value).alias(name) for name, value in zip(_CELL, _cell(record), strict=True)),
            part.get(0).alias("mix"),
            part.get(1).alias("labels"),
            part.get(2).cast(pl.Int64).alias("seed"),
            label("gold"),
            label("predicted"),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS["predictions"].items())
    )
