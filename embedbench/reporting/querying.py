"""Records asked in SQL, through polars."""

from __future__ import annotations

import re

import polars as pl

from embedbench.errors import ConfigurationError, DataError
from embedbench.reporting.sheet import Entry, Row, Sheet
from embedbench.results.frames import COLUMNS, frames
from embedbench.results.reading import Results

SHOWN = 500
"""Rows that a table for readers shows; csv and json hold all."""


def query(results: Results, sql: str) -> pl.DataFrame:
    """What a SELECT over the tables `scores`, `cells`, `weights`, `training` and `predictions` finds.

    Only the tables that the statement names are made.

    Raises:
        ConfigurationError: the statement is wrong; polars says why, and the tables or columns are listed.
        DataError: predictions are missing or damaged.
    """
    named = [name for name in COLUMNS if re.search(rf"\b{name}\b", sql, re.IGNORECASE)]
    if not named:
        raise ConfigurationError(f"the statement names none of the tables {', '.join(COLUMNS)}")
    known = frames(results)
    try:
        found = pl.SQLContext(frames={name: known[name]() for name in named}, eager=True).execute(sql)
    except FileNotFoundError as error:
        raise DataError(f"predictions are missing: {error}") from error
    except pl.exceptions.ComputeError as error:
        raise DataError(f"the statement could not be computed: {_first(error)}") from error
    except pl.exceptions.PolarsError as error:
        tables = ", ".join(named)
        raise ConfigurationError(
            f"the statement is wrong: {_first(error)}; `embedbench query --help` lists the columns of {tables}"
        ) from error
    assert isinstance(found, pl.DataFrame)
    return found


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def query_sheet(found: pl.DataFrame) -> Sheet:
    """The answer for readers: numbers with four decimals, at most `SHOWN` rows, and a note where there are more."""
    first, *rest = found.columns or [""]
    shown = found.head(SHOWN)
    rows = tuple(Row(_text(row[0]), tuple(Entry(_text(value)) for value in row[1:])) for row in shown.iter_rows())
    more = found.height - shown.height
    notes = [f"{found.height:,} rows"]
    if more:
        notes = [f"{SHOWN:,} of {found.height:,} rows; add LIMIT, or --format csv or json for all"]
    return Sheet("", tuple(rest), rows, tuple(notes), corner=first)


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}"
    return str(value)


def tables_help() -> str:
    """The tables with their columns."""
    lines = [f"  {name}: {', '.join(columns)}" for name, columns in COLUMNS.items()]
    return "\n".join(lines)
