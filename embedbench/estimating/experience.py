"""What finished cells cost on this machine: the seconds and the memory of training and scoring, from their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embedbench.environment import environment
from embedbench.results.reading import read_records
from embedbench.results.schema import Record, Status

_BEFORE_TRAINING = ("data", "extraction")


@dataclass(frozen=True)
class Likeness:
    """What decides how alike two cells are, and how much work each is.

    Attributes:
        extractor: its label.
        task: the task's name.
        probe: the probe family's name.
        words: of the split that is trained on; of the test split where nothing is trained.
        members: that train together; 1 where nothing is trained.
    """

    extractor: str
    task: str
    probe: str
    words: int
    members: int


@dataclass(frozen=True)
class Lesson:
    """What a record teaches about a cell.

    Attributes:
        seconds: of everything behind extraction.
        memory_bytes: the largest resident memory of the process.
        source: which record it is from, and how it was scaled.
    """

    seconds: float
    memory_bytes: int
    source: str


class Experience:
    """The finished cells of this machine's processor below a folder of results; none where there is no folder."""

    def __init__(self, results: Path) -> None:
        here = environment()["processor"]
        found = read_records(results).records if results.is_dir() else ()
        self._records: Sequence[Record] = sorted(
            (
                record
                for record in found
                if record.status is Status.DONE and record.environment.get("processor") == here
            ),
            key=lambda record: record.finished,
        )

    def about(self, cell: Likeness) -> Lesson | None:
        """The newest record that is most alike: same extractor, task and probe; same task and probe; same probe.

        Its seconds are scaled by words and members. None where no record has the probe.
        """
        best, closest = None, 0
        for record in self._records:
            same = (record.probe == cell.probe) * (
                1 + 2 * (record.task == cell.task) + (record.task == cell.task and record.extractor == cell.extractor)
            )
            if same and same >= closest and _words(record):
                best, closest = record, same
        if best is None:
            return None
        scale = cell.words / _words(best) * cell.members / max(len(best.training), 1)
        seconds = sum(phase.seconds for phase in best.phases if phase.name not in _BEFORE_TRAINING)
        memory = max((phase.peak_memory_bytes for phase in best.phases), default=0)
        times = "" if 0.95 < scale < 1.05 else f", times {scale:.2g}"
        return Lesson(seconds * scale, memory, f"record of {best.extractor} x {best.task}{times}")


def _words(record: Record) -> int:
    words = record.alignment.get("train", record.alignment.get("test", {})).get("words", 0)
    return int(words)
