"""ELMo: the character layer and the LSTM layers of a published bidirectional language model."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int64

from embedbench.data.locate import locate
from embedbench.errors import ConfigurationError, NumericalError
from embedbench.extractors.batching import flat_ranges
from embedbench.extractors.devices import Device, torch_device
from embedbench.extractors.distinct_sentences import extract_distinct
from embedbench.extractors.precision import InPrecision, Precision
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.models.bilm_options import BilmOptions, read_options
from embedbench.registry import register
from embedbench.types import LayeredWords, Sentence

if TYPE_CHECKING:
    from torch import Tensor

    from embedbench.models.bilm import Bilm

_VERSION = 5
"""Raise it when a change to this file or to `models` changes a vector."""


class ElmoWeights(enum.StrEnum):
    """Where the numbers of the model come from; the names are what a user types."""

    trained = "trained"
    random = "random"
    """Everything is drawn as bilm-tf starts training."""
    random_upper = "random_upper"
    """The trained character layer with random LSTMs above."""


@register("extractor", "elmo")
@dataclass(frozen=True)
class Elmo(InPrecision):
    """ELMo layers of a published biLM: characters, lstm1, lstm2, … (Peters et al. 2018, NAACL).

    Each layer has twice the projection's dimensions: forward half, backward half; the character layer is the same half
    twice, as in the original. Sentences of any length are read whole, each between `<S>` and `</S>` and from an empty
    state. A word of more than 48 UTF-8 bytes is read by its first 48: that is the model's definition.

    Attributes:
        options: the published options.json.
        weights_file: the weights.hdf5 that belongs to it; not read when `weights` is random.
        weights: trained, or one of two untrained twins.
        seed: of the random weights.
        words_per_batch: words that run together; changes speed and memory, not vectors.
        carry_state: start sentence i in the state where sentence i - `lanes` of the same call ended. This is how
            bilm-tf and AllenNLP ran, so published vectors need it; vectors then depend on order and neighbours.
        lanes: sentences side by side when states are carried; the batch size of the run to reproduce.
        precision: of the matrix products; gates, memory cells and what layers add up are float32.
        device: where the model runs.
        name: the label in tables.
    """

    options: str
    weights_file: str = ""
    weights: ElmoWeights = ElmoWeights.trained
    seed: int = 0
    words_per_batch: int = 16384
    carry_state: bool = False
    lanes: int = 1
    precision: Precision = Precision.auto
    device: Device = Device.auto
    name: str = "elmo"

    def __post_init__(self) -> None:
        # Python code may say weights="random".
        object.__setattr__(self, "weights", ElmoWeights(self.weights))
        object.__setattr__(self, "precision", Precision(self.precision))
        object.__setattr__(self, "device", Device(self.device))
        if self.words_per_batch < 1 or self.lanes < 1:
            raise ConfigurationError(
                f"elmo needs words_per_batch and lanes of at least 1; got {self.words_per_batch} and {self.lanes}"
            )
        if self.weights is not ElmoWeights.random and not self.weights_file:
            raise ConfigurationError(f"elmo with weights={self.weights} needs weights_file=PATH to a weights.hdf5")

    @cached_property
    def _options(self) -> BilmOptions:
        return read_options(locate(self.options))

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The character layer and one name per LSTM layer."""
        return self._options.layer_names

    @property
    def dim(self) -> int:
        """Both directions."""
        return self._options.dim

    @property
    def fingerprint(self) -> str:
        """Of the options' and weights' bytes, the random seed where it counts, the state policy and the precision."""
        trained = self.weights is not ElmoWeights.random
        return fingerprint(
            "elmo",
            _VERSION,
            file_fingerprint(locate(self.options)),
            file_fingerprint(self._weights_path) if trained else None,
            self.weights.value,
            None if self.weights is ElmoWeights.trained else self.seed,
            self.lanes if self.carry_state else None,
            self.computed_precision,
        )

    @property
    def _weights_path(self) -> Path:
        return locate(self.weights_file)

    @cached_property
    def _model(self) -> Bilm:
        from embedbench.models.bilm_weights import random_above, random_bilm, read_bilm

        if self.weights is ElmoWeights.random:
            model = random_bilm(self._options, self.seed)
        else:
            model = read_bilm(self._options, self._weights_path)
            if self.weights is ElmoWeights.random_upper:
                model = random_above(model, self.seed)
        return replace(model, dtype=self.dtype).to(torch_device(self.device))

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The layers of every word, float32, in order.

        Sentences that come several times are read once, unless the state is carried from one to the next.

        Raises:
            DataError: the options or weights are missing, damaged or do not belong together.
            NumericalError: the model computed something that is not finite.
        """
        return self._extract(sentences) if self.carry_state else extract_distinct(self._extract, sentences)

    def _extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        import torch

        from embedbench.models.bilm_characters import SENTENCE_END, SENTENCE_START, character_ids
        from embedbench.models.lanes import Lanes

        sizes = np.fromiter((len(sentence) for sentence in sentences), dtype=np.int64, count=len(sentences))
        starts = np.cumsum(sizes) - sizes
        values = np.empty((int(sizes.sum()), len(self.layer_names), self.dim), dtype=np.float32)
        if not len(values):
            return LayeredWords(values)
        # Every distinct word of the chunk passes the character CNN once. Not once for all chunks: a word computed in
        # another batch differs in its last bits, and a resumed fill would no longer give the same bytes.
        vocabulary: dict[str, int] = {SENTENCE_START: 0, SENTENCE_END: 1}
        types = np.fromiter(
            (vocabulary.setdefault(word, len(vocabulary)) for sentence in sentences for word in sentence),
            dtype=np.int64,
            count=len(values),
        )
        with torch.no_grad():
            model = self._model
            table = model.words(character_ids(list(vocabulary), self._options.max_characters))
            # Every sentence starts in the same state, behind its boundary, and nothing reads where it ends.
            begin = None if self.carry_state else model.after((table[0:1], table[1:2]))
            for batch in self._batches(sizes):
                lengths = sizes[batch]
                words = flat_ranges(starts[batch], lengths)
                if self.carry_state:
                    rows, inside = _with_boundaries(types[words], lengths)
                    layers = model.layers(table[_on(table, rows)], Lanes.carrying((lengths + 2).tolist(), self.lanes))
                    layers = [layer[_on(table, inside)] for layer in layers]
                else:
                    layers = model.layers(table[_on(table, types[words])], Lanes.balanced(lengths.tolist()), begin)
                for k, layer in enumerate(layers):
                    values[words, k] = layer.cpu().numpy()
        if not np.isfinite(values).all():
            raise NumericalError(
                f"{self.name} computed a NaN or an infinity with precision={self.computed_precision}; are the weights "
                f"{self.weights_file} whole?"
            )
        return LayeredWords(values)

    def _batches(self, sizes: Int64[np.ndarray, "sentences"]) -> Iterator[Int64[np.ndarray, "batch"]]:
        """Sentences that run together; all of them where the state is carried, in order."""
        if self.carry_state:
            yield np.arange(len(sizes), dtype=np.int64)
            return
        filled = np.flatnonzero(sizes).astype(np.int64)
        if len(filled):
            batch_of = (np.cumsum(sizes[filled]) - sizes[filled]) // self.words_per_batch
            yield from np.split(filled, np.flatnonzero(np.diff(batch_of)) + 1)


def _on(table: Tensor, rows: Int64[np.ndarray, "rows"]) -> Tensor:
    import torch

    return torch.from_numpy(rows).to(table.device)


def _with_boundaries(
    types: Int64[np.ndarray, "words"], sizes: Int64[np.ndarray, "sentences"]
) -> tuple[Int64[np.ndarray, "rows"], Int64[np.ndarray, "words"]]:
    """Rows of the word table with a boundary before and after every sentence, and which rows are words."""
    inside = flat_ranges(np.cumsum(sizes + 2) - sizes - 1, sizes)
    rows = np.zeros(int((sizes + 2).sum()), dtype=np.int64)
    rows[np.cumsum(sizes + 2) - 1] = 1
    rows[inside] = types
    return rows, inside
