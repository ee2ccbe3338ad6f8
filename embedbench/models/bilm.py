"""The bidirectional language model behind ELMo (Peters et al. 2018, NAACL, section 3), for reading out its layers.

Each direction is a stack of LSTMs with projection. Sentences run in lanes without padding, and the input projections
of several steps are one product.
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
from torch.nn import functional as F  # noqa: N812  the name every torch programme uses

from embedbench.models.bilm_characters import n_used
from embedbench.models.bilm_options import BilmOptions
from embedbench.models.lanes import Lanes
from embedbench.models.products import Product

_WORDS_PER_CONVOLUTION = 512
_WORDS_PER_PRODUCT = 256
"""Words whose input projections are one product: 17 MB of gates at 4,096 cells, however long the sentences."""


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


@dataclass(frozen=True, eq=False)
class LstmWeights:
    """One LSTM of one direction; gates in the order input, forget, new memory, output.

    Attributes:
        input: [projection, 4 * cell].
        state: [projection, 4 * cell].
        bias: [4 * cell]; the forget gate's constant 1 is already in it.
        projection: [cell, projection].
    """

    input: Tensor
    state: Tensor
    bias: Tensor
    projection: Tensor


class _LstmProducts:
    """The three matrices of one LSTM, ready to multiply."""

    def __init__(self, weights: LstmWeights) -> None:
        self.input = Product(weights.input, weights.bias)
        self.state, self.projection = Product(weights.state), Product(weights.projection)


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

    @cached_property
    def _products(self) -> tuple[tuple[_LstmProducts, ...], ...]:
        return tuple(tuple(map(_LstmProducts, stack)) for stack in self.lstm)

    def to(self, device: torch.device) -> Bilm:
        """The same model on another device."""
        if self.characters.embedding.device == device:
            return self
        return Bilm(self.options, _moved(self.characters, device), _moved(self.lstm, device))

    def words(self, ids: Int64[np.ndarray, "words characters"]) -> Float32[Tensor, "words projection"]:
        """The context-free vector of every row of character ids."""
        longest_first = np.argsort(-n_used(ids), kind="stable")
        device = self.characters.embedding.device
        vectors = torch.empty(len(ids), self.options.projection, device=device)
        for start in range(0, len(ids), _WORDS_PER_CONVOLUTION):
            rows = longest_first[start : start + _WORDS_PER_CONVOLUTION]
            # Past the longest word plus one filter every window holds padding only, the same value again: max pooling
            # does not need more than one of them.
            used = int(n_used(ids[rows[:1]])[0]) + max(width for width, _ in self.options.filters)
            vectors[torch.from_numpy(rows).to(device)] = self.convolved(
                torch.from_numpy(np.ascontiguousarray(ids[rows, :used])).to(device)
            )
        return vectors

    def convolved(self, ids: Int64[Tensor, "words characters"]) -> Float32[Tensor, "words projection"]:
        """The same from all the characters given, padding too, in one pass."""
        weights = self.characters
        activation = torch.relu if self.options.activation == "relu" else torch.tanh
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
                out, _ = self._run(products, hidden, lanes, begin)
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
                out, end = self._run(products, hidden, lane, None)
                hidden = self._upward(k, out, hidden)
                ends.append(end)
            output.append(tuple(out for out, _ in ends))
            memory.append(tuple(kept for _, kept in ends))
        return LstmState(tuple(output), tuple(memory))

    def _upward(self, k: int, output: Tensor, inputs: Tensor) -> Tensor:
        """What layer k shows, which is what the next one reads."""
        return output + inputs if self.options.skip_connections and k > 0 else output

    def _run(
        self, products: _LstmProducts, inputs: Tensor, lanes: Lanes, start: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """One layer of one direction: what it puts out at every step, and where each lane ended."""
        options, n, cell = self.options, max(lanes.running, default=0), self.options.cell
        if start is None:
            start = inputs.new_zeros(1, options.projection), inputs.new_zeros(1, cell)
        output, memory = (part.repeat(n, 1) for part in start)
        result = inputs.new_empty(len(inputs), options.projection)
        first = 0
        for block in lanes.blocks(_WORDS_PER_PRODUCT):
            steps = [lanes.running[step] for step in block]
            gates = products.input(inputs[first : first + sum(steps)])
            for step, projected_input in zip(block, gates.split(steps), strict=True):
                active = len(projected_input)
                if step in lanes.restarts:
                    output[lanes.restarts[step]], memory[lanes.restarts[step]] = start
                gate = products.state.plus(projected_input, output[:active])
                admitted = torch.sigmoid_(gate[:, : 2 * cell])
                fresh = torch.tanh_(gate[:, 2 * cell : 3 * cell])
                kept = memory[:active]
                kept.mul_(admitted[:, cell:]).addcmul_(admitted[:, :cell], fresh)
                if options.cell_clip is not None:
                    kept.clamp_(-options.cell_clip, options.cell_clip)
                exposed = torch.sigmoid_(gate[:, 3 * cell :]).mul_(torch.tanh(kept))
                projected = products.projection(exposed)
                if options.projection_clip is not None:
                    projected.clamp_(-options.projection_clip, options.projection_clip)
                output[:active] = result[first : first + active] = projected
                first += active
        return result, (output, memory)


def _moved(part: Any, device: torch.device) -> Any:
    """The same tuples and dataclasses with every tensor on the device."""
    if isinstance(part, Tensor):
        return part.to(device)
    if isinstance(part, tuple):
        return tuple(_moved(item, device) for item in part)
    return type(part)(*(_moved(getattr(part, field.name), device) for field in fields(part)))
