"""Seconds and peak memory of each phase of a cell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class PhaseCost:
    """What one phase cost: wall-clock seconds, and the largest resident memory of the process, in bytes."""

    name: str
    seconds: float
    peak_memory_bytes: int


@dataclass
class Stopwatch:
    """Collects the cost of phases, in the order in which they ended.

    Attributes:
        phases: of those that ended.
        begins: told the name of every phase that begins.
    """

    phases: list[PhaseCost] = field(default_factory=list)
    begins: Callable[[str], None] = lambda _name: None

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measures what happens inside; also when it raises.

        Resident memory counts memory-mapped pages that are in memory, which the operating system can drop.
        """
        import psutil

        self.begins(name)
        process = psutil.Process()
        peak = int(process.memory_info().rss)
        ended = threading.Event()

        def sample() -> None:
            nonlocal peak
            while not ended.wait(_SAMPLE_SECONDS):
                peak = max(peak, int(process.memory_info().rss))

        sampler = threading.Thread(target=sample, daemon=True, name="peak-memory")
        started = time.perf_counter()
        sampler.start()
        try:
            yield
        finally:
            ended.set()
            sampler.join()
            peak = max(peak, int(process.memory_info().rss))
            self.phases.append(PhaseCost(name, time.perf_counter() - started, peak))
