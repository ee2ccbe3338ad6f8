"""Biaffine probes: all of a cell train together, and give every word of a sentence a distribution over heads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from embedbench.probing.biaffine import BiaffineGroup, HeadScores, initial_biaffine
from embedbench.probing.head_data import HeadData
from embedbench.probing.members import Training
from embedbench.probing.probes import Biaffine
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.probing.sentence_training import FittedSentences, Trainee, train_sentences
from embedbench.probing.standard import measure_standard
from embedbench.progress import Progress, SilentProgress


@dataclass(frozen=True, eq=False)
class FittedHeads(FittedSentences):
    """Trained biaffine probes, in the order in which they were handed in."""

    def predict(self, data: HeadData, progress: Progress | None = None) -> Iterator[HeadScores]:
        """What every member says of every sentence, one sentence after the other."""
        n_layers = data.vectors.n_layers
        groups, order = self.groups(n_layers, lambda members, own: BiaffineGroup(members, own, n_layers))
        with (progress or SilentProgress()).phase("predicting", len(data), "sentence") as advance:
            for number in range(len(data)):
                words = data.words(number, self.standard)
                found = [group.sentence(words) for group in groups]
                yield HeadScores(
                    np.concatenate([scores.choices for scores in found])[order],
                    np.concatenate([scores.of_words for scores in found])[order],
                    np.concatenate([scores.of_heads for scores in found])[order],
                )
                advance(1)


def train_heads(
    train: HeadData,
    dev: HeadData,
    members: Sequence[SentenceMember],
    probe: Biaffine,
    n_relations: int,
    training: Training | None = None,
    progress: Progress | None = None,
) -> FittedHeads:
    """Every member, trained on train and stopped by the dev loss (see `train_sentences`), on standardised vectors.

    Raises:
        ContractError: there is no member or no sentence.
        NumericalError: a vector or a loss is not finite.
    """
    n_words, n_layers, dim = train.vectors.n_words, train.vectors.n_layers, train.vectors.dim
    trainee = Trainee(
        called="biaffine probe",
        rate="probe.learning_rate",
        initial=lambda member: initial_biaffine(member, n_layers, dim, probe.rank, n_relations),
        group=lambda members, own: BiaffineGroup(members, own, n_layers),
        standard=measure_standard(train.vectors, np.arange(n_words, dtype=np.int64), progress),
        training=replace(training or Training(), learning_rate=probe.learning_rate),
    )
    return FittedHeads(**vars(train_sentences(train, dev, members, trainee, progress)))
