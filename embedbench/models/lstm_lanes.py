"""One LSTM with projection (Sak et al. 2014) of one direction, over sentences in lanes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float32
from torch import Tensor

from embedbench.models.bilm_options import BilmOptions
from embedbench.models.lanes import Lanes
from embedbench.models.products import Product

_WORDS_PER_PRODUCT = 256
"""Words whose input projections are one product: 17 MB of gates at 4,096 cells, however long the sentences. Half as
many in half precision, where products are so fast that writing the gates to memory and reading them again counts."""


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


class LstmProducts:
    """The three matrices of one LSTM, ready to multiply; memory and gates are float32 whatever they multiply in."""

    def __init__(self, weights: LstmWeights, options: BilmOptions, dtype: torch.dtype) -> None:
        self._options = options
        self._words = max(1, _WORDS_PER_PRODUCT * dtype.itemsize // torch.float32.itemsize)
        self._input = Product(_sigmoids_first(weights.input), _sigmoids_first(weights.bias), dtype=dtype)
        self._state = Product(_sigmoids_first(weights.state), dtype=dtype)
        self._projection = Product(weights.projection, dtype=dtype)

    def run(
        self,
        inputs: Float32[Tensor, "words projection"],
        lanes: Lanes,
        start: tuple[Float32[Tensor, "1 projection"], Float32[Tensor, "1 cell"]] | None,
    ) -> tuple[
        Float32[Tensor, "words projection"], tuple[Float32[Tensor, "lanes projection"], Float32[Tensor, "lanes cell"]]
    ]:
        """What it puts out at every step, and where each lane ended.

        Args:
            inputs: in the order in which the lanes read them.
            lanes: which of them run side by side.
            start: output and memory at the start of a sentence; zeros when absent.
        """
        options, n = self._options, max(lanes.running, default=0)
        if start is None:
            start = inputs.new_zeros(1, options.projection), inputs.new_zeros(1, options.cell)
        output, memory = (part.repeat(n, 1) for part in start)
        result = inputs.new_empty(len(inputs), options.projection)
        first = 0
        for block in lanes.blocks(self._words):
            steps = [lanes.running[step] for step in block]
            gates = self._input(inputs[first : first + sum(steps)])
            for step, projected_input in zip(block, gates.split(steps), strict=True):
                active = len(projected_input)
                if step in lanes.restarts:
                    output[lanes.restarts[step]], memory[lanes.restarts[step]] = start
                # The sigmoids and products below are as fast in float32, and the memory adds up hundreds of them.
                gate = self._state.plus(projected_input, output[:active]).float()
                projected = self._projection(self._exposed(gate, memory[:active])).float()
                if options.projection_clip is not None:
                    projected.clamp_(-options.projection_clip, options.projection_clip)
                output[:active] = result[first : first + active] = projected
                first += active
        return result, (output, memory)

    def _exposed(
        self, gate: Float32[Tensor, "lanes gates"], memory: Float32[Tensor, "lanes cell"]
    ) -> Float32[Tensor, "lanes cell"]:
        """What the cells show, from their gates; the memory becomes the new one, and the gates are overwritten."""
        cell, clip = self._options.cell, self._options.cell_clip
        admitted, kept, shown = torch.sigmoid_(gate[:, : 3 * cell]).chunk(3, dim=1)
        memory.mul_(kept).addcmul_(admitted, torch.tanh_(gate[:, 3 * cell :]))
        if clip is not None:
            memory.clamp_(-clip, clip)
        return shown.mul_(torch.tanh(memory))


def _sigmoids_first(gates: Float32[Tensor, "*rows gates"]) -> Float32[Tensor, "*rows gates"]:
    """The gates in the order input, forget, output, new memory: one pass for the three that are sigmoids."""
    admitting, forgetting, fresh, showing = gates.chunk(4, dim=-1)
    return torch.cat([admitting, forgetting, showing, fresh], dim=-1)
