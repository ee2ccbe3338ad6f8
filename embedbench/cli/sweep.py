"""What the jobs of one command tell the process that started them, whatever launcher ran them."""

from __future__ import annotations

import json
import math
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from embedbench.clusters.elsewhere import node_name
from embedbench.errors import ClusterError

SWEEP_VARIABLE = "EMBEDBENCH_SWEEP"
"""Environment variable: the folder through which jobs tell how they ended; Hydra's own files go there too."""

BESIDE_RESULTS = ".sweep"
"""Below the results folder, what the jobs of a sweep on several machines tell; a record is never in it."""

_STARTED = "started"


@dataclass(frozen=True)
class CellEnd:
    """How one cell of a sweep ended: done, skipped, failed, refused (wrong usage) or died (said nothing).

    Attributes:
        extractor: its name.
        task: its name.
        status: how it ended.
        message: why it failed; empty otherwise.
        number: of the job in its sweep, from 0.
        node: the machine it ran on.
    """

    extractor: str
    task: str
    status: str
    message: str = ""
    number: int = 0
    node: str = ""

    @property
    def name(self) -> str:
        """The cell's name for people."""
        return f"{self.extractor} x {self.task}"

    @property
    def well(self) -> bool:
        """Whether the cell has its scores."""
        return self.status in ("done", "skipped")


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
    """Keeps how a cell ended: one file per job, so that jobs on several machines never write into the same one."""
    path = _ends() / f"{end.number:06d}.json"
    temporary = path.with_name(f"{path.stem}-{socket.gethostname()}-{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(end)), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        sys.stderr.write(f"embedbench: the end of {end.name} could not be told: {error}\n")


def tell_start(extractor: str, task: str, number: int = 0) -> None:
    """Says that a cell begins, so that one that dies without a word is missed."""
    tell(CellEnd(extractor, task, _STARTED, number=number, node=node_name()))


def collect() -> tuple[CellEnd, ...]:
    """How every cell that began has ended, in the order of the sweep; empty when none began, as with `--help`."""
    return tuple(
        replace(end, status="died") if end.status == _STARTED else end
        for end in map(_read, sorted(_ends().glob("*.json")))
    )


def told_of(number: int) -> tuple[CellEnd | None, bool]:
    """What the job of that number has told, and whether it was its last word; None where it has told nothing."""
    path = _ends() / f"{number:06d}.json"
    if not path.is_file():
        return None, False
    end = _read(path)
    return end, end.status != _STARTED


def gather_beside(results: Path) -> Path:
    """Lets the jobs that are launched from now on tell beside their records, where every machine reaches; the folder.

    Raises:
        ClusterError: the folder cannot be made.
    """
    here = Path(os.environ[SWEEP_VARIABLE])
    if here.parent.name == BESIDE_RESULTS:
        return here
    beside = results.absolute() / BESIDE_RESULTS
    try:
        beside.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=beside))
    except OSError as error:
        raise ClusterError(
            f"{beside} cannot be made ({error.strerror}); cells on other machines need a results folder that all of "
            "them can write, so choose another with results=FOLDER"
        ) from error
    os.environ[SWEEP_VARIABLE] = str(folder)
    return folder


def leave(ends: Iterable[CellEnd]) -> Path | None:
    """Removes what lies beside the results where every cell has its scores; otherwise the folder, which is kept."""
    folder = Path(os.environ[SWEEP_VARIABLE])
    if folder.parent.name != BESIDE_RESULTS:
        return None
    if not all(end.well for end in ends):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # refused while another sweep has its folder there
    return None


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


def _ends() -> Path:
    return Path(os.environ[SWEEP_VARIABLE]) / "ends"


def _read(path: Path) -> CellEnd:
    return CellEnd(**json.loads(path.read_text("utf-8")))
