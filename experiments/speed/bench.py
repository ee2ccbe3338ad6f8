"""Runs every benchmark of this folder and writes results/speed/summary.json and summary.md: medians and spread.

`make bench` takes under 20 minutes on two quiet cores; `make bench-quick` under 3, and its figures are rough: it shows
that everything runs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from inputs import ROOT, rival_option
from summary import summary_of, table_of

HERE = Path(__file__).resolve().parent

FULL = {
    "extraction": ["--words", "16000", "--rounds", "3"],
    "elmo": ["--words", "8000", "--rounds", "3"],
    "probes": ["--words", "60000", "--rounds", "3"],
    "gather": ["--words", "60000", "--rounds", "5"],
    "sentence_baselines": ["--words", "16000", "--rounds", "3", "--sentences", "1000"],
}
QUICK = {
    "extraction": ["--words", "2000", "--rounds", "1"],
    "elmo": ["--words", "300", "--rounds", "1"],
    "probes": ["--words", "6000", "--rounds", "1", "--seeds", "2", "--rival-layers", "2", "6"],
    "gather": ["--words", "6000", "--rounds", "2"],
    "sentence_baselines": ["--words", "1000", "--rounds", "1", "--sentences", "150"],
}
_WITH_RIVALS = ("extraction", "sentence_baselines")


def run_script(name: str, arguments: list[str]) -> dict[str, Any]:
    """What a benchmark said in its last line; an object with `failed` when it did not get there."""
    command = [sys.executable, str(HERE / f"{name}.py"), *arguments]
    print(f"\n== {name} {' '.join(arguments)}", flush=True)
    lines: list[str] = []
    # Its own error output passes through; the last line of its output is the result.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if not line.startswith("{"):
                print(line, end="", flush=True)
            lines.append(line)
    if process.returncode or not lines or not lines[-1].startswith("{"):
        return {"script": name, "failed": f"{name}.py ended with exit code {process.returncode}; see above"}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def main() -> int:
    """Runs, writes, prints the table; 1 when a benchmark failed, or an output of a full run was off."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    rival_option(options)
    options.add_argument("--quick", action="store_true", help="few words and rounds")
    options.add_argument("--only", nargs="+", choices=sorted(FULL), help="the others keep their last result")
    options.add_argument("--words", type=int, help="of every benchmark, instead of its own number")
    options.add_argument("--rounds", type=int, help="of every benchmark, instead of its own number")
    options.add_argument(
        "--out", type=Path, default=ROOT / "results" / "speed", help="default: results/speed of this repository"
    )
    chosen = options.parse_args()
    out: Path = chosen.out
    out.mkdir(parents=True, exist_ok=True)
    for name, arguments in (QUICK if chosen.quick else FULL).items():
        if chosen.only and name not in chosen.only:
            continue
        own = list(arguments)
        for option in ("words", "rounds"):  # the last one given counts
            if getattr(chosen, option):
                own += [f"--{option}", str(getattr(chosen, option))]
        rivals = ["--rivals", str(chosen.rivals)] if name in _WITH_RIVALS else []
        found = {**run_script(name, [*own, *rivals]), "arguments": own}
        (out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    files = [out / f"{name}.json" for name in FULL]
    scripts = [json.loads(file.read_text("utf-8")) for file in files if file.is_file()]
    summary = summary_of(scripts, quick=chosen.quick)
    (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", "utf-8")
    (out / "summary.md").write_text(table_of(summary), "utf-8")
    print("\n" + table_of(summary))
    # Few words make accuracies jump: a quick run only fails where a benchmark did.
    return 1 if summary["failed"] or (summary["outside_tolerance"] and not chosen.quick) else 0


if __name__ == "__main__":
    sys.exit(main())
