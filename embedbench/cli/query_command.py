"""`embedbench query`: SQL over records."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from embedbench.cli.printing import show
from embedbench.reporting.options import Format
from embedbench.reporting.querying import query, query_sheet, tables_help
from embedbench.reporting.table import render_problems
from embedbench.results.reading import read_records


def execute(arguments: Sequence[str]) -> int:
    """Prints what the statement finds; 1 when there is no record."""
    parsed = _parse(arguments)
    found = read_records(*parsed.results)
    sys.stderr.write(render_problems(found.problems))
    if not found.records:
        sys.stderr.write(f"embedbench: there are no records below {', '.join(map(str, parsed.results))}\n")
        return 1
    answer = query(found, parsed.sql)
    show(parsed.format, lambda: query_sheet(answer), lambda: answer)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="embedbench query",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="A SELECT over records (polars SQL). Values are fractions or correlations, not percent.",
        epilog=f"tables and their columns:\n{tables_help()}\n\n`cells` also has every option of the configuration, as "
        'in "config.training.learning_rate" (with the quotes).\n`predictions` has a row per target and member; files '
        "are opened only where a statement names it.\n\nexamples:\n"
        "  embedbench query \"SELECT extractor, AVG(value) AS mean FROM scores WHERE mix = 'scalar'\n"
        "    AND labels = 'task' AND subset = 'whole' AND NOT baseline\n"
        '    GROUP BY extractor ORDER BY mean DESC" results\n'
        '  embedbench query "SELECT gold_label, predicted_label, COUNT(*) AS n FROM predictions\n'
        "    WHERE task = 'upos' AND mix = 'scalar' AND labels = 'task' AND gold <> predicted\n"
        '    GROUP BY gold_label, predicted_label ORDER BY n DESC LIMIT 20" results',
    )
    parser.add_argument("sql", help="the statement, in quotes")
    parser.add_argument("results", nargs="+", type=Path, help="folders of records, or bundles")
    parser.add_argument("--format", type=Format, choices=list(Format), default=Format.RICH, metavar="FORMAT",
                        help=", ".join(Format))  # fmt: skip
    return parser.parse_args(list(arguments))
