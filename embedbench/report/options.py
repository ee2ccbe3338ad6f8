"""How much a report holds; every bound is said on the page where it was met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportOptions:
    """What a report shows.

    Attributes:
        title: the page's heading.
        extractors: these in this order; by default all, by name.
        tasks: these in this order; by default all, by name.
        tests: paired tests in all; tasks share them, the best against its nearest rivals first.
        resamples: swaps of each test.
        opened: cells whose predictions are read (for tests, labels and disagreements); of every task the best ones.
        labels: labels told apart in a confusion; the rarer ones are counted together.
        label_scores: labels with scores of their own; the commonest.
        examples: targets per task that extractors disagree about.
        trace: whether a failed cell's traceback is on the page; it may hold names of folders.
    """

    title: str = "Embedding comparison"
    extractors: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    tests: int = 400
    resamples: int = 4_999
    opened: int = 400
    labels: int = 14
    label_scores: int = 60
    examples: int = 40
    trace: bool = True
