"""What a self-test is: a check with an expected and a found answer, and how a battery of them runs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from embedbench.errors import ConfigurationError, EmbedbenchError

T = TypeVar("T")


class Verdict(StrEnum):
    """How a check ended."""

    PASS = "PASS"
    FAIL = "FAIL"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        got: the answer, as printed.
        right: whether it is the expected one.
    """

    got: str
    right: bool


class Skipped(Exception):  # noqa: N818 - nothing is wrong
    """A check cannot run here; the message says what is missing and how to get it."""


@dataclass
class Workplace:
    """What checks share while a battery runs.

    Attributes:
        folder: an empty folder that is removed afterwards.
        data: where data sets are looked for.
    """

    folder: Path
    data: Path
    _made: dict[str, Any] = field(default_factory=dict)

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` gives, made at most once per battery: several lines may be about one cell."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made


@dataclass(frozen=True)
class Check:
    """One line of the self-test.

    Attributes:
        name: as `--only` takes it.
        expected: the known answer, as printed.
        run: finds the answer. Its docstring says what it proves and which defect it would catch.
    """

    name: str
    expected: str
    run: Callable[[Workplace], Finding]

    @property
    def proves(self) -> str:
        """The first line of the docstring of `run`."""
        return next(iter((self.run.__doc__ or "").strip().splitlines()), "")


@dataclass(frozen=True)
class Line:
    """One printed line.

    Attributes:
        name: of the check.
        expected: the known answer.
        got: the found one, what is missing, or the error.
        verdict: whether they agree.
        seconds: wall time.
    """

    name: str
    expected: str
    got: str
    verdict: Verdict
    seconds: float


def choose(checks: Sequence[Check], names: Sequence[str]) -> tuple[Check, ...]:
    """The checks of these names, in the order of the battery; all of them where no name is given.

    Raises:
        ConfigurationError: there is no check of that name; the message lists what there is.
    """
    known = [check.name for check in checks]
    for name in names:
        if name not in known:
            raise ConfigurationError(f"there is no self-test called {name!r}; there are {', '.join(known)}")
    return tuple(check for check in checks if not names or check.name in names)


@contextmanager
def workplace(data: Path) -> Iterator[Workplace]:
    """A place for one battery, whose folder is removed afterwards; `data` is where data sets are looked for."""
    with tempfile.TemporaryDirectory(prefix="embedbench-selftest-") as folder:
        yield Workplace(Path(folder), data)


def run_check(check: Check, place: Workplace) -> Line:
    """The line of a check. One that raises has failed; the others can go on."""
    started = time.perf_counter()
    try:
        finding = check.run(place)
        got, verdict = finding.got, Verdict.PASS if finding.right else Verdict.FAIL
    except Skipped as missing:
        got, verdict = f"skipped: {missing}", Verdict.SKIPPED
    except EmbedbenchError as error:
        got, verdict = str(error), Verdict.FAIL
    except Exception as error:  # a broken instrument may raise anything, and the other lines still tell where
        got, verdict = f"{type(error).__name__}: {error}", Verdict.FAIL
    return Line(check.name, check.expected, got, verdict, round(time.perf_counter() - started, 2))
