"""The biLM with weights that learn: the character CNN as convolutions, LSTMs with a gradient, a softmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor, nn

from embedbench.models.bilm import Bilm
from embedbench.models.bilm_options import BilmOptions
from embedbench.models.bilm_weights import random_bilm
from embedbench.models.character_cnn import CharacterWeights, convolved_words
from embedbench.models.lstm_lanes import LstmWeights
from embedbench.pretraining.bilm_lstm import PackedLstm
from embedbench.pretraining.vocabulary import WordClasses

_FILTER_SCALE = 5.0
"""bilm-tf starts its filters so small that a short training spends itself on making them larger: on 100,000 words of
MASC the held-out perplexity ends 4 % lower with filters five times as large."""


@dataclass(frozen=True, eq=False)
class Packing:
    """Time-major rows of sentences with their boundaries, longest first: what each direction reads and predicts.

    Rows count in `<S> w1 … wn </S>` of sentence after sentence. Left to right, `<S>` to wn are read and w1 to `</S>`
    predicted; right to left, `</S>` to w1 are read and wn to `<S>` predicted.
    """

    running: list[int]
    """Sentences that still run at each step."""
    read: tuple[Tensor, Tensor]
    predicted: tuple[Tensor, Tensor]

    @classmethod
    def of(cls, lengths: Int64[np.ndarray, "sentences"], device: torch.device) -> Packing:
        """The packing of sentences with that many words."""
        with_boundaries = lengths + 2
        starts = np.cumsum(with_boundaries) - with_boundaries
        order = np.argsort(-lengths, kind="stable")
        n_steps, starts = (lengths + 1)[order], starts[order]
        steps = np.arange(int(n_steps[0]))
        runs = n_steps[None, :] > steps[:, None]
        left = (starts[None, :] + steps[:, None])[runs]
        right = (starts[None, :] + n_steps[None, :] - steps[:, None])[runs]
        forward, backward = torch.from_numpy(left).to(device), torch.from_numpy(right).to(device)
        return cls(runs.sum(axis=1).tolist(), (forward, backward), (forward + 1, backward - 1))


class BilmNetwork(nn.Module):
    """A biLM in training, without clipping. `bilm` is what is read out later."""

    def __init__(
        self, options: BilmOptions, *, classes: WordClasses, cutoffs: Sequence[int], dropout: float, seed: int
    ) -> None:
        super().__init__()
        self.options = options
        self._dropout = nn.Dropout(dropout)
        start = random_bilm(options, seed)
        characters = start.characters
        self.embedding = nn.Parameter(characters.embedding)
        self.filters = nn.ParameterList([nn.Parameter(_FILTER_SCALE * t) for t in characters.filters])
        self.filter_bias = nn.ParameterList([nn.Parameter(t) for t in characters.filter_bias])
        self.highway = nn.ParameterList([nn.Parameter(t) for layer in characters.highway for t in layer])
        self.projection = nn.Parameter(characters.projection)
        self.projection_bias = nn.Parameter(characters.projection_bias)
        self.lstm = nn.ModuleList([_Layer(pair) for pair in zip(*start.lstm, strict=True)])
        self.softmax = _softmax(options.projection, classes, cutoffs, seed)

    def characters(self) -> CharacterWeights:
        """The weights of the character CNN, as the reading model knows them."""
        flat = list(self.highway)
        return CharacterWeights(
            embedding=self.embedding,
            filters=tuple(self.filters),
            filter_bias=tuple(self.filter_bias),
            highway=tuple(
                cast(tuple[Tensor, Tensor, Tensor, Tensor], tuple(flat[k : k + 4])) for k in range(0, len(flat), 4)
            ),
            projection=self.projection,
            projection_bias=self.projection_bias,
        )

    def forward(
        self,
        character_ids: Int64[np.ndarray, "types characters"],
        rows: Tensor,
        lengths: Int64[np.ndarray, "sentences"],
        classes: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """The loss of every prediction, left to right and right to left, in nats.

        Args:
            character_ids: of the distinct words.
            rows: the distinct word in each row of `<S> w1 … wn </S>`, sentence after sentence.
            lengths: words per sentence.
            classes: the softmax class in each such row.
        """
        packing = Packing.of(lengths, rows.device)
        autocast = torch.is_autocast_enabled(rows.device.type)
        dtype = torch.get_autocast_dtype(rows.device.type) if autocast else torch.float32
        with torch.autocast(rows.device.type, enabled=False):
            words = self._dropout(convolved_words(self.characters(), self.options, character_ids))
            hidden = torch.stack([words[rows[read]] for read in packing.read])
            for k, layer in enumerate(self.lstm):
                out = self._dropout(layer(hidden, packing.running, dtype))
                hidden = hidden + out if self.options.skip_connections and k > 0 else out
            targets = torch.cat([classes[predicted] for predicted in packing.predicted])
            losses = -self.softmax(hidden.flatten(0, 1), targets).output
        left, right = losses.split(len(losses) // 2)
        return left, right

    def bilm(self) -> Bilm:
        """The biLM as it is read out, without gradients."""
        stacks = zip(*(cast(_Layer, layer).weights() for layer in self.lstm), strict=True)
        forward, backward = (tuple(stack) for stack in stacks)
        return Bilm(self.options, self.characters(), (forward, backward))


def _softmax(dim: int, classes: WordClasses, cutoffs: Sequence[int], seed: int) -> nn.AdaptiveLogSoftmaxWithLoss:
    """A softmax that starts as the unigram model, as far as its clusters know frequencies."""
    n = classes.n_classes
    # A text of few words has fewer classes than the first cutoff.
    ends = [c for c in cutoffs if c < n - 1] or [n // 2]
    # The module's own start draws from torch's global generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        softmax = nn.AdaptiveLogSoftmaxWithLoss(dim, n, ends, div_value=2.0, head_bias=True)
    counts = classes.counts + 1.0
    clusters = [counts[start:end].sum() for start, end in zip(ends, [*ends[1:], n], strict=True)]
    with torch.no_grad():
        shares = np.concatenate([counts[: ends[0]], clusters]) / counts.sum()
        softmax.head.bias.copy_(torch.from_numpy(np.log(shares)))
    return softmax


class _Layer(nn.Module):
    """One LSTM layer of both directions, which share nothing but their steps."""

    def __init__(self, pair: tuple[LstmWeights, LstmWeights]) -> None:
        super().__init__()
        self.input = nn.Parameter(torch.stack([w.input for w in pair]))
        self.state = nn.Parameter(torch.stack([w.state for w in pair]))
        self.bias = nn.Parameter(torch.stack([w.bias for w in pair]))
        self.projection = nn.Parameter(torch.stack([w.projection for w in pair]))

    def forward(self, inputs: Tensor, running: list[int], dtype: torch.dtype) -> Tensor:
        outputs: Tensor = PackedLstm.apply(inputs, self.input, self.state, self.bias, self.projection, running, dtype)  # type: ignore[no-untyped-call]
        return outputs

    def weights(self) -> tuple[LstmWeights, LstmWeights]:
        left, right = (
            LstmWeights(
                self.input[k].detach(), self.state[k].detach(), self.bias[k].detach(), self.projection[k].detach()
            )
            for k in range(2)
        )
        return left, right
