"""The pointer: softmaxes over the words of a passage for the start and the end of an answer.

Members share the batch and are stacked; scores are differentiated by autograd. What `Pointer` says of the features
holds: without a hidden layer the scores are u·word + v·(word*question).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from embedbench.probing.groups import Parameters
from embedbench.probing.sentence_groups import SentenceGroup, SentenceMember, mix_parameters

_INITIAL_DEVIATION = 0.01
"""Of the weights of the last layer, so that training starts near chance."""


@dataclass(frozen=True, eq=False)
class Questions:
    """A batch of whole passages with all their questions.

    A pair is a question and a word of its passage.

    Attributes:
        words: standardised vectors of the passages' words, packed.
        question_words: of the questions' words, packed.
        question_of: the question of each of those.
        pair_word: the row of the word of each pair.
        pair_question: its question.
        pair_place: the place of the word in its passage.
        answers: first and last word of the answer, as places in the passage.
        lengths: words of every question, for the mean.
        longest: words of the longest passage.
    """

    words: Float32[Tensor, "words layers dim"]
    question_words: Float32[Tensor, "question_words layers dim"]
    question_of: Int64[Tensor, "question_words"]
    pair_word: Int64[Tensor, "pairs"]
    pair_question: Int64[Tensor, "pairs"]
    pair_place: Int64[Tensor, "pairs"]
    answers: Int64[Tensor, "questions 2"]
    lengths: Float32[Tensor, "questions"]
    longest: int


class PointerGroup(SentenceGroup[Questions]):
    """Pointers of one shape."""

    def log_probabilities(
        self, batch: Questions, parameters: Parameters | None = None
    ) -> Float32[Tensor, "members questions longest 2"]:
        """Of starting and of ending at every word of the question's passage; minus infinity beyond its end."""
        parameters = self.parameters if parameters is None else parameters
        words = self.mixed(batch.words, parameters)
        of_questions = self.mixed(batch.question_words, parameters)
        questions = words.new_zeros(len(words), len(batch.lengths), words.shape[2])
        questions = questions.index_add(1, batch.question_of, of_questions) / batch.lengths.unsqueeze(1)
        score = _scores_of_layers if "weight1" in parameters else _scores_of_products
        pairs = score(words, questions, batch, parameters)
        shape = (len(words), len(batch.lengths), batch.longest, 2)
        members = torch.arange(len(words)).unsqueeze(1)
        padded = words.new_full(shape, float("-inf")).index_put(
            (members, batch.pair_question.unsqueeze(0), batch.pair_place.unsqueeze(0)), pairs
        )
        return torch.log_softmax(padded, dim=2)

    def losses(self, batch: Questions, parameters: Parameters | None = None) -> Float32[Tensor, "members"]:
        """The mean over questions of the surprise (nats) at start and end together."""
        found = self.log_probabilities(batch, parameters)
        questions = torch.arange(len(batch.answers))
        starts = found[:, questions, batch.answers[:, 0], 0]
        return -(starts + found[:, questions, batch.answers[:, 1], 1]).mean(dim=1)

    def answers(self, batch: Questions, longest: int) -> Int64[np.ndarray, "members questions 2"]:
        """First and last word of the likeliest span of at most so many words, as places in the passage."""
        with torch.no_grad():
            found = self.log_probabilities(batch).double().numpy()
        flat = found.reshape(-1, batch.longest, 2)
        return best_spans(flat[..., 0], flat[..., 1], longest).reshape(*found.shape[:2], 2)


def best_spans(
    starts: Float[np.ndarray, "rows words"], ends: Float[np.ndarray, "rows words"], longest: int
) -> Int64[np.ndarray, "rows 2"]:
    """First and last word of the span with the largest sum of both scores, of at most `longest` words.

    Of equals the shortest, then the first.

    >>> best_spans(np.array([[0.0, 2.0, 1.0]]), np.array([[9.0, 0.0, 3.0]]), 3).tolist()
    [[0, 0]]
    >>> best_spans(np.array([[0.0, 2.0, 1.0]]), np.array([[0.0, 0.0, 3.0]]), 1).tolist()
    [[2, 2]]
    """
    n_words = starts.shape[1]
    rows = np.arange(len(starts))
    best = np.full(len(starts), -np.inf)
    spans = np.zeros((len(starts), 2), np.int64)
    for beyond in range(min(longest, n_words)):
        sums = starts[:, : n_words - beyond] + ends[:, beyond:]
        first = sums.argmax(axis=1)
        better = sums[rows, first] > best
        best = np.where(better, sums[rows, first], best)
        spans[better] = np.stack([first, first + beyond], axis=1)[better]
    return spans


def initial_pointer(member: SentenceMember, n_layers: int, dim: int, hidden: int) -> Parameters:
    """A member's parameters before training, as a group of one; they depend on shapes and on the seed only."""
    generator = torch.Generator().manual_seed(member.seed)
    width = dim * len(member.mix.coefficients(n_layers))
    parameters: Parameters = {}
    if hidden:
        # He et al. 2015, for ReLU.
        deviation = (2 / (3 * width)) ** 0.5
        parameters["weight0"] = torch.randn(1, hidden, 3 * width, generator=generator) * deviation
        parameters["bias0"] = torch.zeros(1, hidden)
        parameters["weight1"] = torch.randn(1, 2, hidden, generator=generator) * _INITIAL_DEVIATION
    else:
        parameters["weight0"] = torch.randn(1, 2, 2 * width, generator=generator) * _INITIAL_DEVIATION
    return {**parameters, **mix_parameters(member.mix, n_layers)}


def _scores_of_products(words: Tensor, questions: Tensor, batch: Questions, parameters: Parameters) -> Tensor:
    """u·word + v·(word*question) = (u + v*question)·word: one product for all words and questions of the batch."""
    weight, width = parameters["weight0"], words.shape[2]
    own = weight[:, None, :, :width] + weight[:, None, :, width:] * questions.unsqueeze(2)
    every: Tensor = torch.bmm(words, own.flatten(1, 2).transpose(1, 2)).view(*words.shape[:2], -1, 2)
    return every[:, batch.pair_word, batch.pair_question]


def _scores_of_layers(words: Tensor, questions: Tensor, batch: Questions, parameters: Parameters) -> Tensor:
    """A hidden layer on [word; question; word*question]; the first two parts are computed once each, not per pair."""
    weight, width = parameters["weight0"].transpose(1, 2), words.shape[2]
    of_words = torch.bmm(words, weight[:, :width])
    of_questions = torch.baddbmm(parameters["bias0"].unsqueeze(1), questions, weight[:, width : 2 * width])
    products = words[:, batch.pair_word] * questions[:, batch.pair_question]
    hidden = torch.bmm(products, weight[:, 2 * width :])
    hidden = torch.relu(hidden + of_words[:, batch.pair_word] + of_questions[:, batch.pair_question])
    return torch.bmm(hidden, parameters["weight1"].transpose(1, 2))
