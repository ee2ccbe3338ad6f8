"""A biLM in the published ELMo format: options.json and weights.hdf5."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from torch import Tensor

from embedbench.errors import MissingExtraError
from embedbench.models.bilm import Bilm
from embedbench.models.bilm_options import N_CHARACTERS, BilmOptions

_FORGET_BIAS = 1.0
"""TensorFlow's LSTMCell adds it at run time, so weight files do not contain it."""


def write_bilm(bilm: Bilm, folder: Path, *, half: bool = False) -> None:
    """Writes options.json and weights.hdf5, as `models.bilm_weights.read_bilm` reads them.

    Args:
        bilm: the model.
        folder: an existing folder.
        half: store float16 instead of float32.

    Raises:
        MissingExtraError: h5py is not installed.
    """
    try:
        import h5py
    except ModuleNotFoundError:
        raise MissingExtraError(needed_by="pretrain model=bilm", package="h5py", extra="elmo") from None
    text = json.dumps(_published(bilm.options), indent=2)
    (folder / "options.json").write_text(text + "\n", encoding="utf-8")
    with h5py.File(folder / "weights.hdf5", "w") as file:
        for name, values in _data_sets(bilm).items():
            file.create_dataset(name, data=values.astype(np.float16) if half else values)


def _published(options: BilmOptions) -> dict[str, object]:
    return {
        "bidirectional": True,
        "lstm": {
            "use_skip_connections": options.skip_connections,
            "projection_dim": options.projection,
            "dim": options.cell,
            "n_layers": options.n_layers,
            "cell_clip": options.cell_clip,
            "proj_clip": options.projection_clip,
        },
        "char_cnn": {
            "activation": options.activation,
            "filters": [list(pair) for pair in options.filters],
            "n_highway": options.n_highway,
            "embedding": {"dim": options.character_dim},
            "n_characters": N_CHARACTERS,
            "max_characters_per_token": options.max_characters,
        },
    }


def _data_sets(bilm: Bilm) -> dict[str, Float32[np.ndarray, "*shape"]]:
    characters = bilm.characters
    # The file has no row for "no word here".
    sets = {"char_embed": _array(characters.embedding)[1:]}
    for k, (filters, bias) in enumerate(zip(characters.filters, characters.filter_bias, strict=True)):
        # TensorFlow's order is height, width, in, out.
        sets[f"CNN/W_cnn_{k}"] = _array(filters).transpose(2, 1, 0)[None]
        sets[f"CNN/b_cnn_{k}"] = _array(bias)
    for k, layer in enumerate(characters.highway):
        for name, values in zip(("W_transform", "b_transform", "W_carry", "b_carry"), layer, strict=True):
            sets[f"CNN_high_{k}/{name}"] = _array(values)
    sets["CNN_proj/W_proj"] = _array(characters.projection)
    sets["CNN_proj/b_proj"] = _array(characters.projection_bias)
    cell = bilm.options.cell
    for direction, stack in enumerate(bilm.lstm):
        for layer_number, lstm in enumerate(stack):
            folder = f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer_number}/LSTMCell"
            gates = _array(lstm.bias).copy()
            gates[cell : 2 * cell] -= _FORGET_BIAS
            sets[f"{folder}/W_0"] = _reorder(np.concatenate([_array(lstm.input), _array(lstm.state)]))
            sets[f"{folder}/B"] = _reorder(gates)
            sets[f"{folder}/W_P_0"] = _array(lstm.projection)
    return sets


def _reorder(gates: Float32[np.ndarray, "*rows gates"]) -> Float32[np.ndarray, "*rows gates"]:
    """From our order (input, forget, new memory, output) to TensorFlow's (input, new memory, forget, output)."""
    first, forget, new, output = np.split(gates, 4, axis=-1)
    return np.concatenate([first, new, forget, output], axis=-1)


def _array(tensor: Tensor) -> Float32[np.ndarray, "*shape"]:
    return np.asarray(tensor.detach().cpu().numpy(), dtype=np.float32)
