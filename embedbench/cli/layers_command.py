"""`embedbench layers`: what every layer knows, what the mix weighs, where the score is gained. From records alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from embedbench.cli.table_command import names
from embedbench.errors import ConfigurationError
from embedbench.figures.drawing import checked_path, save
from embedbench.figures.layer_curves import layer_figure
from embedbench.figures.sparklines import layer_lines
from embedbench.reporting.layer_rows import layer_rows
from embedbench.reporting.layers import render_layers
from embedbench.reporting.options import Format, TableOptions
from embedbench.reporting.rows import as_csv, as_json
from embedbench.reporting.table import render_problems
from embedbench.reporting.units import CODE_METRICS
from embedbench.results.reading import read_records
from embedbench.results.schema import Record

_FORMATS = (Format.RICH, *(form for form in Format if form.is_rows))
"""A plot in text, or rows: there is no table to be written otherwise."""


def execute(arguments: Sequence[str]) -> int:
    """Prints a text plot per task and extractor, or rows for programs; 1 when there is no finished cell."""
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
    parser.add_argument("--brief", action="store_true", help="one line per task and extractor, for many of them")
    parser.add_argument("--format", type=Format, choices=_FORMATS, default=Format.RICH, metavar="FORMAT",
                        help="rich (the plots); json or csv: one row per seed of every learned mix, with weights, "
                        "centre of gravity, entropy, divergence from uniform, and expected layers")  # fmt: skip
    parser.add_argument("--figure", type=Path, help="also draw it: a .png, .svg or .pdf file")
    parsed = parser.parse_args(list(arguments))
    if parsed.brief and parsed.format.is_rows:
        raise ConfigurationError(f"--brief is a line of text; leave it or --format {parsed.format} out")
    if parsed.figure is not None:
        checked_path(parsed.figure)
    found = read_records(*parsed.results)
    sys.stderr.write(render_problems(found.problems))
    options = TableOptions(
        metric=parsed.metric,
        split="train" if parsed.metric in CODE_METRICS else "test",
        labels=parsed.labels,
        extractors=names(parsed.extractors),
    )
    scored = sorted({record.task for record in found.records if record.scores})
    tasks = names(parsed.tasks) or tuple(scored)
    options = replace(options, tasks=tasks)
    if scored:
        sys.stdout.write(_printed(found.records, options, parsed.format, brief=parsed.brief))
    if scored and parsed.figure is not None:
        save(layer_figure(found.records, options), parsed.figure)
        sys.stderr.write(f"{parsed.figure}\n")
    if not scored:
        sys.stderr.write(f"embedbench: there are no finished cells below {', '.join(map(str, parsed.results))}\n")
    return 0 if scored else 1


def _printed(records: Sequence[Record], options: TableOptions, form: Format, *, brief: bool) -> str:
    if form.is_rows:
        rows = layer_rows(records, options)
        if rows.is_empty():
            sys.stderr.write(f"embedbench: no mix was learned on {options.labels} labels in these cells\n")
        return as_json(rows) if form is Format.JSON else as_csv(rows)
    if brief:
        return layer_lines(records, options)
    return "\n".join(render_layers(records, task, options) for task in options.tasks)
