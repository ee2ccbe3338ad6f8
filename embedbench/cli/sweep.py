"""What the jobs of one command tell the process that started them, whatever launcher ran them."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

SWEEP_VARIABLE = "EMBEDBENCH_SWEEP"
"""Environment variable: the folder through which jobs tell how they ended; Hydra's own files go there too."""

_STARTED = "started"


@dataclass(frozen=True)
class CellEnd:
    """How one cell of a sweep ended: done, skipped, failed, refused (wrong usage) or died (said nothing)."""

    extractor: str
    task: str
    status: str
    message: str = ""


@contextmanager
def sweep() -> Iterator[None]:
    """A folder of this command's own, which its jobs inherit through the environment."""
    folder = tempfile.mkdtemp(prefix="embedbench-sweep-")
    os.environ[SWEEP_VARIABLE] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(SWEEP_VARIABLE, None)


def tell(end: CellEnd) -> None:
    """Appends one line; several processes may do so at once."""
    try:
        with open(_journal(), "a", encoding="utf-8") as stream:
            stream.write(json.dumps([os.getpid(), asdict(end)]) + "\n")
    except OSError as error:
        sys.stderr.write(f"embedbench: the end of {end.extractor} x {end.task} could not be told: {error}\n")


def tell_start(extractor: str, task: str) -> None:
    """Says that a cell begins, so that one that dies without a word is missed."""
    tell(CellEnd(extractor, task, _STARTED))


def collect() -> tuple[CellEnd, ...]:
    """How every cell that began has ended; empty when none began, as with `--help`."""
    journal = _journal()
    if not journal.is_file():
        return ()
    running: dict[tuple[int, str, str], CellEnd] = {}
    ends: list[CellEnd] = []
    for line in journal.read_text("utf-8").splitlines():
        process, told = json.loads(line)
        end = CellEnd(**told)
        if end.status == _STARTED:
            running[process, end.extractor, end.task] = CellEnd(end.extractor, end.task, "died")
        else:
            running.pop((process, end.extractor, end.task), None)
            ends.append(end)
    return (*ends, *running.values())


def summary(ends: Iterable[CellEnd]) -> str:
    """One line: how many cells were done, skipped, failed."""
    counts: dict[str, int] = {}
    for end in ends:
        counts[end.status] = counts.get(end.status, 0) + 1
    return ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))


def n_cells() -> int | None:
    """How many cells the sweep will have, asked by one of its jobs; None where the sweeper finds out as it goes."""
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import OmegaConf

    path = Path(os.environ[SWEEP_VARIABLE]) / "multirun.yaml"  # Hydra's own sweeper leaves what it was asked for there
    if not path.is_file():
        return None
    asked = OmegaConf.load(path).hydra
    overrides = [*(f"{key}={value}" for key, value in (asked.sweeper.params or {}).items()), *asked.overrides.task]
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    choices = {
        override.get_key_element(): len(list(override.sweep_string_iterator())) if override.is_sweep_override() else 1
        for override in parser.parse_overrides(overrides)
    }
    return math.prod(choices.values())


def _journal() -> Path:
    return Path(os.environ[SWEEP_VARIABLE]) / "ends.jsonl"
