"""What became of a cell; a failure is a record too, with as much as is known of the cell."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedbench.environment import environment
from embedbench.errors import ConfigurationError, EmbedbenchError
from embedbench.fingerprint import fingerprint
from embedbench.measuring import Stopwatch
from embedbench.results.schema import Failure, Phase, Record, Status
from embedbench.results.writing import cell_folder, write_record


@dataclass(frozen=True)
class Outcome:
    """What became of a cell.

    Attributes:
        record: what is on disk now.
        folder: where.
        skipped: whether the cell was finished before.
        wrong_usage: whether it failed because the user asked for something that does not exist or fit together.
    """

    record: Record
    folder: Path
    skipped: bool = False
    wrong_usage: bool = False

    @property
    def word(self) -> str:
        """How the cell ended: done, skipped, failed, or refused for wrong usage."""
        if self.wrong_usage:
            return "refused"
        return "skipped" if self.skipped else self.record.status.value


def failed(
    names: tuple[str, str, str],
    config: Mapping[str, Any],
    error: Exception,
    results: Path,
    *,
    watch: Stopwatch | None = None,
    started: str | None = None,
) -> Outcome:
    """The written record of a cell that failed.

    Args:
        names: of extractor, task and probe, as far as the cell came to have them.
        config: the configuration; it decides the identity of the failure.
        error: what went wrong.
        results: the record goes below it; where it cannot be written (a full disk), it is in the outcome all the same.
        watch: the phases so far; None for a cell that could not even be built.
        started: when; None is now.
    """
    record = _record(names, config, error, watch or Stopwatch(), started or now())
    folder = cell_folder(results, record.extractor, record.task, record.probe, record.identity)
    # On a full disk not even the failure can be kept; its sentence still reaches the user.
    with contextlib.suppress(OSError):
        write_record(results, record)
    return Outcome(record, folder, wrong_usage=isinstance(error, ConfigurationError))


def _record(
    names: tuple[str, str, str], config: Mapping[str, Any], error: Exception, watch: Stopwatch, started: str
) -> Record:
    extractor, task, probe = names
    limit = config.get("limit")
    # A sentence of ours or of the system stands for itself; anything else is a defect, and its traceback helps.
    said = isinstance(error, EmbedbenchError | OSError)
    trace = "" if said else "".join(traceback.format_exception(error))
    message = str(error) if isinstance(error, EmbedbenchError) else f"{type(error).__name__}: {error}"
    return Record(
        status=Status.FAILED,
        # The identity needs files that may be the very thing that is missing; the configuration is always there.
        identity=fingerprint("failed", config),
        extractor=extractor,
        task=task,
        probe=probe,
        metric="",
        config=dict(config),
        environment=environment(),
        phases=phases_of(watch),
        limit=limit if isinstance(limit, int) else None,  # a wrong one may be why the cell failed
        started=started,
        finished=now(),
        error=Failure(type(error).__name__, message, trace),
    )


def phases_of(watch: Stopwatch) -> tuple[Phase, ...]:
    """The cost of every phase that ended, for the record."""
    return tuple(Phase(cost.name, round(cost.seconds, 3), cost.peak_memory_bytes) for cost in watch.phases)


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
