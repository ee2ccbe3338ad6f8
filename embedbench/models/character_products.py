"""The character CNN of a biLM for reading: the windows at one place of all words are one matrix product."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the name every torch programme uses

from embedbench.models.bilm_characters import n_used
from embedbench.models.bilm_options import BilmOptions
from embedbench.models.character_cnn import CharacterWeights
from embedbench.models.products import Product

_WORDS_PER_PRODUCT = 256
"""Words whose windows are one product: 2 MB of results at 2,048 filters."""


class CharacterProducts:
    """Equal to `character_cnn.convolved_words` beyond rounding, without gradients.

    Filters of every width are one matrix, [widest * character_dim, n_filters], whose rows beyond a filter's width are
    zero. Words are sorted by length, and every window of a word that holds padding only has the same value: so a word
    takes part in one product per character and one more, whatever the length of its neighbours.
    """

    def __init__(self, weights: CharacterWeights, options: BilmOptions, dtype: torch.dtype) -> None:
        self._options, device = options, weights.embedding.device
        self._widest = max(width for width, _ in options.filters)
        self._embedding = weights.embedding.to(dtype)
        self._windows = Product(_all_filters(weights, self._widest), dtype=dtype)
        self._bias = torch.cat(weights.filter_bias)
        self._last = torch.cat(
            [torch.full((number,), options.max_characters - width, device=device) for width, number in options.filters]
        )
        """[n_filters] the last place at which each filter still lies within a word's characters."""
        self._highway = [
            Product(torch.cat([transform, carry], dim=1), torch.cat([transform_bias, carry_bias]), dtype=dtype)
            for transform, transform_bias, carry, carry_bias in weights.highway
        ]
        self._projection = Product(weights.projection, weights.projection_bias, dtype=dtype)

    def __call__(self, ids: Int64[np.ndarray, "words characters"]) -> Float32[Tensor, "words projection"]:
        """The context-free vector of every row of character ids."""
        used = n_used(ids)
        longest_first = np.argsort(-used, kind="stable")
        device = self._embedding.device
        vectors = torch.empty(len(ids), self._options.projection, device=device)
        for start in range(0, len(ids), _WORDS_PER_PRODUCT):
            rows = longest_first[start : start + _WORDS_PER_PRODUCT]
            hidden = self._pooled(ids[rows], used[rows])
            for highway in self._highway:
                transformed, gate = highway(hidden).float().chunk(2, dim=1)
                hidden = torch.lerp(hidden, transformed.relu_(), gate.sigmoid_())
            vectors[torch.from_numpy(rows).to(device)] = self._projection(hidden).float()
        return vectors

    def _pooled(
        self, ids: Int64[np.ndarray, "words characters"], used: Int64[np.ndarray, "words"]
    ) -> Float32[Tensor, "words filters"]:
        """Every filter's largest value over the places of each word, longest words first, activated."""
        length = min(int(used[0]) + 1, ids.shape[1])
        # Filters may reach beyond the characters of a word only where their matrix has zeros.
        reached = np.zeros((len(ids), length + self._widest - 1), np.int64)
        inside = min(reached.shape[1], ids.shape[1])
        reached[:, :inside] = ids[:, :inside]
        embedded = F.embedding(torch.from_numpy(reached).to(self._embedding.device), self._embedding)
        largest = self._at(embedded, 0)
        for place in range(1, length):
            rows = int(np.searchsorted(-used, -place, side="right"))  # the words with padding here for the first time
            kept = largest[:rows]
            torch.maximum(kept, self._at(embedded[:rows], place), out=kept)
        activation = torch.relu_ if self._options.activation == "relu" else torch.tanh_
        return activation(largest.float().add_(self._bias))

    def _at(self, embedded: Float[Tensor, "words places dim"], place: int) -> Float[Tensor, "words filters"]:
        """The value of every filter at this place."""
        found = self._windows(embedded[:, place : place + self._widest].flatten(1))
        if place + self._widest > self._options.max_characters:
            found.masked_fill_(self._last < place, -torch.inf)
        return found


def _all_filters(weights: CharacterWeights, widest: int) -> Float32[Tensor, "window filters"]:
    """All filters side by side, narrow ones with zeros below."""
    columns = [
        F.pad(filters, (0, widest - filters.shape[2])).permute(2, 1, 0).flatten(0, 1) for filters in weights.filters
    ]
    return torch.cat(columns, dim=1)
