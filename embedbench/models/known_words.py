"""The context-free vectors of a biLM's words, each computed once however many chunks of text it stands in."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float32
from torch import Tensor

from embedbench.models.bilm import Bilm
from embedbench.models.bilm_characters import character_ids

CAPACITY = 32_768
"""Words kept; 67 MB at a projection of 512. The train split of English-EWT has 20,000 distinct words."""


class KnownWords:
    """Words → context-free vectors; computes those that it has not seen yet, and starts afresh when it is full.

    Args:
        model: whose character CNN is asked.
        capacity: words kept at most, so that memory stays flat however long the text is.
    """

    def __init__(self, model: Bilm, capacity: int = CAPACITY) -> None:
        self._model, self._capacity = model, capacity
        self._rows: dict[str, int] = {}
        self._vectors: Tensor | None = None

    def __call__(self, words: Sequence[str]) -> Float32[Tensor, "words projection"]:
        """The vectors of distinct words, in order."""
        unknown = [word for word in words if word not in self._rows]
        if len(self._rows) + len(unknown) > self._capacity:
            self._rows, unknown = {}, list(words)
        fresh = self._model.words(character_ids(unknown, self._model.options.max_characters))
        if len(words) > self._capacity:
            return fresh
        if self._vectors is None:
            # Takes no memory before it is written.
            self._vectors = fresh.new_empty(self._capacity, fresh.shape[1])
        first = len(self._rows)
        self._vectors[first : first + len(fresh)] = fresh
        self._rows.update(zip(unknown, range(first, first + len(unknown)), strict=True))
        rows = torch.tensor([self._rows[word] for word in words], device=fresh.device)
        return self._vectors[rows]
