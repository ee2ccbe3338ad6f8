"""What the jobs of one command tell the process that started them, whatever launcher ran them."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

SWEEP_VARIABLE = "EMBEDBENCH_SWEEP"
_ended_in: list[Path] = []


@dataclass(frozen=True)
class CellEnd:
    """How one cell of a sweep ended: done, skipped, failed, or refused (wrong usage)."""

    extractor: str
    task: str
    status: str
    folder: str
    message: str = ""


class SweepEnd(Callback):
    """Notes in the starting process where the jobs wrote; Hydra calls it there under every launcher."""

    def on_run_end(self, config: DictConfig, **_: Any) -> None:
        """A single cell ended."""
        _ended_in.append(Path(config.results))

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """A sweep ended; sweeps over results folders are collected from each."""
        _ended_in.append(Path(config.results))


def start_sweep() -> None:
    """Gives this command an identity that its jobs inherit through the environment."""
    os.environ[SWEEP_VARIABLE] = uuid.uuid4().hex
    _ended_in.clear()


def _journal(results: Path) -> Path:
    return results / f".sweep-{os.environ[SWEEP_VARIABLE]}.jsonl"


def tell(results: Path, end: CellEnd) -> None:
    """Appends one line; several processes may do so at once."""
    results.mkdir(parents=True, exist_ok=True)
    with open(_journal(results), "a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(end)) + "\n")


def collect() -> tuple[CellEnd, ...]:
    """What all jobs told, and removes the journals."""
    ends: list[CellEnd] = []
    for results in dict.fromkeys(_ended_in):
        journal = _journal(results)
        if journal.is_file():
            ends += [CellEnd(**json.loads(line)) for line in journal.read_text("utf-8").splitlines()]
            journal.unlink()
    return tuple(ends)


def summary(ends: Iterable[CellEnd]) -> str:
    """One line: how many cells were done, skipped, failed."""
    counts: dict[str, int] = {}
    for end in ends:
        counts[end.status] = counts.get(end.status, 0) + 1
    return ", ".join(f"{n} {status}" for status, n in sorted(counts.items())) or "no cells"
