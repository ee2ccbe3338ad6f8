"""`embedbench report`: one self-contained HTML page about any number of records."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from embedbench.cli.table_command import names
from embedbench.errors import ConfigurationError
from embedbench.registry import load_components
from embedbench.report.options import ReportOptions
from embedbench.reporting.table import render_problems
from embedbench.results.reading import read_records

_BOUNDS = {
    "tests": "paired tests of the best of a task against the others, shared by the tasks",
    "opened": "cells whose predictions are read, for tests, labels and disagreements; the best of every task",
    "labels": "labels told apart in a confusion",
    "examples": "targets per task that extractors disagree about",
}


def execute(arguments: Sequence[str]) -> int:
    """Writes the page; 1 when there is no record."""
    parsed = _parse(arguments)
    check_bounds(parsed)
    load_components()
    found = read_records(*parsed.results)
    sys.stderr.write(render_problems(found.problems))
    if not found.records:
        sys.stderr.write(f"embedbench: there are no records below {', '.join(map(str, parsed.results))}\n")
        return 1
    from embedbench.report.content import content
    from embedbench.report.html import render_page

    texts = None
    if parsed.text:
        from embedbench.cli.target_texts import target_texts

        texts = target_texts
    page = render_page(content(found, report_options(parsed), texts))
    parsed.output.parent.mkdir(parents=True, exist_ok=True)
    parsed.output.write_text(page, encoding="utf-8")
    print(f"{parsed.output}: {len(found.records):,} records, {parsed.output.stat().st_size / 1e6:.1f} MB")
    return 0


def check_bounds(parsed: argparse.Namespace) -> None:
    """Refuses impossible numbers.

    Raises:
        ConfigurationError: a bound is negative, or no label could be told from the others.
    """
    for name in _BOUNDS:
        least = 2 if name == "labels" else 0
        if getattr(parsed, name) < least:
            raise ConfigurationError(f"--{name} is {getattr(parsed, name)}; it must be at least {least}")


def report_options(parsed: argparse.Namespace) -> ReportOptions:
    """The options that were parsed by a parser with `add_report_arguments`."""
    return ReportOptions(
        title=parsed.title,
        extractors=names(parsed.extractors),
        tasks=names(parsed.tasks),
        trace=not parsed.no_traceback,
        **{name: getattr(parsed, name) for name in _BOUNDS},
    )


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """What to show, for a page on disk and a served one alike."""
    defaults = {field.name: field.default for field in fields(ReportOptions)}
    parser.add_argument("results", nargs="+", type=Path, help="folders of records; those below are found")
    parser.add_argument("--title", default=defaults["title"], help="the heading (%(default)s)")
    parser.add_argument("--tasks", help="these tasks, separated by commas")
    parser.add_argument("--extractors", help="these extractors, separated by commas")
    parser.add_argument("--no-traceback", action="store_true", help="leave the tracebacks of failed cells out")
    for name, what in _BOUNDS.items():
        parser.add_argument(f"--{name}", type=int, default=defaults[name], metavar="N", help=f"{what} (%(default)s)")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="embedbench report",
        description="Writes one HTML file that opens offline in any browser: a summary in words, the comparison table, "
        "layers, mix weights, labels and confusion, subsets, disagreements, alignment, cost and every configuration.",
    )
    add_report_arguments(parser)
    parser.add_argument("-o", "--output", type=Path, default=Path("report.html"), help="the file (%(default)s)")
    parser.add_argument(
        "--text",
        action="store_true",
        help="show the words of the targets that extractors disagree about, looked up in the data sets of the "
        "configurations; mind the licence of the data before you share such a page",
    )
    return parser.parse_args(list(arguments))
