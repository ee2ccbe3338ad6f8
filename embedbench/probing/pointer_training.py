"""Pointers: all of a cell train together, and answer the questions of a batch of passages at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from embedbench.probing.members import Training
from embedbench.probing.pointer import PointerGroup, initial_pointer
from embedbench.probing.pointer_data import PointerData
from embedbench.probing.probes import Pointer
from embedbench.probing.sentence_batches import unit_batches
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.probing.sentence_training import FittedSentences, Trainee, train_sentences
from embedbench.probing.standard import measure_standard, words_of_targets
from embedbench.progress import Progress, SilentProgress

_BATCH_WORDS = 2048
"""Words of passages that are answered at a time."""


@dataclass(frozen=True, eq=False)
class FittedPointers(FittedSentences):
    """Trained pointers, in the order in which they were handed in; losses are nats per question, both ends together.

    Attributes:
        longest: words that an answer may have at most.
    """

    longest: int

    def predict(self, data: PointerData, progress: Progress | None = None) -> Int64[np.ndarray, "members targets 2"]:
        """First and last word of every answer, as places in the passage."""
        n_layers = data.vectors.n_layers
        groups, order = self.groups(n_layers, lambda members, own: PointerGroup(members, own, n_layers))
        found = np.zeros((len(self.members), len(data.split), 2), np.int64)
        with (progress or SilentProgress()).phase("predicting", len(data), "passage") as advance:
            for units in unit_batches(data.lengths, range(len(data)), _BATCH_WORDS):
                batch = data.batch(units, self.standard)
                answers = np.concatenate([group.answers(batch, self.longest) for group in groups])
                found[:, data.targets(units)] = answers[order]
                advance(len(units))
        return found


def train_pointers(
    train: PointerData,
    dev: PointerData,
    members: Sequence[SentenceMember],
    probe: Pointer,
    training: Training | None = None,
    progress: Progress | None = None,
) -> FittedPointers:
    """Every member, trained on train and stopped by the dev loss (see `train_sentences`), in whole passages.

    Vectors are standardised on the words of train's passages and questions. Batches are filled by the words of
    passages and hold all their questions.

    Raises:
        ContractError: there is no member or no question.
        NumericalError: a vector or a loss is not finite.
    """
    n_layers, dim = train.vectors.n_layers, train.vectors.dim
    trainee = Trainee(
        called="pointer",
        rate="training.learning_rate",
        initial=lambda member: initial_pointer(member, n_layers, dim, probe.hidden),
        group=lambda members, own: PointerGroup(members, own, n_layers),
        standard=measure_standard(train.vectors, words_of_targets(train.split), progress),
        training=training or Training(),
        unit="passage",
        linear=not probe.hidden,
    )
    fitted = train_sentences(train, dev, members, trainee, progress)
    return FittedPointers(**vars(fitted), longest=probe.longest)
