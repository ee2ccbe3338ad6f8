"""The two files of a published ELMo: options.json and weights.hdf5."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from embedbench.models.bilm_options import BilmOptions, read_options
from embedbench.models.bilm_weights import read_bilm
from fuzzing.hdf5_seeds import OPTIONS, WEIGHT_SHAPES, weight_files
from fuzzing.mutations import BYTES, JSON_FILE
from fuzzing.subject import Subject, WrongValueError, expect

_OPTIONS_READ: list[BilmOptions] = []


def check_options(options: BilmOptions, content: bytes) -> None:
    raw = json.loads(content)
    lstm, cnn = raw["lstm"], raw["char_cnn"]
    found = {
        "dim": options.character_dim, "projection": options.projection, "cell": options.cell,
        "characters": options.max_characters, "layers": options.n_layers, "highway": options.n_highway,
    }  # fmt: skip
    wanted = {
        "dim": cnn["embedding"]["dim"], "projection": lstm["projection_dim"], "cell": lstm["dim"],
        "characters": cnn["max_characters_per_token"], "layers": lstm.get("n_layers", 1) or 1,
        "highway": cnn.get("n_highway") or 0,
    }  # fmt: skip
    expect(found, wanted, "sizes")
    expect([type(size) for size in wanted.values()], [int] * 6, "whole numbers")
    expect([list(one) for one in options.filters], cnn["filters"], "filters")
    for clip, name in ((options.cell_clip, "cell_clip"), (options.projection_clip, "proj_clip")):
        expect(clip, lstm.get(name) or None, "clip")
        if isinstance(lstm.get(name), bool | str) or (clip is not None and not 0 < clip < 1e38):
            raise WrongValueError(f"{name} is {lstm.get(name)!r}")
    expect(options.activation in ("relu", "tanh"), True, "activation")
    expect(len(options.layer_names) <= 101 and options.dim <= 1 << 17 and options.n_filters < 1 << 24, True, "bounds")


def _read_weights(path: Path) -> Any:
    if not _OPTIONS_READ:
        beside = path.with_name("options.json")
        beside.write_bytes(OPTIONS)
        _OPTIONS_READ.append(read_options(beside))
    return read_bilm(_OPTIONS_READ[0], path)


def check_weights(bilm: Any, content: bytes) -> None:
    import h5py

    with h5py.File(io.BytesIO(content), "r") as file:
        raw = {name: file.get(name) for name in WEIGHT_SHAPES}
        arrays = {name: np.asarray(node) for name, node in raw.items() if node is not None}
    expect(set(arrays), set(WEIGHT_SHAPES), "data sets")
    expect({name: array.shape for name, array in arrays.items()}, WEIGHT_SHAPES, "shapes")
    expect(bilm.characters.projection.numpy().tolist(), arrays["CNN_proj/W_proj"].astype("f4").tolist(), "projection")
    expect(bilm.characters.embedding[1:].numpy().tolist(), arrays["char_embed"].astype("f4").tolist(), "embedding")
    for direction in (0, 1):
        folder = f"RNN_{direction}/RNN/MultiRNNCell/Cell0/LSTMCell"
        weights = bilm.lstm[direction][0]
        expect(weights.projection.numpy().tolist(), arrays[f"{folder}/W_P_0"].astype("f4").tolist(), "LSTM projection")
    for name, array in arrays.items():
        expect(array.dtype.kind == "f" and bool(np.isfinite(array.astype("f4")).all()), True, f"finite {name}")


SUBJECTS = (
    Subject("ELMo options.json", "options.json", lambda: (OPTIONS,), read_options, check_options, JSON_FILE),
    Subject("ELMo weights HDF5", "weights.hdf5", weight_files, _read_weights, check_weights, BYTES, share=0.3),
)
