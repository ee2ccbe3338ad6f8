"""Windows of pieces through a network: without padding where it has a packed twin, else padded on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int64

from embedbench.extractors.batching import flat_ranges
from embedbench.extractors.tokenizing import Template
from embedbench.extractors.transformer_loading import LoadedModel, hidden_states

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class ReadBatch:
    """The hidden states of some windows.

    Attributes:
        layers: the cells of all windows, padding and special pieces among them, one tensor per layer.
        first: the cell of each window's first ordinary piece; its others follow.
    """

    layers: Sequence[Float[Tensor, "cells dim"]]
    first: Int64[np.ndarray, "windows"]


def read_batch(
    model: LoadedModel,
    ids: Int64[np.ndarray, "pieces"],
    starts: Int64[np.ndarray, "windows"],
    lengths: Int64[np.ndarray, "windows"],
) -> ReadBatch:
    """Every layer of the windows `[start, start + length)` of the pieces, special pieces around each."""
    template = model.template
    before = len(template.prefix)
    full = lengths + template.n_special
    inside = ids[flat_ranges(starts, lengths)]
    if model.packed is not None:
        rows = np.cumsum(full) - full
        flat = _Cells((int(full.sum()),), rows, lengths, template)
        segments = None if template.segments is None else flat.filled(*template.segments, padding=0)
        layers = model.packed.layers(
            flat.filled(template.prefix, inside, template.suffix, model.pad), segments, full.tolist()
        )
        return ReadBatch(layers, rows + before)
    width = int(full.max())
    rows = np.arange(len(full), dtype=np.int64) * width
    padded = _Cells((len(full), width), rows, lengths, template)
    states = hidden_states(model.network, **_padded_inputs(padded, inside, full, model))
    return ReadBatch([state.reshape(-1, state.shape[-1]) for state in states], rows + before)


@dataclass(frozen=True, eq=False)
class _Cells:
    """Where the pieces of windows go in a tensor of this shape: window k begins at cell `rows[k]`."""

    shape: tuple[int, ...]
    rows: Int64[np.ndarray, "windows"]
    lengths: Int64[np.ndarray, "windows"]
    template: Template

    def filled(
        self, prefix: Sequence[int], inside: Int64[np.ndarray, "pieces"] | int, suffix: Sequence[int], padding: int
    ) -> Int64[Tensor, "..."]:
        """Each window's prefix, pieces and suffix in their cells; padding in all others."""
        import torch

        before, after = len(self.template.prefix), len(self.template.suffix)
        cells = np.full(int(np.prod(self.shape)), padding, dtype=np.int64)
        cells[self.rows[:, None] + np.arange(before)] = prefix
        cells[flat_ranges(self.rows + before, self.lengths)] = inside
        cells[(self.rows + before + self.lengths)[:, None] + np.arange(after)] = suffix
        return torch.from_numpy(cells.reshape(self.shape))


def _padded_inputs(
    cells: _Cells, inside: Int64[np.ndarray, "pieces"], full: Int64[np.ndarray, "windows"], model: LoadedModel
) -> dict[str, Tensor]:
    import torch

    template = model.template
    inputs = {
        "ids": cells.filled(template.prefix, inside, template.suffix, model.pad),
        "attention_mask": torch.from_numpy((np.arange(cells.shape[1])[None, :] < full[:, None]).astype(np.int64)),
    }
    if template.segments is not None:
        inputs["token_type_ids"] = cells.filled(*template.segments, padding=0)
    return inputs
