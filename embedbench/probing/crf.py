"""The CRF tagging head (Lafferty et al. 2001): softmax regression on every word, and learned transitions between tags.

The score of a sequence of tags is the sum of its emissions, linear in the mixed vectors, and of its transitions,
including those from the start and to the end of the sentence. The loss is the negative log-likelihood (nats per word)
of whole sentences. Transitions start at zero, where the probe is softmax regression.

The sum over all sequences is that of allennlp-light's `ConditionalRandomField`, batched over members by
`torch.func.vmap`. Its numerator refuses that and is a few lookups, written here. Its decoder takes one sentence of one
member at a time, some milliseconds each; the one here takes all members at once and is tested to agree with it. BIO
constraints are allennlp-light's, and hold in decoding alone, as there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor
from torch.func import functional_call, vmap

from embedbench.errors import ConfigurationError
from embedbench.probing.allennlp import require_allennlp
from embedbench.probing.groups import Parameters
from embedbench.probing.sentence_groups import SentenceGroup, SentenceMember, mix_parameters
from embedbench.probing.tag_data import TagBatch

_INITIAL_DEVIATION = 0.01
"""Of the emission weights, as of linear probes."""

TRANSITIONS = ("transitions", "start_transitions", "end_transitions")
"""Parameters of a member, by the names that allennlp-light has for them."""


class CRFGroup(SentenceGroup[TagBatch]):
    """CRF tagging heads of one shape."""

    def emissions(
        self, vectors: Float32[Tensor, "words layers dim"], parameters: Parameters | None = None
    ) -> Float32[Tensor, "members words labels"]:
        """The score of every tag of every word on its own, under every member."""
        own = self.parameters if parameters is None else parameters
        return torch.bmm(self.mixed(vectors, own), own["weight0"].transpose(1, 2)) + own["bias0"].unsqueeze(1)

    def losses(self, batch: TagBatch, parameters: Parameters | None = None) -> Float32[Tensor, "members"]:
        """The negative log-likelihood of the batch's sentences under every member, per word."""
        own = self.parameters if parameters is None else parameters
        scores = self.emissions(batch.vectors, own)
        empty = scores.new_zeros(len(scores), 1, scores.shape[2])
        padded = torch.cat([scores, empty], dim=1)[:, batch.places]
        tags = torch.stack([batch.tags[member.labels] for member in self.members])
        transitions = {name: own[name] for name in TRANSITIONS}
        likelihood = log_likelihoods(padded, tags, batch.places < len(batch.vectors), transitions)
        return -likelihood.sum(dim=1) / len(batch.vectors)


def initial_crf(member: SentenceMember, n_layers: int, dim: int, n_labels: int) -> Parameters:
    """A member's parameters before training, as a group of one; they depend on shapes and on the seed only."""
    generator = torch.Generator().manual_seed(member.seed)
    width = dim * len(member.mix.coefficients(n_layers))
    return {
        "weight0": torch.randn(1, n_labels, width, generator=generator) * _INITIAL_DEVIATION,
        "bias0": torch.zeros(1, n_labels),
        "transitions": torch.zeros(1, n_labels, n_labels),
        "start_transitions": torch.zeros(1, n_labels),
        "end_transitions": torch.zeros(1, n_labels),
        **mix_parameters(member.mix, n_layers),
    }


def log_likelihoods(
    emissions: Float32[Tensor, "members sentences longest labels"],
    tags: Int64[Tensor, "members sentences longest"],
    present: Bool[Tensor, "sentences longest"],
    transitions: Parameters,
) -> Float32[Tensor, "members sentences"]:
    """The log probability (nats) of every sentence's tags; `transitions` holds a row per member.

    Raises:
        MissingExtraError: allennlp-light is not installed.
    """
    sums = vmap(_sum_over_sequences(emissions.shape[3]), in_dims=(0, 0, None))(transitions, emissions, present)
    return _sequence_scores(emissions, tags, present, transitions) - sums


def best_sequences(
    emissions: Float32[Tensor, "members words labels"], transitions: Parameters
) -> Int64[np.ndarray, "members words"]:
    """The tags of one sentence with the highest score under every member (Viterbi 1967)."""
    steps = transitions["transitions"]
    best = transitions["start_transitions"] + emissions[:, 0]
    came_from = []
    for word in range(1, emissions.shape[1]):
        best, before = (best.unsqueeze(2) + steps).max(dim=1)
        best = best + emissions[:, word]
        came_from.append(before)
    tags = [(best + transitions["end_transitions"]).argmax(dim=1, keepdim=True)]
    for before in reversed(came_from):
        tags.append(before.gather(1, tags[-1]))
    return np.asarray(torch.cat(tags[::-1], dim=1).numpy())


def bio_penalties(label_names: Sequence[str]) -> Parameters:
    """What to add to a member's transitions so that an `I-X` follows a `B-X` or `I-X` only: 0, or -inf.

    Raises:
        ConfigurationError: a label is no BIO tag.
        MissingExtraError: allennlp-light is not installed.
    """
    for name in label_names:
        if name != "O" and (name[:2] not in ("B-", "I-") or len(name) < 3):
            raise ConfigurationError(
                f"probe.bio needs BIO tags, but the label {name!r} is neither O nor B-TYPE nor I-TYPE; "
                "set probe.bio=false"
            )
    require_allennlp("probe=crf")
    from allennlp_light.modules.conditional_random_field.conditional_random_field import allowed_transitions

    n = len(label_names)
    penalties = torch.full((n + 2, n + 2), float("-inf"))
    for before, after in allowed_transitions("BIO", dict(enumerate(label_names))):
        penalties[before, after] = 0  # the start is before label n, the end after label n + 1
    return {
        "transitions": penalties[:n, :n],
        "start_transitions": penalties[n, :n],
        "end_transitions": penalties[:n, n + 1],
    }


def _sequence_scores(
    emissions: Float32[Tensor, "members sentences longest labels"],
    tags: Int64[Tensor, "members sentences longest"],
    present: Bool[Tensor, "sentences longest"],
    transitions: Parameters,
) -> Float32[Tensor, "members sentences"]:
    """The score of the sequences of tags that are given."""
    members = torch.arange(len(emissions))[:, None, None]
    steps = transitions["transitions"][members, tags[:, :, :-1], tags[:, :, 1:]] * present[:, 1:]
    words = emissions.gather(3, tags.unsqueeze(3)).squeeze(3) * present
    ends = (present.sum(dim=1) - 1).expand(len(emissions), -1).unsqueeze(2)
    last = tags.gather(2, ends).squeeze(2)
    start = transitions["start_transitions"].gather(1, tags[:, :, 0])
    return start + words.sum(dim=2) + steps.sum(dim=2) + transitions["end_transitions"].gather(1, last)


@cache
def _sum_over_sequences(n_labels: int) -> Callable[[Parameters, Tensor, Tensor], Tensor]:
    """The logarithm of the sum over all sequences of tags, of one member's transitions, emissions and padding."""
    require_allennlp("probe=crf")
    from allennlp_light.modules.conditional_random_field.conditional_random_field import ConditionalRandomField

    class Sum(ConditionalRandomField):
        """The part of the log-likelihood that `vmap` can batch."""

        def forward(self, emissions: Tensor, present: Tensor) -> Tensor:  # type: ignore[override]
            return self._input_likelihood(emissions, self.transitions, present)  # type: ignore[arg-type]

    module = Sum(n_labels)
    return lambda transitions, emissions, present: functional_call(module, transitions, (emissions, present))
