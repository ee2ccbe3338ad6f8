"""Which labels are found and which are taken for which others, per extractor; counts of all seeds together."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int64

from embedbench.report.answers import Answers
from embedbench.report.options import ReportOptions

OTHERS = "(other labels)"
"""What the rarer labels are called together."""


def label_tables(answers: Answers, options: ReportOptions) -> dict[str, Any] | None:
    """Scores per label and a confusion for every cell; None where the answers are no labels.

    Returns:
        `labels`: names of the labels with scores of their own, the commonest in gold first, and `support`, their gold
        targets; `shown` of `known` says how many labels there are. `cells`: by row `scores`, one
        `[precision, recall, f1]` in percent per label, and `confusion`, gold by predicted, in percent of the gold
        targets of a label, over the labels `confused` (the last may stand for all others).
    """
    names = answers.label_names
    if not names or not answers.cells:
        return None
    n = len(names)
    support = np.bincount(answers.gold.astype(np.int64), minlength=n)[:n]
    order = np.argsort(-support, kind="stable")
    order = order[support[order] > 0]
    scored = order[: options.label_scores]
    told = order if len(order) <= options.labels else order[: options.labels - 1]
    # Predicted labels that no gold target has are among the others too.
    place = np.full(n, len(told), np.int64)
    place[told] = np.arange(len(told))
    rest = bool(len(told) < n)
    cells = {}
    for cell, rows in zip(answers.cells, answers.predicted, strict=True):
        counts = np.zeros((n, n), np.int64)
        for row in rows:
            counts += _counts(answers.gold.astype(np.int64), row.astype(np.int64), n)
        cells[cell.row] = {
            "scores": [[round(v, 1) for v in triple] for triple in _scores(counts)[scored].tolist()],
            "confusion": _confusion(counts, place, len(told) + rest),
        }
    return {
        "labels": [names[k] for k in scored],
        "support": support[scored].tolist(),
        "known": len(order),
        "confused": [names[k] for k in told] + ([OTHERS] if rest else []),
        "cells": cells,
    }


def _counts(
    gold: Int64[np.ndarray, "targets"], predicted: Int64[np.ndarray, "targets"], n: int
) -> Int64[np.ndarray, "labels labels"]:
    return np.bincount(gold * n + predicted, minlength=n * n).reshape(n, n).astype(np.int64)


def _scores(counts: Int64[np.ndarray, "labels labels"]) -> np.ndarray:
    """Precision, recall and F1 in percent, a row per label; 0 where a label was never said or never right."""
    right, gold, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    quotients = [np.divide(100.0 * right, d, out=np.zeros(len(right)), where=d > 0) for d in (said, gold)]
    both = (gold + said).astype(np.float64)
    f1 = np.divide(200.0 * right, both, out=np.zeros(len(right)), where=both > 0)
    return np.stack([*quotients, f1], axis=1)


def _confusion(counts: np.ndarray, place: np.ndarray, size: int) -> list[list[float]]:
    """Gold by predicted in percent of each gold label, over the labels told apart and the others together."""
    folded = np.zeros((size, size))
    np.add.at(folded, (place[:, None], place[None, :]), counts)
    # In the corner of the others, one rare label taken for another counts like one that is right.
    totals = folded.sum(axis=1, keepdims=True)
    shares = np.divide(100.0 * folded, totals, out=np.zeros_like(folded), where=totals > 0)
    return [[round(float(v), 1) for v in row] for row in shares]
