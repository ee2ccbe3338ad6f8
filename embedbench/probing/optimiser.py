"""AdamW on stacked parameters (Loshchilov & Hutter 2019): decoupled weight decay on matrices only."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Int64
from torch import Tensor

from embedbench.probing.groups import Parameters
from embedbench.probing.members import Member, Training

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8


class StackedAdamW:
    """AdamW over a group's parameters; every element is updated on its own, so members never touch each other."""

    def __init__(
        self,
        parameters: Parameters,
        training: Training,
        n_updates: int,
        *,
        linear: bool,
        members: Sequence[Member] = (),
    ) -> None:
        self._parameters, self._n_updates = parameters, n_updates
        rate = training.rate(parameters["weight0"].shape[2], linear=linear)
        self._mix_rate = training.mix_learning_rate
        self._rate = _per_member([rate * member.rate_factor for member in members] or [rate])
        decays = [training.weight_decay if m.weight_decay is None else m.weight_decay for m in members]
        self._weight_decay = _per_member(decays or [training.weight_decay])
        self._first = {name: torch.zeros_like(value) for name, value in parameters.items()}
        self._second = {name: torch.zeros_like(value) for name, value in parameters.items()}
        self._done = 0

    def update(self, gradients: Parameters) -> None:
        """One step of the schedule, in place."""
        decay = 0.5 * (1 + math.cos(math.pi * self._done / self._n_updates))
        self._done += 1
        first_bias, second_bias = (1 - beta**self._done for beta in _BETAS)
        for name, value in self._parameters.items():
            rate = decay * (self._mix_rate if name in ("mix", "gamma") else _beside(self._rate, value))
            gradient, first, second = gradients[name], self._first[name], self._second[name]
            first.lerp_(gradient, 1 - _BETAS[0])
            second.mul_(_BETAS[1]).addcmul_(gradient, gradient, value=1 - _BETAS[1])
            if name.startswith("weight"):
                value.mul_(1 - rate * _beside(self._weight_decay, value))
            denominator = second.sqrt().div_(math.sqrt(second_bias)).add_(_EPSILON)
            step = -rate / first_bias
            if isinstance(step, Tensor):
                value.addcdiv_(first * step, denominator)
            else:
                value.addcdiv_(first, denominator, value=step)

    def keep(self, rows: Int64[Tensor, "kept"], parameters: Parameters) -> None:
        """Goes on with some of the members, whose parameters were copied to new tensors."""
        self._parameters = parameters
        self._rate, self._weight_decay = (
            kept[rows] if isinstance(kept, Tensor) else kept for kept in (self._rate, self._weight_decay)
        )
        self._first = {name: value[rows] for name, value in self._first.items()}
        self._second = {name: value[rows] for name, value in self._second.items()}


def _per_member(values: list[float]) -> float | Tensor:
    """One number where all members have the same, which is faster."""
    return values[0] if len(set(values)) == 1 else torch.tensor(values)


def _beside(values: float | Tensor, parameter: Tensor) -> float | Tensor:
    """The members' own numbers, shaped to multiply a stacked parameter."""
    return values.view(-1, *[1] * (parameter.ndim - 1)) if isinstance(values, Tensor) else values
