"""`embedbench reproduce`: the cells of a bundle run again, and compared number by number."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from embedbench.cli.console import progress_for
from embedbench.cli.table_command import add_only
from embedbench.errors import ConfigurationError, EmbedbenchError
from embedbench.progress import Progress
from embedbench.reporting.differences import Differences, differences
from embedbench.reporting.only import parse_only
from embedbench.reporting.table import render_problems
from embedbench.results.archive import Folder
from embedbench.results.predictions import read_predictions
from embedbench.results.reading import read_records
from embedbench.results.schema import Record, Status

_TOLD = 20
"""Differences of one cell that are told; the rest is counted."""


def execute(arguments: Sequence[str]) -> int:
    """Reruns every finished cell that is chosen; 0 only where nothing differs."""
    parsed = _parse(arguments)
    if parsed.tolerance < 0:
        raise ConfigurationError(f"--tolerance is {parsed.tolerance}; it must be 0 or more")
    only = parse_only(parsed.only)
    if only.of_scores:
        raise ConfigurationError(f"--only {only.of_scores[0]}=… chooses scores; whole cells are rerun")
    found = read_records(parsed.bundle)
    sys.stderr.write(render_problems(found.problems))
    folders = found.folder_of
    chosen = [record for record in only.cells(found.records) if record.status is Status.DONE]
    progress = progress_for()
    failed = differing = 0
    with progress.cells(len(chosen)):
        for number, record in enumerate(chosen, 1):
            name = f"{record.extractor} x {record.task} x {record.probe}"
            with progress.cell(name) as ended:
                progress.note(f"[{number}/{len(chosen)}] {name}")
                try:
                    again = _rerun(record, folders[record.identity], parsed, progress)
                except EmbedbenchError as error:
                    failed += 1
                    ended("not reproduced")
                    sys.stdout.write(f"{name}: not reproduced: {error}\n")
                    continue
                ended("differing" if again.lines else "equal")
            differing += bool(again.lines)
            sys.stdout.write(_told(name, again, all_lines=parsed.all))
            sys.stdout.flush()
    skipped, equal = len(found.records) - len(chosen), len(chosen) - failed - differing
    sys.stdout.write(
        f"{len(chosen):,} cells run again: {equal:,} without a difference, {differing:,} that differ, {failed:,} not "
        f"reproduced; {skipped:,} of the bundle left out (failed, or not chosen)\n"
    )
    return 0 if chosen and not failed and not differing else 1


def _rerun(record: Record, folder: Folder, parsed: argparse.Namespace, progress: Progress) -> Differences:
    from embedbench.cli.cell_config import run_configured
    from embedbench.cli.rebuilding import rebuilt

    outcome = run_configured(rebuilt(record, parsed.results), progress)
    if outcome.record.error is not None:
        raise EmbedbenchError(outcome.record.error.message)
    if outcome.skipped:
        progress.note(f"  it was finished in {outcome.folder} before; remove that folder to run it once more")
    frames = [read_predictions(lies) for lies in (folder, Path(outcome.folder))] if record.predictions else []
    return differences(record, outcome.record, frames, tolerance=parsed.tolerance)


def _told(name: str, found: Differences, *, all_lines: bool) -> str:
    compared = f"{found.numbers:,} numbers and {found.predictions:,} predictions"
    if not found.lines:
        return f"{name}: {compared}, no difference\n"
    lines = found.lines if all_lines else found.lines[:_TOLD]
    more = f"  … and {len(found.lines) - len(lines):,} more (--all)\n" if len(lines) < len(found.lines) else ""
    return f"{name}: {compared}, {len(found.lines):,} differences\n" + "".join(f"  {line}\n" for line in lines) + more


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="embedbench reproduce",
        usage="embedbench reproduce BUNDLE.zip [--only KEY=VALUE ...] [options]",
        description="Runs the finished cells of a bundle again and compares scores, intervals, weights and predictions "
        "with the bundle's. Exit code 0 only where nothing differs.",
    )
    parser.add_argument("bundle", type=Path, help="made by `embedbench export`, or a folder of records")
    add_only(parser)
    parser.add_argument("--results", type=Path, default=Path("results/reproduced"),
                        help="where reruns go (results/reproduced); cells finished there are not rerun")  # fmt: skip
    parser.add_argument("--tolerance", type=float, default=0.0,
                        help="the largest absolute difference that is none; 0.001 is 0.1 points (0)")  # fmt: skip
    parser.add_argument("--all", action="store_true", help=f"tell every difference, not {_TOLD} of each cell")
    return parser.parse_args(list(arguments))
