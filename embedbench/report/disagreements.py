"""Targets on which one extractor is right and another is wrong: what a difference between two scores is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from embedbench.report.answers import Answers
from embedbench.report.options import ReportOptions

Texts = Mapping[int, tuple[str, ...]]
"""By target: what stands before, in and after each of its spans, in turn; see `embedbench.report.texts`."""


def disagreements(answers: Answers, options: ReportOptions) -> dict[str, Any] | None:
    """Some targets on which extractors disagree, chosen so that every pair with the best is served both ways.

    An extractor's answer is that of most of its seeds, the lowest label of equals. None where the answers are no labels
    or fewer than two cells answered.

    Returns:
        `targets` and `sentences`: their numbers; `gold`; `said`: by row, the answer to each; `right`: by row, how many
        targets of the whole test set it got right; `only`: by row, how many it alone of (itself, best) got right, and
        the best alone.
    """
    if not answers.label_names or len(answers.cells) < 2:
        return None
    votes = [_majority(rows.astype(np.int64), len(answers.label_names)) for rows in answers.predicted]
    right = [vote == answers.gold for vote in votes]
    chosen = _chosen(right, options.examples)
    sentences = answers.clusters if answers.sentences is None else answers.sentences
    return {
        "targets": answers.targets[chosen].tolist(),
        "sentences": sentences[chosen].tolist(),
        "gold": answers.gold[chosen].astype(int).tolist(),
        "said": {cell.row: vote[chosen].tolist() for cell, vote in zip(answers.cells, votes, strict=True)},
        "asked": len(answers.gold),
        "best": answers.cells[0].row,
        "only": {
            cell.row: [int((mine & ~right[0]).sum()), int((right[0] & ~mine).sum())]
            for cell, mine in zip(answers.cells, right, strict=True)
        },
    }


def _majority(rows: Int64[np.ndarray, "seeds targets"], n_labels: int) -> Int64[np.ndarray, "targets"]:
    if len(rows) == 1:
        return np.asarray(rows[0])
    counts = np.zeros((rows.shape[1], n_labels), np.int16)
    for row in rows:
        counts[np.arange(len(row)), row] += 1
    return np.asarray(counts.argmax(axis=1))


def _chosen(right: list[Bool[np.ndarray, "targets"]], bound: int) -> Int64[np.ndarray, "chosen"]:
    """Numbers of targets, ascending; the pairs of the best with each rival take turns until the bound is met."""
    wanted = [
        iter(_spread(np.flatnonzero(mask))) for rival in right[1:] for mask in (right[0] & ~rival, rival & ~right[0])
    ]
    found: dict[int, None] = {}
    while wanted and len(found) < bound:
        still = []
        for queue in wanted:
            place = next((p for p in queue if p not in found), None)
            if place is not None and len(found) < bound:
                found[place] = None
                still.append(queue)
        wanted = still
    return np.array(sorted(found), np.int64)


def _spread(places: np.ndarray) -> Iterator[int]:
    """The places, so that the first few come from all over the test set: by halves, quarters, eighths."""
    seen: set[int] = set()
    step = 2
    while len(seen) < len(places) and step <= 2 * max(2, len(places)):
        for part in range(1, step, 2):
            at = len(places) * part // step
            if at not in seen:
                seen.add(at)
                yield int(places[at])
        step *= 2
    yield from (int(p) for k, p in enumerate(places) if k not in seen)
