"""Members that read whole sentences train together: one pass over the sentences per seed and epoch serves every mix.

What `trainer.py` is to targets that stand alone, this is to trees, tags of whole sentences and questions about a
passage: batches hold whole units (a sentence, or a passage with its questions) of about `training.batch_size` words,
and the schedule counts words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np
import torch
from jaxtyping import Float64

from embedbench.allocation import keep_freed_memory
from embedbench.errors import ContractError, NumericalError
from embedbench.mixing import simplest
from embedbench.probing.fitted import MixWeights, learned_mix
from embedbench.probing.groups import Parameters
from embedbench.probing.members import Training
from embedbench.probing.optimiser import StackedAdamW
from embedbench.probing.sentence_batches import SentenceData, n_words, unit_batches
from embedbench.probing.sentence_groups import BatchT, GroupT, SentenceGroup, SentenceMember, stacked_groups
from embedbench.probing.standard import Standard
from embedbench.progress import Progress, SilentProgress


@dataclass(frozen=True, eq=False)
class Trainee(Generic[BatchT]):
    """What is trained.

    Attributes:
        called: how messages name the probe, such as `structural probe`.
        rate: which option sets the learning rate, for messages.
        unit: what batches hold whole: `sentence` or `passage`.
        initial: a member's parameters before training, as a group of one; they depend on shapes and seed only.
        group: members and their stacked parameters → a group.
        standard: how train standardises the vectors.
        training: options; its learning rate is the probe's.
        linear: whether the learning rate is that of linear probes.
    """

    called: str
    rate: str
    initial: Callable[[SentenceMember], Parameters]
    group: Callable[[Sequence[SentenceMember], Parameters], SentenceGroup[BatchT]]
    standard: Standard
    training: Training
    unit: str = "sentence"
    linear: bool = True


@dataclass(frozen=True, eq=False)
class FittedSentences:
    """Trained probes of whole sentences, in the order in which they were handed in.

    Attributes:
        members: the members.
        standard: how train standardised the vectors.
        parameters: of every member at its best epoch, as a group of one.
        epochs: how many epochs every member was trained.
        best_epochs: the epoch (from 1) whose parameters every member kept.
        dev_losses: the dev loss at the best epoch.
    """

    members: tuple[SentenceMember, ...]
    standard: Standard
    parameters: tuple[Parameters, ...]
    epochs: tuple[int, ...]
    best_epochs: tuple[int, ...]
    dev_losses: tuple[float, ...]

    @property
    def mix_weights(self) -> list[MixWeights | None]:
        """The learned mix of every member; None where the mix has nothing to learn."""
        return [
            learned_mix(member.mix, parameters) if member.mix.learned else None
            for member, parameters in zip(self.members, self.parameters, strict=True)
        ]

    @property
    def sizes(self) -> list[int]:
        """How many parameters every member trained."""
        return [sum(values.numel() for values in parameters.values()) for parameters in self.parameters]

    @property
    def kept_penalties(self) -> list[None]:
        """None of them: mini-batches trained every member."""
        return [None] * len(self.members)

    def groups(
        self, n_layers: int, make: Callable[[Sequence[SentenceMember], Parameters], GroupT]
    ) -> tuple[list[GroupT], list[int]]:
        """The trained members in groups, and for each of `members` the row it has among all groups' members."""
        trained = dict(zip((as_trained(m, n_layers) for m in self.members), self.parameters, strict=True))
        groups = stacked_groups(list(trained), list(trained.values()), make)
        rows = {member: row for row, member in enumerate(m for group in groups for m in group.members)}
        return groups, [rows[as_trained(member, n_layers)] for member in self.members]


@dataclass
class _Outcome:
    """The best that a member has reached so far."""

    parameters: Parameters
    loss: float = float("inf")
    epochs: int = 0
    best_epoch: int = 0


def train_sentences(
    train: SentenceData[BatchT],
    dev: SentenceData[BatchT],
    members: Sequence[SentenceMember],
    trainee: Trainee[BatchT],
    progress: Progress | None = None,
) -> FittedSentences:
    """Every member, trained on train, stopped by the dev loss, as classification probes are (see `Training`).

    Batches hold whole units of about `training.batch_size` words. Learned mixes have their weights trained with the
    probe. A member's result does not depend on its company, beyond the rounding of matrix products. Members that differ
    only in how they mix a single layer are trained once.

    Raises:
        ContractError: there is no member or no unit.
        NumericalError: a vector or a loss is not finite.
    """
    if not members or not len(train.lengths) or not len(dev.lengths):
        raise ContractError(f"a {trainee.called} needs at least one member, one train and one dev {trainee.unit}")
    keep_freed_memory()
    n_layers = train.vectors.n_layers
    distinct = list(dict.fromkeys(as_trained(member, n_layers) for member in members))
    outcomes: dict[SentenceMember, _Outcome] = {}
    total = len(distinct) * trainee.training.epochs(n_words(train))
    with (progress or SilentProgress()).phase("probing", total, "member-epoch") as advance:
        for seed in sorted({member.seed for member in distinct}):
            own = [member for member in distinct if member.seed == seed]
            of_seed = _SeedTraining(train, dev, own, trainee, seed)
            for done in of_seed.run():
                advance(done, f"members training: {of_seed.n_running}")
            outcomes |= of_seed.outcomes
    found = [outcomes[as_trained(member, n_layers)] for member in members]
    return FittedSentences(
        members=tuple(members),
        standard=trainee.standard,
        parameters=tuple(outcome.parameters for outcome in found),
        epochs=tuple(outcome.epochs for outcome in found),
        best_epochs=tuple(outcome.best_epoch for outcome in found),
        dev_losses=tuple(outcome.loss for outcome in found),
    )


def as_trained(member: SentenceMember, n_layers: int) -> SentenceMember:
    """The member whose parameters serve this one too: of one layer all mixes are the same, so one of them trains."""
    return replace(member, mix=simplest(member.mix, n_layers))


class _SeedTraining(Generic[BatchT]):
    """The members of one seed: they share the order of the units, so every batch is read once for all."""

    def __init__(
        self,
        train: SentenceData[BatchT],
        dev: SentenceData[BatchT],
        members: Sequence[SentenceMember],
        trainee: Trainee[BatchT],
        seed: int,
    ) -> None:
        self._train, self._dev, self._trainee, self._training = train, dev, trainee, trainee.training
        self._groups = stacked_groups(
            members,
            [trainee.initial(replace(m, seed=trainee.training.initial_seed(m.seed))) for m in members],
            trainee.group,
        )
        words = n_words(train)
        self._epochs, self._passes = self._training.epochs(words), self._training.passes(words)
        # Whole units do not fill a batch, so there are somewhat more batches than words / batch_size.
        n_batches = sum(1 for _ in self._batches(train, range(len(train.lengths))))
        n_updates = int(1.05 * n_batches + 1) * self._passes * self._epochs
        self._optimisers = [
            StackedAdamW(group.parameters, self._training, n_updates, linear=trainee.linear) for group in self._groups
        ]
        self._order = self._training.order(seed)
        self.outcomes = {member: _Outcome({}) for member in members}

    @property
    def n_running(self) -> int:
        """Members that have not stopped."""
        return sum(len(group.members) for group in self._groups)

    def run(self) -> Iterator[int]:
        """Trains until every member has stopped; yields the member-epochs done."""
        for epoch in range(1, self._epochs + 1):
            running = self.n_running
            if not running:
                break
            for _ in range(self._passes):
                self._one_pass()
            self._evaluate(epoch)
            yield running
        yield sum(self._epochs - outcome.epochs for outcome in self.outcomes.values())

    def _batches(self, data: SentenceData[BatchT], order: Sequence[int]) -> Iterator[list[int]]:
        return unit_batches(data.lengths, order, self._training.batch_size)

    def _one_pass(self) -> None:
        for units in self._batches(self._train, self._order.permutation(len(self._train.lengths)).tolist()):
            batch = self._train.batch(units, self._trainee.standard)
            for group, optimiser in zip(self._groups, self._optimisers, strict=True):
                optimiser.update(group.gradients(batch)[1])

    def _evaluate(self, epoch: int) -> None:
        for group, optimiser, losses in zip(self._groups, self._optimisers, self._dev_losses(), strict=True):
            kept = []
            for row, member in enumerate(group.members):
                outcome, loss = self.outcomes[member], float(losses[row])
                if not np.isfinite(loss):
                    raise NumericalError(
                        f"the dev loss of the {self._trainee.called} on {member.label} is {loss} in epoch {epoch}; "
                        f"lower {self._trainee.rate}, or look for extreme values in the vectors"
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
        weights = 0
        with torch.no_grad():
            for units in self._batches(self._dev, range(len(self._dev.lengths))):
                batch, weight = self._dev.batch(units, self._trainee.standard), self._dev.weight(units)
                weights += weight
                for group, total in zip(self._groups, totals, strict=True):
                    total += group.losses(batch).numpy() * weight
        return [total / weights for total in totals]
