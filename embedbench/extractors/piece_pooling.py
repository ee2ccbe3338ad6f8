"""Pieces → words: mean, first, last or maximum, without a Python loop over words."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

if TYPE_CHECKING:
    from torch import Tensor


class Pooling(enum.StrEnum):
    """How the vectors of a word's pieces become one; the names are what a user types."""

    mean = "mean"
    first = "first"
    last = "last"
    max = "max"


@dataclass(frozen=True, eq=False)
class WordPooling:
    """How the pieces of one chunk become words.

    Attributes:
        pooling: which way.
        words: the word of each piece, never decreasing; every word has a piece.
        counted: which pieces count.
        share: the weight of each piece; None where pieces are not averaged.
        n_counted: how many pieces of each word count.
    """

    pooling: Pooling
    words: Int64[np.ndarray, "pieces"]
    counted: Bool[np.ndarray, "pieces"]
    share: Float32[np.ndarray, "pieces"] | None
    n_counted: Int64[np.ndarray, "words"]

    @classmethod
    def of(cls, pooling: Pooling, words: Int64[np.ndarray, "pieces"], n_words: int) -> WordPooling:
        """The pooling of these pieces."""
        n_pieces = np.bincount(words, minlength=n_words).astype(np.int64)
        counted = np.ones(len(words), dtype=np.bool_)
        if pooling is Pooling.first:
            counted[1:] = words[1:] != words[:-1]
        elif pooling is Pooling.last:
            counted[:-1] = words[1:] != words[:-1]
        one_each = pooling in (Pooling.first, Pooling.last)
        return cls(
            pooling=pooling,
            words=words,
            counted=counted,
            share=(1 / n_pieces[words]).astype(np.float32) if pooling is Pooling.mean else None,
            n_counted=np.ones_like(n_pieces) if one_each else n_pieces,
        )

    def empty(self, n_layers: int, dim: int) -> Float32[np.ndarray, "words layers dim"]:
        """Values to be filled by `write`, once per batch until every piece was seen."""
        nothing = -np.inf if self.pooling is Pooling.max else 0.0
        shape = (len(self.n_counted), n_layers, dim)
        # Zeros cost nothing until they are written.
        return np.full(shape, nothing, np.float32) if nothing else np.zeros(shape, np.float32)

    def write(
        self,
        values: Float32[np.ndarray, "words layers dim"],
        layers: Sequence[Float[Tensor, "cells dim"]],
        pieces: Int64[np.ndarray, "some"],
        cells: Int64[np.ndarray, "some"],
    ) -> None:
        """Adds the vectors of some pieces of the chunk to their words.

        Args:
            values: the words of the chunk.
            layers: the vectors of a batch, one tensor per layer.
            pieces: the pieces to add; the pieces of a word that are here follow each other.
            cells: the row of `layers` that holds each of them.
        """
        import torch
        from torch.nn.functional import embedding_bag

        counted = self.counted[pieces]
        pieces, cells = pieces[counted], cells[counted]
        if not len(pieces):
            return
        of_piece = self.words[pieces]
        first = np.flatnonzero(np.diff(of_piece, prepend=-1))
        words, n_here = of_piece[first], np.diff(first, append=len(pieces))
        device = layers[0].device
        index, bags = torch.from_numpy(cells).to(device), torch.from_numpy(first).to(device)
        share = None if self.share is None else torch.from_numpy(self.share[pieces]).to(device)
        mode = "max" if self.pooling is Pooling.max else "sum"
        pooled = torch.stack(
            [embedding_bag(index, layer.float(), bags, mode=mode, per_sample_weights=share) for layer in layers], dim=1
        )
        found = pooled.cpu().numpy()
        whole = n_here == self.n_counted[words]
        if whole.all():
            values[words] = found
            return
        values[words[whole]] = found[whole]
        # The other words continue in another window.
        combine = np.maximum if self.pooling is Pooling.max else np.add
        combine.at(values, words[~whole], found[~whole])
