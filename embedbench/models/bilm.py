"""The bidirectional language model behind ELMo (Peters et al. 2018, NAACL, section 3), for reading out its layers.

A character CNN gives every word its vector, and each direction is a stack of LSTMs with projection above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from embedbench.models.bilm_options import BilmOptions
from embedbench.models.character_cnn import CharacterWeights, convolved
from embedbench.models.character_products import CharacterProducts
from embedbench.models.lanes import Lanes
from embedbench.models.lstm_lanes import LstmProducts, LstmWeights


@dataclass(frozen=True, eq=False)
class LstmState:
    """Where one sentence stands: per direction and layer the output [1, projection] and the memory [1, cell]."""

    output: tuple[tuple[Tensor, ...], ...]
    memory: tuple[tuple[Tensor, ...], ...]


@dataclass(frozen=True, eq=False)
class Bilm:
    """A biLM in memory; `words` and `layers` read it out. It holds no state between calls."""

    options: BilmOptions
    characters: CharacterWeights
    lstm: tuple[tuple[LstmWeights, ...], tuple[LstmWeights, ...]]
    """[direction][layer], forward first."""

    dtype: torch.dtype = torch.float32
    """What `words` and `layers` multiply in; what lies between the products is float32."""

    @cached_property
    def _products(self) -> tuple[tuple[LstmProducts, ...], ...]:
        return tuple(tuple(LstmProducts(one, self.options, self.dtype) for one in stack) for stack in self.lstm)

    @cached_property
    def _word_products(self) -> CharacterProducts:
        return CharacterProducts(self.characters, self.options, self.dtype)

    def to(self, device: torch.device) -> Bilm:
        """The same model on another device."""
        if self.characters.embedding.device == device:
            return self
        return Bilm(self.options, _moved(self.characters, device), _moved(self.lstm, device), self.dtype)

    def words(self, ids: Int64[np.ndarray, "words characters"]) -> Float32[Tensor, "words projection"]:
        """The context-free vector of every row of character ids."""
        return self._word_products(ids)

    def convolved(self, ids: Int64[Tensor, "words characters"]) -> Float32[Tensor, "words projection"]:
        """The same by plain convolutions in float32, from all the characters given, padding too."""
        return convolved(self.characters, self.options, ids)

    def layers(
        self, inputs: Float32[Tensor, "words projection"], lanes: Lanes, start: LstmState | None = None
    ) -> list[Float32[Tensor, "words dim"]]:
        """Every layer of sentences that run in lanes.

        Args:
            inputs: the context-free vectors of all words, sentence after sentence.
            lanes: which sentences run side by side and which after another.
            start: the state in which a sentence starts unless its lane carries one; zeros when absent.

        Returns:
            The character layer (twice the same half, as in the original) and each LSTM layer, forward half first.
        """
        halves: list[list[Tensor]] = []
        for direction, (stack, rows) in enumerate(zip(self._products, lanes.on(inputs.device), strict=True)):
            back = torch.empty_like(rows)
            back[rows] = torch.arange(len(rows), device=rows.device)
            hidden, found = inputs[rows], []
            for k, products in enumerate(stack):
                begin = None if start is None else (start.output[direction][k], start.memory[direction][k])
                out, _ = products.run(hidden, lanes, begin)
                hidden = self._upward(k, out, hidden)
                found.append(hidden[back])
            halves.append(found)
        contextual = [torch.cat([f, b], dim=1) for f, b in zip(*halves, strict=True)]
        return [torch.cat([inputs, inputs], dim=1), *contextual]

    def after(self, first: Sequence[Float32[Tensor, "1 projection"]]) -> LstmState:
        """The state that each direction is in after it has read one word, its own, from zeros."""
        lane, output, memory = Lanes.balanced([1]), [], []
        for hidden, stack in zip(first, self._products, strict=True):
            ends = []
            for k, products in enumerate(stack):
                out, end = products.run(hidden, lane, None)
                hidden = self._upward(k, out, hidden)
                ends.append(end)
            output.append(tuple(out for out, _ in ends))
            memory.append(tuple(kept for _, kept in ends))
        return LstmState(tuple(output), tuple(memory))

    def _upward(self, k: int, output: Tensor, inputs: Tensor) -> Tensor:
        """What layer k shows, which is what the next one reads."""
        return output + inputs if self.options.skip_connections and k > 0 else output


def _moved(part: Any, device: torch.device) -> Any:
    """The same tuples and dataclasses with every tensor on the device."""
    if isinstance(part, Tensor):
        return part.to(device)
    if isinstance(part, tuple):
        return tuple(_moved(item, device) for item in part)
    return type(part)(*(_moved(getattr(part, field.name), device) for field in fields(part)))
