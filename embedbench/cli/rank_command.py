"""`embedbench rank`: which extractor is best over several tasks, and how sure that is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from embedbench.cli.printing import show
from embedbench.cli.table_command import add_only, names
from embedbench.errors import ConfigurationError
from embedbench.registry import load_components
from embedbench.reporting.only import parse_only
from embedbench.reporting.options import Format
from embedbench.reporting.ranking import RankOptions, rank_extractors, ranking_rows, ranking_sheet
from embedbench.reporting.table import render_problems
from embedbench.results.reading import read_records
from embedbench.scoring.intervals import Bootstrap


def execute(arguments: Sequence[str]) -> int:
    """Prints one row per extractor, the best first."""
    parsed = _parse(arguments)
    if parsed.resamples < 1:
        raise ConfigurationError(f"--resamples is {parsed.resamples}; it must be at least 1")
    load_components()
    found = read_records(*parsed.results)
    sys.stderr.write(render_problems(found.problems))
    options = RankOptions(
        mix=parsed.mix,
        tasks=names(parsed.tasks),
        extractors=names(parsed.extractors),
        only=parse_only(parsed.only),
        bootstrap=Bootstrap(resamples=parsed.resamples),
    )
    ranked = rank_extractors(found, options)
    show(parsed.format, lambda: ranking_sheet(ranked, options.bootstrap), lambda: ranking_rows(ranked))
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="embedbench rank",
        usage="embedbench rank RESULTS [RESULTS ...] [options]",
        description="Extractors by their mean rank over the tasks that all of them have, with intervals over tasks and "
        "test sentences, and a warning where neighbours are not separated.",
    )
    parser.add_argument("results", nargs="+", type=Path, help="folders of records, or bundles")
    parser.add_argument("--mix", help="as in `embedbench table`")
    parser.add_argument("--tasks", help="over these, separated by commas (all that every extractor has)")
    parser.add_argument("--extractors", help="these, separated by commas (all)")
    add_only(parser)
    parser.add_argument("--resamples", type=int, default=RankOptions().bootstrap.resamples,
                        help="of tasks and of clusters (1999)")  # fmt: skip
    parser.add_argument("--format", type=Format, choices=list(Format), default=Format.RICH, metavar="FORMAT",
                        help=", ".join(Format))  # fmt: skip
    return parser.parse_args(list(arguments))
