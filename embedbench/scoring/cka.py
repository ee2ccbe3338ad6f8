"""Linear CKA: how alike two layers arrange the same words, whatever their dimensions.

Kornblith et al. 2019, https://proceedings.mlr.press/v97/kornblith19a.html, section 3. Invariant to rotation and to
isotropic scale of either side, not to other linear maps. With few words for many dimensions the plain estimate is
biased upwards (unrelated layers look alike); `debiased` removes that (Song et al. 2012, equation 5).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64

from embedbench.errors import ContractError, NumericalError


def linear_cka(
    first: Float[np.ndarray, "words dim"], second: Float[np.ndarray, "others other_dim"], *, debiased: bool = False
) -> float:
    """HSIC(first, second) / sqrt(HSIC(first, first) HSIC(second, second)), with linear kernels.

    Between 0 and 1; the debiased estimate of unrelated layers varies around 0.

    Args:
        first: one layer's vectors of some words.
        second: another layer's vectors of the same words, in the same order.
        debiased: whether to use the unbiased estimate of HSIC; it needs at least four words.

    Raises:
        ContractError: the sides have different words, or too few.
        NumericalError: a vector is not finite, or a side is constant and arranges nothing.
    """
    return float(cka_between_layers(first[:, None], second[:, None], debiased=debiased)[0, 0])


def cka_between_layers(
    first: Float[np.ndarray, "words layers dim"],
    second: Float[np.ndarray, "others other_layers other_dim"],
    *,
    debiased: bool = False,
) -> Float64[np.ndarray, "layers other_layers"]:
    """Linear CKA of every layer of one extractor with every layer of another (or the same), over the same words.

    Raises:
        ContractError: the sides have different words, or too few.
        NumericalError: a vector is not finite, or a layer is constant.
    """
    least = 4 if debiased else 2
    if len(first) != len(second) or len(first) < least:
        raise ContractError(
            f"CKA compares vectors of the same words, at least {least}; got {len(first)} and {len(second)}"
        )
    hsic = _unbiased if debiased else _plain
    rows = [_centred(first[:, layer]) for layer in range(first.shape[1])]
    columns = rows if second is first else [_centred(second[:, layer]) for layer in range(second.shape[1])]
    own = [hsic(side, side) for side in rows]
    others = own if second is first else [hsic(side, side) for side in columns]
    if not min(*own, *others) > 0:
        raise NumericalError("CKA is undefined where one side's vectors are all the same: they arrange nothing")
    table = np.empty((len(rows), len(columns)))
    for i, x in enumerate(rows):
        for j, y in enumerate(columns):
            known = second is first and j < i
            table[i, j] = table[j, i] if known else hsic(x, y) / np.sqrt(own[i] * others[j])
    return table


def _centred(side: Float[np.ndarray, "words dim"]) -> Float64[np.ndarray, "words dim"]:
    values = np.asarray(side, np.float64)
    if not np.isfinite(values).all():
        raise NumericalError(f"the vector of word {int(np.argwhere(~np.isfinite(values))[0, 0])} is not finite")
    centred = values - values.mean(axis=0)
    # What is left of a constant side is rounding.
    return np.where(np.abs(centred).max(axis=0) <= 1e-10 * np.abs(values).max(axis=0), 0.0, centred)


def _plain(x: Float64[np.ndarray, "words dim"], y: Float64[np.ndarray, "words other"]) -> float:
    """The squared Frobenius norm of the cross-covariance, up to a factor that cancels."""
    return float(((x.T @ y) ** 2).sum())


def _unbiased(x: Float64[np.ndarray, "words dim"], y: Float64[np.ndarray, "words other"]) -> float:
    """The unbiased estimate, from features: the Gram matrices, of words by words, are never made."""
    n = len(x)
    k, m = (x * x).sum(axis=1), (y * y).sum(axis=1)
    # Row sums of the Gram matrices without their diagonals; those of centred vectors themselves sum to 0.
    k_rows, m_rows = x @ x.sum(axis=0) - k, y @ y.sum(axis=0) - m
    trace = ((x.T @ y) ** 2).sum() - k @ m
    both = k_rows.sum() * m_rows.sum() / ((n - 1) * (n - 2))
    return float((trace + both - 2 * (k_rows @ m_rows) / (n - 2)) / (n * (n - 3)))
