"""Files of word vectors: word2vec text and binary, GloVe, fastText, gensim's pickles, the user's own HDF5 and npz."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from embedbench.extractors import precomputed
from embedbench.extractors.fasttext import FastText
from embedbench.extractors.precomputed import Axes, Precomputed
from embedbench.extractors.table_cache import TableWriter
from embedbench.extractors.vector_files import UnicodeErrors, read_glove, read_word2vec_binary, read_word2vec_text
from embedbench.extractors.word2vec import Word2Vec
from embedbench.fingerprint import _file_fingerprint
from fuzzing.hdf5_seeds import VECTOR_FILES
from fuzzing.mutations import BYTES, JSON, TEXT, Mutation, change_number, flip_bits, truncate
from fuzzing.subject import Subject, WrongValueError, expect, number

WORDS = ("the", "naïve", "👩\u200d👧", "of", "שלום", "a_b")
VALUES = [[0.5 * row + column - 1.25 for column in range(4)] for row in range(len(WORDS))]

GLOVE = "".join(f"{w} {' '.join(map(str, v))}\n" for w, v in zip(WORDS, VALUES, strict=True)).encode()
TEXT_FILE = f"{len(WORDS)} 4\n".encode() + GLOVE
BINARY = f"{len(WORDS)} 4\n".encode() + b"".join(
    w.encode() + b" " + np.array(v, "<f4").tobytes() + b"\n" for w, v in zip(WORDS, VALUES, strict=True)
)
BINARY_WITHOUT_LINES = b"2 3\none " + np.ones(3, "<f4").tobytes() + b"two " + np.ones(3, "<f4").tobytes()

HEADERED: tuple[Mutation, ...] = (*BYTES, change_number, change_number)

_Rows = list[tuple[str, list[float]]]


def _table(rows: Iterable[tuple[str, Any]], path: Path) -> _Rows:
    """The rows, after the checks that every table goes through."""
    kept = []
    with open(path.with_name("table"), "w+b") as stream:
        writer = TableWriter(stream, str(path))
        for word, row in rows:
            writer.add(word, row)
            kept.append((word, row.tolist()))
        writer.finish()
    return kept


def _as_float32(values: Sequence[float]) -> list[float]:
    return np.array(values, np.float64).astype(np.float32).tolist()


def check_glove(rows: _Rows, content: bytes, lines: list[bytes] | None = None) -> None:
    lines = [line for line in (content.split(b"\n") if lines is None else lines) if line.strip()]
    expect(len(rows), len(lines), "words")
    for (word, values), line in zip(rows, lines, strict=True):
        fields = line.rstrip(b" \r").split(b" ")
        expect(word, fields[0].decode(), "word")
        expect(values, _as_float32([number(field.decode()) for field in fields[1:]]), "values")
        expect(len(values) == len(rows[0][1]) and np.isfinite(values).all(), True, "finite values of one length")


def check_text(rows: _Rows, content: bytes) -> None:
    header, *lines = content.split(b"\n")
    n, dim = header.split()
    expect((len(rows), len(rows[0][1])), (int(n), int(dim)), "words and dimensions")
    check_glove(rows, content, lines)


def check_binary(rows: _Rows, content: bytes) -> None:
    header, _, rest = content.partition(b"\n")
    n, dim = map(int, header.split())
    expect((len(rows), len(rows[0][1])), (n, dim), "words and dimensions")
    at = 0
    for word, values in rows:
        space = rest.index(b" ", at)
        expect(word.encode(), rest[at:space].lstrip(b"\n"), "word")
        found = np.frombuffer(rest, "<f4", dim, space + 1)
        expect(values, found.tolist(), "values")
        expect(bool(np.isfinite(found).all()), True, "finite values")
        at = space + 1 + 4 * dim
    expect(rest[at:].strip(b"\n"), b"", "bytes behind the last word")


def _extractor_rows(path: Path) -> _Rows:
    """By way of the extractor, which recognises the format."""
    return _built(Word2Vec(path=str(path))._build, path)


def _built(build: Callable[[TableWriter], None], path: Path) -> _Rows:
    """The rows of the table that an extractor builds."""
    with open(path.with_name("table"), "w+b") as stream:
        writer = TableWriter(stream, str(path))
        build(writer)
        stream.seek(1024)
        raw = stream.read()
    vectors = np.frombuffer(raw, np.float32, len(writer.words) * writer._dim).reshape(-1, writer._dim)
    return list(zip(writer.words, vectors.tolist(), strict=True))


def check_recognised(rows: _Rows, content: bytes) -> None:
    if content.startswith(b"\x80"):
        raise WrongValueError("a pickle was opened")
    try:
        check_text(rows, content)
    except (WrongValueError, ValueError):
        check_binary(rows, content)


@cache
def _pickles() -> tuple[bytes, ...]:
    """gensim's own files, and pickles that would run code."""
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(4)
    vectors.add_vectors(list(WORDS), np.array(VALUES, np.float32))
    with tempfile.TemporaryDirectory() as folder:
        vectors.save(f"{folder}/a.kv")
        saved = Path(folder, "a.kv").read_bytes()
    return saved, *(pickle.dumps(_Bomb(), protocol) for protocol in range(6))


class _Bomb:
    """Unpickled, it ends the process with a status that the harness reports."""

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os._exit, (86,)


def check_never(_value: Any, _content: bytes) -> None:
    raise WrongValueError("a pickle was read")


@cache
def _fasttext() -> tuple[bytes, ...]:
    from gensim.models import FastText as Trained
    from gensim.models.fasttext import save_facebook_model

    sentences = [[*WORDS, "one", "two"], ["three", *WORDS]]
    model = Trained(sentences, vector_size=4, min_count=1, bucket=20, epochs=1, workers=1, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        save_facebook_model(model, f"{folder}/a.bin")
        return (Path(folder, "a.bin").read_bytes(),)


def _fasttext_rows(path: Path) -> _Rows:
    return _built(FastText(path=str(path))._build, path)


def check_fasttext(rows: _Rows, content: bytes) -> None:
    dim = struct.unpack("<i", content[8:12])[0] if content[:4] == struct.pack("<i", 793712314) else len(rows[0][1])
    expect({len(values) for _, values in rows}, {dim}, "dimensions")
    expect(bool(np.isfinite([values for _, values in rows]).all()), True, "finite values")


SENTENCES = "the cat\nשלום\n\na b c\n".encode()
SHAPES = ((2, 2, 3), (2, 1, 3), (2, 0, 3), (2, 3, 3))
"""Layers, words and dimensions of every sentence's array."""


@cache
def _arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {str(i): rng.normal(size=shape).astype(np.float32) for i, shape in enumerate(SHAPES)}


@cache
def _npz() -> tuple[bytes, ...]:
    """A valid file, a packed one, and some whose arrays lie about their size or kind."""
    made = []
    for save in (np.savez, np.savez_compressed):
        buffer = io.BytesIO()
        save(buffer, **_arrays())
        made.append(buffer.getvalue())
    huge = _npy_header("<f4", (2, 2, 1 << 40)) + b"\0" * 64
    pickled = _npy_header("|O", (1,)) + pickle.dumps(_Bomb())
    odd = [_npy_header(kind, (2, 2, 3)) + b"\0" * 400 for kind in ("<f8", "<f2", "<i4", "<U9", "<c8", ">f4", "|V4")]
    for member in (huge, pickled, *odd):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for key, array in _arrays().items():
                plain = io.BytesIO()
                np.lib.format.write_array(plain, array)
                archive.writestr(f"{key}.npy", member if key == "0" else plain.getvalue())
        made.append(buffer.getvalue())
    return tuple(made)


def _npy_header(kind: str, shape: tuple[int, ...]) -> bytes:
    text = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def _own(path: Path, sentences: Path | None, axes: Axes = Axes.layers_words_dim) -> dict[str, Any]:
    precomputed._read_keys.cache_clear()
    _file_fingerprint.cache_clear()
    extractor = Precomputed(path=str(path), sentences=None if sentences is None else str(sentences), axes=axes)
    known = extractor.known_sentences()
    layers, dim = extractor.layer_names, extractor.dim
    words = extractor.extract(known)
    expect(words.values.shape, (sum(map(len, known)), len(layers), dim), "shape")
    return {"known": known, "values": words.values}


def _read_own(path: Path) -> dict[str, Any]:
    return _own(path, path.with_name("lines.txt"))


def check_npz(found: dict[str, Any], content: bytes) -> None:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        wanted = [arrays[str(i)].transpose(1, 0, 2) for i in (0, 1, 3)]
    _check_values(found["values"], wanted)


def check_hdf5(found: dict[str, Any], content: bytes) -> None:
    import h5py

    with h5py.File(io.BytesIO(content), "r") as arrays:
        keys = ("0", "1", "3")
        for key in keys:
            if isinstance(arrays.get(key, getlink=True), h5py.ExternalLink):
                raise WrongValueError("another file was read")
        wanted = [np.asarray(arrays[key]).transpose(1, 0, 2) for key in keys]
    _check_values(found["values"], wanted)


def _check_values(found: np.ndarray, wanted: list[np.ndarray]) -> None:
    with np.errstate(over="ignore"):
        joined = np.concatenate(wanted).astype(np.float32)
    expect(bool(np.isfinite(found).all()), True, "finite values")
    expect(found.tolist(), joined.tolist(), "values")


def _read_indexed(path: Path) -> dict[str, Any]:
    return _own(path, None)


def check_indexed(found: dict[str, Any], content: bytes) -> None:
    for sentence in found["known"]:
        expect(all(isinstance(word, str) for word in sentence), True, "words")
    expect(bool(np.isfinite(found["values"]).all()), True, "finite values")


JSON_SENTENCES = '["the", "cat"]\n["שלום"]\n[]\n["a", "b", "c"]\n'.encode()


def _read_json_sentences(path: Path) -> dict[str, Any]:
    return _own(path.with_name("own.npz"), path)


def check_json_sentences(found: dict[str, Any], content: bytes) -> None:
    lines = [json.loads(line) for line in content.decode("utf-8-sig").split("\n") if line.strip("\r")]
    expect([list(sentence) for sentence in dict.fromkeys(found["known"])], _distinct(lines), "sentences")


def _distinct(lines: list[list[str]]) -> list[list[str]]:
    return [list(words) for words in dict.fromkeys(tuple(words) for words in lines)]


def _beside(folder: Path) -> None:
    (folder / "lines.txt").write_bytes(SENTENCES)
    (folder / "own.npz").write_bytes(_npz()[0])


SUBJECTS = (
    Subject("word2vec text", "a.txt", lambda: (TEXT_FILE,),
            lambda p: _table(read_word2vec_text(p, UnicodeErrors.strict), p), check_text, TEXT),
    Subject("word2vec binary", "a.bin", lambda: (BINARY, BINARY_WITHOUT_LINES),
            lambda p: _table(read_word2vec_binary(p, UnicodeErrors.strict), p), check_binary, HEADERED),
    Subject("word2vec, any format", "a.vec", lambda: (TEXT_FILE, BINARY), _extractor_rows, check_recognised,
            (*HEADERED, *TEXT)),
    Subject("GloVe", "a.txt", lambda: (GLOVE,),
            lambda p: _table(read_glove(p, dim=None, spaces_in_words=False), p), check_glove, TEXT),
    Subject("gensim KeyedVectors", "a.kv", _pickles, _extractor_rows, check_recognised, (flip_bits, truncate),
            share=0.3),
    Subject("fastText .bin", "a.bin", _fasttext, _fasttext_rows, check_fasttext, BYTES, share=0.3),
    Subject("precomputed npz", "a.npz", _npz, _read_own, check_npz, BYTES, share=0.5, prepare=_beside),
    Subject("precomputed HDF5", "a.hdf5", lambda: VECTOR_FILES("keys"), _read_own, check_hdf5, BYTES, share=0.3,
            prepare=_beside),
    Subject("precomputed HDF5 by text", "a.hdf5", lambda: VECTOR_FILES("index"), _read_indexed, check_indexed, BYTES,
            share=0.3, prepare=_beside),
    Subject("precomputed sentences", "a.jsonl", lambda: (JSON_SENTENCES,), _read_json_sentences,
            check_json_sentences, JSON, share=0.3, prepare=_beside, names_file=False),
)  # fmt: skip
