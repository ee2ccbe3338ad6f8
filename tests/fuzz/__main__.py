"""`python tests/fuzz --inputs N --seed S`: mutated files against every reader, and a table; ends with 1 on a finding.

Exit code 0: every input was read to a value that the file really holds, or refused with one sentence that names it.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing.run import Tally, fuzz, shares, subjects, table, work

_BLOCK = 20_000
"""Inputs per process."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000, help="of all readers together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="readers whose name contains this")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where inputs that found something go")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work, options.seed, options.first, options.inputs, options.folder)
        return 0
    chosen = [subject for subject in subjects() if options.only.lower() in subject.name.lower()]
    tallies = {subject.name: Tally() for subject in chosen}
    counts = shares(chosen, options.inputs)
    blocks = [
        (subject, first, min(first + _BLOCK, counts[subject.name]))
        for subject in chosen
        for first in range(0, counts[subject.name], _BLOCK)
    ]
    started = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        running = [(subject, pool.submit(fuzz, subject, options.seed, first, last, options.keep))
                   for subject, first, last in blocks]  # fmt: skip
        for subject, future in running:
            tallies[subject.name].join(future.result())
            done = sum(tally.inputs for tally in tallies.values())
            sys.stderr.write(f"{time.monotonic() - started:,.0f} s: {done:,} inputs, {subject.name}\n")
    sys.stdout.write(table(tallies) + "\n")
    return int(any(tally.findings for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
