"""How many bits one extractor's online code of the train labels is longer or shorter than another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedbench.probing.codelength import CODELENGTH
from embedbench.results.schema import Record, Score


@dataclass(frozen=True)
class CodeDifference:
    """The codes of the same train labels in the same order by two extractors, in bits.

    Attributes:
        first: length of the first's code, the mean over seeds.
        second: of the second's.
        low: least difference (first minus second) over seeds; both sides of a seed shuffle the targets alike.
        high: greatest.
        n: train targets.
    """

    first: float
    second: float
    low: float
    high: float
    n: int

    @property
    def difference(self) -> float:
        """First minus second: negative where the first is shorter, that is better."""
        return self.first - self.second


def code_difference(
    records: tuple[Record, Record], mixes: tuple[str, str], labels: str
) -> tuple[CodeDifference | None, str]:
    """The difference of two cells' codes, or None and why; why is empty where neither cell has a code."""
    found = [_code(record, mix, labels) for record, mix in zip(records, mixes, strict=True)]
    first, second = found
    if first is None or second is None:
        lacking = [record.extractor for record, code in zip(records, found, strict=True) if code is None]
        why = f"{lacking[0]} has no codelength; run it with codelength=true" if len(lacking) == 1 else ""
        return None, why
    prints = [record.fingerprints.get("corpus.train") for record in records]
    if prints[0] != prints[1] or (first.n, len(first.per_seed)) != (second.n, len(second.per_seed)):
        return None, "the codes are not of the same train labels (another limit, or other seeds)"
    per_seed = np.subtract(first.per_seed, second.per_seed)
    return CodeDifference(first.value, second.value, float(per_seed.min()), float(per_seed.max()), first.n), ""


def code_lines(codes: Sequence[tuple[str, CodeDifference]], names: tuple[str, str]) -> list[str]:
    """A line per task."""
    return [
        f"codelength of {task}: {names[0]} {code.first:,.0f} bits, {names[1]} {code.second:,.0f} bits; difference "
        f"{code.difference:+,.0f} bits (over seeds {code.low:+,.0f} to {code.high:+,.0f}), "
        f"{code.difference / code.n:+.3f} per train target; shorter is better"
        for task, code in codes
    ]


def _code(record: Record, mix: str, labels: str) -> Score | None:
    wanted = (mix, labels, CODELENGTH)
    return next((s for s in record.scores if (s.mix, s.labels, s.metric) == wanted), None)
