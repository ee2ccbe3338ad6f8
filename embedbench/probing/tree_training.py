"""All structural probes of a cell train together: one pass over the sentences per seed and epoch serves every mix."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32, Float64

from embedbench.errors import ContractError, NumericalError
from embedbench.mixing import simplest
from embedbench.probing.fitted import MixWeights
from embedbench.probing.groups import Parameters
from embedbench.probing.members import Training
from embedbench.probing.optimiser import StackedAdamW
from embedbench.probing.probes import Structural
from embedbench.probing.standard import Standard, measure_standard
from embedbench.probing.structural import TreeGroup, TreeMember, initial_map
from embedbench.probing.tree_data import TreeData
from embedbench.progress import Progress, SilentProgress


@dataclass(frozen=True, eq=False)
class FittedTrees:
    """Trained structural probes, in the order in which they were handed in.

    Attributes:
        members: the members.
        standard: how train standardised the vectors.
        parameters: of every member at its best epoch, as a group of one.
        epochs: how many epochs every member was trained.
        best_epochs: the epoch (from 1) whose parameters every member kept.
        dev_losses: the dev loss at the best epoch.
    """

    members: tuple[TreeMember, ...]
    standard: Standard
    parameters: tuple[Parameters, ...]
    epochs: tuple[int, ...]
    best_epochs: tuple[int, ...]
    dev_losses: tuple[float, ...]

    @property
    def mix_weights(self) -> list[MixWeights | None]:
        """The learned mix of every member; None where the mix has nothing to learn."""
        return [
            _mix_weights(member, parameters) if member.mix.learned else None
            for member, parameters in zip(self.members, self.parameters, strict=True)
        ]

    def predict(
        self, data: TreeData, progress: Progress | None = None
    ) -> Iterator[Float32[np.ndarray, "members words *words"]]:
        """The predicted distances (or depths) of every sentence, one sentence after the other."""
        n_layers = data.vectors.n_layers
        trained = dict(zip((_as_trained(m, n_layers) for m in self.members), self.parameters, strict=True))
        groups = _groups(list(trained), list(trained.values()), data)
        rows = {member: row for row, member in enumerate(m for group in groups for m in group.members)}
        order = [rows[_as_trained(member, n_layers)] for member in self.members]
        with (progress or SilentProgress()).phase("predicting", len(data), "sentence") as advance:
            for sentence in range(len(data)):
                words = data.words(sentence, self.standard)
                yield np.concatenate([group.tree_of(words) for group in groups])[order]
                advance(1)


def train_trees(
    train: TreeData,
    dev: TreeData,
    members: Sequence[TreeMember],
    probe: Structural,
    training: Training | None = None,
    progress: Progress | None = None,
) -> FittedTrees:
    """Every member, trained on train, stopped by the dev loss, as classification probes are (see `Training`).

    Vectors are scaled to unit variance, and centred for distances, where the mean cancels: neither changes which
    predictions are possible. Batches hold whole sentences of about `training.batch_size` words. Learned mixes have
    their weights trained with the map. A member's result does not depend on its company, beyond the rounding of
    matrix products.

    Raises:
        ContractError: there is no member or no sentence.
        NumericalError: a vector or a loss is not finite.
    """
    if not members or not len(train) or not len(dev):
        raise ContractError("structural probes need at least one member, one train and one dev sentence")
    progress = progress or SilentProgress()
    training = replace(training or Training(), learning_rate=probe.learning_rate)
    n_words, n_layers = train.vectors.n_words, train.vectors.n_layers
    standard = measure_standard(train.vectors, np.arange(n_words, dtype=np.int64), progress)
    if not train.pairs:
        # |B x|² depends on the origin: centred, the published probe loses 5 points of NSpr on English-EWT with minilm.
        standard = replace(standard, mean=np.zeros_like(standard.mean))
    distinct = list(dict.fromkeys(_as_trained(member, n_layers) for member in members))
    outcomes: dict[TreeMember, _Outcome] = {}
    with progress.phase("probing", len(distinct) * training.epochs(n_words), "member-epoch") as advance:
        for seed in sorted({member.seed for member in distinct}):
            own = [member for member in distinct if member.seed == seed]
            of_seed = _SeedTraining(train, dev, own, probe, training, standard, seed)
            for done in of_seed.run():
                advance(done)
            outcomes |= of_seed.outcomes
    found = [outcomes[_as_trained(member, n_layers)] for member in members]
    return FittedTrees(
        members=tuple(members),
        standard=standard,
        parameters=tuple(outcome.parameters for outcome in found),
        epochs=tuple(outcome.epochs for outcome in found),
        best_epochs=tuple(outcome.best_epoch for outcome in found),
        dev_losses=tuple(outcome.loss for outcome in found),
    )


@dataclass
class _Outcome:
    """The best that a member has reached so far."""

    parameters: Parameters
    loss: float = float("inf")
    epochs: int = 0
    best_epoch: int = 0


class _SeedTraining:
    """The members of one seed: they share the order of the sentences, so every batch is read once for all."""

    def __init__(
        self,
        train: TreeData,
        dev: TreeData,
        members: Sequence[TreeMember],
        probe: Structural,
        training: Training,
        standard: Standard,
        seed: int,
    ) -> None:
        self._train, self._dev, self._training, self._standard = train, dev, training, standard
        n_layers, dim, n_words = train.vectors.n_layers, train.vectors.dim, train.vectors.n_words
        initial = [initial_map(member, n_layers, dim, probe.rank) for member in members]
        self._groups = _groups(members, initial, train)
        self._epochs, self._passes = training.epochs(n_words), training.passes(n_words)
        # Whole sentences do not fill a batch, so there are somewhat more batches than words / batch_size.
        n_batches = sum(1 for _ in train.batches(range(len(train)), training.batch_size))
        n_updates = int(1.05 * n_batches + 1) * self._passes * self._epochs
        self._optimisers = [StackedAdamW(g.parameters, training, n_updates, linear=True) for g in self._groups]
        # The text is that of the trainer of classification probes, so that a seed means the same stream.
        stream = int.from_bytes(hashlib.sha256(f"order\0{seed}".encode()).digest()[:16], "little")
        self._order = np.random.Generator(np.random.PCG64(stream))
        self.outcomes = {member: _Outcome({}) for member in members}

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
        for sentences in self._train.batches(order, self._training.batch_size):
            batch = self._train.batch(sentences, self._standard)
            for group, optimiser in zip(self._groups, self._optimisers, strict=True):
                optimiser.update(group.gradients(batch)[1])

    def _evaluate(self, epoch: int) -> None:
        for group, optimiser, losses in zip(self._groups, self._optimisers, self._dev_losses(), strict=True):
            kept = []
            for row, member in enumerate(group.members):
                outcome, loss = self.outcomes[member], float(losses[row])
                if not np.isfinite(loss):
                    raise NumericalError(
                        f"the dev loss of the structural probe on mix {member.mix.label}, seed {member.seed}, is "
                        f"{loss} in epoch {epoch}; lower probe.learning_rate, or look for extreme values in the vectors"
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
        with torch.no_grad():
            for sentences in self._dev.batches(range(len(self._dev)), self._training.batch_size):
                batch = self._dev.batch(sentences, self._standard)
                for group, total in zip(self._groups, totals, strict=True):
                    total += group.losses(batch).numpy() * len(sentences)
        return [total / len(self._dev) for total in totals]


def _as_trained(member: TreeMember, n_layers: int) -> TreeMember:
    return replace(member, mix=simplest(member.mix, n_layers))


def _groups(members: Sequence[TreeMember], parameters: Sequence[Parameters], data: TreeData) -> list[TreeGroup]:
    keyed: dict[tuple[tuple[int, ...], bool, bool], list[int]] = {}
    for row, (member, own) in enumerate(zip(members, parameters, strict=True)):
        key = (tuple(own["weight0"].shape), member.mix.learned, member.mix.normed)
        keyed.setdefault(key, []).append(row)
    groups = []
    for key in sorted(keyed):
        rows = keyed[key]
        stacked = {name: torch.cat([parameters[row][name] for row in rows]) for name in parameters[rows[0]]}
        groups.append(TreeGroup([members[row] for row in rows], stacked, data.vectors.n_layers, pairs=data.pairs))
    return groups


def _mix_weights(member: TreeMember, parameters: Parameters) -> MixWeights:
    if "mix" not in parameters:
        return MixWeights((1.0,), 1.0)
    weight = parameters["mix"][0].double()
    outside = torch.from_numpy(member.mix.coefficients(len(weight))[0]) == 0
    softmax = weight.masked_fill(outside, float("-inf")).softmax(dim=0)
    return MixWeights(tuple(softmax.tolist()), float(parameters["gamma"][0]))
