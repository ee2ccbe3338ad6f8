"""Precomputed vectors: the user's own, from HDF5 or npz. Sentences are found by their words, never by order alone."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Shaped

from embedbench.data.locate import locate
from embedbench.data.text import numbered_lines
from embedbench.errors import ConfigurationError, DataError, NumericalError
from embedbench.files.hdf5 import Hdf5File, open_hdf5
from embedbench.files.npz import NpzFile, open_npz
from embedbench.files.strict_json import parse_json
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.registry import register
from embedbench.types import LayeredWords, Sentence

_VERSION = 1

_MOST_NUMBERS = 1 << 20
"""Of all layers of one word; the largest published models have a fifth of it."""

_SENTENCE_INDEX = "sentence_to_index"
"""The HDF5 entry in which AllenNLP and NeuroX keep a JSON object from sentence text to key."""


class Axes(enum.Enum):
    """What the axes of each sentence's array mean, outermost first."""

    words_dim = "words_dim"
    """One layer."""
    layers_words_dim = "layers_words_dim"
    """As the ELMo command line, NeuroX and structural-probes write it."""
    words_layers_dim = "words_layers_dim"
    """As embedbench holds it."""


@register("extractor", "precomputed")
@dataclass(frozen=True)
class Precomputed:
    """The user's own vectors, one array per sentence, in an HDF5 or npz file.

    The keys of the file are sentence numbers from 0. Which words each number stands for must be said, because order
    alone proves nothing: either by `sentences`, a file with one sentence a line (words separated by single spaces;
    or, named .jsonl, a JSON list of words a line), or by the HDF5 entry `sentence_to_index` of AllenNLP and NeuroX.
    Equal sentences get the vectors of the first of them.

    Attributes:
        name: label in tables.
        path: the vectors; the file's first bytes tell HDF5 from npz.
        sentences: the sentences by number; needed unless the file says it itself.
        axes: what the axes of each array mean.

    Raises:
        ConfigurationError: no path, or nothing says which sentence a key stands for.
        DataError: a sentence is not there, or its array has another number of words, layers or dimensions.
        NumericalError: a NaN or an infinity; file, sentence and word are named.
    """

    name: str = "precomputed"
    path: str | None = None
    sentences: str | None = None
    axes: Axes = Axes.layers_words_dim

    def __post_init__(self) -> None:
        if self.path is None:
            raise ConfigurationError(
                f"extractor {self.name!r} needs extractor.path=FILE (HDF5 or npz, one array per sentence) and "
                "extractor.sentences=FILE (the sentences in the order of the keys, one a line)"
            )

    @property
    def layer_names(self) -> tuple[str, ...]:
        """`layer0`, `layer1`, … as many as the arrays have; `table` if one."""
        n_layers, _ = self._shape()
        return ("table",) if n_layers == 1 else tuple(f"layer{k}" for k in range(n_layers))

    @property
    def dim(self) -> int:
        """Dimensions of the vectors."""
        return self._shape()[1]

    @property
    def fingerprint(self) -> str:
        """Of the two files and the meaning of the axes."""
        sentences = None if self.sentences is None else file_fingerprint(locate(self.sentences))
        return fingerprint("precomputed", _VERSION, file_fingerprint(self._path), sentences, self.axes.value)

    def known_sentences(self) -> tuple[Sentence, ...]:
        """The sentences that can be asked for, in file order without repetition."""
        return tuple(tuple(text.split(" ")) if isinstance(text, str) else text for text in self._keys())

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The file's vectors of these sentences, [words, layers, dim] float32."""
        keys, (n_layers, dim) = self._keys(), self._shape()
        arrays = [np.zeros((0, n_layers, dim), np.float32)]
        with _opened(self._path) as vectors:
            for sentence in filter(None, sentences):
                key = keys.get(sentence, keys.get(" ".join(sentence)))
                if key is None or key not in vectors:
                    raise DataError(
                        f"{self.path} has no vectors for the sentence {_shown(sentence)}: "
                        + ("it is not among its sentences" if key is None else f"its key {key!r} is missing")
                        + "; compute them for exactly these words"
                    )
                self._check_shape(vectors.shape(key), key, sentence, n_layers, dim)
                arrays.append(self._finite(vectors.floats(key), key, sentence))
        return LayeredWords(np.concatenate(arrays))

    @property
    def _path(self) -> Path:
        return locate(self.path or "")

    def _keys(self) -> Mapping[Sentence | str, str]:
        sentences = None if self.sentences is None else locate(self.sentences)
        return _read_keys(
            self._path, sentences, file_fingerprint(self._path), sentences and file_fingerprint(sentences)
        )

    def _shape(self) -> tuple[int, int]:
        """Layers and dimensions, from the header of the first array."""
        with _opened(self._path) as vectors:
            key = next(iter(self._keys().values()))
            if key not in vectors:
                raise DataError(f"{self.path} has no key {key!r}, which is that of the first sentence")
            n_layers, dim = self._layers_and_dim(vectors.shape(key), key)
        if not 1 <= n_layers * dim <= _MOST_NUMBERS:
            raise DataError(
                f"{self.path}, key {key!r}: {n_layers:,} layers of {dim:,} dimensions cannot be; expected at least one "
                f"number a word and at most {_MOST_NUMBERS:,}"
            )
        return n_layers, dim

    def _layers_and_dim(self, shape: tuple[int, ...], key: str) -> tuple[int, int]:
        if len(shape) != (2 if self.axes is Axes.words_dim else 3):
            raise DataError(
                f"{self.path}, key {key!r}: an array of shape {tuple(shape)} does not fit "
                f"extractor.axes={self.axes.value}; the choices are {', '.join(a.value for a in Axes)}"
            )
        n_layers = {Axes.words_dim: 1, Axes.layers_words_dim: shape[0], Axes.words_layers_dim: shape[1]}[self.axes]
        return n_layers, shape[-1]

    def _check_shape(self, shape: tuple[int, ...], key: str, sentence: Sentence, n_layers: int, dim: int) -> None:
        """Before anything is read: memory is bounded by the words that were asked for."""
        where = f"{self.path}, key {key!r}, sentence {_shown(sentence)}"
        if self._layers_and_dim(shape, key) != (n_layers, dim):
            raise DataError(
                f"{where}: expected {n_layers} layers of {dim} dimensions as in the first array, got {shape}"
            )
        n_words = shape[1 if self.axes is Axes.layers_words_dim else 0]
        if n_words != len(sentence):
            raise DataError(f"{where}: expected vectors for {len(sentence)} words, got {n_words}")

    def _finite(
        self, array: Shaped[np.ndarray, "..."], key: str, sentence: Sentence
    ) -> Float32[np.ndarray, "words layers dim"]:
        if self.axes is Axes.words_dim:
            array = array[:, None, :]
        elif self.axes is Axes.layers_words_dim:
            array = array.transpose(1, 0, 2)
        with np.errstate(over="ignore"):  # an overflow becomes an infinity, which is refused below
            values = array.astype(np.float32)
        finite = np.isfinite(values).all(axis=(1, 2))
        if not finite.all():
            position = int(np.flatnonzero(~finite)[0])
            raise NumericalError(
                f"{self.path}, key {key!r}, sentence {_shown(sentence)}: the vector of word {position} "
                f"({sentence[position]!r}) is not finite"
            )
        return values


def _shown(sentence: Sentence) -> str:
    text = " ".join(sentence)
    return repr(text if len(text) <= 80 else text[:79] + "…")


def _is_hdf5(path: Path) -> bool:
    return _holds(path, b"\x89HDF\r\n\x1a\n")


def _holds(path: Path, magic: bytes) -> bool:
    """Whether the file begins so."""
    try:
        with open(path, "rb") as stream:
            return stream.read(len(magic)) == magic
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[Hdf5File | NpzFile]:
    """The arrays of the file by key; only those asked for are read."""
    if _is_hdf5(path):
        with open_hdf5(path, needed_by=f"reading {path}") as opened:
            yield opened
        return
    if _holds(path, b"\x93NUMPY"):
        raise DataError(f"{path} holds a single array; expected an npz file with one array per sentence, keys 0, 1, …")
    with open_npz(path) as archive:
        yield archive


@lru_cache(maxsize=16)
def _read_keys(
    path: Path, sentences: Path | None, _path_fingerprint: str, _sentences_fingerprint: str | None
) -> Mapping[Sentence | str, str]:
    """The key of each sentence: by its words, or by its text where the file itself holds only that."""
    keys: dict[Sentence | str, str] = {}
    if sentences is not None:
        for index, sentence in enumerate(_read_sentences(sentences)):
            keys.setdefault(sentence, str(index))
        if not keys:
            raise DataError(f"{sentences} holds no sentences; expected one a line")
        return keys
    with _opened(path) as vectors:
        if not isinstance(vectors, Hdf5File) or _SENTENCE_INDEX not in vectors:
            raise ConfigurationError(
                f"nothing says which sentences the vectors of {path} belong to: give extractor.sentences=FILE with one "
                f"sentence a line in the order of the keys, or write the entry {_SENTENCE_INDEX!r} into the file"
            )
        text = vectors.text(_SENTENCE_INDEX)
    try:
        index_of = parse_json(text)
    except ValueError as error:
        raise DataError(f"the entry {_SENTENCE_INDEX!r} of {path} is no JSON: {error}") from error
    if not isinstance(index_of, dict) or not index_of or not all(sentence for sentence in index_of):
        raise DataError(f"the entry {_SENTENCE_INDEX!r} of {path} is no JSON object from sentences to keys")
    for sentence_text, key in index_of.items():
        if type(key) not in (str, int) or "" in sentence_text.split(" "):
            raise DataError(
                f"the entry {_SENTENCE_INDEX!r} of {path} has {sentence_text[:60]!r}: {str(key)[:60]!r}; expected "
                "words separated by single spaces, and a key"
            )
        keys.setdefault(sentence_text, str(key))
    return keys


def _read_sentences(path: Path) -> Iterator[Sentence]:
    is_json = ".jsonl" in path.suffixes
    for number, line in numbered_lines(path):
        if not is_json:
            # An empty line is an empty sentence: it keeps its number, but nobody can ask for it.
            words = line.split(" ") if line else []
            if "" in words:
                raise DataError(
                    f"{path}, line {number}: word {words.index('') + 1} is empty; expected words separated by single "
                    "spaces"
                )
            yield tuple(words)
            continue
        try:
            words = parse_json(line)
        except ValueError as error:
            raise DataError(f"{path}, line {number}: not JSON: {error}") from error
        if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            raise DataError(f"{path}, line {number}: expected a JSON list of words, got {line[:60]!r}")
        yield tuple(words)
