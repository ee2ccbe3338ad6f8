"""Structural probes: all of a cell train together, and predict distances or depths sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from embedbench.probing.groups import Parameters
from embedbench.probing.members import Training
from embedbench.probing.probes import Structural
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.probing.sentence_training import FittedSentences, Trainee, train_sentences
from embedbench.probing.standard import measure_standard
from embedbench.probing.structural import TreeGroup, initial_map
from embedbench.probing.tree_data import TreeData
from embedbench.progress import Progress, SilentProgress


@dataclass(frozen=True, eq=False)
class FittedTrees(FittedSentences):
    """Trained structural probes, in the order in which they were handed in."""

    def predict(
        self, data: TreeData, progress: Progress | None = None
    ) -> Iterator[Float32[np.ndarray, "members words *words"]]:
        """The predicted distances (or depths) of every sentence, one sentence after the other."""
        groups, order = self.groups(data.vectors.n_layers, lambda members, own: _group(members, own, data))
        with (progress or SilentProgress()).phase("predicting", len(data), "sentence") as advance:
            for sentence in range(len(data)):
                words = data.words(sentence, self.standard)
                yield np.concatenate([group.tree_of(words) for group in groups])[order]
                advance(1)


def train_trees(
    train: TreeData,
    dev: TreeData,
    members: Sequence[SentenceMember],
    probe: Structural,
    training: Training | None = None,
    progress: Progress | None = None,
) -> FittedTrees:
    """Every member, trained on train and stopped by the dev loss (see `train_sentences`).

    Vectors are scaled to unit variance, and centred for distances, where the mean cancels: neither changes which
    predictions are possible.

    Raises:
        ContractError: there is no member or no sentence.
        NumericalError: a vector or a loss is not finite.
    """
    n_words, n_layers, dim = train.vectors.n_words, train.vectors.n_layers, train.vectors.dim
    standard = measure_standard(train.vectors, np.arange(n_words, dtype=np.int64), progress)
    if not train.pairs:
        # |B x|² depends on the origin: centred, the published probe loses 5 points of NSpr on English-EWT with minilm.
        standard = replace(standard, mean=np.zeros_like(standard.mean))
    trainee = Trainee(
        called="structural probe",
        rate="probe.learning_rate",
        initial=lambda member: initial_map(member, n_layers, dim, probe.rank),
        group=lambda members, own: _group(members, own, train),
        standard=standard,
        training=replace(training or Training(), learning_rate=probe.learning_rate),
    )
    return FittedTrees(**vars(train_sentences(train, dev, members, trainee, progress)))


def _group(members: Sequence[SentenceMember], parameters: Parameters, data: TreeData) -> TreeGroup:
    return TreeGroup(members, parameters, data.vectors.n_layers, pairs=data.pairs)
