"""The comparison table of records: rows extractors, columns tasks. A function of records and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from embedbench.reporting.formats import as_markdown, as_text
from embedbench.reporting.html import as_html
from embedbench.reporting.latex import as_latex, latex_document
from embedbench.reporting.options import Format, TableOptions
from embedbench.reporting.pairing import PairedPredictions
from embedbench.reporting.rows import as_csv, as_json, score_rows
from embedbench.reporting.selection import choose
from embedbench.reporting.sheet import Sheet, selectivity_sheet
from embedbench.reporting.value_sheet import value_sheet
from embedbench.results.archive import Folder
from embedbench.results.reading import Problem
from embedbench.results.schema import Record


def render_table(
    records: Iterable[Record],
    options: TableOptions | None = None,
    width: int | None = None,
    folders: Mapping[str, Folder] | None = None,
) -> str:
    """The table as text that ends in a line break.

    Args:
        records: finished and failed cells.
        options: what to show and how.
        width: columns of the terminal; wider tables go on in blocks below. None: as wide as it takes.
        folders: where the cell of an identity lies, for paired tests.

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
    sheets = [value_sheet(chosen, options, None if folders is None else PairedPredictions(folders))]
    if options.selectivity:
        sheets.append(selectivity_sheet(chosen, options))
    return render_sheets(sheets, options, width)


def render_sheets(sheets: list[Sheet], options: TableOptions, width: int | None = None) -> str:
    """Sheets in one of the formats for readers."""
    if options.format is Format.MD:
        return "\n".join(map(as_markdown, sheets))
    if options.format is Format.LATEX:
        return latex_document(sheets) if options.standalone else "\n".join(map(as_latex, sheets))
    if options.format is Format.HTML:
        return as_html(sheets)
    return "\n".join(as_text(sheet, width=width, color=options.color) for sheet in sheets)


def render_problems(problems: Iterable[Problem]) -> str:
    """One plain line for each file that could not be read; empty if there is none."""
    lines = [f"not read: {problem}" for problem in problems]
    return "\n".join(lines) + "\n" if lines else ""
