"""Weights of a biLM: from the published HDF5 format, or drawn at random as the original training starts."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from embedbench.errors import DataError, NumericalError
from embedbench.files.hdf5 import open_hdf5
from embedbench.models.bilm import Bilm
from embedbench.models.bilm_options import N_CHARACTERS, BilmOptions
from embedbench.models.character_cnn import CharacterWeights
from embedbench.models.lstm_lanes import LstmWeights

_FORGET_BIAS = 1.0
"""TensorFlow's LSTMCell adds it at run time, so weight files do not contain it."""

_CARRY_BIAS = -2.0
"""bilm-tf starts highway layers near the identity."""


def read_bilm(options: BilmOptions, path: str | Path) -> Bilm:
    """The trained biLM of a published `weights.hdf5`, in float32.

    Raises:
        DataError: the file is missing or damaged, a data set is missing or has another shape than the options say.
        NumericalError: a weight is not finite.
        MissingExtraError: h5py is not installed.
    """
    with _WeightFile(Path(path)) as weights:
        stacks = tuple(
            tuple(_read_lstm(weights, options, direction, layer) for layer in range(options.n_layers))
            for direction in range(2)
        )
        return Bilm(options, _read_characters(weights, options), (stacks[0], stacks[1]))


def random_bilm(options: BilmOptions, seed: int) -> Bilm:
    """An untrained biLM, drawn from the distributions with which bilm-tf starts training.

    Character embeddings are uniform in [-1, 1]; convolutions uniform in [-0.05, 0.05] (relu) or normal with the inverse
    root of width times character dimensions (tanh); highways normal with the inverse root of their size and carry
    bias -2; the projection normal with the inverse root of the filters; LSTM matrices Glorot uniform.
    """
    rng = np.random.default_rng(seed)
    n, dim = options.n_filters, options.character_dim
    embedding = rng.uniform(-1, 1, (N_CHARACTERS, dim))
    embedding[0] = 0
    filters = []
    for width, number in options.filters:
        shape = (number, dim, width)
        relu = options.activation == "relu"
        filters.append(rng.uniform(-0.05, 0.05, shape) if relu else rng.normal(0, (1 / (width * dim)) ** 0.5, shape))
    highway = []
    for _ in range(options.n_highway):
        transform, carry = (rng.normal(0, (1 / n) ** 0.5, (n, n)) for _ in range(2))
        highway.append((_tensor(transform), torch.zeros(n), _tensor(carry), torch.full((n,), _CARRY_BIAS)))
    characters = CharacterWeights(
        embedding=_tensor(embedding),
        filters=tuple(map(_tensor, filters)),
        filter_bias=tuple(torch.zeros(number) for _, number in options.filters),
        highway=tuple(highway),
        projection=_tensor(rng.normal(0, (1 / n) ** 0.5, (n, options.projection))),
        projection_bias=torch.zeros(options.projection),
    )
    stacks = tuple(tuple(_random_lstm(options, rng) for _ in range(options.n_layers)) for _ in range(2))
    return Bilm(options, characters, (stacks[0], stacks[1]))


def random_above(trained: Bilm, seed: int) -> Bilm:
    """The biLM with the trained character layer and random LSTMs above."""
    return replace(trained, lstm=random_bilm(trained.options, seed).lstm)


def _random_lstm(options: BilmOptions, rng: np.random.Generator) -> LstmWeights:
    cell, projection = options.cell, options.projection
    both = _glorot(rng, (2 * projection, 4 * cell))
    bias = torch.zeros(4 * cell)
    bias[cell : 2 * cell] = _FORGET_BIAS
    return LstmWeights(
        input=_tensor(both[:projection]),
        state=_tensor(both[projection:]),
        bias=bias,
        projection=_tensor(_glorot(rng, (cell, projection))),
    )


def _glorot(rng: np.random.Generator, shape: tuple[int, int]) -> Float32[np.ndarray, "rows columns"]:
    bound = (6 / sum(shape)) ** 0.5
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def _tensor(values: Any) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


def _read_characters(weights: _WeightFile, options: BilmOptions) -> CharacterWeights:
    n, dim, projection = options.n_filters, options.character_dim, options.projection
    embedding = weights.read("char_embed", (N_CHARACTERS - 1, dim))
    filters, biases = [], []
    for k, (width, number) in enumerate(options.filters):
        # TensorFlow's order is height, width, in, out.
        kernel = weights.read(f"CNN/W_cnn_{k}", (1, width, dim, number))
        filters.append(_tensor(kernel[0].transpose(2, 1, 0)))
        biases.append(_tensor(weights.read(f"CNN/b_cnn_{k}", (number,))))
    highway = tuple(
        (
            _tensor(weights.read(f"CNN_high_{k}/W_transform", (n, n))),
            _tensor(weights.read(f"CNN_high_{k}/b_transform", (n,))),
            _tensor(weights.read(f"CNN_high_{k}/W_carry", (n, n))),
            _tensor(weights.read(f"CNN_high_{k}/b_carry", (n,))),
        )
        for k in range(options.n_highway)
    )
    if n == projection and "CNN_proj" not in weights:
        # bilm-tf projects only where the sizes differ.
        matrix, bias = np.eye(n, dtype=np.float32), np.zeros(n, np.float32)
    else:
        matrix = weights.read("CNN_proj/W_proj", (n, projection))
        bias = weights.read("CNN_proj/b_proj", (projection,))
    return CharacterWeights(
        # The file has no row for "no word here"; ids are shifted by one to make room for it.
        embedding=_tensor(np.concatenate([np.zeros((1, dim), np.float32), embedding])),
        filters=tuple(filters),
        filter_bias=tuple(biases),
        highway=highway,
        projection=_tensor(matrix),
        projection_bias=_tensor(bias),
    )


def _read_lstm(weights: _WeightFile, options: BilmOptions, direction: int, layer: int) -> LstmWeights:
    cell, projection = options.cell, options.projection
    folder = f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
    both = _reorder(weights.read(f"{folder}/W_0", (2 * projection, 4 * cell)))
    bias = _reorder(weights.read(f"{folder}/B", (4 * cell,)))
    bias[cell : 2 * cell] += _FORGET_BIAS
    return LstmWeights(
        input=_tensor(both[:projection]),
        state=_tensor(both[projection:]),
        bias=_tensor(bias),
        projection=_tensor(weights.read(f"{folder}/W_P_0", (cell, projection))),
    )


def _reorder(gates: Float32[np.ndarray, "*rows gates"]) -> Float32[np.ndarray, "*rows gates"]:
    """From TensorFlow's order (input, new memory, forget, output) to ours (input, forget, new memory, output)."""
    first, new, forget, output = np.split(gates, 4, axis=-1)
    return np.concatenate([first, forget, new, output], axis=-1)


class _WeightFile:
    """A HDF5 file whose every complaint names file, data set, expected and got."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._closing = ExitStack()

    def __enter__(self) -> _WeightFile:
        if not self._path.is_file():
            raise DataError(
                f"the biLM weights {self._path} do not exist; give the weights.hdf5 that belongs to the options"
            )
        self._file = self._closing.enter_context(open_hdf5(self._path, needed_by="elmo"))
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def __contains__(self, name: str) -> bool:
        return name in self._file

    def read(self, name: str, shape: tuple[int, ...]) -> Float32[np.ndarray, "*shape"]:
        """The data set of that name, checked."""
        if name not in self._file:
            raise DataError(
                f"the biLM weights {self._path} have no data set {name}; the options expect one of shape {list(shape)}"
            )
        got = self._file.shape(name)
        if got != shape:
            raise DataError(
                f"the biLM weights {self._path} have data set {name} with shape {list(got)}, but the options expect "
                f"{list(shape)}; do the two files belong together?"
            )
        with np.errstate(over="ignore"):  # an overflow becomes an infinity, which is refused below
            values = np.asarray(self._file.floats(name), dtype=np.float32)
        if not np.isfinite(values).all():
            raise NumericalError(f"data set {name} of the biLM weights {self._path} has a NaN or an infinity")
        return values
