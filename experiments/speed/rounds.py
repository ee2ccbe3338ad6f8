"""Ways to do the same work, timed in turn round after round, so that what else the machine does hits all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil

_DISTURBED = 0.1
"""A round counts as disturbed when other processes took more than this share of the machine during one of its ways."""


@dataclass(frozen=True)
class Measured:
    """Seconds of every way in every round.

    Attributes:
        seconds: by way, one number per round.
        others: the largest share of the processor time of all cores that other processes took, per round.
    """

    seconds: Mapping[str, list[float]]
    others: list[float] = field(default_factory=list)

    @property
    def kept(self) -> list[int]:
        """The rounds that nobody disturbed; all of them when every one was disturbed."""
        quiet = [number for number, share in enumerate(self.others) if share <= _DISTURBED]
        return quiet or list(range(len(self.others)))

    @property
    def disturbed(self) -> bool:
        """Whether no round was quiet."""
        return all(share > _DISTURBED for share in self.others)

    def ratio(self, slow: str, fast: str) -> dict[str, Any]:
        """How many times faster `fast` is: median and range over the kept rounds of the ratio within each round."""
        pairs = list(zip(self.seconds[slow], self.seconds[fast], strict=True))
        return spread([pairs[number][0] / pairs[number][1] for number in self.kept])

    def per_second(self, way: str, amount: float) -> dict[str, Any]:
        """`amount` of work per second of a way: median and range over the kept rounds."""
        return spread([amount / self.seconds[way][number] for number in self.kept])

    def account(self) -> dict[str, Any]:
        """Seconds, and which rounds count."""
        return {
            "seconds": {way: [round(value, 4) for value in found] for way, found in self.seconds.items()},
            "share_of_others": [round(share, 3) for share in self.others],
            "rounds_kept": len(self.kept),
            "all_rounds_disturbed": self.disturbed,
        }


def share(rate: Mapping[str, Any], of: float) -> dict[str, Any]:
    """A rate as a fraction of a limit in the same unit."""
    return {name: value if name == "rounds" else _digits(value / of) for name, value in rate.items()}


def spread(values: list[float]) -> dict[str, Any]:
    """Median, lowest and highest of some rounds."""
    return {
        "median": _digits(statistics.median(values)),
        "lowest": _digits(min(values)),
        "highest": _digits(max(values)),
        "rounds": len(values),
    }


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


def interleaved(
    ways: Mapping[str, Callable[[], float]],
    rounds: int,
    companions: tuple[psutil.Process, ...] = (),
    moment: Callable[[], object] = lambda: None,
) -> Measured:
    """Every way once per round; the order turns, so that none always comes first.

    Args:
        ways: each does the work once and returns its seconds.
        rounds: how many.
        companions: processes that work for a way; their time is not that of others.
        moment: called before every round and at the end, not timed: measures the machine's limits.
    """
    names = list(ways)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    others = []
    for number in range(rounds):
        moment()
        turned = names[number % len(names) :] + names[: number % len(names)]
        shares = []
        for name in turned:
            start, busy, own = time.perf_counter(), _busy(), _own(companions)
            seconds[name].append(ways[name]())
            wall = (time.perf_counter() - start) * (psutil.cpu_count() or 1)
            shares.append(max(0.0, (_busy() - busy) - (_own(companions) - own)) / wall)
        others.append(max(shares))
        told = ", ".join(f"{name} {seconds[name][-1]:.3f} s" for name in names)
        print(f"round {number + 1}: {told}; others took {others[-1]:.0%} of the machine", flush=True)
    moment()
    return Measured(seconds, others)


def timed(run: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _busy() -> float:
    """Processor seconds of everybody since the start of the machine, and what its host took away (steal)."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def _own(companions: tuple[psutil.Process, ...]) -> float:
    return sum(sum(process.cpu_times()[:4]) for process in (psutil.Process(), *companions))
