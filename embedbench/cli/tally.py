"""How far work has come and how long it will still take, from what it has told so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_MEASURED = ("done", "equal", "differing")
"""How cells end whose time tells how long others will take."""


@dataclass
class RunningPhase:
    """One phase under way.

    Attributes:
        name: such as `extract minilm`.
        total: units in all.
        unit: what is counted, such as `words`.
        started: seconds on the monotonic clock.
        done: units done.
        doing: what is under way, such as `members training: 61`; may be empty.
        told_at: when the last units were done.
    """

    name: str
    total: int
    unit: str
    started: float = field(default_factory=time.monotonic)
    done: int = 0
    doing: str = ""
    told_at: float = field(default_factory=time.monotonic)

    def advance(self, done: int, doing: str, now: float) -> None:
        """Units were done since the last call; what is under way stays where nothing is said."""
        self.done += done
        self.doing = doing or self.doing
        if done:
            self.told_at = now

    @property
    def rate(self) -> float | None:
        """Units per second up to the last that were done; None before."""
        seconds = self.told_at - self.started
        return self.done / seconds if self.done and seconds > 0 else None

    def left(self, now: float) -> float | None:
        """Seconds until the end at that rate; None where there is none yet."""
        rate = self.rate
        # Units that come in large portions, such as shards, let the time since the last portion count.
        return None if rate is None else max(0.0, (self.total - self.done) / rate - (now - self.told_at))

    def told(self, now: float) -> str:
        """One phrase: units, units per second, time left, what is under way."""
        rate, left = self.rate, self.left(now)
        parts = [f"{self.done:,}/{self.total:,} {self.unit}"]
        if rate is not None and left is not None:
            # A long unit is not said twice: on a terminal of 80 columns the time left would be cut off.
            unit = f" {self.unit}" if len(self.unit) <= 8 else ""
            parts += [f"{rate:,.0f}{unit}/s" if rate >= 10 else f"{rate:.2g}{unit}/s", f"{clock(left)} left"]
        parts += [self.doing]
        return ", ".join(part for part in parts if part)


@dataclass
class Tally:
    """What has become of the cells of a command.

    Attributes:
        total: how many there will be; None where that is not known.
        counts: by how they ended.
        seconds: of every cell that was measured, not skipped or failed.
        started: of the command, on the monotonic clock.
    """

    total: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def ended(self, status: str, seconds: float) -> None:
        """One more cell has ended."""
        self.counts[status] = self.counts.get(status, 0) + 1
        if status in _MEASURED:
            self.seconds.append(seconds)

    @property
    def n_ended(self) -> int:
        """Cells that ended, however."""
        return sum(self.counts.values())

    def left(self, of_this_one: float) -> float | None:
        """Seconds until the end, if the cells to come take as long as those measured and none is skipped.

        Args:
            of_this_one: seconds that the cell under way has taken.

        Returns:
            None before any cell was measured, or where nobody knows how many there will be.
        """
        if self.total is None or not self.seconds:
            return None
        mean, cells = sum(self.seconds) / len(self.seconds), self.total - self.n_ended
        return 0.0 if cells <= 0 else max(0.0, mean - of_this_one) + mean * (cells - 1)

    def told(self, now: float, of_this_one: float) -> str:
        """One phrase: cells, how they ended, time passed and left."""
        left = self.left(of_this_one)
        parts = [f"{self.n_ended:,}/{self.total:,}" if self.total is not None else f"{self.n_ended:,}"]
        parts += [f"{self.counts[status]:,} {status}" for status in sorted(self.counts)]
        parts += [clock(now - self.started) + (f", about {clock(left)} left" if left is not None else "")]
        return " · ".join(parts)


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours and days where there are any.

    >>> clock(9.6), clock(3723.0), clock(200_000.0)
    ('0:10', '1:02:03', '2 d 7:33:20')
    """
    whole = round(seconds)
    days, hours, minutes, rest = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60, whole % 60
    short = f"{hours}:{minutes:02}:{rest:02}" if whole >= 3_600 else f"{minutes}:{rest:02}"
    return f"{days} d {short}" if days else short
