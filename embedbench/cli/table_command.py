"""`embedbench table`: the comparison table, from records alone."""

from __future__ import annotations

import argparse
import enum
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from embedbench.errors import ConfigurationError
from embedbench.registry import load_components
from embedbench.reporting.only import parse_only
from embedbench.reporting.options import Format, IntervalStyle, TableOptions
from embedbench.reporting.table import render_problems, render_table
from embedbench.reporting.units import CODE_METRICS
from embedbench.results.reading import read_records
from embedbench.scoring.subsets import WHOLE

_Choice = TypeVar("_Choice", bound=enum.StrEnum)


def execute(arguments: Sequence[str]) -> int:
    """Prints the table of all records below the folders; 1 when there is none."""
    options, folders = _parse(arguments)
    return show_table(folders, options)


def show_table(folders: Sequence[Path], options: TableOptions | None = None) -> int:
    """Prints the table; what could not be read is named on standard error."""
    options = options or TableOptions()
    if options.paired:
        load_components()  # the metrics of every kind of task
    terminal = sys.stdout.isatty()
    found = read_records(*folders)
    sys.stderr.write(render_problems(found.problems))
    if not found.records:
        sys.stderr.write(f"embedbench: there are no records below {', '.join(map(str, folders))}\n")
        return 1
    # A pipe has no width: the table is as wide as it takes, and nothing is cut.
    width = shutil.get_terminal_size().columns if terminal else None
    color = terminal and "NO_COLOR" not in os.environ
    sys.stdout.write(render_table(found.records, replace(options, color=color), width, found.folder_of))
    return 0


def _parse(arguments: Sequence[str]) -> tuple[TableOptions, list[Path]]:
    parser = argparse.ArgumentParser(
        prog="embedbench table",
        usage="embedbench table RESULTS [RESULTS ...] [options]",
        description="Rows are extractors, columns are tasks; the best of each column in bold, with 95 % intervals.",
    )
    parser.add_argument("results", nargs="+", type=Path, help="folders of records; those below are found; or bundles")
    parser.add_argument("--rows", type=names, default=("extractor",), metavar="NAME[,NAME]",
                        help="extractor (default), task, probe, mix, layer, subset, labels (task and control), "
                        "metric, split, seed, or an option such as limit or extractor.pooling")  # fmt: skip
    parser.add_argument("--columns", type=names, default=("task",), metavar="NAME[,NAME]", help="the same names (task)")
    add_only(parser)
    parser.add_argument("--format", type=_one_of(Format), default=Format.RICH, metavar="FORMAT",
                        help=f"{', '.join(Format)} (json and csv: one row per score, every mix)")  # fmt: skip
    parser.add_argument("--standalone", action="store_true", help="with --format latex: a whole document")
    parser.add_argument("--sort", metavar="COLUMN", help="the rows by their values in this column, the best first")
    parser.add_argument("--relative-to", metavar="EXTRACTOR", help="differences from this extractor or baseline")
    parser.add_argument("--paired", action="store_true",
                        help="mark with † what a paired test cannot separate from the best of its column, or from "
                        "--relative-to, corrected over all tests of the table; it reads predictions and takes about a "
                        "second per value")  # fmt: skip
    parser.add_argument(
        "--mix", help="scalar, mean, concat, single:K, cumulative:K, or best (single layer chosen on dev)"
    )
    parser.add_argument(
        "--metric", help="by default each task's own; codelength and compression (bits) where runs had codelength=true"
    )
    parser.add_argument("--labels", default="task", help="task, control, or all (rows only)")
    parser.add_argument("--split", help="test (train for codelength and compression), or all (rows only)")
    parser.add_argument(
        "--subset",
        default=WHOLE,
        help="only the test targets whose word is seen or unseen in train, ambiguous or unambiguous there; or a part "
        "of a task, such as feminine and masculine of gap, or one question of spr2; "
        "whole (all targets, the default), or all (rows only)",
    )
    parser.add_argument("--interval", type=_one_of(IntervalStyle), default=IntervalStyle.PLUS_MINUS,
                        metavar="STYLE", help=", ".join(IntervalStyle))  # fmt: skip
    parser.add_argument("--tasks", help="these columns in this order, separated by commas")
    parser.add_argument("--extractors", help="these rows in this order, separated by commas")
    parser.add_argument("--selectivity", action="store_true", help="a second table: task minus control")
    parsed = parser.parse_args(list(arguments))
    options = TableOptions(
        mix=parsed.mix,
        metric=parsed.metric,
        split=parsed.split or ("train" if parsed.metric in CODE_METRICS else "test"),
        labels=parsed.labels,
        subset=parsed.subset,
        format=parsed.format,
        interval=parsed.interval,
        tasks=names(parsed.tasks),
        extractors=names(parsed.extractors),
        selectivity=parsed.selectivity,
        rows=parsed.rows,
        columns=parsed.columns,
        only=parse_only(parsed.only),
        sort=parsed.sort,
        relative_to=parsed.relative_to,
        paired=parsed.paired,
        standalone=parsed.standalone,
    )
    _check(options)
    return options, parsed.results


def add_only(parser: argparse.ArgumentParser) -> None:
    """The option by which cells are chosen; `parse_only` reads it."""
    parser.add_argument("--only", nargs="+", action="extend", default=[], metavar="KEY=VALUE[,VALUE]",
                        help="only these cells and scores, such as --only task=upos,arc extractor='small_*'; keys are "
                        "those of `embedbench table --rows`")  # fmt: skip


def _check(options: TableOptions) -> None:
    if options.standalone and options.format is not Format.LATEX:
        raise ConfigurationError(
            "--standalone makes a LaTeX document: add --format latex (html is always a whole page)"
        )
    if options.selectivity and (options.rows, options.columns) != (("extractor",), ("task",)):
        raise ConfigurationError(
            "--selectivity is a table of extractors by tasks: leave --rows and --columns out; the control beside the "
            "task is --rows extractor,labels"
        )


def _one_of(kind: type[_Choice]) -> Callable[[str], _Choice]:
    def parse(text: str) -> _Choice:
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not among {', '.join(kind)}") from None

    return parse


def names(text: str | None) -> tuple[str, ...]:
    """The names in a list separated by commas."""
    return tuple(filter(None, (name.strip() for name in (text or "").split(","))))
