"""A group: members whose parameters have the same shapes, stacked along a first axis and trained as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float32, Int64, Shaped
from torch import Tensor

from embedbench.mixing import Single
from embedbench.probing.members import Member
from embedbench.probing.probes import Pooling, Probe, is_linear

Parameters = dict[str, Tensor]
"""Stacked parameters by name; the first axis of each is the member."""

_INITIAL_DEVIATION = 0.01
"""Of linear weights: small, because nothing ever unlearns a start in directions without variance."""


@dataclass(frozen=True, eq=False)
class Batch:
    """The vectors of a batch of targets.

    Attributes:
        values: of every part of every target; rows are targets, or all their words in attentive pooling.
        segments: only in attentive pooling: the (part, target) of each row, flattened.
        size: targets.
    """

    values: Float32[Tensor, "layers parts rows dim"]
    segments: Int64[Tensor, "rows"] | None
    size: int


@dataclass(frozen=True)
class GroupKey:
    """What members of a group have in common, besides what they share with everybody."""

    probe: str
    wide: bool
    normed: bool
    slots: int
    n_labels: int


@dataclass(frozen=True)
class Shape:
    """The sizes that decide the shapes of parameters.

    Attributes:
        layers: of the vectors.
        dim: of a layer.
        spans: of a target.
        n_labels: of the label column.
    """

    layers: int
    dim: int
    spans: int
    n_labels: int


@runtime_checkable
class Group(Protocol):
    """Members that are trained as one. `members` and the first axis of every parameter stay in step."""

    members: list[Member]
    parameters: Parameters

    def keep(self, members: list[Member], parameters: Parameters) -> None:
        """Goes on with these members only."""
        ...

    def gradients(
        self, batch: Batch, labels: Shaped[Tensor, "members batch"]
    ) -> tuple[Float32[Tensor, "members"], Parameters]:
        """The mean train loss (nats) of every member, and the gradient of every parameter."""
        ...

    def scores(self, batch: Batch) -> Float32[Tensor, "members labels batch"]:
        """The label scores (logits) of every member."""
        ...


def group_key(member: Member, n_layers: int, n_labels: int) -> GroupKey:
    """Which group a member belongs to."""
    return GroupKey(
        probe=repr(member.probe),
        wide=is_linear(member.probe) and isinstance(member.mix, Single),
        normed=member.mix.normed,
        slots=len(member.mix.coefficients(n_layers)),
        n_labels=n_labels,
    )


@dataclass(frozen=True)
class Parts:
    """What the input of a target is made of, in this order, per slot.

    Attributes:
        vectors: of its spans, or of their ends.
        products: of the first half of the vectors with the second; pairs are [a; b; a*b].
        differences: absolute ones, of the same; pairs are [a; b; a*b; |a-b|].
    """

    vectors: int
    products: int
    differences: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.vectors + self.products + self.differences


def parts_of(probe: Probe, spans: int) -> Parts:
    """What a probe reads of targets with this many spans."""
    ends = 2 if probe.pooling is Pooling.endpoint else 1
    pairs = ends if spans == 2 else 0
    return Parts(spans * ends, pairs, pairs if getattr(probe, "difference", False) else 0)


def initial_parameters(member: Member, shape: Shape) -> Parameters:
    """A member's parameters before training, as a group of one. They depend on shapes and on the seed only."""
    generator = torch.Generator().manual_seed(member.seed)
    coefficients = torch.from_numpy(member.mix.coefficients(shape.layers))
    slots = len(coefficients)
    parameters: Parameters = {}
    if member.mix.learned:
        parameters |= {"mix": torch.zeros(1, shape.layers), "gamma": torch.ones(1)}
    if member.probe.pooling is Pooling.attentive:
        parameters["attention"] = torch.zeros(1, slots * shape.dim)
    widths = [*member.probe.hidden_widths, shape.n_labels]
    width = parts_of(member.probe, shape.spans).total * slots * shape.dim
    for depth, out in enumerate(widths):
        # Hidden layers as He et al. 2015, for ReLU; the last layer near zero, so that training starts at chance.
        deviation = _INITIAL_DEVIATION if depth == len(widths) - 1 else (2 / width) ** 0.5
        parameters[f"weight{depth}"] = torch.randn(1, out, width, generator=generator) * deviation
        parameters[f"bias{depth}"] = torch.zeros(1, out)
        width = out
    return parameters


def stack_parameters(parameters: Sequence[Parameters]) -> Parameters:
    """Groups' parameters, joined along the member axis. A name that only some have is filled with zeros."""
    names = {name: value for single in parameters for name, value in single.items()}
    return {
        name: torch.cat([single.get(name, torch.zeros_like(value)) for single in parameters])
        for name, value in names.items()
    }


def initial_coefficients(members: Sequence[Member], n_layers: int) -> Float32[Tensor, "members slots layers"]:
    """The coefficients of every member's mix before training."""
    return torch.from_numpy(np.stack([member.mix.coefficients(n_layers) for member in members]))


def learned_rows(members: Sequence[Member]) -> Int64[Tensor, "learned"]:
    """Which members learn their mix."""
    return torch.tensor([row for row, member in enumerate(members) if member.mix.learned], dtype=torch.int64)
