"""Where among the layers a task lives, in single numbers: of learned mix weights, and of cumulative scores.

Tenney, Das & Pavlick 2019 ("BERT rediscovers the classical NLP pipeline"), https://aclanthology.org/P19-1452: centre of
gravity (equation 2), expected layer (equation 4), and Kullback-Leibler divergence from uniform, in bits as in their
notebook. Weights come from layers that were standardised; a centre of gravity of `layers / 2` with a divergence near 0
is a mix that prefers nothing, so the two belong side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from embedbench.errors import ContractError

LEAST_GAIN = 0.005
"""A total gain below half a point is noise: an expected layer would divide by it (DPR gives 23.9 of 12 layers)."""


def entropy(weights: Sequence[float]) -> float:
    """The entropy of mix weights in bits: 0 for a single layer, log2(layers) for equal weights.

    >>> entropy([0.25, 0.25, 0.5])
    1.5

    Raises:
        ContractError: the weights are not a distribution.
    """
    weight = _distribution(weights)
    positive = weight[weight > 0]
    return float(-(positive * np.log2(positive)).sum() + 0.0)


def divergence_from_uniform(weights: Sequence[float]) -> float:
    """The Kullback-Leibler divergence of mix weights from equal weights, in bits: log2(layers) - entropy.

    >>> divergence_from_uniform([0.5, 0.5]), divergence_from_uniform([1.0, 0.0])
    (0.0, 1.0)

    Raises:
        ContractError: the weights are not a distribution.
    """
    return float(np.log2(len(weights))) - entropy(weights)


def centre_of_gravity(weights: Sequence[float]) -> float:
    """The mean layer under mix weights; equal weights give half of the top layer's index.

    >>> centre_of_gravity([0.25, 0.25, 0.5])
    1.25

    Raises:
        ContractError: the weights are not a distribution.
    """
    return float(_distribution(weights) @ np.arange(len(weights)))


def gains(scores: Sequence[float]) -> Float64[np.ndarray, "steps"]:
    """What every further layer adds: differences of cumulative scores, in the order in which layers were added.

    Raises:
        ContractError: there are fewer than two scores, or one is not finite.
    """
    column = np.asarray(scores, np.float64)
    if len(column) < 2 or not np.isfinite(column).all():
        raise ContractError(f"cumulative scoring needs at least two finite scores; got {list(scores)}")
    return np.diff(column)


def expected_layer(scores: Sequence[float], least_gain: float = LEAST_GAIN) -> float | None:
    """The layer at which a score is gained, bottom-up, weighted by the gains (Tenney et al. 2019, equation 4).

    Args:
        scores: of the cumulative mixes 0..0, 0..1, up to 0..top, as fractions; layer 0 alone comes first.
        least_gain: a smaller total gain is noise.

    Returns:
        Between 1 and the top layer where no gain is negative; None where the total gain is below `least_gain`, since
        then there is nothing to place.
    """
    gained = gains(scores)
    total = float(gained.sum())
    return None if total < least_gain else float(gained @ np.arange(1, len(scores))) / total


def expected_layer_top_down(scores: Sequence[float], least_gain: float = LEAST_GAIN) -> float | None:
    """The same from above: the top layer stands first and lower ones are added.

    Gains depend on the order: what two layers both hold is credited to the one that comes first. Bottom-up credits the
    lower, top-down the higher; where they disagree, layers overlap.

    Args:
        scores: of the mixes 0..top, 1..top, up to top..top (in the order of their lowest layer), as fractions.
        least_gain: a smaller total gain is noise.

    Returns:
        Between 0 and the layer below the top where no gain is negative; None where the total gain is too small.
    """
    gained = gains(scores[::-1])[::-1]
    total = float(gained.sum())
    return None if total < least_gain else float(gained @ np.arange(len(scores) - 1)) / total


def divergence_of_gains(scores: Sequence[float], least_gain: float = LEAST_GAIN) -> float | None:
    """How far the gains are from equal gains of all steps, in bits; losses count as 0 (their notebook's rule).

    None where the total gain is below `least_gain`.
    """
    gained = gains(scores)
    if gained.sum() < least_gain:
        return None
    positive = np.clip(gained, 0, None)
    return divergence_from_uniform(tuple(positive / positive.sum()))


def _distribution(weights: Sequence[float]) -> Float64[np.ndarray, "layers"]:
    column = np.asarray(weights, np.float64)
    if not len(column) or not np.isfinite(column).all() or (column < 0).any() or abs(column.sum() - 1) > 1e-4:
        raise ContractError(f"mix weights must be non-negative and sum to 1; got {list(weights)}")
    return np.asarray(column / column.sum())
