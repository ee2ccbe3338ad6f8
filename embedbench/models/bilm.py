"""The bidirectional language model behind ELMo (Peters et al. 2018, NAACL, section 3), for reading out its layers.

Each direction is a stack of LSTMs with projection; the input projections of all time steps are one product, and
sentences are packed, longest first, so that no step computes padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from embedbench.models.products import Product

_WORDS_PER_CONVOLUTION = 512
_WORDS_PER_PRODUCT = 1024
"""Words whose input projections are one product: 67 MB of gates at 4,096 cells, however long the sentences."""


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
        self.input, self.state = Product(weights.input), Product(weights.state)
        self.projection, self.bias = Product(weights.projection), weights.bias


@dataclass(frozen=True, eq=False)
class LstmState:
    """Where sentences ended: per (direction, layer) the output [sentences, projection] and memory [sentences, cell]."""

    output: tuple[tuple[Tensor, ...], ...]
    memory: tuple[tuple[Tensor, ...], ...]

    def first(self, n: int) -> LstmState:
        """The state of the first n sentences."""
        return LstmState(*(tuple(tuple(t[:n] for t in stack) for stack in part) for part in (self.output, self.memory)))


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
            vectors[torch.from_numpy(rows).to(device)] = self._convolve(
                torch.from_numpy(np.ascontiguousarray(ids[rows, :used])).to(device)
            )
        return vectors

    def _convolve(self, ids: Tensor) -> Tensor:
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
        self, inputs: Float32[Tensor, "words projection"], lengths: Sequence[int], state: LstmState | None = None
    ) -> tuple[list[Float32[Tensor, "words dim"]], LstmState]:
        """Every layer of packed sentences, boundaries included, and the state in which each sentence ended.

        Args:
            inputs: the context-free vectors of all words, sentence after sentence.
            lengths: words per sentence, each ≥ 1; any order.
            state: the state in which each sentence starts; zeros when absent.

        Returns:
            The character layer (twice the same half, as in the original) and each LSTM layer, forward half first.
        """
        packing = _Packing.of(lengths, inputs.device)
        outputs: list[list[Tensor]] = []
        end_output: list[tuple[Tensor, ...]] = []
        end_memory: list[tuple[Tensor, ...]] = []
        for direction, stack in enumerate(self._products):
            rows = packing.forward if direction == 0 else packing.backward
            back = torch.empty_like(rows)
            back[rows] = torch.arange(len(rows), device=rows.device)
            hidden, halves, ends = inputs[rows], [], []
            for k, products in enumerate(stack):
                start = None if state is None else (state.output[direction][k], state.memory[direction][k])
                out, end = self._run(products, hidden, packing, start)
                hidden = out + hidden if self.options.skip_connections and k > 0 else out
                halves.append(hidden[back])
                ends.append(end)
            outputs.append(halves)
            end_output.append(tuple(output for output, _ in ends))
            end_memory.append(tuple(memory for _, memory in ends))
        contextual = [torch.cat([f, b], dim=1) for f, b in zip(*outputs, strict=True)]
        characters = torch.cat([inputs, inputs], dim=1)
        return [characters, *contextual], LstmState(tuple(end_output), tuple(end_memory))

    def _run(
        self, products: _LstmProducts, inputs: Tensor, packing: _Packing, start: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        options, n = self.options, len(packing.order)
        if start is None:
            output, memory = inputs.new_zeros(n, options.projection), inputs.new_zeros(n, options.cell)
        else:
            output, memory = start[0][packing.order], start[1][packing.order]
        result = inputs.new_empty(len(inputs), options.projection)
        cell, first = options.cell, 0
        for steps in packing.products:
            gates = products.input(inputs[first : first + sum(steps)]).add_(products.bias)
            for projected_input in gates.split(steps):
                active = len(projected_input)
                step = products.state.plus(projected_input, output[:active])
                admitted = torch.sigmoid_(step[:, : 2 * cell])
                fresh = torch.tanh_(step[:, 2 * cell : 3 * cell])
                kept = memory[:active]
                kept.mul_(admitted[:, cell:]).addcmul_(admitted[:, :cell], fresh)
                if options.cell_clip is not None:
                    kept.clamp_(-options.cell_clip, options.cell_clip)
                exposed = torch.sigmoid_(step[:, 3 * cell :]).mul_(torch.tanh(kept))
                projected = products.projection(exposed)
                if options.projection_clip is not None:
                    projected.clamp_(-options.projection_clip, options.projection_clip)
                # Finished sentences lie past `active` and keep the output and memory in which they ended.
                output[:active] = result[first : first + active] = projected
                first += active
        unsorted = torch.empty_like(packing.order)
        unsorted[packing.order] = torch.arange(n, device=unsorted.device)
        return result, (output[unsorted], memory[unsorted])


@dataclass(frozen=True, eq=False)
class _Packing:
    """Time-major rows of sentences of different lengths, longest first, without padding."""

    order: Tensor
    """The sentences, longest first."""
    products: tuple[list[int], ...]
    """How many sentences still run at each step; steps whose input projections are one product are one list."""
    forward: Tensor
    """The word read at each packed row, left to right."""
    backward: Tensor
    """The same, right to left."""

    @classmethod
    def of(cls, lengths: Sequence[int], device: torch.device) -> _Packing:
        sizes = np.asarray(lengths, dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        order = np.argsort(-sizes, kind="stable")
        sizes, starts = sizes[order], starts[order]
        steps = np.arange(int(sizes[0]) if len(sizes) else 0)
        runs = sizes[None, :] > steps[:, None]
        forward = (starts[None, :] + steps[:, None])[runs]
        backward = (starts[None, :] + sizes[None, :] - 1 - steps[:, None])[runs]
        return cls(
            order=torch.from_numpy(order).to(device),
            products=tuple(_products(runs.sum(axis=1).tolist())),
            forward=torch.from_numpy(forward).to(device),
            backward=torch.from_numpy(backward).to(device),
        )


def _moved(part: Any, device: torch.device) -> Any:
    """The same tuples and dataclasses with every tensor on the device."""
    if isinstance(part, Tensor):
        return part.to(device)
    if isinstance(part, tuple):
        return tuple(_moved(item, device) for item in part)
    return type(part)(*(_moved(getattr(part, field.name), device) for field in fields(part)))


def _products(active: list[int]) -> Iterator[list[int]]:
    steps: list[int] = []
    for running in active:
        if steps and sum(steps) + running > _WORDS_PER_PRODUCT:
            yield steps
            steps = []
        steps.append(running)
    if steps:
        yield steps
