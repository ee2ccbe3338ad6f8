"""`embedbench data`: the catalogue of data sets, what lies in the data folder, and how to get the rest."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from embedbench.cli.console import progress_for
from embedbench.data.catalogue import CATALOGUE, Status, data_set, verify, verify_all
from embedbench.data.download import get
from embedbench.data.licences import licence_note


def execute(arguments: Sequence[str]) -> int:
    """Lists, gets or verifies data sets; 1 when something asked for is missing or damaged."""
    parser = argparse.ArgumentParser(prog="embedbench data", description="The catalogue of data sets.")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("EMBEDBENCH_DATA", "data")),
        help="the data folder (default: $EMBEDBENCH_DATA, else ./data; now %(default)s)",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="every data set: size, licence, whether it is there")
    for action, text in (
        (
            "get",
            "download, checked by sha256, going on where it broke off; or say how to make it by hand",
        ),
        ("verify", "compare every file's sha256 with the catalogue"),
        ("show", "files, source, licence and citation"),
    ):
        actions.add_parser(action, help=text).add_argument("names", nargs="*" if action == "verify" else "+")
    options = parser.parse_args(list(arguments))
    handle = {"list": _list, "get": _get, "verify": _verify, "show": _show}[options.action]
    return handle(options.data, getattr(options, "names", []))


def _list(folder: Path, _: Sequence[str]) -> int:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"data sets; looked for in {folder}", caption="`embedbench data get NAME` gets one")
    for heading in ("name", "here", "MB", "what", "licence"):
        table.add_column(
            heading, justify="right" if heading == "MB" else "left", no_wrap=heading in ("name", "here", "MB")
        )
    for entry in CATALOGUE.values():
        # Presence alone: checksums are what `verify` is for.
        here = sum((folder / file.path).is_file() for file in entry.files)
        state = "yes" if here == len(entry.files) else f"{here}/{len(entry.files)}" if here else "no"
        table.add_row(entry.name, state, f"{entry.bytes / 1e6:.2f}", entry.description, entry.licence)
    Console().print(table)
    return 0


def _get(folder: Path, names: Sequence[str]) -> int:
    progress = progress_for()
    for name in names:
        sys.stderr.write(f"{name}: {licence_note(data_set(name))}; `embedbench data show {name}` tells whom to cite\n")
        status = get(name, folder, progress)
        print(f"{name}: {status.status.value} in {folder}")
    return 0


def _verify(folder: Path, names: Sequence[str]) -> int:
    progress = progress_for()
    statuses = [verify(name, folder, progress) for name in names] if names else verify_all(folder, progress)
    for status in statuses:
        wrong = [f"{file.file.path} {file.status.value}" for file in status.files if file.status is not Status.PRESENT]
        print(f"{status.data_set.name}: {status.status.value}" + (f" ({', '.join(wrong)})" if wrong else ""))
    return 0 if all(status.status is Status.PRESENT for status in statuses) else 1


def _show(folder: Path, names: Sequence[str]) -> int:
    for name in names:
        entry = data_set(name)
        print(f"{entry.name}: {entry.description}")
        print(f"  source: {entry.url} {entry.commit}")
        print(f"  {licence_note(entry)}\n  citation: {entry.citation}")
        for file in entry.files:
            print(f"  {folder / file.path}  {file.bytes:,} bytes  sha256 {file.sha256}")
    return 0
