"""Which scores a paired test cannot separate from the best of their group, or from a reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from embedbench.errors import ContractError, DataError
from embedbench.reporting.options import IntervalStyle
from embedbench.reporting.pairing import PairedPredictions
from embedbench.reporting.placing import Placed
from embedbench.reporting.sheet import TIED_MARK
from embedbench.reporting.units import printed, printed_difference
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.paired import SIGNIFICANCE, compare, holm, permutation_p

RESAMPLES = Bootstrap()
"""Of the tests behind the marks: as `embedbench compare` has them."""


@dataclass(frozen=True)
class Tested:
    """What the tests found, by place; without tests, nothing.

    Attributes:
        notes: the legend, and what could not be tested.
    """

    notes: tuple[str, ...] = ()
    _p: dict[int, float] = field(default_factory=dict)
    _ends: dict[int, tuple[float, float]] = field(default_factory=dict)

    def tied(self, one: Placed) -> bool:
        """Whether the test was made and could not separate it."""
        return self._p.get(id(one), 0.0) >= SIGNIFICANCE

    def interval(self, one: Placed, style: IntervalStyle) -> str:
        """The paired interval of the difference, if there is one."""
        ends = self._ends.get(id(one))
        if ends is None or one.score is None or style is IntervalStyle.NONE:
            return ""
        low, high = ends
        name = one.score.metric
        if style is IntervalStyle.BRACKETS:
            return f"[{printed_difference(name, low)}, {printed_difference(name, high)}]"
        return f"±{printed(name, (high - low) / 2)}"


def paired_tests(
    pairs: Sequence[tuple[Placed, Placed]],
    predictions: PairedPredictions,
    against: str,
    *,
    intervals: bool = False,
) -> Tested:
    """The tests of every pair, corrected by Holm's method over all that could be made: the whole table is one family.

    Args:
        pairs: a score and what it is tested against, of every column.
        predictions: where predictions are found.
        against: the words for the second of every pair.
        intervals: whether the paired bootstrap is made too.
    """
    done: list[Placed] = []
    found: list[float] = []
    ends: dict[int, tuple[float, float]] = {}
    untested: dict[str, list[str]] = {}
    for one, other in pairs:
        try:
            value, low, high = _test(one, other, predictions, intervals)
        except (DataError, ContractError) as error:
            untested.setdefault(str(error), []).append(f"{one.record.extractor} x {one.record.task}")
            continue
        done.append(one)
        found.append(value)
        if intervals:
            ends[id(one)] = (low, high)
    p = {id(one): corrected for one, corrected in zip(done, holm(found), strict=True)}
    tests = f"{len(found):,} test{'' if len(found) == 1 else 's'}"
    notes = [
        f"{TIED_MARK}: not separated from {against} (paired permutation test over clusters, {RESAMPLES.resamples:,} "
        f"resamples, p ≥ {SIGNIFICANCE} after Holm's correction over the whole table, {tests}); no mark: separated"
    ]
    if intervals:
        notes.append("intervals of differences are of the paired bootstrap")
    notes += [f"not tested: {', '.join(cells)}: {why}" for why, cells in untested.items()]
    return Tested(tuple(notes), p, ends)


def _test(one: Placed, other: Placed, predictions: PairedPredictions, intervals: bool) -> tuple[float, float, float]:
    first, second = one.score, other.score
    if first is None or second is None:
        raise DataError("one of the two has no score")
    if first.split != "test" or first.metric != one.record.metric:
        raise DataError("only the main metric of a task on test has predictions to test on")
    pair = predictions.pair((one.record, other.record), (first.mix, second.mix), first.labels, first.subset)
    sides = (pair.metric, pair.gold, pair.first, pair.second, pair.context)
    if not intervals:
        if pair.context.n_clusters < 2:
            raise DataError(f"{pair.context.n_clusters} cluster cannot be swapped")
        return permutation_p(*sides, RESAMPLES), 0.0, 0.0
    found = compare(*sides, RESAMPLES)
    return found.p, found.low, found.high
