"""`embedbench layers`: what every layer knows, what the mix weighs, where the score is gained. From records alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from embedbench.cli.table_command import names
from embedbench.reporting.layers import render_layers
from embedbench.reporting.options import TableOptions
from embedbench.reporting.table import render_problems
from embedbench.reporting.units import CODE_METRICS
from embedbench.results.reading import read_records


def execute(arguments: Sequence[str]) -> int:
    """Prints a text plot per task and extractor; 1 when there is no finished cell."""
    parser = argparse.ArgumentParser(
        prog="embedbench layers",
        description="Per task and extractor: scores of the single layers, weights of the scalar mix, centre of "
        "gravity, and the expected layer from cumulative mixes (mixes=[scalar,single,cumulative,top_down]).",
    )
    parser.add_argument("results", nargs="+", type=Path, help="folders of records; those below are found")
    parser.add_argument("--tasks", help="these tasks in this order, separated by commas")
    parser.add_argument("--extractors", help="these extractors in this order, separated by commas")
    parser.add_argument("--metric", help="by default each task's own; codelength or compression where they were run")
    parser.add_argument("--labels", default="task", help="task or control")
    parsed = parser.parse_args(list(arguments))
    found = read_records(*parsed.results)
    sys.stderr.write(render_problems(found.problems))
    options = TableOptions(
        metric=parsed.metric,
        split="train" if parsed.metric in CODE_METRICS else "test",
        labels=parsed.labels,
        extractors=names(parsed.extractors),
    )
    scored = sorted({record.task for record in found.records if record.scores})
    blocks = [render_layers(found.records, task, options) for task in names(parsed.tasks) or scored]
    sys.stdout.write("\n".join(blocks))
    if not blocks:
        sys.stderr.write(f"embedbench: there are no finished cells below {', '.join(map(str, parsed.results))}\n")
    return 0 if blocks else 1
