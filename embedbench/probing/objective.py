"""What a full-batch solution minimises: the mean loss of linear probes over all of train, for many members at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from embedbench.mixing import Mix
from embedbench.probing.bank import Bank
from embedbench.probing.curvature import Curvature, guessed_curvature
from embedbench.probing.dev import label_tensor
from embedbench.probing.fitted import TARGETS_PER_CHUNK, BankKey, bank_key, make_groups
from embedbench.probing.groups import Batch, Group, Parameters
from embedbench.probing.members import Member
from embedbench.probing.prepared import Prepared
from embedbench.probing.softmax_regression import MixGroup, SingleLayerGroup

_MOST_ROWS = 4096
"""Rows of the bank, or targets, that mean products are taken over; they need no more."""

_MOST_ELEMENTS = 1 << 25
"""Of the targets that are kept for it."""

_WIDEST = 1200
"""Inputs of a probe; inverting the curvature of wider ones takes longer than the passes it saves."""


class Objective:
    """The mean train loss of members at given parameters, and its gradient; every call is one pass over train."""

    def __init__(self, prepared: Prepared, n_labels: Mapping[str, int]) -> None:
        vectors = prepared.train.vectors
        self._banks, self._n_labels = prepared.banks, n_labels
        self._labels = {name: label_tensor(column) for name, column in prepared.train.labels.items()}
        self.n_targets = len(prepared.train.split)
        self.shape = (vectors.n_layers, vectors.dim, prepared.train.split.spans.shape[1])
        self._samples: dict[BankKey, list[Batch]] = {}
        self._products = {key: _mean_products(bank) for key, (bank, _) in prepared.banks.items()}

    def groups(self, members: Sequence[Member], parameters: Sequence[Parameters]) -> list[Group]:
        """The members in groups that share their products."""
        return make_groups(members, parameters, self._n_labels, *self.shape)

    def evaluate(
        self, members: Sequence[Member], parameters: Sequence[Parameters]
    ) -> dict[Member, tuple[float, Parameters]]:
        """The loss (nats per target) and the gradient of every member."""
        groups = self.groups(members, parameters)
        losses = [torch.zeros(len(group.members), dtype=torch.float64) for group in groups]
        gradients: list[Parameters] = [{} for _ in groups]
        keys = sorted({bank_key(member) for member in members}, key=str)
        for start in range(0, self.n_targets, TARGETS_PER_CHUNK):
            targets = np.arange(start, min(start + TARGETS_PER_CHUNK, self.n_targets), dtype=np.int64)
            batches = {key: self._banks[key][0].batch(targets) for key in keys}
            share = len(targets) / self.n_targets
            for number, group in enumerate(groups):
                labels = torch.stack([self._labels[m.labels][start : start + len(targets)] for m in group.members])
                of_batch, found = group.gradients(batches[bank_key(group.members[0])], labels)
                losses[number] += share * of_batch
                for name, value in found.items():
                    gradients[number].setdefault(name, torch.zeros_like(value)).add_(value, alpha=share)
        return {
            member: (float(losses[number][row]), {name: value[row] for name, value in gradients[number].items()})
            for number, group in enumerate(groups)
            for row, member in enumerate(group.members)
        }

    def curvature(self, member: Member, parameters: Parameters, penalty: float) -> Curvature | None:
        """A guess of how the penalised loss of a member is bent at some parameters; None where inputs are too wide."""
        (group,) = self.groups([member], [parameters])
        assert isinstance(group, SingleLayerGroup | MixGroup)
        if parameters["weight0"].shape[2] > _WIDEST:
            return None
        n_mix = parameters["mix"].shape[1] if "mix" in parameters else 0
        return guessed_curvature(map(group.first_seen, self._sample(bank_key(member))), penalty, n_mix)

    def _sample(self, key: BankKey) -> list[Batch]:
        """Some targets, evenly from all of train; kept, because gathering them takes longer than what they are for."""
        if key not in self._samples:
            bank = self._banks[key][0]
            size = bank.first.shape[1] * self.shape[0] * self.shape[1]
            step = -(-self.n_targets // min(_MOST_ROWS, max(1, _MOST_ELEMENTS // size)))
            chosen = np.arange(0, self.n_targets, step, dtype=np.int64)
            starts = range(0, len(chosen), TARGETS_PER_CHUNK)
            self._samples[key] = [bank.batch(chosen[start : start + TARGETS_PER_CHUNK]) for start in starts]
        return self._samples[key]

    def mix_scale(self, member: Member, weights: Float32[Tensor, "layers"]) -> tuple[Tensor, Tensor]:
        """The gamma that gives the mix of these weights (before the softmax) unit variance, and its gradient.

        Layers are standardised one by one; a mean of several varies less. Without this scale the penalty on the weights
        behind it would favour one layer over several for its size alone.
        """
        taking_part = torch.from_numpy(member.mix.coefficients(len(weights))[0]) > 0
        share = weights.masked_fill(~taking_part, float("-inf")).softmax(dim=0)
        products = self._products[bank_key(member)]
        gamma = float(share @ products @ share) ** -0.5
        towards = -(gamma**3) * (products @ share)
        return torch.tensor([gamma]), share * (towards - share @ towards)


def _mean_products(bank: Bank) -> Float32[Tensor, "layers layers"]:
    """The mean product of every two layers over rows and dimensions; 1 where a standardised layer meets itself."""
    layers, rows, _ = bank.values.shape
    chosen = bank.values[:, :: max(1, rows // _MOST_ROWS)].reshape(layers, -1)
    products = chosen @ chosen.T / chosen.shape[1]
    return products + 1e-6 * torch.eye(layers)


@dataclass(frozen=True)
class EqualShares:
    """A learned mix before it learns: equal shares of its layers, scaled; not a mix that users choose."""

    mix: Mix
    gamma: float
    learned: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """That of the mix, and what it is now."""
        return f"{self.mix.label} in equal shares"

    @property
    def normed(self) -> bool:
        """As the mix."""
        return self.mix.normed

    def coefficients(self, n_layers: int) -> Float32[np.ndarray, "slots layers"]:
        """Those of the mix, scaled."""
        return np.float32(self.gamma) * self.mix.coefficients(n_layers)
