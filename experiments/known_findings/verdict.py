"""Effects and what they say of a claim: pass, fail or inconclusive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedbench.results.schema import Score


@dataclass(frozen=True)
class Effect:
    """A figure with its 95 % interval, in the units of the finding."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    @classmethod
    def of_range(cls, values: Sequence[float] | np.ndarray) -> Effect:
        """The mean of a few values, with the least and the greatest as its interval."""
        return cls(float(np.mean(values)), float(np.min(values)), float(np.max(values)))

    @classmethod
    def of_score(cls, score: Score) -> Effect:
        """A score with its own interval, in points."""
        return cls(100 * score.value, 100 * score.low, 100 * score.high)

    def unpaired_minus(self, other: Effect) -> Effect:
        """The difference of two scores, wide enough for any dependence between them."""
        return Effect(self.value - other.value, self.low - other.high, self.high - other.low)


@dataclass(frozen=True)
class Line:
    """One line of the table: what is claimed, what was found, and whether that supports it.

    Attributes:
        finding: its number in the list.
        kind: H, a hard invariant; D, a direction with a threshold; R, reported only.
        claim: in words, with the threshold.
        found: in words.
        verdict: pass, fail, inconclusive or reported.
    """

    finding: int
    kind: str
    claim: str
    found: str
    verdict: str


def at_least(finding: int, claim: str, effect: Effect, threshold: float) -> Line:
    """Passes when the interval lies above the threshold; fails when it lies below.

    In between it also passes when the figure reaches the threshold and the interval excludes 0 (the criterion of most
    published comparisons); otherwise it is inconclusive.
    """
    if effect.high < threshold:
        verdict = "fail"
    elif effect.low >= threshold or (effect.value >= threshold and effect.low > 0):
        verdict = "pass"
    else:
        verdict = "inconclusive"
    return Line(finding, "D", claim, str(effect), verdict)


def not_below(finding: int, claim: str, effect: Effect, threshold: float) -> Line:
    """Passes when the figure reaches the (negative) threshold; fails when the interval lies below."""
    verdict = "pass" if effect.value >= threshold else "fail" if effect.high < threshold else "inconclusive"
    return Line(finding, "D", claim, str(effect), verdict)


def direction(finding: int, claim: str, found: str, holds: bool) -> Line:
    """A direction of figures that have no interval."""
    return Line(finding, "D", claim, found, "pass" if holds else "fail")


def invariant(finding: int, claim: str, found: str, holds: bool) -> Line:
    """A hard invariant: there is no middle."""
    return Line(finding, "H", claim, found, "pass" if holds else "fail")


def reported(finding: int, claim: str, found: str) -> Line:
    """Shown, not judged."""
    return Line(finding, "R", claim, found, "reported")
