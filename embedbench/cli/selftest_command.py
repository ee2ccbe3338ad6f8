"""`embedbench selftest`: the known-answer battery against the installed code, a line each."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

import embedbench
from embedbench import __version__
from embedbench.cli.configuration import compose
from embedbench.cli.console import progress_for
from embedbench.registry import load_components
from embedbench.selftest.battery import Line, Verdict, choose, run_check, workplace
from embedbench.selftest.checks import CHECKS

_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.SKIPPED: "yellow"}


def execute(arguments: Sequence[str]) -> int:
    """Prints each check with its expected and its found answer; 1 when one fails. Skipped ones do not fail."""
    parser = argparse.ArgumentParser(
        prog="embedbench selftest",
        description="Asks the installed instrument questions whose answers are known, and prints a line each: name, "
        "expected, got, verdict, seconds. Needs no network and no data set; with UD English-EWT in the data folder "
        "its trivial baselines are checked too. Exit code 1 when a check fails.",
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this check only; repeatable")
    parser.add_argument("--list", action="store_true", help="print the checks and what each proves; run none")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.add_argument("--data", type=Path, help="the folder of data sets; default: paths.data, EMBEDBENCH_DATA")
    parsed = parser.parse_args(list(arguments))
    names = [name for names in parsed.only for name in names.split(",") if name]
    checks = choose(CHECKS, names)
    if parsed.list:
        width = max(len(check.name) for check in checks)
        print("\n".join(f"{check.name:<{width}}  {check.proves}" for check in checks))
        return 0
    load_components()
    data = parsed.data or Path(str(compose([]).paths.data)).expanduser()
    console, width = Console(highlight=False), max(len(check.name) for check in checks)
    lines = []
    with workplace(data) as place, _progress(console, len(checks), as_json=parsed.json) as starts:
        for check in checks:
            starts(check.name)
            lines.append(run_check(check, place))
            if not parsed.json:
                console.print(_printed(lines[-1], width), soft_wrap=True)
    counts = {verdict: sum(line.verdict is verdict for line in lines) for verdict in Verdict}
    seconds = round(sum(line.seconds for line in lines), 1)
    if parsed.json:
        package = Path(embedbench.__file__).parent
        found = [dataclasses.asdict(line) for line in lines]
        print(
            json.dumps(
                {"version": __version__, "package": str(package), "passed": not counts[Verdict.FAIL], "checks": found},
                indent=1,
            )
        )
    else:
        console.print(
            f"{len(lines)} checks in {seconds} s: {counts[Verdict.PASS]} passed, {counts[Verdict.FAIL]} failed, "
            f"{counts[Verdict.SKIPPED]} skipped"
        )
    return 1 if counts[Verdict.FAIL] else 0


@contextmanager
def _progress(console: Console, total: int, *, as_json: bool) -> Iterator[Callable[[str], None]]:
    """Tells which check is running: beside the lines on a terminal, else on standard error."""
    done = -1
    if console.is_terminal and not as_json:
        # On the console of the lines, because a bar on standard error would be written across them.
        with console.status("") as status:
            yield lambda name: status.update(f"{name} …")
        return
    with progress_for().phase("self-test", total, "check") as advance:

        def starts(_name: str) -> None:
            nonlocal done
            done += 1
            advance(int(done > 0))

        yield starts
        advance(1)


def _printed(line: Line, width: int) -> Text:
    return Text.assemble(
        (f"{line.verdict.value:<7}", _STYLES[line.verdict]),
        f"  {line.name:<{width}}  expected {line.expected}; got {line.got}",
        (f"  ({line.seconds:.1f} s)", "dim"),
    )
