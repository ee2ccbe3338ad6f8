"""Hidden states of any Hugging Face transformer, pooled from pieces to words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32

from embedbench.errors import ConfigurationError, ContractError, DataError, NumericalError
from embedbench.extractors.alignment import Pieces, read_pieces
from embedbench.extractors.batching import flat_ranges, sorted_batches
from embedbench.extractors.devices import Device, torch_device
from embedbench.extractors.distinct_sentences import extract_distinct
from embedbench.extractors.piece_pooling import Pooling, WordPooling
from embedbench.extractors.precision import InPrecision, Precision
from embedbench.extractors.transformer_batches import ReadBatch, read_batch
from embedbench.extractors.transformer_loading import (
    LoadedModel,
    TransformerWeights,
    load_config,
    load_model,
)
from embedbench.extractors.transformer_source import ModelSource, find_model
from embedbench.extractors.windows import Windows, plan_windows
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.types import Alignment, LayeredWords, Sentence

if TYPE_CHECKING:
    from torch import Tensor

_VERSION = 3
"""Raise it when a change to this file or to the helpers beside it changes a vector."""


_ENUMS = {"pooling": Pooling, "weights": TransformerWeights, "precision": Precision, "device": Device}


@register("extractor", "transformer")
@dataclass(frozen=True)
class Transformer(InPrecision):
    """Every hidden state of a Hugging Face model: embeddings, block1, block2 and so on.

    Encoders, decoders such as GPT-2, and the encoder of an encoder-decoder. Sentences longer than the model's window
    are read in overlapping windows, and each piece keeps the vector of the window in which it has the most context.
    The vectors of a sentence do not depend on batches and neighbours beyond rounding: 1e-5 of the largest value in
    fp32.

    Attributes:
        model: a folder, `package:NAME[/folder]`, or a name on the Hugging Face Hub.
        revision: branch, tag or commit of a Hub model.
        pooling: how the vectors of a word's pieces become one.
        weights: trained, or one of two untrained twins.
        seed: of the random weights.
        precision: of the network's arithmetic.
        layers: only these layers, 0 being the embeddings; all when absent.
        window: pieces read at once, special ones included; the model's own limit when absent.
        overlap: pieces that neighbouring windows share, at least; half a window where that is less.
        pieces_per_batch: pieces that run together, padding included; changes speed and memory, not vectors.
        device: where the model runs.
        trust_remote_code: run Python code that comes with the model.
        name: the label in tables.
    """

    model: str
    revision: str = "main"
    pooling: Pooling = Pooling.mean
    weights: TransformerWeights = TransformerWeights.trained
    seed: int = 0
    precision: Precision = Precision.auto
    layers: Sequence[int] | None = None
    window: int | None = None
    overlap: int = 64
    pieces_per_batch: int = 1024
    device: Device = Device.auto
    trust_remote_code: bool = False
    name: str = "transformer"

    def __post_init__(self) -> None:
        # Python code may say pooling="first"; configuration files have lists.
        for option, kind in _ENUMS.items():
            object.__setattr__(self, option, kind(getattr(self, option)))
        if self.layers is not None:
            object.__setattr__(self, "layers", tuple(self.layers))
        if self.pieces_per_batch < 1 or self.overlap < 0:
            raise ConfigurationError(
                f"{self.name} needs pieces_per_batch of at least 1 and overlap of at least 0; got "
                f"{self.pieces_per_batch} and {self.overlap}"
            )

    @cached_property
    def _source(self) -> ModelSource:
        return find_model(self.model, self.revision)

    @cached_property
    def _config(self) -> Any:
        return load_config(self._source, trust_remote_code=self.trust_remote_code)

    @cached_property
    def _chosen(self) -> tuple[int, ...]:
        n = int(self._text_config.num_hidden_layers)
        if self.layers is None:
            return tuple(range(n + 1))
        wrong = [k for k in self.layers if not 0 <= k <= n]
        if wrong or not self.layers or len(set(self.layers)) < len(self.layers):
            raise ConfigurationError(
                f"layers={list(self.layers)} does not fit {self.model}, which has layers 0 to {n}; "
                "name each at most once"
            )
        return tuple(self.layers)

    @property
    def _text_config(self) -> Any:
        return self._config.get_text_config(encoder=True) if self._config.is_encoder_decoder else self._config

    @property
    def layer_names(self) -> tuple[str, ...]:
        """`embeddings`, then one name per block."""
        return tuple("embeddings" if k == 0 else f"block{k}" for k in self._chosen)

    @property
    def dim(self) -> int:
        """The model's hidden size."""
        return int(self._text_config.hidden_size)

    @property
    def fingerprint(self) -> str:
        """Of the model's files, or name and commit on the Hub, and of every option that changes a vector."""
        trained = self.weights is TransformerWeights.trained
        return fingerprint(
            "transformer",
            _VERSION,
            self._source.fingerprint(weights=self.weights is not TransformerWeights.random),
            [self.weights.value, self.pooling.value, self.computed_precision, self.layers, self.window, self.overlap],
            # Random weights depend on how the libraries draw them.
            None if trained else [self.seed, version("torch"), version("transformers")],
        )

    @property
    def pinned(self) -> dict[str, str]:
        """The commit of a Hub model, by its name; `revision` may be a branch that moves."""
        commit = self._source.commit
        return {} if commit is None else {f"hub:{self.model}": commit}

    @cached_property
    def _model(self) -> LoadedModel:
        return load_model(
            self._source,
            self._config,
            weights=self.weights,
            seed=self.seed,
            dtype=self.dtype,
            device=torch_device(self.device),
            trust_remote_code=self.trust_remote_code,
        )

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The layers of every word, float32, in order; a sentence that comes several times is encoded once.

        Raises:
            DataError: the model cannot be loaded.
            ConfigurationError: the window does not fit the model.
            ContractError: the tokenizer's word ids cannot be trusted, or the model's layers are not what it declares.
            NumericalError: the model computed something that is not finite.
        """
        return extract_distinct(self._extract, sentences)

    def _extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        import torch

        n_words = sum(len(sentence) for sentence in sentences)
        if not n_words:
            return LayeredWords(np.zeros((0, len(self.layer_names), self.dim), np.float32))
        model = self._model
        pieces = read_pieces(model.tokenizer, sentences)
        if int(pieces.ids.max()) >= model.n_ids:
            raise DataError(
                f"the tokenizer of {self.model} has piece {int(pieces.ids.max())}, but its input layer has only "
                f"{model.n_ids} rows; do the files belong together?"
            )
        windows = self._windows(model, pieces)
        pooling = WordPooling.of(self.pooling, pieces.words, n_words)
        values = pooling.empty(len(self.layer_names), self.dim)
        lengths = windows.end - windows.start
        with torch.no_grad():
            for batch in sorted_batches(lengths + model.template.n_special, self.pieces_per_batch):
                read = read_batch(model, pieces.ids, windows.start[batch], lengths[batch])
                kept = windows.kept_end[batch] - windows.kept_start[batch]
                pooling.write(
                    values,
                    self._layers(read),
                    pieces=flat_ranges(windows.kept_start[batch], kept),
                    cells=flat_ranges(read.first + windows.kept_start[batch] - windows.start[batch], kept),
                )
        self._check_finite(values, sentences)
        in_windows = np.repeat(windows.windowed, [len(sentence) for sentence in sentences])
        return LayeredWords(
            values, Alignment(without_piece=pieces.without_piece, windowed=np.flatnonzero(in_windows).astype(np.int64))
        )

    def _windows(self, model: LoadedModel, pieces: Pieces) -> Windows:
        limit = model.limit if self.window is None else self.window
        if self.window is not None and model.hard_limit is not None and self.window > model.hard_limit:
            raise ConfigurationError(
                f"window={self.window} is more than the {model.hard_limit} positions of {self.model}"
            )
        capacity = None if limit is None else limit - model.template.n_special
        if capacity is not None and capacity < 1:
            raise ConfigurationError(
                f"a window of {limit} pieces has no room beside the {model.template.n_special} special pieces of "
                f"{self.model}"
            )
        needed = capacity is not None and int(np.diff(pieces.offsets).max()) > capacity
        return plan_windows(pieces.offsets, capacity, self.overlap, causal=needed and model.causal)

    def _layers(self, read: ReadBatch) -> list[Tensor]:
        n_layers, dim = int(self._text_config.num_hidden_layers) + 1, self.dim
        if len(read.layers) != n_layers or any(layer.shape[-1] != dim for layer in read.layers):
            raise ContractError(
                f"{self.model} gave layers of sizes {[layer.shape[-1] for layer in read.layers]}; its configuration "
                f"declares {n_layers} layers of {dim} dimensions"
            )
        return [read.layers[k] for k in self._chosen]

    def _check_finite(self, values: Float32[np.ndarray, "words layers dim"], sentences: Sequence[Sentence]) -> None:
        # A sum is finite only if every summand is; the elementwise answer costs ten times as much.
        if np.isfinite(values.sum()):
            return
        finite = np.isfinite(values).all(axis=2)
        if finite.all():
            return
        position, layer = np.argwhere(~finite)[0]
        words = [word for sentence in sentences for word in sentence]
        raise NumericalError(
            f"{self.name} computed a NaN or an infinity in layer {self.layer_names[layer]} for the word "
            f"{words[position]!r} (word {position} of the chunk) with precision={self.computed_precision}; try "
            "precision=fp32"
        )
