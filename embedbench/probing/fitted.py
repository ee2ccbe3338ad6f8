"""What training leaves: every member's best parameters, and how to predict with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from embedbench.mixing import Mix, simplest
from embedbench.probing.bank import Bank, build_bank
from embedbench.probing.grades import mean_grades
from embedbench.probing.groups import Batch, Group, GroupKey, Parameters, Shape, group_key, stack_parameters
from embedbench.probing.members import Member, ProbeData
from embedbench.probing.network import NetworkGroup
from embedbench.probing.probes import Pooling, is_linear
from embedbench.probing.softmax_regression import MixGroup, SingleLayerGroup
from embedbench.probing.standard import Standard
from embedbench.progress import Progress, SilentProgress

TARGETS_PER_CHUNK = 2048
"""Targets scored at a time outside training."""

BankKey = tuple[Pooling, bool]
"""Members of the same pooling and word normalisation read the same bank."""


@dataclass(frozen=True)
class MixWeights:
    """What a learned mix ended with.

    Attributes:
        weights: softmax(w), one per layer; 0 for layers that never took part.
        gamma: the scale.
    """

    weights: tuple[float, ...]
    gamma: float


@dataclass(frozen=True, eq=False)
class FittedMembers:
    """Trained members, in the order in which they were handed in.

    Attributes:
        members: the members.
        standard: how train standardised the vectors; used for every other split.
        parameters: of every member at its best epoch, as a group of one.
        n_labels: by label column.
        epochs: how many epochs every member was trained.
        best_epochs: the epoch (from 1) whose parameters every member kept.
        dev_scores: dev accuracy of every member at its best epoch; of grades, Pearson's correlation.
        dev_losses: dev cross-entropy (nats per target) at the best epoch.
        kept_penalties: the L2 penalty of every member, times the train targets; None of one trained on mini-batches.
        memory_bytes: a larger bank of span vectors goes to a temporary file.
    """

    members: tuple[Member, ...]
    standard: Standard
    parameters: tuple[Parameters, ...]
    n_labels: Mapping[str, int]
    epochs: tuple[int, ...]
    best_epochs: tuple[int, ...]
    dev_scores: tuple[float, ...]
    dev_losses: tuple[float, ...]
    kept_penalties: tuple[float | None, ...]
    memory_bytes: int

    @property
    def mix_weights(self) -> list[MixWeights | None]:
        """The learned mix of every member; None where the mix has nothing to learn."""
        return [
            learned_mix(m.mix, p) if m.mix.learned else None for m, p in zip(self.members, self.parameters, strict=True)
        ]

    def only(self, rows: Sequence[int]) -> FittedMembers:
        """Some of the members, in that order."""
        return replace(
            self,
            members=tuple(self.members[row] for row in rows),
            parameters=tuple(self.parameters[row] for row in rows),
            epochs=tuple(self.epochs[row] for row in rows),
            best_epochs=tuple(self.best_epochs[row] for row in rows),
            dev_scores=tuple(self.dev_scores[row] for row in rows),
            dev_losses=tuple(self.dev_losses[row] for row in rows),
            kept_penalties=tuple(self.kept_penalties[row] for row in rows),
        )

    @property
    def sizes(self) -> list[int]:
        """How many parameters every member trained."""
        return [sum(values.numel() for values in parameters.values()) for parameters in self.parameters]

    def predict(self, data: ProbeData, progress: Progress | None = None) -> Int64[np.ndarray, "members targets"]:
        """The label that every member gives every target.

        Raises:
            NumericalError: a vector is not finite.
        """
        return self._predicted(data, lambda scores: scores.argmax(dim=1), progress).astype(np.int64)

    def predict_grades(
        self, data: ProbeData, progress: Progress | None = None
    ) -> Float64[np.ndarray, "members targets"]:
        """The grade, counted from the lowest of the scale, that every member gives every target.

        Raises:
            NumericalError: a vector is not finite.
        """
        return self._predicted(data, mean_grades, progress)

    def _predicted(
        self, data: ProbeData, read: Callable[[Tensor], Tensor], progress: Progress | None
    ) -> Float64[np.ndarray, "members targets"]:
        progress = progress or SilentProgress()
        predictions = np.zeros((len(self.members), len(data.split)))
        groups, rows = self.groups(data)
        for key in sorted({bank_key(group.members[0]) for group in groups}, key=str):
            bank = make_bank(data, self.standard, key, self.memory_bytes, progress)
            reading = [group for group in groups if bank_key(group.members[0]) == key]
            with progress.phase("predicting", len(data.split), "target") as advance:
                for targets, batch in batches_in_order(bank, len(data.split)):
                    for group in reading:
                        found = read(group.scores(batch)).numpy()
                        for member, of_member in zip(group.members, found, strict=True):
                            predictions[rows[member], targets[0] : targets[-1] + 1] = of_member
                    advance(len(targets))
        return predictions

    def groups(self, data: ProbeData) -> tuple[list[Group], dict[Member, list[int]]]:
        """The trained members in groups that score data of this kind, and the rows (of `members`) each serves."""
        layers = data.vectors.n_layers
        trained = dict(zip((as_trained(m, layers) for m in self.members), self.parameters, strict=True))
        rows: dict[Member, list[int]] = {member: [] for member in trained}
        for row, member in enumerate(self.members):
            rows[as_trained(member, layers)].append(row)
        shape = (layers, data.vectors.dim, data.split.spans.shape[1])
        return make_groups(tuple(trained), tuple(trained.values()), self.n_labels, *shape), rows


def as_trained(member: Member, n_layers: int) -> Member:
    """The member whose parameters serve this one too: of one layer all mixes are the same, so one of them trains."""
    return replace(member, mix=simplest(member.mix, n_layers))


def make_groups(
    members: Sequence[Member],
    parameters: Sequence[Parameters],
    n_labels: Mapping[str, int],
    n_layers: int,
    dim: int,
    spans: int,
) -> list[Group]:
    """The members in groups. Their order inside is by layer, mix, labels and seed, whatever order they came in."""
    keyed: dict[GroupKey, list[tuple[Member, Parameters]]] = {}
    for member, of_member in sorted(zip(members, parameters, strict=True), key=lambda pair: _order(pair[0], n_layers)):
        key = group_key(member, n_layers, n_labels[member.labels])
        keyed.setdefault(key, []).append((member, of_member))
    groups = []
    for key in sorted(keyed, key=repr):
        inside = [member for member, _ in keyed[key]]
        stacked = stack_parameters([of_member for _, of_member in keyed[key]])
        groups.append(group_of(key, inside, stacked, Shape(n_layers, dim, spans, key.n_labels)))
    return groups


def group_of(key: GroupKey, members: list[Member], parameters: Parameters, shape: Shape) -> Group:
    """The kind of group that trains these members fastest."""
    if key.wide:
        return SingleLayerGroup(members, parameters, shape)
    if is_linear(members[0].probe):
        return MixGroup(members, parameters, shape)
    return NetworkGroup(members, parameters, shape)


def bank_key(member: Member) -> BankKey:
    """Which bank a member reads."""
    return member.probe.pooling, member.mix.normed


def make_bank(
    data: ProbeData, standard: Standard, key: BankKey, memory_bytes: int, progress: Progress | None = None
) -> Bank:
    """The bank of one split for members of that key."""
    pooling, normed = key
    return build_bank(
        data.vectors, data.split, standard, pooling, normed=normed, memory_bytes=memory_bytes, progress=progress
    )


def batches_in_order(bank: Bank, n_targets: int) -> Iterator[tuple[Int64[np.ndarray, "batch"], Batch]]:
    """All targets, a chunk at a time."""
    for start in range(0, n_targets, TARGETS_PER_CHUNK):
        targets = np.arange(start, min(start + TARGETS_PER_CHUNK, n_targets), dtype=np.int64)
        yield targets, bank.batch(targets)


def _order(member: Member, n_layers: int) -> tuple[bool, bytes, str, str, int, float, float]:
    # Learned mixes first, so that they are neighbours too.
    # Big-endian first layer, so that the members of a single layer are neighbours, layer by layer.
    first_layer = int(np.flatnonzero(member.mix.coefficients(n_layers)[0])[0])
    tried = member.rate_factor, -1.0 if member.weight_decay is None else member.weight_decay
    return not member.mix.learned, first_layer.to_bytes(4, "big"), member.mix.label, member.labels, member.seed, *tried


def learned_mix(mix: Mix, parameters: Parameters) -> MixWeights:
    """What a learned mix ended with; of one layer there is nothing to weigh."""
    if "mix" not in parameters:
        return MixWeights((1.0,), 1.0)
    weight: Tensor = parameters["mix"][0].double()
    outside = torch.from_numpy(mix.coefficients(len(weight))[0]) == 0
    softmax = weight.masked_fill(outside, float("-inf")).softmax(dim=0)
    return MixWeights(tuple(softmax.tolist()), float(parameters["gamma"][0]))
