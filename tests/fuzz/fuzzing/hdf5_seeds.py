"""Small HDF5 files: valid ones, and ones that promise, point or contain what they should not."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

PUBLISHED: dict[str, Any] = {
    "lstm": {"cell_clip": 3, "proj_clip": 3, "use_skip_connections": True, "n_layers": 1, "projection_dim": 2,
             "dim": 3},
    "char_cnn": {
        "embedding": {"dim": 2}, "filters": [[1, 2], [2, 1]], "n_highway": 1, "n_characters": 262,
        "max_characters_per_token": 50, "activation": "relu",
    },
}  # fmt: skip
OPTIONS = json.dumps(PUBLISHED).encode()

WEIGHT_SHAPES: dict[str, tuple[int, ...]] = {
    "char_embed": (261, 2), "CNN/W_cnn_0": (1, 1, 2, 2), "CNN/b_cnn_0": (2,), "CNN/W_cnn_1": (1, 2, 2, 1),
    "CNN/b_cnn_1": (1,), "CNN_high_0/W_carry": (3, 3), "CNN_high_0/b_carry": (3,), "CNN_high_0/W_transform": (3, 3),
    "CNN_high_0/b_transform": (3,), "CNN_proj/W_proj": (3, 2), "CNN_proj/b_proj": (2,),
    **{f"RNN_{d}/RNN/MultiRNNCell/Cell0/LSTMCell/{name}": shape
       for d in (0, 1) for name, shape in (("W_0", (4, 12)), ("B", (12,)), ("W_P_0", (3, 2)))},
}  # fmt: skip

_VECTOR_SHAPES: dict[str, tuple[int, ...]] = {"0": (2, 2, 3), "1": (2, 1, 3), "3": (2, 3, 3)}
_INDEX = json.dumps({"the cat": "0", "שלום": "1", "a b c": "3"})


@cache
def VECTOR_FILES(kind: str) -> tuple[bytes, ...]:
    """Files of one array per sentence, with the sentences in the file for `index`."""
    more = {"sentence_to_index": _INDEX} if kind == "index" else {}
    made = _files(_VECTOR_SHAPES, "0", (2, 2, 3), more)
    if kind == "index":
        for wrong in (
            "[]",
            "{}",
            "1",
            '{"the cat": 1e999}',
            '{"a": "0"',
            "[" * 100_000,
            "",
            '{"\\ud800": "0"}',
            "null",
            '{"the cat": "0", "the cat": "1"}',
            '{"the cat": ["0"]}',
            '{"": "0"}',
            '{"the cat": 0}',
        ):
            made += (_file(_VECTOR_SHAPES, {"sentence_to_index": wrong}),)
        made += (_file(_VECTOR_SHAPES, {"sentence_to_index": np.arange(3)}),)
        made += (_file(_VECTOR_SHAPES, {"sentence_to_index": np.zeros((0,), np.float32)}),)
    return made  # fmt: skip


@cache
def weight_files() -> tuple[bytes, ...]:
    """Files of weights for `OPTIONS`."""
    return _files(WEIGHT_SHAPES, "CNN_proj/W_proj", (3, 2), {})


def _files(shapes: dict[str, tuple[int, ...]], victim: str, shape: tuple[int, ...], more: Any) -> tuple[bytes, ...]:
    import h5py

    full = np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    n_bytes = full.nbytes

    def replaced(make: Callable[[Any], Any]) -> bytes:
        return _file({name: s for name, s in shapes.items() if name != victim}, more, make)

    return (
        _file(shapes, more),
        _file(shapes, more, lambda file: file.attrs.__setitem__("note", "x" * 100)),
        replaced(lambda file: file.create_dataset(victim, data=full, compression="gzip", chunks=shape)),
        replaced(lambda file: file.create_dataset(victim, data=full, fletcher32=True, chunks=shape)),
        replaced(lambda file: file.create_dataset(victim, data=full.astype(np.float64) * 1e300)),
        replaced(lambda file: file.create_dataset(victim, data=full.astype(np.float16))),
        replaced(lambda file: file.create_dataset(victim, data=full * np.nan)),
        replaced(lambda file: file.create_dataset(victim, data=full.astype(np.int32))),
        replaced(lambda file: file.create_dataset(victim, shape=shape, dtype="f4")),  # never written: zeros
        replaced(lambda file: file.create_dataset(victim, shape=shape, dtype="f4", chunks=shape, fillvalue=7.0)),
        replaced(lambda file: file.create_dataset(victim, shape=(1 << 40, *shape[1:]), dtype="f4", chunks=shape)),
        replaced(lambda file: file.create_dataset(victim, shape=(*shape[:-1], 1 << 30), dtype="f4", chunks=shape)),
        replaced(lambda file: file.create_dataset(victim, shape=shape, dtype=h5py.string_dtype())),
        replaced(lambda file: file.create_dataset(victim, data=h5py.Empty("f4"))),
        replaced(lambda file: file.create_dataset(victim, data=1.0)),
        replaced(lambda file: file.create_group(victim)),
        replaced(lambda file: file.__setitem__(victim, h5py.SoftLink("/nowhere"))),
        replaced(lambda file: file.__setitem__(victim, h5py.SoftLink(f"/{victim}"))),
        replaced(lambda file: file.__setitem__(victim, h5py.ExternalLink("other.hdf5", f"/{victim}"))),
        replaced(
            lambda file: file.create_dataset(
                victim, shape=shape, dtype="f4", external=[("lines.txt", 0, n_bytes)], track_times=False
            )
        ),
        replaced(lambda file: _virtual(h5py, file, victim, shape)),
        replaced(lambda _file: None),
    )


def _virtual(h5py: Any, file: Any, name: str, shape: tuple[int, ...]) -> None:
    """A data set that lies in another file; without the time of day, so that a seed gives the same bytes."""
    whole, how = h5py.h5s.create_simple(shape), h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_obj_track_times(False)
    how.set_virtual(whole, b"other.hdf5", b"a", whole)
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.IEEE_F32LE, whole, dcpl=how, lcpl=links)


def _file(shapes: dict[str, tuple[int, ...]], more: Any, change: Callable[[Any], Any] | None = None) -> bytes:
    import h5py

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.hdf5")
        with h5py.File(path, "w") as file:
            for name, shape in shapes.items():
                file[name] = rng.normal(0, 0.5, shape).astype(np.float32)
            for name, value in more.items():
                file.create_dataset(name, data=[value] if isinstance(value, str) else value)
            if change is not None:
                change(file)
        return path.read_bytes()


if __name__ == "__main__":
    sys.stdout.write(f"{len(VECTOR_FILES('index'))} and {len(weight_files())} files\n")
