"""All structural probes of a cell train together: one pass over the sentences per seed and epoch serves every mix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from embedbench.errors import ContractError
from embedbench.mixing import simplest
from embedbench.probing.fitted import MixWeights, learned_mix
from embedbench.probing.groups import Parameters
from embedbench.probing.members import Training
from embedbench.probing.probes import Structural
from embedbench.probing.sentence_training import Outcome, SeedTraining, stacked_alike
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
            learned_mix(member.mix, parameters) if member.mix.learned else None
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
    outcomes: dict[TreeMember, Outcome] = {}
    with progress.phase("probing", len(distinct) * training.epochs(n_words), "member-epoch") as advance:
        for seed in sorted({member.seed for member in distinct}):
            own = [member for member in distinct if member.seed == seed]
            initial = [initial_map(member, n_layers, train.vectors.dim, probe.rank) for member in own]
            groups = _groups(own, initial, train)
            what = "the structural probe"
            of_seed = SeedTraining(train, dev, groups, training, standard, seed, what, linear=True)
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


def _as_trained(member: TreeMember, n_layers: int) -> TreeMember:
    return replace(member, mix=simplest(member.mix, n_layers))


def _groups(members: Sequence[TreeMember], parameters: Sequence[Parameters], data: TreeData) -> list[TreeGroup]:
    return [
        TreeGroup([members[row] for row in rows], stacked, data.vectors.n_layers, pairs=data.pairs)
        for rows, stacked in stacked_alike([member.mix for member in members], parameters)
    ]
