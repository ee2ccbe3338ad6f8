"""The dev split in training: how good the members of a group are on it, and the best that each has reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64, Real, Shaped
from torch import Tensor

from embedbench.errors import NumericalError
from embedbench.probing.bank import Bank
from embedbench.probing.fitted import BankKey, bank_key, batches_in_order
from embedbench.probing.grades import correlations, grade_distributions, mean_grades
from embedbench.probing.groups import Group, Parameters
from embedbench.probing.members import Member, ProbeData


@dataclass
class MemberOutcome:
    """The best that a member has reached so far.

    Attributes:
        parameters: of the member as a group of one; empty until there is a best.
        loss: dev cross-entropy, in nats per target.
        score: dev accuracy; of grades, Pearson's correlation.
        epochs: that it trained; of a member solved over the full batch, passes over train.
        best_epoch: whose parameters it kept, counted from 1.
        penalty: the L2 penalty that is best on dev, times the train targets; None where mini-batches trained it.
    """

    parameters: Parameters
    loss: float = float("inf")
    score: float = 0.0
    epochs: int = 0
    best_epoch: int = 0
    penalty: float | None = None


class DevSplit:
    """What decides when members stop, and what they keep."""

    def __init__(self, dev: ProbeData, banks: Mapping[BankKey, tuple[Bank, Bank]]) -> None:
        self._n = len(dev.split)
        self._banks = {key: of_dev for key, (_, of_dev) in banks.items()}
        self._labels = {name: label_tensor(column) for name, column in dev.labels.items()}
        self._graded = any(column.is_floating_point() for column in self._labels.values())

    def standard_error(self, score: float) -> float:
        """How far a score of as many dev targets is off by chance, about: of a share; of grades, of a correlation."""
        if self._graded:
            return float((1 - score**2) / max(self._n - 1, 1) ** 0.5)
        return float((score * (1 - score) / self._n) ** 0.5)

    def measure(self, group: Group) -> tuple[Float64[np.ndarray, "members"], Float64[np.ndarray, "members"]]:
        """The cross-entropy of every member of a group, and accuracy; of grades, Pearson's correlation instead."""
        losses = torch.zeros(len(group.members), dtype=torch.float64)
        right = torch.zeros(len(group.members), dtype=torch.float64)
        labels = torch.stack([self._labels[member.labels] for member in group.members])
        if labels.is_floating_point():
            return self._measure_grades(group, labels)
        for targets, batch in batches_in_order(self._banks[bank_key(group.members[0])], self._n):
            gold: Tensor = labels[:, targets[0] : targets[-1] + 1].unsqueeze(1)
            scores = group.scores(batch)
            losses -= torch.log_softmax(scores, dim=1).gather(1, gold).sum(dim=(1, 2), dtype=torch.float64)
            right += (scores.argmax(dim=1, keepdim=True) == gold).sum(dim=(1, 2))
        return (losses / self._n).numpy(), (right / self._n).numpy()

    def _measure_grades(
        self, group: Group, labels: Float32[Tensor, "members targets"]
    ) -> tuple[Float64[np.ndarray, "members"], Float64[np.ndarray, "members"]]:
        losses = torch.zeros(len(group.members), dtype=torch.float64)
        predicted = torch.zeros(labels.shape, dtype=torch.float64)
        for targets, batch in batches_in_order(self._banks[bank_key(group.members[0])], self._n):
            own = slice(int(targets[0]), int(targets[-1]) + 1)
            scores = group.scores(batch)
            wanted = grade_distributions(labels[:, own], scores.shape[1])
            losses -= (torch.log_softmax(scores, dim=1) * wanted).sum(dim=(1, 2), dtype=torch.float64)
            predicted[:, own] = mean_grades(scores).double()
        return (losses / self._n).numpy(), correlations(labels.double().numpy(), predicted.numpy())


def label_tensor(column: Real[np.ndarray, "targets"]) -> Shaped[Tensor, "targets"]:
    """Classes as they are, grades in single precision."""
    return torch.from_numpy(
        np.ascontiguousarray(column, np.float32 if np.issubdtype(column.dtype, np.floating) else column.dtype)
    )


def check_finite(member: Member, loss: float, epoch: int, which: str) -> None:
    """Refuses a loss that is no number.

    Raises:
        NumericalError: it is NaN or infinite.
    """
    if not np.isfinite(loss):
        raise NumericalError(
            f"the {which} loss of member {member.label} is {loss} in epoch {epoch}; lower training.learning_rate, "
            "or look for extreme values in the vectors"
        )
