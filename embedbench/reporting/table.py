"""The comparison table of records: rows extractors, columns tasks. A function of records and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from embedbench.reporting.formats import as_latex, as_markdown, as_text
from embedbench.reporting.options import Format, TableOptions
from embedbench.reporting.rows import as_csv, as_json, score_rows
from embedbench.reporting.selection import choose
from embedbench.reporting.sheet import selectivity_sheet, value_sheet
from embedbench.results.reading import Problem
from embedbench.results.schema import Record


def render_table(records: Iterable[Record], options: TableOptions | None = None, width: int | None = None) -> str:
    """The table as text that ends in a line break.

    Args:
        records: finished and failed cells.
        options: what to show and how.
        width: columns of the terminal; wider tables go on in blocks below. None: as wide as it takes.

    Raises:
        ConfigurationError: the options ask for a task or an extractor that no record has, or for `all` in a table.
    """
    options = options or TableOptions()
    chosen = choose(records, options)
    if options.format.is_rows:
        rows = score_rows(chosen, options)
        return as_json(rows) if options.format is Format.JSON else as_csv(rows)
    if not chosen.records:
        return "no records here: `embedbench run` writes them\n"
    sheets = [value_sheet(chosen, options)]
    if options.selectivity:
        sheets.append(selectivity_sheet(chosen, options))
    if options.format is Format.MD:
        return "\n".join(map(as_markdown, sheets))
    if options.format is Format.LATEX:
        return "\n".join(map(as_latex, sheets))
    return "\n".join(as_text(sheet, width=width, color=options.color) for sheet in sheets)


def render_problems(problems: Iterable[Problem]) -> str:
    """One plain line for each file that could not be read; empty if there is none."""
    lines = [f"not read: {problem}" for problem in problems]
    return "\n".join(lines) + "\n" if lines else ""
