"""A promise and what asking it found: the one form of every contract, on the command line, in tests and in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Subject = TypeVar("Subject")


@dataclass(frozen=True)
class CheckResult:
    """What one check of a contract found.

    Attributes:
        name: what is promised.
        passed: whether the promise is kept.
        detail: what was measured, or the error.
        required: False for what is only reported, because good components differ in it.
    """

    name: str
    passed: bool
    detail: str
    required: bool = True

    @property
    def failed(self) -> bool:
        """Whether this breaks the contract."""
        return self.required and not self.passed


@dataclass(frozen=True)
class Promise(Generic[Subject]):
    """What every component of a kind keeps, and how it is asked.

    Attributes:
        name: what is promised.
        ask: whether it is kept, and what was measured; may raise anything.
        required: False for what is only reported.
    """

    name: str
    ask: Callable[[Subject], tuple[bool, str]]
    required: bool = True


def ask_all(promises: Sequence[Promise[Subject]], subject: Subject) -> list[CheckResult]:
    """One result per promise, in order. Never raises: an error in the component is a failed check."""
    return [_asked(promise, subject) for promise in promises]


def _asked(promise: Promise[Subject], subject: Subject) -> CheckResult:
    try:
        passed, detail = promise.ask(subject)
    except Exception as error:  # whatever a component throws is a finding
        passed, detail = False, f"{type(error).__name__}: {error}"
    return CheckResult(promise.name, passed, detail, promise.required)
