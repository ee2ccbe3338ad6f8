"""Which test targets two cells are compared on: those of a subset, and those whose words both extractors know."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from embedbench.errors import DataError
from embedbench.results.predictions import subset_column
from embedbench.results.schema import LEFT_OUT, Record

_OF_ALL_WORDS = ("purity",)
"""Metrics of what was made of all words that an extractor knows: fewer words would have made other clusters."""


def common_targets(
    pair: Sequence[Record], frames: Sequence[pl.DataFrame]
) -> tuple[list[pl.DataFrame], tuple[int, int]]:
    """The predictions of both on the targets that neither left out, and how many only the first, only the second has.

    Nothing is dropped of cells that left no target out for unknown words: other targets are another test then, which is
    for the caller to refuse.

    Raises:
        DataError: targets were left out, and there is none in common, or the metric is not one of single targets.
    """
    left = [record.alignment.get("test", {}).get(LEFT_OUT, 0) for record in pair]
    known = [set(frame["target"].to_list()) for frame in frames]
    if not any(left) or known[0] == known[1]:
        return list(frames), (0, 0)
    if pair[0].metric in _OF_ALL_WORDS:
        raise DataError(f"the two extractors know different words, and {pair[0].metric} is of all words together")
    common = known[0] & known[1]
    if not common:
        raise DataError("the two extractors have no target in common whose words both know")
    shared = [frame.filter(pl.col("target").is_in(sorted(common))) for frame in frames]
    return shared, (len(known[0] - common), len(known[1] - common))


def in_subset(frame: pl.DataFrame, subset: str) -> pl.DataFrame:
    """The targets of one subset.

    Raises:
        DataError: the cell has no such subset.
    """
    column = subset_column(subset)
    if column not in frame.columns:
        there = [name.partition("|")[2] for name in frame.columns if name.startswith(subset_column(""))]
        raise DataError(
            f"a cell has no subset {subset!r}; "
            + (f"there are: {', '.join(there)}" if there else "the task has none, or the record is older than they are")
        )
    return frame.filter(pl.col(column))
