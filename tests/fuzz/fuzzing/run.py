"""Many inputs against many readers, in processes of their own whose memory is bounded and whose death is noticed."""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fuzzing.subject import Subject
from fuzzing.trial import Finding, trial

MODULES = (
    "treebank_subjects", "text_subjects", "vector_subjects", "elmo_subjects", "result_subjects", "store_subjects",
)  # fmt: skip

MEMORY = 1 << 29
"""Bytes that reading may take beyond what the process has after the valid inputs were read."""

SILENCE = 30
"""Seconds of the processor for fifty inputs after which their process is taken for hung, and ends."""

_BLOCKED = 1_200
"""Seconds of the clock for fifty inputs, however busy the machine is."""

_EVERY = 50
"""Inputs between two signs of life."""


def subjects(modules: Sequence[str] = MODULES) -> tuple[Subject, ...]:
    """Every reader under test, or those of some modules."""
    return tuple(
        subject for module in modules for subject in importlib.import_module(f"fuzzing.{module}").SUBJECTS
    )  # fmt: skip


def module_of(subject: Subject) -> str:
    """The module of a reader, which its processes import alone."""
    return next(module for module in MODULES if subject in subjects((module,)))


@dataclass
class Tally:
    """What came of the inputs of one reader.

    Attributes:
        findings: by kind and place: how often, the first input's number, and what was said.
    """

    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        """How many were tried."""
        return self.accepted + self.refused + self.found

    @property
    def found(self) -> int:
        """How many inputs found something."""
        return sum(finding["times"] for finding in self.findings.values())

    def add(self, verdict: str | Finding, number: int) -> None:
        """Counts one input."""
        if isinstance(verdict, Finding):
            key = f"{verdict.kind} at {verdict.place}"
            self.findings.setdefault(key, {**asdict(verdict), "input": number, "times": 0})["times"] += 1
        elif verdict == "accepted":
            self.accepted += 1
        else:
            self.refused += 1

    def join(self, other: Tally) -> None:
        """Adds what came of further inputs."""
        self.accepted += other.accepted
        self.refused += other.refused
        self.seconds += other.seconds
        for key, finding in other.findings.items():
            self.findings.setdefault(key, {**finding, "times": 0})["times"] += finding["times"]


def try_inputs(
    subject: Subject, seed: int, first: int, last: int, folder: Path, *, own_process: bool = False
) -> Iterator[tuple[int, Tally]]:
    """Tries inputs [first, last) in this process; gives a tally, and the next input, every so often."""
    folder.mkdir(exist_ok=True)
    if subject.prepare:
        subject.prepare(folder)
    seeds, tally, started = subject.seeds(), Tally(), time.perf_counter()
    path = folder / subject.file
    for number in range(first, last):
        content = subject.input(number, seed, seeds)
        if own_process and (number - first) % _EVERY == 0:
            _watched()
        tally.add(trial(subject, content, path), number)
        if (number + 1 - first) % _EVERY == 0 or number + 1 == last:
            tally.seconds = time.perf_counter() - started
            yield number + 1, tally
            tally, started = Tally(), time.perf_counter()


def _watched() -> None:
    """Ends this process if it hangs, also in a library in C, which hears no signal of Python's."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + SILENCE, resource.RLIM_INFINITY))
    faulthandler.register(signal.SIGXCPU, all_threads=False, chain=True)
    faulthandler.dump_traceback_later(_BLOCKED, exit=True)


def bound_memory() -> None:
    """Refuses this process more than `MEMORY` beyond what it has now."""
    status = Path("/proc/self/status")
    if status.exists():
        now = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmSize:"))
        resource.setrlimit(resource.RLIMIT_AS, ((now << 10) + MEMORY,) * 2)


def work(module: str, name: str, seed: int, first: int, last: int, folder: Path) -> None:
    """What a process does: tries inputs, and tells on stdout how far it is."""
    (subject,) = [subject for subject in subjects((module,)) if subject.name == name]
    warm = [*try_inputs(subject, seed, 0, min(last, len(subject.seeds()), 2), folder)]  # imports and threads
    assert warm or last == 0
    bound_memory()
    for following, tally in try_inputs(subject, seed, first, last, folder, own_process=True):
        sys.stdout.write(json.dumps([following, asdict(tally)]) + "\n")
        sys.stdout.flush()


def fuzz(subject: Subject, seed: int, first: int, last: int, keep: Path) -> Tally:
    """Tries inputs [first, last) in processes of their own; one that dies or hangs is a finding, and the next goes on.

    Args:
        subject: the reader.
        seed: of the inputs.
        first: the first input.
        last: the input behind the last one.
        keep: the inputs that found something are kept here.
    """
    tally, at = Tally(), first
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as scratch:
        while at < last:
            at = _one_process(subject, seed, at, last, Path(scratch), tally)
    _keep(subject, seed, tally, keep)
    return tally


def _one_process(subject: Subject, seed: int, at: int, last: int, folder: Path, tally: Tally) -> int:
    """Runs one process until it ends, dies or hangs; gives the first input that was not tried."""
    command = [sys.executable, "-X", "faulthandler", str(Path(__file__).parents[1]), "--work", module_of(subject),
               subject.name, "--seed", str(seed), "--first", str(at), "--inputs", str(last), "--folder",
               str(folder)]  # fmt: skip
    with (
        open(folder / "said", "w+b") as said,
        open(folder / "complained", "w+b") as complained,
        subprocess.Popen(command, stdout=said, stderr=complained) as process,
    ):
        told = at
        process.wait()
        said.seek(0)
        for line in said.read().splitlines():
            told, plain = json.loads(line)
            tally.join(Tally(**plain))
        if process.returncode == 0:
            return last
        complained.seek(0)
        return _blame(subject, seed, told, last, folder, tally, complained.read().decode("utf-8", "replace"),
                      -process.returncode)  # fmt: skip


def _blame(subject: Subject, seed: int, told: int, last: int, folder: Path, tally: Tally, words: str, died: int) -> int:
    """Finds the input by which the process died: the one that lies in the folder still."""
    lying = (folder / subject.file).read_bytes() if (folder / subject.file).exists() else b""
    seeds = subject.seeds()
    for number in range(told, min(told + _EVERY, last)):
        if subject.input(number, seed, seeds) == lying:
            place = next((line.strip() for line in words.splitlines() if "/embedbench/" in line), "?")
            place = place.rpartition("/embedbench/")[2]
            first = next((line for line in words.splitlines() if line.strip()), "silence")
            kind = "hang" if first.startswith("Timeout") or died == signal.SIGXCPU else "crash"
            tally.add(Finding(kind, f"{place}", first[:200]), number)
            tally.refused += number - told  # those before it were answered, but not told
            return number + 1
    raise RuntimeError(f"{subject.name}: a process ended before its inputs: {words[-2000:]}")


def _keep(subject: Subject, seed: int, tally: Tally, keep: Path) -> None:
    seeds = subject.seeds() if tally.findings else ()
    for finding in tally.findings.values():
        keep.mkdir(parents=True, exist_ok=True)
        name = f"{subject.name.replace(' ', '_')}-{seed}-{finding['input']}-{subject.file}"
        (keep / name.replace("/", "_")).write_bytes(subject.input(finding["input"], seed, seeds))


def table(tallies: dict[str, Tally]) -> str:
    """Reader, inputs, accepted, refused, findings and inputs a second, and the findings below."""
    wide = max(map(len, tallies), default=6)
    lines = [f"{'reader':<{wide}}  {'inputs':>9}  {'accepted':>9}  {'refused':>9}  {'findings':>8}  {'inputs/s':>8}"]
    total = Tally()
    for name, tally in (*tallies.items(), ("total", total)):
        lines.append(
            f"{name:<{wide}}  {tally.inputs:>9,}  {tally.accepted:>9,}  {tally.refused:>9,}  {tally.found:>8,}  "
            f"{tally.inputs / max(tally.seconds, 1e-9):>8,.0f}"
        )
        if tally is not total:
            total.join(tally)
    for name, tally in tallies.items():
        for key, finding in tally.findings.items():
            lines.append(
                f"! {name}, {finding['times']} times, first input {finding['input']}: {key}: {finding['what']}"
            )
    return "\n".join(lines)


def shares(chosen: Sequence[Subject], inputs: int) -> dict[str, int]:
    """How many of all inputs each reader gets."""
    whole = sum(subject.share for subject in chosen)
    return {subject.name: max(1, round(inputs * subject.share / whole)) for subject in chosen}
