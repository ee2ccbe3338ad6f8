"""`python tests/faults --trials N --seed S`: faults on purpose in stores, extraction, cells and sweeps; prints a table.

Exit code 0: nothing finished was lost, nothing wrong was read, every rerun came through and left the same bytes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "store")]

from faulting.scenarios import SCENARIOS, warm_up, write_inputs  # noqa: E402 — found by the line above
from faulting.shim import compiled, why_not  # noqa: E402
from faulting.trials import FAULTS, Bench, Trial, undisturbed  # noqa: E402

_PRELOAD = "LD_PRELOAD"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/faults", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=600, help="of all faults and scenarios together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fault", default="", help="faults whose name contains this")
    parser.add_argument("--scenario", default="", help="scenarios whose name contains this")
    parser.add_argument("--first", type=int, default=0, help="the first trial, to repeat one")
    options = parser.parse_args()
    if why_not():
        sys.stderr.write(f"no fault can be injected: {why_not()}\n")
        return 3
    library = str(compiled())
    if library not in os.environ.get(_PRELOAD, ""):
        environment = {**os.environ, _PRELOAD: library, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        os.execve(sys.executable, [sys.executable, str(HERE), *sys.argv[1:]], environment)
    scenarios = [scenario for scenario in SCENARIOS if options.scenario in scenario.name]
    faults = [name for name in FAULTS if options.fault in name]
    pairs = [(fault, scenario) for fault in faults for scenario in scenarios]
    warm_up()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as scratch:
        folder = Path(scratch).resolve()
        write_inputs(folder)
        whole = {scenario.name: undisturbed(scenario, folder / f"whole-{scenario.name}") for scenario in scenarios}
        trials, seconds = [], {}
        for number in range(options.first, options.trials):
            fault, scenario = pairs[number % len(pairs)]
            started = time.monotonic()
            place = folder / f"trial{number}"
            place.mkdir()
            rng = Random(f"{options.seed} {number}")
            bench = Bench(scenario, whole[scenario.name], place, rng, Trial(fault, scenario.name))
            try:
                FAULTS[fault](bench)
            except TimeoutError as error:
                bench.trial.others.append(str(error))
            trials.append((number, bench.trial))
            seconds[fault] = seconds.get(fault, 0.0) + time.monotonic() - started
            if not bench.trial.sound:
                sys.stderr.write(f"trial {number}: {bench.trial}\n")
            for left in folder.glob(f"trial{number}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    sys.stdout.write(table(trials, seconds, faults) + "\n")
    return int(not all(trial.sound for _, trial in trials))


def table(trials: list[tuple[int, Trial]], seconds: dict[str, float], faults: list[str]) -> str:
    """Fault by fault: trials, faults that struck, losses, wrong reads, other failures, seconds."""
    wide = max(map(len, faults))
    lines = [
        f"{'fault':<{wide}}  {'trials':>6}  {'struck':>6}  {'losses':>6}  {'wrong':>6}  {'other':>6}  {'seconds':>7}"
    ]
    for name in (*faults, "all"):
        own = [trial for _, trial in trials if name in (trial.fault, "all")]
        took = sum(seconds.values()) if name == "all" else seconds.get(name, 0.0)
        lines.append(
            f"{name:<{wide}}  {len(own):>6}  {sum(t.struck for t in own):>6}  {sum(len(t.losses) for t in own):>6}  "
            f"{sum(len(t.wrong) for t in own):>6}  {sum(len(t.others) for t in own):>6}  {took:>7.0f}"
        )
    lines += [f"! trial {number}: {trial}" for number, trial in trials if not trial.sound]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
