"""Scores as rows for programs: JSON and CSV, one row per score."""

from __future__ import annotations

import json

import polars as pl

from embedbench.errors import ConfigurationError
from embedbench.reporting.options import ALL, BEST, TableOptions
from embedbench.reporting.selection import Chosen, best_layer
from embedbench.results.reading import frame
from embedbench.types import TASK

ROW_COLUMNS = (
    "extractor",
    "task",
    "mix",
    "probe",
    "metric",
    "value",
    "low",
    "high",
    "n",
    "seeds",
    "labels",
    "split",
    "subset",
    "control",
    "selectivity",
    "clusters",
    "layer",
    "layer_name",
)
"""What every row holds; `control`, `selectivity`, `layer` and `layer_name` may be null."""


def score_rows(chosen: Chosen, options: TableOptions) -> pl.DataFrame:
    """One row per score of the chosen records, then the baselines (extractor = their name, mix and probe `none`).

    Values are fractions or correlations at full precision.
    """
    table = frame(chosen.views)
    for name in options.only.of_scores:
        if name == "seed":
            raise ConfigurationError("rows for programs are means over seeds; leave --only seed=… out")
        kept = [options.only.has(name, None if value is None else str(value)) for value in table[name]]
        table = table.filter(pl.Series(kept, dtype=pl.Boolean) | pl.col("baseline"))
    if options.split != ALL:
        table = table.filter(pl.col("split") == options.split)
    if options.labels != ALL:
        table = table.filter((pl.col("labels") == options.labels) | (pl.col("baseline") & (pl.col("labels") == TASK)))
    if options.metric is not None:
        table = table.filter(pl.col("metric") == options.metric)
    if options.mix == BEST:
        best = {record.identity: best_layer(record) for record in chosen.records}
        wanted = pl.col("identity").replace_strict(best, default=None, return_dtype=pl.String)
        table = table.filter((pl.col("mix") == wanted) | pl.col("baseline"))
    elif options.mix is not None:
        table = table.filter((pl.col("mix") == options.mix) | pl.col("baseline"))
    scores = table.filter(~pl.col("baseline"))
    once = ["extractor", "task", "task_fingerprint", "labels", "split", "subset", "metric", "value"]
    below = table.filter("baseline").unique(once, keep="first", maintain_order=True).sort("extractor", "task")
    return pl.concat([scores, below]).select(ROW_COLUMNS)


def as_json(rows: pl.DataFrame) -> str:
    """A JSON list with one object per line; JSON has no number that is none, so that is null."""
    floats = [pl.col(name) for name, kind in rows.schema.items() if kind.is_float()]
    rows = rows.with_columns(pl.when(column.is_finite()).then(column) for column in floats)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, default=str) for row in rows.iter_rows(named=True))
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def as_csv(rows: pl.DataFrame) -> str:
    """Comma-separated values with a header; a list in a field is a list in JSON."""
    lists = [name for name, kind in rows.schema.items() if kind.is_nested()]
    return rows.with_columns(
        pl.Series(name, [None if one is None else json.dumps(one) for one in rows[name].to_list()], dtype=pl.String)
        for name in lists
    ).write_csv()
