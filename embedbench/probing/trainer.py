"""All members train together: one pass over the data per seed and epoch serves every mix, label column and probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64, Real, Shaped
from torch import Tensor

from embedbench.errors import ContractError, NumericalError
from embedbench.probing.bank import Bank
from embedbench.probing.fitted import (
    BankKey,
    FittedMembers,
    as_trained,
    bank_key,
    batches_in_order,
    make_groups,
)
from embedbench.probing.grades import correlations, grade_distributions, mean_grades
from embedbench.probing.groups import Batch, Group, Parameters, Shape, initial_parameters, is_linear
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.optimiser import StackedAdamW
from embedbench.probing.prepared import Prepared, prepare
from embedbench.progress import Advance, Progress, SilentProgress


def train_members(
    train: ProbeData,
    dev: ProbeData,
    members: Sequence[Member],
    n_labels: Mapping[str, int],
    training: Training | None = None,
    progress: Progress | None = None,
) -> FittedMembers:
    """Every member, trained on train and stopped on dev.

    A member's result depends on the data, the options and its own fields, not on its company or the order: members of
    one seed see the same batches, and no operation mixes their parameters. Only the rounding of matrix products may
    differ with the number of members that share one (tests state the tolerance). Members that differ only in how they
    mix a single layer are trained once.

    Args:
        train: what they learn from; its words decide the standardisation.
        dev: what decides when each member stops and which epoch it keeps.
        members: what to train, each once.
        n_labels: by label column.
        training: options.
        progress: told of members x epochs.

    Raises:
        ContractError: there is no member, one is named twice, or labels do not fit.
        NumericalError: a vector or a loss is not finite.
    """
    training, progress = training or Training(), progress or SilentProgress()
    _check(train, dev, members, n_labels)
    return train_prepared(prepare(train, dev, members, training, progress), members, n_labels, training, progress)


def train_prepared(
    prepared: Prepared,
    members: Sequence[Member],
    n_labels: Mapping[str, int],
    training: Training,
    progress: Progress,
) -> FittedMembers:
    """The same as `train_members`, of vectors that are prepared already."""
    train = prepared.train
    layers = train.vectors.n_layers
    distinct = list(dict.fromkeys(as_trained(member, layers) for member in members))
    outcomes: dict[Member, _Outcome] = {}
    with progress.phase("probing", len(distinct) * training.epochs(len(train.split)), "member-epoch") as advance:
        for seed in sorted({member.seed for member in distinct}):
            own = [member for member in distinct if member.seed == seed]
            of_seed = _SeedTraining(train, prepared.dev, own, n_labels, training, prepared.banks, seed)
            outcomes |= of_seed.run(advance)
            best = max(own, key=lambda member: outcomes[member].score)
            measured = "Pearson" if np.issubdtype(train.labels[best.labels].dtype, np.floating) else "accuracy"
            progress.note(f"probing: seed {seed} done, best dev {measured} {outcomes[best].score:.4f} ({best.label})")
    found = [outcomes[as_trained(member, layers)] for member in members]
    return FittedMembers(
        members=tuple(members),
        standard=prepared.standard,
        parameters=tuple(outcome.parameters for outcome in found),
        n_labels=dict(n_labels),
        epochs=tuple(outcome.epochs for outcome in found),
        best_epochs=tuple(outcome.best_epoch for outcome in found),
        dev_scores=tuple(outcome.score for outcome in found),
        dev_losses=tuple(outcome.loss for outcome in found),
        memory_bytes=training.memory_bytes,
    )


@dataclass
class _Outcome:
    """The best that a member has reached so far."""

    parameters: Parameters
    loss: float = float("inf")
    score: float = 0.0
    epochs: int = 0
    best_epoch: int = 0


class _SeedTraining:
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
        self._n_train, self._n_dev = len(train.split), len(dev.split)
        self._labels = {name: _tensor(column) for name, column in train.labels.items()}
        self._dev_labels = {name: _tensor(column) for name, column in dev.labels.items()}
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
        self._outcomes = {member: _Outcome({}) for member in members}

    def run(self, advance: Advance) -> dict[Member, _Outcome]:
        """Trains until every member has stopped."""
        for epoch in range(1, self._epochs + 1):
            running = sum(len(group.members) for group in self._groups)
            if not running:
                break
            for _ in range(self._passes):
                self._one_pass(epoch)
            self._evaluate(epoch)
            advance(running)
        stopped_early = sum(self._epochs - outcome.epochs for outcome in self._outcomes.values())
        advance(stopped_early)
        return self._outcomes

    def _one_pass(self, epoch: int) -> None:
        order = self._order.permutation(self._n_train)
        size = self._training.batch_size
        totals = [torch.zeros(len(group.members)) for group in self._groups]
        for start in range(0, self._n_train, size):
            targets = order[start : start + size]
            batches = self._gather(targets)
            index = torch.from_numpy(targets)
            columns = {name: column[index] for name, column in self._labels.items()}
            for group, optimiser, total in zip(self._groups, self._optimisers, totals, strict=True):
                labels = torch.stack([columns[member.labels] for member in group.members])
                losses, gradients = group.gradients(batches[bank_key(group.members[0])], labels)
                optimiser.update(gradients)
                total += losses
        for group, total in zip(self._groups, totals, strict=True):
            for member, loss in zip(group.members, total.tolist(), strict=True):
                _check_finite(member, loss, epoch, "train")

    def _gather(self, targets: Int64[np.ndarray, "batch"]) -> dict[BankKey, Batch]:
        needed = {bank_key(group.members[0]) for group in self._groups}
        return {key: banks[0].batch(targets) for key, banks in self._banks.items() if key in needed}

    def _evaluate(self, epoch: int) -> None:
        for number, group in enumerate(self._groups):
            losses, scores = self._dev(group)
            kept = []
            for row, member in enumerate(group.members):
                outcome = self._outcomes[member]
                _check_finite(member, float(losses[row]), epoch, "dev")
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

    def _dev(self, group: Group) -> tuple[Float64[np.ndarray, "members"], Float64[np.ndarray, "members"]]:
        """Dev cross-entropy of every member of a group, and accuracy; of grades, Pearson's correlation instead."""
        losses = torch.zeros(len(group.members), dtype=torch.float64)
        right = torch.zeros(len(group.members), dtype=torch.float64)
        labels = torch.stack([self._dev_labels[member.labels] for member in group.members])
        if labels.is_floating_point():
            return self._dev_of_grades(group, labels)
        for targets, batch in batches_in_order(self._banks[bank_key(group.members[0])][1], self._n_dev):
            gold: Tensor = labels[:, targets[0] : targets[-1] + 1].unsqueeze(1)
            scores = group.scores(batch)
            losses -= torch.log_softmax(scores, dim=1).gather(1, gold).sum(dim=(1, 2), dtype=torch.float64)
            right += (scores.argmax(dim=1, keepdim=True) == gold).sum(dim=(1, 2))
        return (losses / self._n_dev).numpy(), (right / self._n_dev).numpy()

    def _dev_of_grades(
        self, group: Group, labels: Float32[Tensor, "members targets"]
    ) -> tuple[Float64[np.ndarray, "members"], Float64[np.ndarray, "members"]]:
        losses = torch.zeros(len(group.members), dtype=torch.float64)
        predicted = torch.zeros(labels.shape, dtype=torch.float64)
        for targets, batch in batches_in_order(self._banks[bank_key(group.members[0])][1], self._n_dev):
            own = slice(int(targets[0]), int(targets[-1]) + 1)
            scores = group.scores(batch)
            wanted = grade_distributions(labels[:, own], scores.shape[1])
            losses -= (torch.log_softmax(scores, dim=1) * wanted).sum(dim=(1, 2), dtype=torch.float64)
            predicted[:, own] = mean_grades(scores).double()
        return (losses / self._n_dev).numpy(), correlations(labels.double().numpy(), predicted.numpy())

    def _keep(self, number: int, rows: list[int]) -> None:
        """Goes on without the members that stopped."""
        group, index = self._groups[number], torch.tensor(rows, dtype=torch.int64)
        parameters = {name: value[index] for name, value in group.parameters.items()}
        self._optimisers[number].keep(index, parameters)
        if rows:
            group.keep([group.members[row] for row in rows], parameters)
        else:
            group.members = []


def _tensor(column: Real[np.ndarray, "targets"]) -> Shaped[Tensor, "targets"]:
    """Classes as they are, grades in single precision."""
    return torch.from_numpy(
        np.ascontiguousarray(column, np.float32 if np.issubdtype(column.dtype, np.floating) else column.dtype)
    )


def _check_finite(member: Member, loss: float, epoch: int, which: str) -> None:
    if not np.isfinite(loss):
        raise NumericalError(
            f"the {which} loss of member {member.label} is {loss} in epoch {epoch}; lower training.learning_rate, "
            "or look for extreme values in the vectors"
        )


def _check(train: ProbeData, dev: ProbeData, members: Sequence[Member], n_labels: Mapping[str, int]) -> None:
    if not members:
        raise ContractError("there is no member to train")
    if len(set(members)) < len(members):
        twice = next(member for number, member in enumerate(members) if member in members[:number])
        raise ContractError(f"member {twice.label} is asked for twice")
    for which, data in (("train", train), ("dev", dev)):
        if not len(data.split):
            raise ContractError(f"the {which} split has no target")
        for name in sorted({member.labels for member in members}):
            if name not in data.labels or name not in n_labels:
                raise ContractError(f"the {which} split has no label column {name!r}; it has {sorted(data.labels)}")
            column = data.labels[name]
            if not np.issubdtype(column.dtype, np.integer) and not np.issubdtype(column.dtype, np.floating):
                raise ContractError(
                    f"label column {name!r} of {which} holds {column.dtype}; probes learn whole numbers, or grades"
                )
            if not (column.min() >= 0 and column.max() <= n_labels[name] - 1):
                raise ContractError(
                    f"label column {name!r} of {which} runs from {column.min()} to {column.max()}; "
                    f"it must lie within 0 to {n_labels[name] - 1}"
                )
