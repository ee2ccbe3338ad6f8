"""Both directions' LSTM of one layer, over packed sentences, with a hand-written gradient.

Autograd would add up the weights' gradients step by step, 40 % of the time on a CPU. Here every product that does not
depend on the step before (input projections, all weight gradients, the input's gradient) is one product over all rows,
and both directions take each step together.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


class PackedLstm(torch.autograd.Function):
    """An LSTM with projection and without clipping; gates in the order input, forget, new memory, output."""

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Float[Tensor, "two rows projection"],
        weights: Float[Tensor, "two projection gates"],
        state: Float[Tensor, "two projection gates"],
        bias: Float[Tensor, "two gates"],
        projection: Float[Tensor, "two cell projection"],
        running: list[int],
        dtype: torch.dtype,
    ) -> Float[Tensor, "two rows projection"]:
        """The projected output of every row.

        Args:
            ctx: keeps what the gradient needs.
            inputs: rows of all steps, step after step; within a step the longest sentences first.
            weights: of the inputs.
            state: of the output of the step before.
            bias: of the gates.
            projection: from memory cells to output.
            running: sentences in each step, never rising.
            dtype: of the factors of every product.
        """
        cell = projection.shape[1]
        inputs, weights, state_, projection_ = (t.to(dtype) for t in (inputs, weights, state, projection))
        gates = torch.bmm(inputs, weights).float().add_(bias[:, None])
        memory = gates.new_empty(2, gates.shape[1], cell)
        exposed = torch.empty_like(memory)
        outputs = torch.empty_like(inputs, dtype=dtype)
        first, before = 0, 0
        for n in running:
            step = gates[:, first : first + n]
            if first:
                step += torch.bmm(outputs[:, before : before + n], state_)
            step[:, :, : 2 * cell].sigmoid_()
            step[:, :, 2 * cell : 3 * cell].tanh_()
            step[:, :, 3 * cell :].sigmoid_()
            kept = memory[:, first : first + n]
            torch.mul(step[:, :, :cell], step[:, :, 2 * cell : 3 * cell], out=kept)
            if first:
                kept.addcmul_(step[:, :, cell : 2 * cell], memory[:, before : before + n])
            squashed = exposed[:, first : first + n]
            torch.tanh(kept, out=squashed)
            outputs[:, first : first + n] = torch.bmm((squashed * step[:, :, 3 * cell :]).to(dtype), projection_)
            before, first = first, first + n
        ctx.save_for_backward(inputs, weights, state_, projection_, gates, memory, exposed, outputs)
        ctx.running, ctx.dtype = running, dtype
        return outputs.float()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of inputs and weights."""
        inputs, weights, state, projection, gates, memory, squashed, outputs = ctx.saved_tensors
        running, dtype, cell = ctx.running, ctx.dtype, memory.shape[2]
        earlier = _rows_before(running).to(gates.device)
        first_step = running[0]
        admit, forget, new, out = gates.split(cell, dim=2)
        exposed = (squashed * out).to(dtype)
        # What each gate's gradient is per unit of the memory's (or, for the output gate, of the exposed) gradient.
        factors = torch.empty_like(gates)
        torch.mul(new, admit * (1 - admit), out=factors[:, :, :cell])
        torch.mul(forget, 1 - forget, out=factors[:, :, cell : 2 * cell])
        factors[:, :first_step, cell : 2 * cell] = 0
        factors[:, first_step:, cell : 2 * cell] *= memory[:, earlier]
        torch.mul(admit, 1 - new * new, out=factors[:, :, 2 * cell : 3 * cell])
        torch.mul(squashed, out * (1 - out), out=factors[:, :, 3 * cell :])
        through = out * (1 - squashed * squashed)
        gradient = gradient.contiguous().clone()
        projection_t, state_t = projection.transpose(1, 2), state.transpose(1, 2)
        end = gates.shape[1]
        later: Tensor | None = None
        memory_later: Tensor | None = None
        for n in reversed(running):
            rows = slice(end - n, end)
            total = gradient[:, rows]
            if later is not None:
                total[:, : later.shape[1]] += later
            on_exposed = torch.bmm(total.to(dtype), projection_t).float()
            on_memory = through[:, rows] * on_exposed
            if memory_later is not None:
                on_memory[:, : memory_later.shape[1]] += memory_later
            step = factors[:, rows]
            step[:, :, : 3 * cell].unflatten(2, (3, cell)).mul_(on_memory[:, :, None])
            step[:, :, 3 * cell :].mul_(on_exposed)
            end -= n
            if end:
                later = torch.bmm(step.to(dtype), state_t).float()
                memory_later = on_memory * forget[:, rows]
        on_gates = factors.to(dtype)
        on_state = torch.bmm(outputs[:, earlier].transpose(1, 2), on_gates[:, first_step:])
        return (
            torch.bmm(on_gates, weights.transpose(1, 2)).float(),
            torch.bmm(inputs.transpose(1, 2), on_gates).float(),
            on_state.float(),
            factors.sum(dim=1),
            torch.bmm(exposed.transpose(1, 2), gradient.to(dtype)).float(),
            None,
            None,
        )


def _rows_before(running: list[int]) -> Tensor:
    """For every row after the first step, the row of the same sentence one step earlier."""
    starts = torch.tensor([0, *running]).cumsum(0)
    return torch.cat(
        [torch.arange(n) + starts[k] for k, n in enumerate(running[1:])] or [torch.zeros(0, dtype=torch.int64)]
    )
