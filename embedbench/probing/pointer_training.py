"""All pointers of a cell train together: one pass over the passages per seed and epoch serves every mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int64

from embedbench.errors import ContractError
from embedbench.mixing import simplest
from embedbench.probing.fitted import MixWeights, learned_mix
from embedbench.probing.groups import Parameters
from embedbench.probing.members import Training
from embedbench.probing.pointer import PointerGroup, PointerMember, initial_pointer
from embedbench.probing.pointer_data import PointerData
from embedbench.probing.probes import Pointer
from embedbench.probing.sentence_training import Outcome, SeedTraining, stacked_alike
from embedbench.probing.standard import Standard, measure_standard, words_of_targets
from embedbench.progress import Progress, SilentProgress

_BATCH_WORDS = 2048
"""Words of passages that are answered at a time."""


@dataclass(frozen=True, eq=False)
class FittedPointers:
    """Trained pointers, in the order in which they were handed in.

    Attributes:
        members: the members.
        standard: how train standardised the vectors.
        parameters: of every member at its best epoch, as a group of one.
        epochs: how many epochs every member was trained.
        dev_losses: the dev loss (nats per question, start and end together) at the best epoch.
        longest: words that an answer may have at most.
    """

    members: tuple[PointerMember, ...]
    standard: Standard
    parameters: tuple[Parameters, ...]
    epochs: tuple[int, ...]
    dev_losses: tuple[float, ...]
    longest: int

    @property
    def mix_weights(self) -> list[MixWeights | None]:
        """The learned mix of every member; None where the mix has nothing to learn."""
        return [
            learned_mix(member.mix, parameters) if member.mix.learned else None
            for member, parameters in zip(self.members, self.parameters, strict=True)
        ]

    def predict(self, data: PointerData, progress: Progress | None = None) -> Int64[np.ndarray, "members targets 2"]:
        """First and last word of every answer, as places in the passage."""
        n_layers = data.vectors.n_layers
        trained = dict(zip((_as_trained(m, n_layers) for m in self.members), self.parameters, strict=True))
        groups = _groups(list(trained), list(trained.values()), n_layers)
        rows = {member: row for row, member in enumerate(m for group in groups for m in group.members)}
        order = [rows[_as_trained(member, n_layers)] for member in self.members]
        found = np.zeros((len(self.members), len(data.split), 2), np.int64)
        with (progress or SilentProgress()).phase("predicting", len(data), "passage") as advance:
            for units in data.batches(range(len(data)), _BATCH_WORDS):
                batch = data.batch(units, self.standard)
                answers = np.concatenate([group.answers(batch, self.longest) for group in groups])
                found[:, data.targets(units)] = answers[order]
                advance(len(units))
        return found


def train_pointers(
    train: PointerData,
    dev: PointerData,
    members: Sequence[PointerMember],
    probe: Pointer,
    training: Training | None = None,
    progress: Progress | None = None,
) -> FittedPointers:
    """Every member, trained on train, stopped by the dev loss, as classification probes are (see `Training`).

    Vectors are standardised on the words of train's passages and questions. Batches hold whole passages of about
    `training.batch_size` words, with all their questions. A member's result does not depend on its company, beyond the
    rounding of matrix products.

    Raises:
        ContractError: there is no member or no question.
        NumericalError: a vector or a loss is not finite.
    """
    if not members or not len(train) or not len(dev):
        raise ContractError("pointers need at least one member, one train and one dev question")
    training, progress = training or Training(), progress or SilentProgress()
    n_layers, dim = train.vectors.n_layers, train.vectors.dim
    standard = measure_standard(train.vectors, words_of_targets(train.split), progress)
    distinct = list(dict.fromkeys(_as_trained(member, n_layers) for member in members))
    outcomes: dict[PointerMember, Outcome] = {}
    with progress.phase("probing", len(distinct) * training.epochs(train.n_words), "member-epoch") as advance:
        for seed in sorted({member.seed for member in distinct}):
            own = [member for member in distinct if member.seed == seed]
            groups = _groups(own, [initial_pointer(m, n_layers, dim, probe.hidden) for m in own], n_layers)
            linear = not probe.hidden
            of_seed = SeedTraining(train, dev, groups, training, standard, seed, "the pointer", linear=linear)
            for done in of_seed.run():
                advance(done)
            outcomes |= of_seed.outcomes
    found = [outcomes[_as_trained(member, n_layers)] for member in members]
    return FittedPointers(
        members=tuple(members),
        standard=standard,
        parameters=tuple(outcome.parameters for outcome in found),
        epochs=tuple(outcome.epochs for outcome in found),
        dev_losses=tuple(outcome.loss for outcome in found),
        longest=probe.longest,
    )


def _as_trained(member: PointerMember, n_layers: int) -> PointerMember:
    return replace(member, mix=simplest(member.mix, n_layers))


def _groups(members: Sequence[PointerMember], parameters: Sequence[Parameters], n_layers: int) -> list[PointerGroup]:
    return [
        PointerGroup([members[row] for row in rows], stacked, n_layers)
        for rows, stacked in stacked_alike([member.mix for member in members], parameters)
    ]
