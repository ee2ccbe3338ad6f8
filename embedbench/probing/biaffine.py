"""The biaffine probe: a distribution over the heads of every word (Dozat & Manning 2017, section 2.2, at probe size).

The score of word i hanging on word j is (D x_i + b) · H x_j / sqrt(rank): a bilinear form of limited rank and a bias of
the head, without the hidden layers of the parser. The root has a learned vector and a bias in place of H x_j. The loss
is the cross-entropy (nats per word) of the right head among all other words of the sentence and the root; trees come
in at decoding only. Relations have a linear score of their own, A x_i + C x_head, which is trained on right heads
beside it and shares no parameter with the heads: it reads the mix that the heads have chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from embedbench.probing.groups import Parameters
from embedbench.probing.head_data import HeadBatch, allowed_choices
from embedbench.probing.sentence_groups import SentenceGroup, SentenceMember, mix_parameters

_INITIAL_SCORE = 0.1
"""Deviation of a score before training; smaller is slow to leave the saddle at 0, where neither map has a gradient."""


@dataclass(frozen=True, eq=False)
class HeadScores:
    """What probes say of one sentence. A choice is 0 for the root, else a word's place from 1.

    Attributes:
        choices: the log probability (nats) of every choice of every word; -inf for the word itself.
        of_words: the score of every relation that comes from the word.
        of_heads: the score of every relation that comes from its head.
    """

    choices: Float32[np.ndarray, "members words choices"]
    of_words: Float32[np.ndarray, "members words relations"]
    of_heads: Float32[np.ndarray, "members choices relations"]


class BiaffineGroup(SentenceGroup[HeadBatch]):
    """Biaffine probes of one shape."""

    def losses(self, batch: HeadBatch, parameters: Parameters | None = None) -> Float32[Tensor, "members"]:
        """The mean over words of the cross-entropy of the head plus that of its relation."""
        own = self.parameters if parameters is None else parameters
        mixed = self.mixed(batch.vectors, own)
        words, heads = _projected(mixed, own)
        empty = words.new_zeros(len(words), 1, words.shape[2])
        words, heads = (torch.cat([rows, empty], dim=1)[:, batch.places] for rows in (words, heads))
        scores = _head_scores(words, heads, own).masked_fill(~batch.allowed, float("-inf"))
        learned = [batch.gold[member.labels] for member in self.members]
        choices, head_rows, right = (
            torch.stack([getattr(gold, name) for gold in learned]) for name in ("choices", "head_rows", "relations")
        )
        chosen = torch.log_softmax(scores, dim=3).gather(3, choices.unsqueeze(3))
        # Padding has one choice, whose log probability is 0.
        of_heads = -chosen.sum(dim=(1, 2, 3)) / len(batch.vectors)
        # The relation must not pull at the mix: its weights are to say where heads are found.
        from_words, from_heads = _relation_scores(mixed.detach(), own)
        from_own_heads = from_heads.gather(1, head_rows.unsqueeze(2).expand_as(from_words))
        relations = torch.log_softmax(from_words + from_own_heads, dim=2)
        return of_heads - relations.gather(2, right.unsqueeze(2)).mean(dim=(1, 2))

    def sentence(self, vectors: Float32[Tensor, "words layers dim"]) -> HeadScores:
        """What every member says of one sentence."""
        with torch.no_grad():
            mixed = self.mixed(vectors, self.parameters)
            words, heads = _projected(mixed, self.parameters)
            scores = _head_scores(words.unsqueeze(1), heads.unsqueeze(1), self.parameters).squeeze(1)
            allowed = torch.from_numpy(allowed_choices(np.ones((1, len(vectors)), np.bool_)))
            choices = torch.log_softmax(scores.masked_fill(~allowed, float("-inf")), dim=2)
            from_words, from_heads = _relation_scores(mixed, self.parameters)
            return HeadScores(choices.numpy(), from_words.numpy(), from_heads.roll(1, dims=1).numpy())


def initial_biaffine(member: SentenceMember, n_layers: int, dim: int, rank: int, n_relations: int) -> Parameters:
    """A member's parameters before training, as a group of one; they depend on shapes and on the seed only."""
    generator = torch.Generator().manual_seed(member.seed)
    width = dim * len(member.mix.coefficients(n_layers))
    rank = min(rank, width)
    # Scores of standardised words deviate by width x deviation², whatever the rank.
    deviation = (_INITIAL_SCORE / width) ** 0.5
    return {
        "weight0": torch.randn(1, rank, width, generator=generator) * deviation,
        "bias0": torch.zeros(1, rank),
        "weight1": torch.randn(1, rank, width, generator=generator) * deviation,
        "root": torch.zeros(1, rank),
        "root_bias": torch.zeros(1),
        "weight2": torch.zeros(1, n_relations, width),
        "bias2": torch.zeros(1, n_relations),
        "weight3": torch.zeros(1, n_relations, width),
        "root_relations": torch.zeros(1, n_relations),
        **mix_parameters(member.mix, n_layers),
    }


def _projected(
    mixed: Float32[Tensor, "members words width"], parameters: Parameters
) -> tuple[Float32[Tensor, "members words rank"], Float32[Tensor, "members words rank"]]:
    """Every word as a word and as a head."""
    words = torch.bmm(mixed, parameters["weight0"].transpose(1, 2)) + parameters["bias0"].unsqueeze(1)
    return words, torch.bmm(mixed, parameters["weight1"].transpose(1, 2))


def _head_scores(
    words: Float32[Tensor, "members sentences longest rank"],
    heads: Float32[Tensor, "members sentences longest rank"],
    parameters: Parameters,
) -> Float32[Tensor, "members sentences longest choices"]:
    """The score of every choice of every word."""
    size = words.shape[3] ** 0.5
    root = words @ parameters["root"][:, None, :, None] / size + parameters["root_bias"][:, None, None, None]
    return torch.cat([root, words @ heads.transpose(2, 3) / size], dim=3)


def _relation_scores(
    mixed: Float32[Tensor, "members words width"], parameters: Parameters
) -> tuple[Float32[Tensor, "members words relations"], Float32[Tensor, "members words_and_root relations"]]:
    """The parts of every relation's score: from the word, and from the head; the root comes last."""
    words = torch.bmm(mixed, parameters["weight2"].transpose(1, 2)) + parameters["bias2"].unsqueeze(1)
    heads = torch.bmm(mixed, parameters["weight3"].transpose(1, 2))
    return words, torch.cat([heads, parameters["root_relations"].unsqueeze(1)], dim=1)
