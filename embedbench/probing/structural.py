"""The structural probe of Hewitt & Manning (2019): a linear map after which squared distances are tree distances.

Distance probe (their equation 1): d(i, j) = |B (x_i - x_j)|². Depth probe (equation 2): d(i) = |B x_i|². The loss of a
sentence is the sum of |predicted - true| over all words (pairs of words, in both directions), divided by the number of
words (squared); of a batch it is the mean over sentences, whatever their length (their section 3.2 and published code).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from embedbench.probing.groups import Parameters
from embedbench.probing.sentence_groups import SentenceGroup, SentenceMember, mix_parameters

_INITIAL_DISTANCE = 4.0
"""Mean squared distance of two words before training, in the range of true ones; see `initial_map`."""


@dataclass(frozen=True, eq=False)
class Sentences:
    """A batch of whole sentences.

    Attributes:
        vectors: standardised vectors of all words, packed.
        places: the row of every word in the padded layout; padding points at row `words`.
        true: distances of every two words, or depths with a last axis of 1.
        present: which entries of `true` are real.
        lengths: words of every sentence.
    """

    vectors: Float32[Tensor, "words layers dim"]
    places: Int64[Tensor, "sentences longest"]
    true: Float32[Tensor, "sentences longest width"]
    present: Bool[Tensor, "sentences longest width"]
    lengths: Float32[Tensor, "sentences"]


class TreeGroup(SentenceGroup[Sentences]):
    """Structural probes of one shape."""

    def __init__(
        self, members: Sequence[SentenceMember], parameters: Parameters, n_layers: int, *, pairs: bool
    ) -> None:
        super().__init__(members, parameters, n_layers)
        self._pairs = pairs

    def projected(
        self, vectors: Float32[Tensor, "words layers dim"], parameters: Parameters
    ) -> Float32[Tensor, "members words rank"]:
        """B x of every word, under every member."""
        return torch.bmm(self.mixed(vectors, parameters), parameters["weight0"].transpose(1, 2))

    def losses(self, batch: Sentences, parameters: Parameters | None = None) -> Float32[Tensor, "members"]:
        """The mean over sentences of the loss of every member."""
        words = self.projected(batch.vectors, self.parameters if parameters is None else parameters)
        words = torch.cat([words, words.new_zeros(len(words), 1, words.shape[2])], dim=1)
        padded = words[:, batch.places]
        squares = padded.square().sum(dim=3)
        if self._pairs:
            gram = padded @ padded.transpose(2, 3)
            predicted = (squares.unsqueeze(3) + squares.unsqueeze(2) - 2 * gram).clamp_min(0)
        else:
            predicted = squares.unsqueeze(3)
        wrong = (predicted - batch.true).abs() * batch.present
        return (wrong.sum(dim=(2, 3)) / batch.lengths ** (2 if self._pairs else 1)).mean(dim=1)

    def tree_of(self, vectors: Float32[Tensor, "words layers dim"]) -> Float32[np.ndarray, "members words *words"]:
        """The predicted distances of every two words of one sentence, or the depths of its words."""
        with torch.no_grad():
            words = self.projected(vectors, self.parameters)
            if not self._pairs:
                return np.asarray(words.square().sum(dim=2).numpy())
            # Differences rather than products: equal words are exactly as far from every third word.
            exact = "donot_use_mm_for_euclid_dist"
            return np.asarray(torch.cdist(words, words, compute_mode=exact).square().numpy())


def initial_map(member: SentenceMember, n_layers: int, dim: int, rank: int) -> Parameters:
    """A member's parameters before training, as a group of one; they depend on shapes and on the seed only.

    The map is uniform around 0 as in the published code, of a width that makes standardised words lie about 4 apart.
    """
    generator = torch.Generator().manual_seed(member.seed)
    width = dim * len(member.mix.coefficients(n_layers))
    rank = min(rank, width)
    reach = (3 * _INITIAL_DISTANCE / (2 * rank * width)) ** 0.5
    weight = (2 * torch.rand(1, rank, width, generator=generator) - 1) * reach
    return {"weight0": weight, **mix_parameters(member.mix, n_layers)}
