"""How long `embedbench table` takes over thousands of records, and how much memory: clones of one real record.

    embedbench run extractor=small_mlm task=upos results=results/like
    python experiments/speed/many_records.py results/like

Measured in a process of its own; the clones differ in extractor, task, identity and, a little, in every value.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from embedbench.results.plain_json import to_json
from embedbench.results.reading import read_records
from embedbench.results.schema import Record, Score
from embedbench.results.writing import RECORD, cell_folder


def clones(like: Record, n: int, tasks: int) -> list[Record]:
    """`n` records of `n / tasks` extractors on `tasks` tasks."""
    draw = random.Random(0)
    made = []
    for number in range(n):
        extractor, task = f"extractor{number // tasks:03}", f"task{number % tasks:02}"
        shift = draw.uniform(-0.02, 0.02)

        def moved(scores: tuple[Score, ...], name: str, by: float) -> tuple[Score, ...]:
            return tuple(
                dataclasses.replace(
                    s, extractor=name or s.extractor, value=s.value + by, low=s.low + by, high=s.high + by
                )
                for s in scores
            )

        made.append(
            dataclasses.replace(
                like,
                identity=f"{draw.getrandbits(128):032x}",
                extractor=extractor,
                task=task,
                fingerprints={**like.fingerprints, "task": task, "extractor": extractor},
                scores=moved(like.scores, extractor, shift),
                subset_scores=moved(like.subset_scores, "", shift),
            )
        )
    return made


def write(records: list[Record], results: Path) -> None:
    """Each record where a run would have put it; without predictions."""
    for record in records:
        folder = cell_folder(results, record.extractor, record.task, record.probe, record.identity)
        folder.mkdir(parents=True)
        (folder / RECORD).write_text(json.dumps(to_json(record)) + "\n", encoding="utf-8")


def main() -> None:
    """Prints seconds and the largest resident memory of the command for each format."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("like", type=Path, help="results with one record")
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="write the clones here")
    parser.add_argument("arguments", nargs="*", help="of `embedbench table`, after --")
    parsed = parser.parse_args()
    like = read_records(parsed.like).records[0]
    with tempfile.TemporaryDirectory() as scratch:
        results = parsed.keep or Path(scratch)
        write(clones(like, parsed.n, parsed.tasks), results)
        size = sum(path.stat().st_size for path in results.rglob(RECORD))
        print(f"{parsed.n} records, {size / parsed.n / 1000:.1f} kB each")
        for form in ("rich", "md", "latex", "html", "csv", "json"):
            command = [sys.executable, "-m", "embedbench", "table", str(results), "--format", form, *parsed.arguments]
            start = time.perf_counter()
            done = subprocess.run(command, capture_output=True, check=True)
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"{form:>5}: {seconds:.2f} s, {peak:.0f} MiB at most so far, {len(done.stdout):,} bytes")


if __name__ == "__main__":
    main()
