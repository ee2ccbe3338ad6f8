"""What a mix does to vectors: the definition that training is tested against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaxtyping import Float

from embedbench.errors import NumericalError
from embedbench.mixing.kinds import Mix

if TYPE_CHECKING:
    from torch import Tensor

NORM_EPSILON = 1e-5
"""Added to the variance by the per-word normalisation, as in `torch.nn.LayerNorm`."""


def mix_layers(
    vectors: Float[Tensor, "*words layers dim"],
    mix: Mix,
    weights: Float[Tensor, "layers"] | None = None,
    gamma: Float[Tensor, ""] | None = None,
) -> Float[Tensor, "*words out"]:
    """The mixed vector of every word; `out` is slots x dim. The definition that training is tested against.

    Args:
        vectors: layered vectors, standardised or not.
        mix: how to mix.
        weights: `w` before the softmax, of a learned mix; zeros if absent.
        gamma: the scale of a learned mix; 1 if absent.

    Raises:
        NumericalError: the weights are not finite.
    """
    import torch

    n_layers = int(vectors.shape[-2])
    fixed = torch.as_tensor(mix.coefficients(n_layers), dtype=vectors.dtype)
    if mix.learned:
        weights = torch.zeros(n_layers, dtype=vectors.dtype) if weights is None else weights
        if not bool(torch.isfinite(weights).all()):
            raise NumericalError(f"the weights of mix {mix.label} are not finite: {weights.tolist()}")
        fixed = torch.softmax(weights.masked_fill(fixed[0] == 0, float("-inf")), dim=0).unsqueeze(0)
        fixed = fixed if gamma is None else fixed * gamma
    if mix.normed:
        vectors = normalise_words(vectors)
    return (fixed @ vectors).flatten(-2)


def normalise_words(vectors: Float[Tensor, "*words dim"]) -> Float[Tensor, "*words dim"]:
    """Each vector with mean 0 and variance 1 over its own dimensions; a constant vector becomes zero."""
    import torch

    return torch.nn.functional.layer_norm(vectors, vectors.shape[-1:], eps=NORM_EPSILON)
