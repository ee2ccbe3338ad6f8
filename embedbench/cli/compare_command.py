"""`embedbench compare`: is the difference between two extractors real? From records alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from embedbench.cli.printing import show
from embedbench.cli.table_command import names
from embedbench.errors import ConfigurationError
from embedbench.registry import load_components
from embedbench.reporting.comparing import (
    Compared,
    CompareOptions,
    compare_extractors,
    comparison_rows,
    comparison_sheet,
)
from embedbench.reporting.options import Format
from embedbench.reporting.table import render_problems
from embedbench.results.reading import read_records
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.subsets import WHOLE


def execute(arguments: Sequence[str]) -> int:
    """Prints one row per task that both were tested on; 1 when there is none."""
    parsed = _parse(arguments)
    if parsed.resamples < 1:
        raise ConfigurationError(f"--resamples is {parsed.resamples}; it must be at least 1")
    load_components()
    found = read_records(*parsed.results)
    sys.stderr.write(render_problems(found.problems))
    options = CompareOptions(
        first=parsed.first,
        second=parsed.second,
        mix=parsed.mix,
        second_mix=parsed.mix_second,
        tasks=names(parsed.tasks),
        labels=parsed.labels,
        subset=parsed.subset,
        bootstrap=Bootstrap(resamples=parsed.resamples),
    )
    return show_comparison(compare_extractors(found, options), parsed.format)


def show_comparison(compared: Compared, form: Format) -> int:
    """Prints the comparison; 1 when it has no row."""
    show(form, lambda: comparison_sheet(compared), lambda: comparison_rows(compared))
    return 0 if compared.rows else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="embedbench compare",
        description="Two extractors on every task that both were tested on: difference, 95 % interval, paired "
        "permutation test, Holm correction over the tasks.",
    )
    parser.add_argument("results", nargs="+", type=Path, help="folders of records; those below are found")
    parser.add_argument("first", help="an extractor's name")
    parser.add_argument("second", help="another one's, or the same with another --mix-second")
    parser.add_argument("--mix", help="as in `embedbench table`; best is the single layer chosen on dev")
    parser.add_argument("--mix-second", help="the mix of the second, if it is another")
    parser.add_argument("--tasks", help="these rows in this order, separated by commas")
    parser.add_argument("--labels", default="task", help="task or control")
    parser.add_argument("--subset", default=WHOLE, help="seen, unseen, ambiguous, … targets only (whole)")
    parser.add_argument("--resamples", type=int, default=9_999, help="of bootstrap and permutation test (9999)")
    parser.add_argument("--format", type=Format, choices=list(Format), default=Format.RICH, metavar="FORMAT",
                        help=", ".join(Format))  # fmt: skip
    return parser.parse_args(list(arguments))
