"""What a question about results is answered with: a table to read, rows to compute with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from embedbench.errors import ConfigurationError
from embedbench.reporting.formats import as_markdown, as_text
from embedbench.reporting.options import Format, TableOptions
from embedbench.reporting.sheet import Sheet
from embedbench.results.reading import Results

if TYPE_CHECKING:
    import polars as pl

_ENDINGS = {
    ".md": Format.MD,
    ".tex": Format.LATEX,
    ".html": Format.HTML,
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".txt": Format.RICH,
}


@dataclass(frozen=True)
class Answer:
    """One or two tables: `print` shows them, a notebook draws them, `frame()` has their rows for computing.

    Attributes:
        sheets: the tables, before they have a format.
        rows: makes the rows.
        options: how the tables are written.
    """

    sheets: tuple[Sheet, ...]
    rows: Callable[[], pl.DataFrame]
    options: TableOptions = field(default_factory=TableOptions)

    def __str__(self) -> str:
        return "\n".join(as_text(sheet, width=None, color=False) for sheet in self.sheets).rstrip("\n")

    def _repr_markdown_(self) -> str:
        return "\n".join(map(as_markdown, self.sheets))

    def frame(self) -> pl.DataFrame:
        """One row per value, with its interval and everything that tells it from others; nothing is rounded."""
        return self.rows()

    def to(self, form: str) -> str:
        """The answer as text: `rich`, `md`, `latex` or `html` for readers, `csv` or `json` for programs.

        Raises:
            ConfigurationError: there is no such format.
        """
        from embedbench.reporting.rows import as_csv, as_json
        from embedbench.reporting.table import render_sheets

        if form not in set(Format):
            raise ConfigurationError(f"{form!r} is no format; there are {', '.join(Format)}")
        if Format(form).is_rows:
            return as_json(self.rows()) if form == Format.JSON else as_csv(self.rows())
        return render_sheets(list(self.sheets), replace(self.options, format=Format(form)))

    def save(self, path: str | Path) -> Path:
        """Writes the answer into a file; its ending decides how: .md, .tex, .html, .csv, .json or .txt.

        Raises:
            ConfigurationError: the ending is another one.
        """
        file = Path(path).expanduser()
        if file.suffix not in _ENDINGS:
            raise ConfigurationError(f"{file} ends in {file.suffix!r}; expected one of {', '.join(_ENDINGS)}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.to(_ENDINGS[file.suffix]), encoding="utf-8")
        return file


def sheet_frame(sheet: Sheet) -> pl.DataFrame:
    """The rows of a table whose entries are plain numbers."""
    import polars as pl

    rows = [[row.label, *(float(entry.text) for entry in row.entries)] for row in sheet.rows]
    return pl.DataFrame(rows, schema=[sheet.corner, *sheet.columns], orient="row")


@dataclass(frozen=True)
class LayerPlot:
    """What every layer knows: `print` shows a plot in text, `save` draws it, `frame()` has weights, `summaries()` more.

    Attributes:
        results: the records.
        options: which tasks and extractors, and by which metric.
        brief: one line per task and extractor.
    """

    results: Results
    options: TableOptions
    brief: bool = False

    def __str__(self) -> str:
        from embedbench.figures.sparklines import layer_lines
        from embedbench.reporting.layers import render_layers

        if self.brief:
            return layer_lines(self.results.records, self.options).rstrip("\n")
        blocks = [render_layers(self.results.records, task, self.options) for task in self.options.tasks]
        return "\n".join(blocks).rstrip("\n")

    def __repr__(self) -> str:
        return str(self)

    def frame(self) -> pl.DataFrame:
        """The weight of every layer in every member with a learned mix, one row each."""
        from embedbench.results.frames import frames

        made = frames(self.results)["weights"]()
        return made.lazy().collect()

    def summaries(self) -> pl.DataFrame:
        """One row per seed of every learned mix: weights, centre of gravity, entropy, divergence, expected layers.

        The rows of `embedbench layers --format json`.
        """
        from embedbench.reporting.layer_rows import layer_rows

        return layer_rows(self.results.records, self.options)

    def save(self, path: str | Path) -> Path:
        """Draws the layers into a .png, .svg or .pdf file; it needs the extra `report`.

        Raises:
            ConfigurationError: the ending is another one.
        """
        from embedbench.figures.drawing import checked_path, save
        from embedbench.figures.layer_curves import layer_figure

        file = Path(path).expanduser()
        checked_path(file)
        save(layer_figure(self.results.records, self.options), file)
        return file
