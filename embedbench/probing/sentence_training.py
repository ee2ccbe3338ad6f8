"""Training in whole sentences, for probes whose targets belong together: all members of a seed in one pass.

What `trainer.py` is to targets that stand alone, this is to trees and to questions about a passage: batches hold whole
units of about `training.batch_size` words, and the schedule counts words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float32, Float64
from torch import Tensor

from embedbench.errors import NumericalError
from embedbench.mixing import Mix
from embedbench.probing.groups import Parameters
from embedbench.probing.members import Training
from embedbench.probing.optimiser import StackedAdamW
from embedbench.probing.standard import Standard

B = TypeVar("B")
Made = TypeVar("Made", covariant=True)
Read = TypeVar("Read", contravariant=True)
M = TypeVar("M", bound=Hashable)


@runtime_checkable
class UnitData(Protocol[Made]):
    """One split, unit by unit (sentence, or passage with its questions)."""

    def __len__(self) -> int: ...

    @property
    def n_words(self) -> int:
        """The words that fill batches."""
        ...

    def batches(self, order: Sequence[int], batch_words: int) -> Iterator[list[int]]:
        """The units in this order, in batches of about so many words."""
        ...

    def batch(self, units: Sequence[int], standard: Standard) -> Made:
        """The vectors and answers of these units."""
        ...

    def weight(self, units: Sequence[int]) -> int:
        """Over how many targets the loss of these units is a mean."""
        ...


@runtime_checkable
class UnitGroup(Protocol[Read, M]):
    """Members that are trained as one. `members` and the first axis of every parameter stay in step."""

    members: list[M]
    parameters: Parameters

    def losses(self, batch: Read) -> Float32[Tensor, "members"]:
        """The mean loss of every member."""
        ...

    def gradients(self, batch: Read) -> tuple[Float32[Tensor, "members"], Parameters]:
        """The same, and the gradient of every parameter."""
        ...

    def keep(self, members: Sequence[M], parameters: Parameters) -> None:
        """Goes on with these members only."""
        ...


@dataclass
class Outcome:
    """The best that a member has reached so far."""

    parameters: Parameters
    loss: float = float("inf")
    epochs: int = 0
    best_epoch: int = 0


class SeedTraining(Generic[B, M]):
    """The members of one seed: they share the order of the units, so every batch is read once for all.

    Args:
        train: what they learn from.
        dev: what decides when each member stops.
        groups: the members.
        training: options.
        standard: how train standardises vectors.
        seed: of the order.
        what: how an error names a member before its mix and seed.
        linear: whether the learning rate is that of linear probes.
    """

    def __init__(
        self,
        train: UnitData[B],
        dev: UnitData[B],
        groups: Sequence[UnitGroup[B, M]],
        training: Training,
        standard: Standard,
        seed: int,
        what: str,
        *,
        linear: bool,
    ) -> None:
        self._train, self._dev, self._training, self._standard, self._what = train, dev, training, standard, what
        self._groups = list(groups)
        self._epochs, self._passes = training.epochs(train.n_words), training.passes(train.n_words)
        # Whole units do not fill a batch, so there are somewhat more batches than words / batch_size.
        n_batches = sum(1 for _ in train.batches(range(len(train)), training.batch_size))
        n_updates = int(1.05 * n_batches + 1) * self._passes * self._epochs
        self._optimisers = [StackedAdamW(g.parameters, training, n_updates, linear=linear) for g in self._groups]
        # The text is that of the trainer of classification probes, so that a seed means the same stream.
        stream = int.from_bytes(hashlib.sha256(f"order\0{seed}".encode()).digest()[:16], "little")
        self._order = np.random.Generator(np.random.PCG64(stream))
        self.outcomes: dict[M, Outcome] = {m: Outcome({}) for group in self._groups for m in group.members}

    def run(self) -> Iterator[int]:
        """Trains until every member has stopped; yields the member-epochs done."""
        for epoch in range(1, self._epochs + 1):
            running = sum(len(group.members) for group in self._groups)
            if not running:
                break
            for _ in range(self._passes):
                self._one_pass()
            self._evaluate(epoch)
            yield running
        yield sum(self._epochs - outcome.epochs for outcome in self.outcomes.values())

    def _one_pass(self) -> None:
        order = self._order.permutation(len(self._train)).tolist()
        for units in self._train.batches(order, self._training.batch_size):
            batch = self._train.batch(units, self._standard)
            for group, optimiser in zip(self._groups, self._optimisers, strict=True):
                optimiser.update(group.gradients(batch)[1])

    def _evaluate(self, epoch: int) -> None:
        for group, optimiser, losses in zip(self._groups, self._optimisers, self._dev_losses(), strict=True):
            kept = []
            for row, member in enumerate(group.members):
                outcome, loss = self.outcomes[member], float(losses[row])
                if not np.isfinite(loss):
                    raise NumericalError(
                        f"the dev loss of {self._what}, {member}, is {loss} in epoch {epoch}; lower the learning rate, "
                        "or look for extreme values in the vectors"
                    )
                outcome.epochs = epoch
                if loss < outcome.loss:
                    outcome.loss, outcome.best_epoch = loss, epoch
                    outcome.parameters = {name: v[row : row + 1].clone() for name, v in group.parameters.items()}
                if epoch - outcome.best_epoch < self._training.patience:
                    kept.append(row)
            if len(kept) < len(group.members):
                index = torch.tensor(kept, dtype=torch.int64)
                parameters = {name: value[index] for name, value in group.parameters.items()}
                optimiser.keep(index, parameters)
                group.keep([group.members[row] for row in kept], parameters)
        going_on = [number for number, group in enumerate(self._groups) if group.members]
        self._optimisers = [self._optimisers[number] for number in going_on]
        self._groups = [self._groups[number] for number in going_on]

    def _dev_losses(self) -> list[Float64[np.ndarray, "members"]]:
        totals = [np.zeros(len(group.members)) for group in self._groups]
        weight = 0
        with torch.no_grad():
            for units in self._dev.batches(range(len(self._dev)), self._training.batch_size):
                batch, own = self._dev.batch(units, self._standard), self._dev.weight(units)
                weight += own
                for group, total in zip(self._groups, totals, strict=True):
                    total += group.losses(batch).numpy() * own
        return [total / weight for total in totals]


def unit_batches(lengths: Sequence[int], order: Sequence[int], batch_words: int) -> Iterator[list[int]]:
    """The units in this order, cut into batches of at most `batch_words` words (but at least a unit).

    >>> list(unit_batches([3, 4, 9, 1], [0, 1, 2, 3], 8))
    [[0, 1], [2], [3]]
    """
    batch: list[int] = []
    words = 0
    for unit in order:
        if batch and words + lengths[unit] > batch_words:
            yield batch
            batch, words = [], 0
        batch.append(unit)
        words += lengths[unit]
    if batch:
        yield batch


def stacked_alike(mixes: Sequence[Mix], parameters: Sequence[Parameters]) -> list[tuple[list[int], Parameters]]:
    """The rows of members that can train as one, with their parameters stacked: same shapes, mixes of one kind."""
    keyed: dict[tuple[tuple[int, ...], bool, bool], list[int]] = {}
    for row, (mix, own) in enumerate(zip(mixes, parameters, strict=True)):
        keyed.setdefault((tuple(own["weight0"].shape), mix.learned, mix.normed), []).append(row)
    return [
        (rows, {name: torch.cat([parameters[row][name] for row in rows]) for name in parameters[rows[0]]})
        for _, rows in sorted(keyed.items())
    ]
