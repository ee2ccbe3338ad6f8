"""Members trained on mini-batches by AdamW; the members of one seed see the same batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Int64

from embedbench.probing.bank import Bank
from embedbench.probing.dev import DevSplit, MemberOutcome, check_finite, label_tensor
from embedbench.probing.fitted import BankKey, bank_key, make_groups
from embedbench.probing.groups import Batch, Shape, initial_parameters
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.optimiser import StackedAdamW
from embedbench.probing.orders import WINDOW, shuffled
from embedbench.probing.probes import is_linear
from embedbench.progress import Advance


class SeedTraining:
    """The members of one seed: they share the order of the targets, so every batch is gathered once for all."""

    def __init__(
        self,
        train: ProbeData,
        dev: ProbeData,
        members: Sequence[Member],
        n_labels: Mapping[str, int],
        training: Training,
        banks: Mapping[BankKey, tuple[Bank, Bank]],
        seed: int,
    ) -> None:
        self._training, self._banks, self._n_labels = training, banks, n_labels
        self._n_train = len(train.split)
        self._labels = {name: label_tensor(column) for name, column in train.labels.items()}
        self._dev = DevSplit(dev, banks)
        self._shape = (train.vectors.n_layers, train.vectors.dim, train.split.spans.shape[1])
        layers, dim, spans = self._shape
        initial = [
            initial_parameters(
                replace(m, seed=training.initial_seed(m.seed)), Shape(layers, dim, spans, n_labels[m.labels])
            )
            for m in members
        ]
        self._groups = make_groups(members, initial, n_labels, layers, dim, spans)
        self._passes = training.passes(self._n_train)
        self._epochs = training.epochs(self._n_train)
        n_updates = training.batches(self._n_train) * self._passes * self._epochs
        self._optimisers = [
            StackedAdamW(
                group.parameters,
                training,
                n_updates,
                linear=is_linear(group.members[0].probe),
                members=group.members,
            )
            for group in self._groups
        ]
        self._order = training.order(seed)
        self._outcomes = {member: MemberOutcome({}) for member in members}

    def run(self, advance: Advance) -> dict[Member, MemberOutcome]:
        """Trains until every member has stopped."""
        for epoch in range(1, self._epochs + 1):
            running = sum(len(group.members) for group in self._groups)
            if not running:
                break
            advance(0, f"members training: {running}")
            for _ in range(self._passes):
                self._one_pass(epoch)
            self._evaluate(epoch)
            advance(running)
        stopped_early = sum(self._epochs - outcome.epochs for outcome in self._outcomes.values())
        advance(stopped_early)
        return self._outcomes

    def _one_pass(self, epoch: int) -> None:
        order = shuffled(self._n_train, self._order)
        totals = [torch.zeros(len(group.members)) for group in self._groups]
        for targets, batches in self._batches(order):
            index = torch.from_numpy(targets)
            columns = {name: column[index] for name, column in self._labels.items()}
            for group, optimiser, total in zip(self._groups, self._optimisers, totals, strict=True):
                labels = torch.stack([columns[member.labels] for member in group.members])
                losses, gradients = group.gradients(batches[bank_key(group.members[0])], labels)
                optimiser.update(gradients)
                total += losses
        for group, total in zip(self._groups, totals, strict=True):
            for member, loss in zip(group.members, total.tolist(), strict=True):
                check_finite(member, loss, epoch, "train")

    def _batches(
        self, order: Int64[np.ndarray, "targets"]
    ) -> Iterator[tuple[Int64[np.ndarray, "batch"], dict[BankKey, Batch]]]:
        """The targets of every batch, with their vectors under every key that is needed."""
        size = self._training.batch_size
        for begin in range(0, len(order), window := max(WINDOW // size, 1) * size):
            near = order[begin : begin + window]
            needed = sorted({bank_key(group.members[0]) for group in self._groups}, key=str)
            banks = {key: self._banks[key][0].window(near) for key in needed}
            for start in range(0, len(near), size):
                within = np.arange(start, min(start + size, len(near)), dtype=np.int64)
                yield near[within], {key: bank.batch(within) for key, bank in banks.items()}

    def _evaluate(self, epoch: int) -> None:
        for number, group in enumerate(self._groups):
            losses, scores = self._dev.measure(group)
            kept = []
            for row, member in enumerate(group.members):
                outcome = self._outcomes[member]
                check_finite(member, float(losses[row]), epoch, "dev")
                outcome.epochs = epoch
                if losses[row] < outcome.loss:
                    outcome.loss, outcome.score, outcome.best_epoch = float(losses[row]), float(scores[row]), epoch
                    outcome.parameters = {name: v[row : row + 1].clone() for name, v in group.parameters.items()}
                if epoch - outcome.best_epoch < self._training.patience:
                    kept.append(row)
            if len(kept) < len(group.members):
                self._keep(number, kept)
        going_on = [number for number, group in enumerate(self._groups) if group.members]
        self._optimisers = [self._optimisers[number] for number in going_on]
        self._groups = [self._groups[number] for number in going_on]

    def _keep(self, number: int, rows: list[int]) -> None:
        """Goes on without the members that stopped."""
        group, index = self._groups[number], torch.tensor(rows, dtype=torch.int64)
        parameters = {name: value[index] for name, value in group.parameters.items()}
        self._optimisers[number].keep(index, parameters)
        if rows:
            group.keep([group.members[row] for row in rows], parameters)
        else:
            group.members = []
