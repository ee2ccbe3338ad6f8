"""The loss that word2vec and fastText are trained with, measured on held-out text; always with the same noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from embedbench.pretraining.encoded_text import EncodedText

_BLOCK = 4096
_NOISE_SEED = 20_13
_POWER = 0.75
"""Noise words are drawn by their frequency to this power (Mikolov et al. 2013)."""


@dataclass(frozen=True, eq=False)
class NegativeSampling:
    """What is predicted in the held-out text: rows of the table, −1 where a neighbour is missing or unknown.

    Attributes:
        predicted: the word predicted by each example.
        given: its neighbours: all of them for cbow, one for skip-gram.
        noise: the noise words of each example.
        log_ratio: log of p(word) / (noise words · p_noise(word)), the best score that ignores the neighbours.
    """

    predicted: Int64[np.ndarray, "examples"]
    given: Int64[np.ndarray, "examples neighbours"]
    noise: Int64[np.ndarray, "examples negative"]
    log_ratio: Float32[np.ndarray, "words"]

    @classmethod
    def of(
        cls,
        text: EncodedText,
        rows: Int64[np.ndarray, "types"],
        counts: Int64[np.ndarray, "words"],
        *,
        window: int,
        negative: int,
        cbow: bool,
        sample: float,
    ) -> NegativeSampling:
        """The examples of a text: every word with every neighbour at most `window` words away.

        As in training, unknown words are left out first and frequent ones thinned out, so that the loss is measured on
        the distribution that the model learns.

        Args:
            text: the held-out sentences.
            rows: the table's row of each type; −1 for unknown ones.
            counts: training occurrences of each row.
            window: largest distance; training draws smaller ones too.
            negative: noise words per example.
            cbow: one example per word instead of one per pair.
            sample: share of the text above which words are thinned out; 0: none are.
        """
        rng = np.random.default_rng(_NOISE_SEED)
        share = counts / counts.sum()
        # word2vec's own formula, which differs from the paper's.
        kept = np.minimum(np.sqrt(sample / share) + sample / share, 1) if sample else np.ones(len(share))
        words = rows[text.ids]
        stays = (words >= 0) & (rng.random(len(words)) < kept[words])
        sentence = np.repeat(np.arange(text.n_sentences), text.lengths)[stays]
        words = words[stays]
        around = np.full((len(words), 2 * window), -1, dtype=np.int64)
        for k, offset in enumerate([*range(-window, 0), *range(1, window + 1)]):
            here = np.arange(max(0, -offset), max(min(len(words), len(words) - offset), 0))
            here = here[sentence[here] == sentence[here + offset]]
            around[here, k] = words[here + offset]
        if cbow:
            some = (around >= 0).any(axis=1)
            predicted, given = words[some], around[some]
        else:
            example, place = np.nonzero(around >= 0)
            predicted, given = words[example], around[example, place][:, None]
        seen = share * kept / (share * kept).sum()
        noise = counts**_POWER / (counts**_POWER).sum()
        drawn = rng.choice(len(counts), size=(len(predicted), negative), p=noise)
        return cls(predicted, given, drawn.astype(np.int64), np.log(seen / (negative * noise)).astype(np.float32))

    def measure(self, inputs: Float32[np.ndarray, "words dim"], outputs: Float32[np.ndarray, "words dim"]) -> float:
        """The mean loss in nats: −log σ(right word) − Σ log σ(−noise word)."""
        total = 0.0
        for start in range(0, len(self.predicted), _BLOCK):
            block = slice(start, start + _BLOCK)
            given = self.given[block]
            known = (given >= 0)[:, :, None]
            hidden = np.where(known, inputs[given], 0).sum(axis=1) / known.sum(axis=1).astype(np.float32)
            candidates = np.concatenate([self.predicted[block, None], self.noise[block]], axis=1)
            scores = np.einsum("ed,ecd->ec", hidden, outputs[candidates], optimize=True)
            total += _loss(scores)
        return total / max(len(self.predicted), 1)

    def unigram(self) -> float:
        """The same for a model that knows frequencies only: the floor."""
        candidates = np.concatenate([self.predicted[:, None], self.noise], axis=1)
        return _loss(self.log_ratio[candidates]) / max(len(self.predicted), 1)


def _loss(scores: Float32[np.ndarray, "examples candidates"]) -> float:
    signed = scores.astype(np.float64)
    signed[:, 1:] *= -1
    return float(np.logaddexp(0, -signed).sum())
