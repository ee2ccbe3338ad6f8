"""Scaling: seconds grow with the words, memory does not; also for probes on a store larger than memory.

- extraction: filling a store of 10 k, 100 k and 1 M words with static vectors and with MiniLM. The text is UD
  English-EWT train, sentences in a shuffled order; where it ends, its sentences come again with their words rotated, so
  that no sentence comes twice. Seconds are those of `fill` behind a warm-up; peak memory is what a process of its own
  allocates at most.
- probing: a linear probe on all layers and the mix of planted vectors (7 x 384, as MiniLM's), stores of 1 and 4 times
  the memory of the process: what it may hold at all, mapped files included, where memory cgroups can be made, else what
  it may allocate (RLIMIT_DATA). The schedule has the same number of passes for both.

Linear: seconds per word are within 10 % of those of the largest size. Flat: the largest peak is within 10 % of the
smallest.

    python experiments/speed/scaling.py                                        # needs 8 GB of disk, 20 minutes
    python experiments/speed/scaling.py --words 5000 20000 --allowed-mb 0      # a quick look; 0 leaves probing out
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scaling_runs import EXTRACTORS, extract, probe

ALLOWED = 0.10
"""By how much seconds per word and peak memory may differ between sizes."""


def main() -> int:
    """Prints a line per run and all in JSON, also to results/speed/scaling.json; 1 where a claim does not hold."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--words", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--extractors", nargs="+", default=list(EXTRACTORS), choices=list(EXTRACTORS))
    options.add_argument("--repeats", type=int, default=3, help="of sizes below 100,000 words (default: %(default)s)")
    options.add_argument(
        "--allowed-mb", type=int, default=600, help="memory of the probing process (default: %(default)s)"
    )
    options.add_argument("--times", type=float, nargs="+", default=[1, 4], help="store sizes, in allowed memories")
    options.add_argument("--place", type=Path, help="folder for the stores; default: the system's temporary folder")
    options.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "results" / "speed")
    options.add_argument("--run", nargs="+", help=argparse.SUPPRESS)  # one run, in the process of its own
    chosen = options.parse_args()
    if chosen.run:
        return _child(chosen.run)
    claims = {}
    for name in chosen.extractors:
        rows = [_measured(chosen, words, name) for words in sorted(chosen.words)]
        claims[f"extraction_{name}"] = _claim(rows)
    if chosen.allowed_mb:
        rows = [_child_of(chosen.place, "probe", str(times), str(chosen.allowed_mb)) for times in sorted(chosen.times)]
        claims["probing"] = _claim(rows)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "scaling.json").write_text(json.dumps(claims, indent=1) + "\n", "utf-8")
    print(json.dumps(claims))
    return 0 if all(claim["linear"] and claim["flat"] for claim in claims.values()) else 1


def _measured(chosen: argparse.Namespace, words: int, name: str) -> dict[str, Any]:
    """The run of median seconds."""
    repeats = chosen.repeats if words < 100_000 else 1
    runs = [_child_of(chosen.place, "extract", name, str(words)) for _ in range(repeats)]
    middle = statistics.median_low(run["seconds"] for run in runs)
    return {
        **next(run for run in runs if run["seconds"] == middle),
        "seconds_of_repeats": [round(run["seconds"], 3) for run in runs],
    }


def _child_of(place: Path | None, *run: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=place) as folder:
        command = [sys.executable, __file__, "--run", run[0], folder, *run[1:]]
        said = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=False, env={**os.environ, "TMPDIR": folder}
        )
    lines = said.stdout.splitlines()
    if said.returncode or not lines:
        raise SystemExit(f"{' '.join(run)} ended with exit code {said.returncode}; see above")
    found: dict[str, Any] = json.loads(lines[-1])
    print(
        f"{' '.join(run)}: {found['words']:,} words, {found['seconds']:.2f} s, "
        f"{1e6 * found['seconds'] / found['words']:.1f} µs a word, "
        f"peak {found['peak_mb']:.0f} MB, store {found['store_mb']:.0f} MB",
        flush=True,
    )
    return found


def _child(run: Sequence[str]) -> int:
    kind, folder, *rest = run
    found = (
        extract(Path(folder), rest[0], int(rest[1])) if kind == "extract" else probe(Path(folder), *map(float, rest))
    )
    print(json.dumps(found))
    return 0


def _claim(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    per_word = [row["seconds"] / row["words"] for row in rows]
    peaks = [row["peak_mb"] for row in rows]
    off, grown = max(abs(each / per_word[-1] - 1) for each in per_word), max(peaks) / min(peaks) - 1
    return {
        "rows": list(rows),
        "largest_deviation_of_seconds_per_word": round(off, 4),
        "growth_of_peak_memory": round(grown, 4),
        "linear": off <= ALLOWED,
        "flat": grown <= ALLOWED,
    }


if __name__ == "__main__":
    sys.exit(main())
