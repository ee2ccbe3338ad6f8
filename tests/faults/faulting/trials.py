"""One fault in one piece of work: what it lost, what was read wrongly, and whether the next run mended it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from faulting import power
from faulting.keeping import compare, contents, editions, leftovers
from faulting.scenarios import Scenario, ended, start
from faulting.shim import Action, arm, operations

_NEVER = 1 << 40


@dataclass
class Trial:
    """What came of one fault.

    Attributes:
        fault: its kind.
        scenario: the work.
        struck: whether the fault came before the work was done.
        losses: finished files that were lost or made anew.
        wrong: files that were read, or left to be read, with another content.
        others: whatever else went wrong: a rerun that fails, no sentence, leftovers.
    """

    fault: str
    scenario: str
    struck: bool = False
    losses: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.losses or self.wrong or self.others)


@dataclass(frozen=True)
class Undisturbed:
    """The same work without a fault.

    Attributes:
        files: what it leaves.
        seconds: how long it took.
        operations: on its files.
        folder: where it lies.
    """

    files: dict[str, str]
    seconds: float
    operations: int
    folder: Path


def undisturbed(scenario: Scenario, folder: Path) -> Undisturbed:
    """Does the work without a fault.

    Raises:
        RuntimeError: even so it fails.
    """
    counted = folder.with_suffix(".count")

    def work() -> int:
        code = scenario.work(folder.parent)
        counted.write_text(str(operations()))
        return code

    started = time.monotonic()
    code = ended(start(folder, work, lambda: arm(folder, _NEVER, Action.NOTHING)))
    if code:
        raise RuntimeError(f"{scenario.name} fails without any fault: {said(folder)}")
    return Undisturbed(contents(folder), time.monotonic() - started, int(counted.read_text()), folder)


def said(folder: Path) -> str:
    """The end of what the processes of a trial said."""
    path = folder.with_name(f"{folder.name}.said")
    return path.read_text("utf-8", "replace")[-1500:] if path.exists() else ""


@dataclass
class Bench:
    """Where one trial is made.

    Attributes:
        scenario: the work.
        whole: the work without a fault.
        folder: of this trial.
        rng: of this trial.
        trial: what came of it.
    """

    scenario: Scenario
    whole: Undisturbed
    folder: Path
    rng: Random
    trial: Trial

    def begin(self, before: Callable[[], None] = lambda: None) -> int:
        """Starts the work."""
        return start(self.folder, lambda: self.scenario.work(self.folder.parent), before)

    def armed(self, action: Action, at: int, seconds: int = 0) -> int:
        """Does the work with an action at its operation `at`; gives the exit code."""
        return ended(self.begin(lambda: arm(self.folder, at, action, seconds)))

    def any_operation(self) -> int:
        """One of the operations of the work."""
        return self.rng.randrange(self.whole.operations)

    def refused_in_a_sentence(self, code: int) -> None:
        """Notes it unless the work ended with 1 and one sentence, or came through all the same."""
        words = said(self.folder)
        self.trial.struck = code != 0
        if code not in (0, 1) or "Traceback" in words or (code == 1 and "embedbench: " not in words):
            self.trial.others.append(f"exit code {code} and no sentence: {words}")

    def at_rest(self) -> None:
        """Whatever has its final name must be whole and right, at any moment."""
        found = compare(contents(self.folder), self.whole.files)
        self.trial.wrong += [*found.wrong, *found.more]

    def again(self, *, keeps: bool = True) -> None:
        """Does the work once more, undisturbed: it must come through, make nothing anew, and leave the same."""
        before = editions(self.folder) if keeps else {}
        code = ended(self.begin())
        if code:
            self.trial.others.append(f"the rerun ended with {code}: {said(self.folder)}")
            return
        after = editions(self.folder)
        self.trial.losses += [name for name, edition in before.items() if after.get(name) != edition]
        found = compare(contents(self.folder), self.whole.files)
        self.trial.wrong += [*found.wrong, *found.more]
        self.trial.losses += found.missing
        self.trial.others += [f"left over: {name}" for name in leftovers(self.folder)]


def killed_by_the_clock(bench: Bench) -> None:
    """kill -9 after a random time."""
    process = bench.begin()
    time.sleep(bench.rng.uniform(0, bench.whole.seconds))
    os.kill(process, signal.SIGKILL)
    bench.trial.struck = ended(process) == -signal.SIGKILL
    bench.at_rest()
    bench.again()


def killed_at_an_operation(bench: Bench) -> None:
    """kill -9 before a random operation on its files."""
    bench.trial.struck = bench.armed(Action.KILL, bench.any_operation()) == -signal.SIGKILL
    bench.at_rest()
    bench.again()


def killed_twice(bench: Bench) -> None:
    """kill -9, a rerun, and kill -9 again."""
    killed_at_an_operation_only(bench)
    killed_at_an_operation(bench)


def killed_at_an_operation_only(bench: Bench) -> None:
    """kill -9 without a rerun."""
    bench.armed(Action.KILL, bench.any_operation())
    bench.at_rest()


def terminated(bench: Bench) -> None:
    """SIGTERM after a random time, as a scheduler does that takes the machine back."""
    process = bench.begin()
    time.sleep(bench.rng.uniform(0, bench.whole.seconds))
    os.kill(process, signal.SIGTERM)
    bench.trial.struck = ended(process) == -signal.SIGTERM
    bench.at_rest()
    bench.again()


def full(bench: Bench) -> None:
    """No space left from a random operation on."""
    bench.refused_in_a_sentence(bench.armed(Action.FULL, bench.any_operation()))
    bench.at_rest()
    bench.again()


def cut_short(bench: Bench) -> None:
    """Half a write, then no space left."""
    bench.refused_in_a_sentence(bench.armed(Action.SHORT, bench.any_operation()))
    bench.at_rest()
    bench.again()


def faulty(bench: Bench) -> None:
    """One operation fails with an input/output error."""
    bench.refused_in_a_sentence(bench.armed(Action.FAULTY, bench.any_operation()))
    bench.at_rest()
    bench.again()


def read_only(bench: Bench) -> None:
    """Nothing can be changed: from the start, from the middle, or after everything is done."""
    moment = bench.rng.randrange(3)
    if moment == 2:
        bench.again()
        before = editions(bench.folder)
        code = bench.armed(Action.READ_ONLY, 0)
        if code not in (0, 1) or editions(bench.folder) != before:
            bench.trial.others.append(f"a finished folder that is read-only: exit code {code}: {said(bench.folder)}")
        bench.trial.struck = True
        return
    bench.refused_in_a_sentence(bench.armed(Action.READ_ONLY, 0 if moment == 0 else bench.any_operation()))
    bench.at_rest()
    bench.again()


def raced(bench: Bench) -> None:
    """Two to eight processes at once."""
    processes = [bench.begin() for _ in range(bench.rng.randint(2, 8))]
    codes = [ended(process) for process in processes]
    bench.trial.struck = True
    if any(codes):
        bench.trial.others.append(f"{len(codes)} processes ended with {codes}: {said(bench.folder)}")
    bench.at_rest()
    bench.again()


def raced_and_killed(bench: Bench) -> None:
    """Two to eight processes at once, of which one is killed."""
    victim = bench.begin(lambda: arm(bench.folder, bench.any_operation(), Action.KILL))
    others = [bench.begin() for _ in range(bench.rng.randint(1, 7))]
    bench.trial.struck = ended(victim) == -signal.SIGKILL
    codes = [ended(process) for process in others]
    if any(codes):
        bench.trial.others.append(f"{len(codes)} processes ended with {codes}: {said(bench.folder)}")
    bench.at_rest()
    bench.again()


def damaged(bench: Bench) -> None:
    """A file of the finished work loses its end, or one of its bits flips."""
    _copy(bench)
    name = bench.rng.choice(sorted(bench.whole.files))
    path = bench.folder / name
    content = bytearray(path.read_bytes())
    if bench.rng.random() < 0.4:
        content = content[: bench.rng.randrange(len(content))]
    else:
        content[bench.rng.randrange(len(content))] ^= 1 << bench.rng.randrange(8)
    path.write_bytes(content)
    bench.trial.struck = True
    _read(bench, {name})
    if name.startswith("cache/"):  # a finished cell never reads its store again, so the next run has to be a new one
        shutil.rmtree(bench.folder / "results", ignore_errors=True)
    bench.again(keeps=False)


def half_written(bench: Bench) -> None:
    """Every record and manifest is half there, as an editor or a copy over a network may leave it."""
    _copy(bench)
    for path in [*bench.folder.rglob("record.json"), *bench.folder.rglob("manifest.json")]:
        content = path.read_bytes()
        path.write_bytes(content[: bench.rng.randrange(len(content))])
        bench.trial.struck = True
    _read(bench, {name for name in bench.whole.files if name.endswith(("record.json", "manifest.json"))})
    bench.again(keeps=False)


def _copy(bench: Bench) -> None:
    """The finished work, in this trial's folder."""
    shutil.copytree(bench.whole.folder, bench.folder, dirs_exist_ok=True)


def _read(bench: Bench, damaged: set[str]) -> None:
    """Reads all records and predictions: what can be read must be what was written."""
    from embedbench.errors import EmbedbenchError
    from embedbench.results.plain_json import to_text
    from embedbench.results.predictions import belong
    from embedbench.results.reading import read_record

    for name in bench.whole.files:
        path = bench.folder / name
        if path.name == "record.json":
            try:
                found = read_record(path)
            except EmbedbenchError:
                continue
            if to_text(found, None) != to_text(read_record(bench.whole.folder / name), None):
                bench.trial.wrong.append(f"{name} was read although it is damaged")
        elif path.suffix == ".parquet" and name in damaged and belong(path.parent, path.read_bytes()):
            bench.trial.wrong.append(f"{name} would be read although it is damaged")


def clock_jumped(bench: Bench) -> None:
    """The clock jumps by hours to decades, back or forth, in the middle."""
    seconds = bench.rng.choice((-1, 1)) * int(10 ** bench.rng.uniform(3, 9))
    code = bench.armed(Action.CLOCK, bench.any_operation(), seconds)
    bench.trial.struck = True
    if code:
        bench.trial.others.append(f"exit code {code}: {said(bench.folder)}")
    bench.at_rest()
    bench.again()


def power_cut(bench: Bench) -> None:
    """The power goes in the middle; what was not synced is lost."""
    _cut_power(bench, bench.any_operation())
    bench.at_rest()
    bench.again()


def power_cut_after(bench: Bench) -> None:
    """The power goes right after the work ended: nothing may be lost."""
    _cut_power(bench, _NEVER)
    found = compare(contents(bench.folder), bench.whole.files)
    bench.trial.struck = True
    bench.trial.losses += found.missing
    bench.trial.wrong += [*found.wrong, *found.more]
    bench.again()


def _cut_power(bench: Bench, at: int) -> None:
    kept = bench.folder.with_suffix(".synced")

    def before() -> None:
        power.journal(kept)
        arm(bench.folder, at, Action.KILL)

    bench.trial.struck = ended(bench.begin(before)) == -signal.SIGKILL
    power.cut(bench.folder, kept, bench.rng)


FAULTS: dict[str, Callable[[Bench], None]] = {
    "kill -9, any moment": killed_by_the_clock,
    "kill -9, any operation": killed_at_an_operation,
    "kill -9 twice": killed_twice,
    "SIGTERM": terminated,
    "disk full": full,
    "disk full in a write": cut_short,
    "input/output error": faulty,
    "read-only": read_only,
    "2-8 processes": raced,
    "2-8 processes, one killed": raced_and_killed,
    "truncated, or a bit flipped": damaged,
    "half-written records": half_written,
    "clock jumps": clock_jumped,
    "power cut": power_cut,
    "power cut after the end": power_cut_after,
}
"""By name; each needs a trial's bench."""
