"""Draws the comparison table of a results folder as an SVG: `python experiments/first/picture.py RESULTS OUT.svg`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.text import Text

from embedbench.reporting.options import TableOptions
from embedbench.reporting.table import render_table
from embedbench.results.reading import read_records


def draw(results: Path, picture: Path, width: int = 110) -> None:
    """Writes what `embedbench table RESULTS` shows on a terminal of that width."""
    text = Text.from_ansi(render_table(read_records(results).records, TableOptions(color=True), width))
    # Renderers of SVG disagree about blanks at the beginning of a line.
    lines = [line[1:] if line.plain.startswith(" ") else line for line in text.split("\n")]
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=width, file=nowhere, force_terminal=True)
        console.print(Text("\n").join(lines))
    picture.write_text(console.export_svg(title=f"embedbench table {results}"), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("picture", type=Path)
    parsed = parser.parse_args()
    draw(parsed.results, parsed.picture)
