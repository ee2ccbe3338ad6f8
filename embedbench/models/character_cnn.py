"""The character CNN of a biLM (Kim et al. 2016, AAAI; Peters et al. 2018, section 3.2), as plain convolutions.

Training goes through it, since it has gradients. `character_products` computes the same for reading, faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the name every torch programme uses

from embedbench.models.bilm_characters import n_used
from embedbench.models.bilm_options import BilmOptions

_WORDS_PER_CONVOLUTION = 512


@dataclass(frozen=True, eq=False)
class CharacterWeights:
    """The character CNN: embedding, convolutions, highways, projection. All matrices multiply from the right.

    Attributes:
        embedding: [262, character_dim]; row 0 is "no word here" and all zero.
        filters: one [number, character_dim, width] per convolution.
        filter_bias: one [number] per convolution.
        highway: (transform [n, n], its bias, carry [n, n], its bias) per highway layer.
        projection: [n_filters, projection].
        projection_bias: [projection].
    """

    embedding: Tensor
    filters: tuple[Tensor, ...]
    filter_bias: tuple[Tensor, ...]
    highway: tuple[tuple[Tensor, Tensor, Tensor, Tensor], ...]
    projection: Tensor
    projection_bias: Tensor


def convolved_words(
    weights: CharacterWeights, options: BilmOptions, ids: Int64[np.ndarray, "words characters"]
) -> Float32[Tensor, "words projection"]:
    """The context-free vector of every row of character ids, with gradients where the weights have them."""
    longest_first = np.argsort(-n_used(ids), kind="stable")
    device = weights.embedding.device
    vectors = torch.empty(len(ids), options.projection, device=device)
    for start in range(0, len(ids), _WORDS_PER_CONVOLUTION):
        rows = longest_first[start : start + _WORDS_PER_CONVOLUTION]
        # Past the longest word plus one filter every window holds padding only, the same value again: max pooling
        # does not need more than one of them.
        used = int(n_used(ids[rows[:1]])[0]) + max(width for width, _ in options.filters)
        vectors[torch.from_numpy(rows).to(device)] = convolved(
            weights, options, torch.from_numpy(np.ascontiguousarray(ids[rows, :used])).to(device)
        )
    return vectors


def convolved(
    weights: CharacterWeights, options: BilmOptions, ids: Int64[Tensor, "words characters"]
) -> Float32[Tensor, "words projection"]:
    """The same from all the characters given, padding too, in one pass."""
    activation = torch.relu if options.activation == "relu" else torch.tanh
    embedded = F.embedding(ids, weights.embedding).transpose(1, 2)
    pooled = [
        activation(F.conv1d(embedded, filters, bias).amax(dim=2))
        for filters, bias in zip(weights.filters, weights.filter_bias, strict=True)
    ]
    hidden = torch.cat(pooled, dim=1)
    for transform, transform_bias, carry, carry_bias in weights.highway:
        gate = torch.sigmoid(torch.addmm(carry_bias, hidden, carry))
        hidden = torch.lerp(hidden, torch.relu(torch.addmm(transform_bias, hidden, transform)), gate)
    return torch.addmm(weights.projection_bias, hidden, weights.projection)
