"""A sheet or its rows on standard output, in the format asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

import polars as pl

from embedbench.reporting.options import Format, TableOptions
from embedbench.reporting.rows import as_csv, as_json
from embedbench.reporting.sheet import Sheet
from embedbench.reporting.table import render_sheets


def show(form: Format, sheet: Callable[[], Sheet], rows: Callable[[], pl.DataFrame]) -> None:
    """Prints the sheet for readers or the rows for programs; only the one that is printed is made."""
    if form.is_rows:
        sys.stdout.write(as_json(rows()) if form is Format.JSON else as_csv(rows()))
    else:
        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        options = TableOptions(format=form, color=terminal and "NO_COLOR" not in os.environ)
        sys.stdout.write(render_sheets([sheet()], options, width))
