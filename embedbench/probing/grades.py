"""Grades on a scale of whole numbers, as distributions over the whole grades beside them, and back (Tai et al. 2015).

A label column of whole numbers holds classes; a column of floating-point numbers holds grades, counted from the lowest
of the scale: 0 to n_labels - 1.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float32, Float64, Real
from torch import Tensor

from embedbench.errors import ContractError


def grade_distributions(
    grades: Float32[Tensor, "members batch"], n_labels: int
) -> Float32[Tensor, "members labels batch"]:
    """The distribution whose mean is the grade, on the whole grades below and above it (their equation 15).

    >>> grade_distributions(torch.tensor([[2.25, 3.0]]), 4)[0].T.tolist()
    [[0.0, 0.0, 0.75, 0.25], [0.0, 0.0, 0.0, 1.0]]
    """
    steps = torch.arange(n_labels, dtype=grades.dtype).view(1, -1, 1)
    return (1 - (grades.unsqueeze(1) - steps).abs()).clamp_min_(0)


def mean_grades(scores: Float32[Tensor, "members labels batch"]) -> Float32[Tensor, "members batch"]:
    """The mean of the grades under the softmax of the scores: what a member predicts."""
    steps = torch.arange(scores.shape[1], dtype=scores.dtype).view(1, -1, 1)
    return (scores.softmax(dim=1) * steps).sum(dim=1)


def correlations(
    gold: Float64[np.ndarray, "members targets"], predicted: Float64[np.ndarray, "members targets"]
) -> Float64[np.ndarray, "members"]:
    """Pearson's correlation of every member's grades with the gold ones; 0 where one side is constant."""
    from scipy.stats import pearsonr

    return np.array(
        [pearsonr(*pair).statistic if min(map(np.ptp, pair)) > 0 else 0.0 for pair in zip(gold, predicted, strict=True)]
    )


def grades_from(
    labels: Real[np.ndarray, "targets"], scale: tuple[int, int]
) -> tuple[Float64[np.ndarray, "targets"], int]:
    """The grades counted from the lowest, and how many whole grades there are.

    Raises:
        ContractError: a grade lies outside of the scale.
    """
    low, high = scale
    grades = np.asarray(labels, np.float64)
    outside = np.flatnonzero(~((grades >= low) & (grades <= high)))
    if len(outside):
        raise ContractError(
            f"target {outside[0]} has the grade {grades[outside[0]]}, and the task's scale runs from {low} to {high}"
        )
    return grades - low, high - low + 1
