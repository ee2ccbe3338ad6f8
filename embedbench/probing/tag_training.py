"""CRF tagging heads: all of a cell train together, and tag sentence by sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int64

from embedbench.probing.crf import TRANSITIONS, CRFGroup, best_sequences, bio_penalties, initial_crf
from embedbench.probing.groups import Parameters
from embedbench.probing.members import ProbeData, Training
from embedbench.probing.probes import CRF
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.probing.sentence_training import FittedSentences, Trainee, train_sentences
from embedbench.probing.standard import measure_standard
from embedbench.probing.tag_data import TagData
from embedbench.progress import Progress, SilentProgress
from embedbench.types import TASK


@dataclass(frozen=True, eq=False)
class FittedTaggers(FittedSentences):
    """Trained CRF tagging heads, in the order in which they were handed in.

    Attributes:
        penalties: what is added to transitions between tags of the task when decoding, by name; empty: nothing.
        dev_scores: dev accuracy of every member at its best epoch.
    """

    penalties: Parameters = field(default_factory=dict)
    dev_scores: tuple[float, ...] = ()

    def predict(self, data: ProbeData, progress: Progress | None = None) -> Int64[np.ndarray, "members targets"]:
        """The best tags of every sentence by every member.

        Raises:
            NumericalError: a vector is not finite.
        """
        tagged = TagData(data)
        n_layers, offsets = data.vectors.n_layers, tagged.offsets
        groups, order = self.groups(n_layers, lambda members, own: CRFGroup(members, own, n_layers))
        transitions = [self._transitions(group) for group in groups]
        found = np.zeros((sum(len(group.members) for group in groups), len(data.split)), np.int64)
        with (progress or SilentProgress()).phase("predicting", len(offsets) - 1, "sentence") as advance:
            for sentence in range(len(offsets) - 1):
                words = tagged.words(sentence, self.standard)
                done = 0
                for group, own in zip(groups, transitions, strict=True):
                    rows = slice(done, done + len(group.members))
                    found[rows, offsets[sentence] : offsets[sentence + 1]] = best_sequences(group.emissions(words), own)
                    done = rows.stop
                advance(1)
        return found[order]

    def _transitions(self, group: CRFGroup) -> Parameters:
        """The transitions of a group's members as they are decoded with."""
        own = {name: group.parameters[name].clone() for name in TRANSITIONS}
        for row, member in enumerate(group.members):
            # Control labels are drawn word by word, so that no constraint holds of them.
            if member.labels == TASK:
                for name, penalty in self.penalties.items():
                    own[name][row] += penalty
        return own


def train_taggers(
    train: ProbeData,
    dev: ProbeData,
    members: Sequence[SentenceMember],
    probe: CRF,
    label_names: Sequence[str],
    training: Training | None = None,
    progress: Progress | None = None,
) -> FittedTaggers:
    """Every member, trained on train and stopped by the dev loss (see `train_sentences`), on standardised vectors.

    Raises:
        ConfigurationError: the targets are not all words of the corpus, in order; or labels must be BIO tags and are
            not.
        ContractError: there is no member or no sentence.
        NumericalError: a vector or a loss is not finite.
    """
    learned, checked = TagData(train), TagData(dev)
    penalties = bio_penalties(label_names) if probe.bio else {}
    n_words, n_layers, dim = train.vectors.n_words, train.vectors.n_layers, train.vectors.dim
    trainee = Trainee(
        called="CRF",
        rate="training.learning_rate",
        initial=lambda member: initial_crf(member, n_layers, dim, len(label_names)),
        group=lambda members, own: CRFGroup(members, own, n_layers),
        standard=measure_standard(train.vectors, np.arange(n_words, dtype=np.int64), progress),
        training=training or Training(),
    )
    fitted = FittedTaggers(**vars(train_sentences(learned, checked, members, trainee, progress)), penalties=penalties)
    tags = fitted.predict(dev, progress)
    scores = [float((dev.labels[m.labels] == row).mean()) for m, row in zip(members, tags, strict=True)]
    return FittedTaggers(**{**vars(fitted), "dev_scores": tuple(scores)})
