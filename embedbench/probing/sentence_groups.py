"""Probes that read whole sentences: what a member is, and members stacked along a first axis and trained as one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from jaxtyping import Float32
from torch import Tensor

from embedbench.mixing import Mix, normalise_words
from embedbench.probing.groups import Parameters
from embedbench.probing.softmax_regression import current_coefficients

BatchT = TypeVar("BatchT")
GroupT = TypeVar("GroupT", bound="SentenceGroup")  # type: ignore[type-arg]


@dataclass(frozen=True)
class SentenceMember:
    """One independently trained probe of whole sentences.

    Attributes:
        mix: layers → one vector.
        seed: of the initial parameters and of the order of sentences.
        labels: the label column it learns.
    """

    mix: Mix
    seed: int = 0
    labels: str = "task"

    @property
    def label(self) -> str:
        """How messages name it, such as `mix scalar, task, seed 0`."""
        return f"mix {self.mix.label}, {self.labels}, seed {self.seed}"


class SentenceGroup(ABC, Generic[BatchT]):
    """Members whose parameters have the same shapes and whose mixes are of one kind; a subclass says the loss."""

    def __init__(self, members: Sequence[SentenceMember], parameters: Parameters, n_layers: int) -> None:
        self._n_layers = n_layers
        self.keep(members, parameters)

    def keep(self, members: Sequence[SentenceMember], parameters: Parameters) -> None:
        """Goes on with these members only."""
        self.members, self.parameters = list(members), parameters
        fixed = [torch.from_numpy(member.mix.coefficients(self._n_layers)) for member in members]
        self._fixed = torch.stack(fixed) if fixed else torch.zeros(0, 1, self._n_layers)
        learned = [row for row, member in enumerate(members) if member.mix.learned]
        self._learned = torch.tensor(learned, dtype=torch.int64)

    def mixed(
        self, vectors: Float32[Tensor, "words layers dim"], parameters: Parameters
    ) -> Float32[Tensor, "members words width"]:
        """The mixed vector of every word, under every member; width is slots x dim."""
        if self.members[0].mix.normed:
            vectors = normalise_words(vectors)
        coefficients = current_coefficients(self._fixed, self._learned, parameters)
        members, slots, layers = coefficients.shape
        words, _, dim = vectors.shape
        mixed = coefficients.reshape(-1, layers) @ vectors.transpose(0, 1).reshape(layers, -1)
        return mixed.view(members, slots, words, dim).transpose(1, 2).reshape(members, words, slots * dim)

    @abstractmethod
    def losses(self, batch: BatchT, parameters: Parameters | None = None) -> Float32[Tensor, "members"]:
        """The mean loss of every member over the batch; with other parameters than its own where they are given."""

    def gradients(self, batch: BatchT) -> tuple[Float32[Tensor, "members"], Parameters]:
        """The loss of every member, and the gradient of every parameter."""
        leaves = {name: value.detach().requires_grad_() for name, value in self.parameters.items()}
        with torch.enable_grad():
            losses = self.losses(batch, leaves)
            # Members share no parameter, so the gradient of the sum holds each member's own.
            gradients = torch.autograd.grad(losses.sum(), list(leaves.values()))
        return losses.detach(), dict(zip(leaves, gradients, strict=True))


def stacked_groups(
    members: Sequence[SentenceMember],
    parameters: Sequence[Parameters],
    make: Callable[[Sequence[SentenceMember], Parameters], GroupT],
) -> list[GroupT]:
    """The members in groups, from the parameters of each as a group of one."""
    keyed: dict[tuple[tuple[int, ...], bool, bool], list[int]] = {}
    for row, (member, own) in enumerate(zip(members, parameters, strict=True)):
        key = (tuple(own["weight0"].shape), member.mix.learned, member.mix.normed)
        keyed.setdefault(key, []).append(row)
    groups = []
    for key in sorted(keyed):
        rows = keyed[key]
        stacked = {name: torch.cat([parameters[row][name] for row in rows]) for name in parameters[rows[0]]}
        groups.append(make([members[row] for row in rows], stacked))
    return groups


def mix_parameters(mix: Mix, n_layers: int) -> Parameters:
    """`w` and `gamma` of a learned mix before training, as a group of one; nothing for another mix."""
    return {"mix": torch.zeros(1, n_layers), "gamma": torch.ones(1)} if mix.learned else {}
