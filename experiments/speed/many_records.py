"""How long `embedbench table` and `embedbench report` take over thousands of records, and how much memory.

    embedbench run -m extractor=minilm,random task=upos,deprel results=results/like
    python experiments/speed/many_records.py results/like
    python experiments/speed/many_records.py results/like --n 500 --keep many table --format latex

The records are cloned, with predictions, from those of a folder: extractor, task and identity are new, values move a
little. Every command is measured in a process of its own, its start included.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.results.predictions import FILE_NAME as PREDICTIONS
from embedbench.results.writing import RECORD, cell_folder

_COPIES = 10
"""A task of the clones has as many extractors as the originals have, times this."""

_PROCESS = r"""
import pathlib, re, sys
from embedbench.cli import main
code = main(sys.argv[1:])
# VmHWM is this program's own peak; ru_maxrss would keep the parent's across fork and exec where that was larger.
peak = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]
sys.stderr.write(f"\n{peak}")
sys.exit(code)
"""


def clone(source: Path, target: Path, wanted: int = 2_000) -> int:
    """Writes that many clones of the finished records below the source; returns how many it wrote.

    A copy of every original's predictions is made once and linked from its clones, so that thousands take little disk.
    """
    originals = [
        (path, plain)
        for path in sorted(source.rglob(RECORD))
        if (plain := json.loads(path.read_bytes()))["status"] == "done" and plain["predictions"]
    ]
    written = 0
    first: dict[Path, Path] = {}
    for copy, path, plain in _turns(originals):
        if written == wanted:
            break
        extractor, task = f"{plain['extractor']}_{copy % _COPIES}", f"{plain['task']}_{copy // _COPIES}"
        identity = f"{random.Random(f'{path}{copy}').getrandbits(128):032x}"
        folder = cell_folder(target, extractor, task, plain["probe"], identity)
        folder.mkdir(parents=True)
        if path in first:
            os.link(first[path], folder / PREDICTIONS)
        else:
            first[path] = Path(shutil.copy(path.parent / PREDICTIONS, folder / PREDICTIONS))
        (folder / RECORD).write_text(json.dumps(_changed(plain, extractor, task, identity)), encoding="utf-8")
        written += 1
    return written


def _turns(originals: list[tuple[Path, dict[str, Any]]]) -> Iterator[tuple[int, Path, dict[str, Any]]]:
    copy = 0
    while originals:
        for path, plain in originals:
            yield copy, path, plain
        copy += 1


def _changed(plain: dict[str, Any], extractor: str, task: str, identity: str) -> dict[str, Any]:
    moved: dict[str, Any] = json.loads(json.dumps(plain))
    moved |= {"identity": identity, "extractor": extractor, "task": task}
    moved["fingerprints"] |= {"task": f"{plain['fingerprints'].get('task')} {task}", "extractor": extractor}
    for score in [*moved["scores"], *moved.get("subset_scores", ())]:
        if score["mix"] != "none":
            score["extractor"] = extractor
            shift = random.Random(f"{identity}{score['mix']}").uniform(-0.01, 0.01)
            score["value"], score["low"], score["high"] = (score[k] + shift for k in ("value", "low", "high"))
    moved["config"]["extractor"]["name"], moved["config"]["task"]["name"] = extractor, task
    moved.pop("checksum", None)  # of the original's text
    return moved


@dataclass(frozen=True)
class Cost:
    """What one command cost.

    Attributes:
        seconds: wall time, the start of the interpreter included.
        cpu_seconds: of all cores.
        peak_mib: the largest resident memory.
        stdout: what it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    stdout: bytes


def measured(arguments: Sequence[str]) -> Cost:
    """The cost of `embedbench ARGUMENTS` in a process of its own.

    Raises:
        CalledProcessError: it failed.
    """
    before, start = _cpu(), time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _PROCESS, *arguments], capture_output=True, check=True)
    seconds = time.perf_counter() - start
    return Cost(seconds, _cpu() - before, int(done.stderr.rpartition(b"\n")[2]) / 1024, done.stdout)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Prints seconds and peak memory of every command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("like", type=Path, help="results with finished cells, which are not touched")
    parser.add_argument("--n", type=int, default=2_000, help="records (%(default)s)")
    parser.add_argument("--keep", type=Path, help="write the clones here; taken as they are where there are some")
    parsed, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as scratch:
        results = parsed.keep or Path(scratch) / "many"
        if not results.is_dir():
            clone(parsed.like, results, parsed.n)
        sizes = [path.stat().st_size for path in results.rglob(RECORD)]
        print(f"{len(sizes):,} records, {sum(sizes) / len(sizes) / 1000:.1f} kB each")
        page = Path(scratch) / "report.html"
        commands = [["table", "--format", form] for form in ("rich", "md", "latex", "html", "csv", "json")]
        for command in [arguments] if arguments else [*commands, ["report", "-o", str(page)]]:
            cost = measured([command[0], str(results), *command[1:]])
            size = page.stat().st_size if page.is_file() else len(cost.stdout)
            print(
                f"{' '.join(command[:3]):<20} {cost.seconds:6.2f} s, {cost.cpu_seconds:6.2f} s of CPU, "
                f"{cost.peak_mib:5.0f} MiB at most, {size:,} bytes",
                flush=True,
            )


if __name__ == "__main__":
    main()
