"""All members train together: one pass over the data per seed and epoch serves every mix, label column and probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from embedbench.errors import ContractError
from embedbench.probing.dev import MemberOutcome
from embedbench.probing.fitted import FittedMembers, as_trained
from embedbench.probing.full_batch import solve_members, solved_at_once
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.minibatch import SeedTraining
from embedbench.probing.prepared import Prepared, prepare
from embedbench.progress import Progress, SilentProgress


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
    solved = [member for member in distinct if solved_at_once(member, training, len(train.split))]
    outcomes = solve_members(prepared, solved, n_labels, training, progress) if solved else {}
    outcomes |= _train_by_seed(prepared, [m for m in distinct if m not in outcomes], n_labels, training, progress)
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
        kept_penalties=tuple(outcome.penalty for outcome in found),
        memory_bytes=training.memory_bytes,
    )


def _train_by_seed(
    prepared: Prepared, members: Sequence[Member], n_labels: Mapping[str, int], training: Training, progress: Progress
) -> dict[Member, MemberOutcome]:
    """Members trained on mini-batches, seed by seed."""
    train, outcomes = prepared.train, dict[Member, MemberOutcome]()
    if not members:
        return outcomes
    with progress.phase("probing", len(members) * training.epochs(len(train.split)), "member-epoch") as advance:
        for seed in sorted({member.seed for member in members}):
            own = [member for member in members if member.seed == seed]
            of_seed = SeedTraining(train, prepared.dev, own, n_labels, training, prepared.banks, seed)
            outcomes |= of_seed.run(advance)
            best = max(own, key=lambda member: outcomes[member].score)
            measured = "Pearson" if np.issubdtype(train.labels[best.labels].dtype, np.floating) else "accuracy"
            progress.note(f"probing: seed {seed} done, best dev {measured} {outcomes[best].score:.4f} ({best.label})")
    return outcomes


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
