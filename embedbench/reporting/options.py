"""What a reader can ask of a table."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from embedbench.reporting.only import Only
from embedbench.scoring.subsets import WHOLE

ALL = "all"
"""Instead of one split, label column or subset: every one of them (rows only)."""

BEST = "best"
"""Instead of one mix: the single layer that was best on dev."""


class Format(enum.StrEnum):
    """How a table is written."""

    RICH = "rich"
    MD = "md"
    LATEX = "latex"
    HTML = "html"
    CSV = "csv"
    JSON = "json"

    @property
    def is_rows(self) -> bool:
        """Whether it is one row per score for programs, rather than a table for readers."""
        return self in (Format.CSV, Format.JSON)


class IntervalStyle(enum.StrEnum):
    """How the 95 % interval stands beside a value."""

    PLUS_MINUS = "plus_minus"
    """Half its width."""
    BRACKETS = "brackets"
    """Both ends; the interval need not be symmetric."""
    NONE = "none"


@dataclass(frozen=True)
class TableOptions:
    """What a table shows.

    Attributes:
        mix: a mix's label, or `best` for the single layer chosen on dev. By default a table shows `scalar`, and `mean`
            where nothing is trained; rows show every mix.
        metric: a metric's name; by default each task's own in a table, every one in rows.
        split: the split; rows also take `all`.
        labels: `task`, or `control` for the control task; rows also take `all`.
        subset: `whole`, or the subset of test targets that is scored; rows also take `all`.
        format: how it is written.
        interval: how the interval is written.
        tasks: these columns in this order; by default all, by name.
        extractors: these rows in this order; by default all, by name.
        selectivity: a second table of task minus control.
        rows: what a row is: parts of cells and scores (`embedbench.reporting.dimensions`) and options of the
            configuration.
        columns: what a column is.
        only: which cells and scores are kept.
        sort: the column by whose values the rows stand, the best first; by default they stand by name.
        relative_to: the extractor from whose values all others are told as differences; None tells the values.
        paired: whether rows are tested against the best of their column, or against `relative_to`, on predictions.
        standalone: whether LaTeX is a whole document.
        color: whether the terminal understands bold; otherwise the best is marked by a character.
    """

    mix: str | None = None
    metric: str | None = None
    split: str = "test"
    labels: str = "task"
    subset: str = WHOLE
    format: Format = Format.RICH
    interval: IntervalStyle = IntervalStyle.PLUS_MINUS
    tasks: tuple[str, ...] = ()
    extractors: tuple[str, ...] = ()
    selectivity: bool = False
    rows: tuple[str, ...] = ("extractor",)
    columns: tuple[str, ...] = ("task",)
    only: Only = field(default_factory=Only)
    sort: str | None = None
    relative_to: str | None = None
    paired: bool = False
    standalone: bool = False
    color: bool = False

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Everything that rows and columns tell apart."""
        return (*self.rows, *self.columns)
