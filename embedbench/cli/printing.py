"""A sheet or its rows on standard output, in the format asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

import polars as pl

from embedbench.reporting.formats import as_latex, as_markdown, as_text
from embedbench.reporting.options import Format
from embedbench.reporting.rows import as_csv, as_json
from embedbench.reporting.sheet import Sheet


def show(form: Format, sheet: Callable[[], Sheet], rows: Callable[[], pl.DataFrame]) -> None:
    """Prints the sheet for readers or the rows for programs; only the one that is printed is made."""
    if form.is_rows:
        sys.stdout.write(as_json(rows()) if form is Format.JSON else as_csv(rows()))
    elif form in (Format.MD, Format.LATEX):
        sys.stdout.write(as_markdown(sheet()) if form is Format.MD else as_latex(sheet()))
    else:
        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        sys.stdout.write(as_text(sheet(), width=width, color=terminal and "NO_COLOR" not in os.environ))
