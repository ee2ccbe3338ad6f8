"""`embedbench export`: results in one file, for others to check and to rerun."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from embedbench.cli.table_command import add_only
from embedbench.errors import ConfigurationError
from embedbench.reporting.only import Only, parse_only
from embedbench.reporting.options import ALL, Format, TableOptions
from embedbench.reporting.table import render_problems, render_table
from embedbench.results.bundle import portable, write_bundle
from embedbench.results.reading import BUNDLE, Results, read_records


def execute(arguments: Sequence[str]) -> int:
    """Writes the bundle; 1 when there is no record."""
    parsed = _parse(arguments)
    *sources, target = parsed.results
    if not sources or target.suffix != BUNDLE:
        raise ConfigurationError(
            f"the last argument is {target}; expected RESULTS… and then the bundle, a file {BUNDLE}"
        )
    found = read_records(*sources)
    sys.stderr.write(render_problems(found.problems))
    if not found.records:
        sys.stderr.write(f"embedbench: there are no records below {', '.join(map(str, sources))}\n")
        return 1
    cells, lacking = write(found, target, parse_only(parsed.only))
    sys.stderr.write("".join(f"embedbench: {line}\n" for line in lacking))
    sys.stdout.write(f"{target}: {cells:,} cells, {target.stat().st_size:,} bytes\n")
    return 0


def write(found: Results, target: Path, only: Only) -> tuple[int, tuple[str, ...]]:
    """Writes the bundle; how many cells are in it, and what they lack.

    Raises:
        ConfigurationError: the choice is one of scores, or leaves nothing; or the file does not end in .zip.
    """
    if target.suffix != BUNDLE:
        raise ConfigurationError(f"{target} cannot be a bundle; expected a file {BUNDLE}")
    if only.of_scores:
        raise ConfigurationError(f"--only {only.of_scores[0]}=… chooses scores; a bundle holds whole cells")
    kept = {id(record) for record in only.cells(found.records)}
    cells = [cell for cell in zip(found.records, found.folders, strict=True) if id(cell[0]) in kept]
    if not cells:
        raise ConfigurationError("no record here is of that choice, so there is nothing to export")
    records = [portable(record) for record, _ in cells]
    tables = {
        "table.md": render_table(records, TableOptions(format=Format.MD)),
        "scores.csv": render_table(records, TableOptions(format=Format.CSV, split=ALL, labels=ALL, subset=ALL)),
    }
    return len(cells), tuple(write_bundle(target, cells, tables))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="embedbench export",
        usage="embedbench export RESULTS [RESULTS ...] BUNDLE.zip [--only KEY=VALUE ...]",
        description="One zip file: records, predictions, table, resolved configurations, environment lock, "
        "fingerprints of data and weights, and RERUN.md. `embedbench table BUNDLE.zip` reads it, `embedbench "
        "reproduce BUNDLE.zip` runs its cells again. The same results give the same bytes.",
    )
    parser.add_argument("results", nargs="+", type=Path, help="folders of records (or bundles), then the file to write")
    add_only(parser)
    return parser.parse_args(list(arguments))
