"""Online codes (Voita & Titov 2020): how many bits the train labels cost when they are sent block by block.

Each block is coded by probes that were trained on the blocks before it. The vectors are known to both ends and cost
nothing, so they are standardised over all of train; labels are what is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float64, Int64

from embedbench.errors import ContractError
from embedbench.probing.codelength import PORTIONS, bits, block_ends, compression, shuffled, uniform_bits
from embedbench.probing.fitted import TARGETS_PER_CHUNK, FittedMembers, bank_key
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.prepared import Prepared, prepare
from embedbench.probing.trainer import train_prepared
from embedbench.progress import Progress, SilentProgress


@dataclass(frozen=True)
class OnlineCode:
    """What one member's labels cost.

    Attributes:
        member: its seed is that of the shuffle too.
        ends: how many targets were sent at the end of every block.
        bits: what every block cost; the first is uniform.
        n_labels: of the label column.
    """

    member: Member
    ends: tuple[int, ...]
    bits: tuple[float, ...]
    n_labels: int

    @property
    def codelength(self) -> float:
        """Bits of the whole code."""
        return sum(self.bits)

    @property
    def compression(self) -> float:
        """How many times shorter than the uniform code it is."""
        return compression(self.codelength, self.ends[-1], self.n_labels)


def online_codes(
    train: ProbeData,
    dev: ProbeData,
    members: Sequence[Member],
    n_labels: Mapping[str, int],
    training: Training | None = None,
    progress: Progress | None = None,
    portions: Sequence[float] = PORTIONS,
) -> tuple[OnlineCode, ...]:
    """The code of every member, in the order asked for.

    The members of one seed share the shuffle, and train together on every prefix. Training stops by dev, which is no
    part of the code; the coded block has no say.

    Args:
        train: whose labels are sent, and what the probes learn from.
        dev: what decides when training stops.
        members: what codes, each once.
        n_labels: by label column.
        training: options, for every prefix anew.
        progress: told of the blocks done.
        portions: where blocks end, as fractions of the train targets.

    Raises:
        ContractError: a label column has fewer than two labels.
        NumericalError: a vector or a loss is not finite.
    """
    training, progress = replace(training or Training(), by_loss=True), progress or SilentProgress()
    for column in sorted({member.labels for member in members}):
        if n_labels[column] < 2:
            raise ContractError(f"label column {column!r} has {n_labels[column]} label; there is nothing to code")
    prepared = prepare(train, dev, members, training, progress)
    sent = {column: np.asarray(labels, np.int64) for column, labels in train.labels.items()}
    first = max(n_labels[member.labels] for member in members)
    codes: dict[Member, OnlineCode] = {}
    for seed in sorted({member.seed for member in members}):
        own = [member for member in members if member.seed == seed]
        order, cluster_ends = shuffled(train.split.clusters, seed)
        ends = block_ends(cluster_ends, first, portions)
        costs = [[uniform_bits(ends[0], n_labels[member.labels]) for member in own]]
        with progress.phase(f"coding, seed {seed}", len(ends) - 1, "block") as advance:
            for start, end in pairwise(ends):
                fitted = train_prepared(prepared.trained_on(order[:start]), own, n_labels, training, SilentProgress())
                probabilities = log_probabilities(fitted, prepared, order[start:end], sent)
                costs.append([bits(row) for row in probabilities])
                advance(1)
        for member, of_member in zip(own, zip(*costs, strict=True), strict=True):
            codes[member] = OnlineCode(member, tuple(ends), of_member, n_labels[member.labels])
    return tuple(codes[member] for member in members)


def log_probabilities(
    fitted: FittedMembers,
    prepared: Prepared,
    targets: Int64[np.ndarray, "targets"],
    labels: Mapping[str, Int64[np.ndarray, "all_targets"]],
) -> Float64[np.ndarray, "members targets"]:
    """The natural logarithm of the probability that every member gives the labels of these train targets."""
    found = np.empty((len(fitted.members), len(targets)))
    groups, rows = fitted.groups(prepared.train)
    for start in range(0, len(targets), TARGETS_PER_CHUNK):
        chunk = targets[start : start + TARGETS_PER_CHUNK]
        batches = {key: train.batch(chunk) for key, (train, _) in prepared.banks.items()}
        for group in groups:
            gold = torch.from_numpy(np.stack([labels[member.labels][chunk] for member in group.members]))
            scores = group.scores(batches[bank_key(group.members[0])]).double()
            given = torch.log_softmax(scores, dim=1).gather(1, gold.unsqueeze(1)).squeeze(1).numpy()
            for member, row in zip(group.members, given, strict=True):
                found[rows[member], start : start + len(chunk)] = row
    return found
