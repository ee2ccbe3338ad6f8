"""One line per registered extractor: the options of a small one. Every line buys the whole contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tiny_models
from bilm_fixtures import write_options, write_weights

from embedbench.extractors.random_vectors import RandomVectors

Options = dict[str, Any]


def _tiny_glove(folder: Path) -> str:
    path = folder / "glove.txt"
    path.write_text("the 1 2 3\nbank -1 0.5 2\nriver 0 1 0\n. 1 0 1\n", encoding="utf-8")
    return str(path)


def _tiny_precomputed(folder: Path) -> Options:
    sentences = (("the", "bank"), ("a", "river", "of", "words"), ("the",), ("of", "the", "bank"))
    values = np.random.default_rng(0)
    np.savez(
        folder / "vectors.npz",
        **{str(i): values.standard_normal((2, len(s), 5)) for i, s in enumerate(sentences)},  # type: ignore[arg-type]
    )
    (folder / "sentences.txt").write_text("\n".join(map(" ".join, sentences)) + "\n", encoding="utf-8")
    return {"path": str(folder / "vectors.npz"), "sentences": str(folder / "sentences.txt")}


LEE = {"corpus": "gensim:lee_background.cor", "vector_size": 8, "epochs": 1}
"""A small corpus to train on, in gensim's test data."""


def _tiny_transformer(folder: Path) -> Options:
    tiny_models.save("bert", folder / "model")
    return {"model": str(folder / "model")}


def _tiny_elmo(folder: Path) -> Options:
    options = write_options(folder)
    return {"options": str(options), "weights_file": str(write_weights(folder, options))}


EXTRACTORS: dict[str, Callable[[Path], Options]] = {
    "averaged": lambda _: {"inner": RandomVectors(size=3), "corpus": LEE["corpus"]},
    "elmo": _tiny_elmo,
    "fasttext": lambda folder: {**LEE, "buckets": 100, "cache": str(folder)},
    "glove": lambda folder: {"path": _tiny_glove(folder), "cache": str(folder)},
    "one_hot": lambda _: {"n": 5},
    "precomputed": _tiny_precomputed,
    "random": lambda _: {"size": 7},
    "reduced": lambda _: {"inner": RandomVectors(size=7), "dim": 3},
    "stack": lambda _: {"parts": [RandomVectors(size=3, seed=1), RandomVectors(size=4, seed=2)]},
    "transformer": _tiny_transformer,
    "word2vec": lambda folder: {**LEE, "out_of_vocabulary": "random", "cache": str(folder)},
    "zeros": lambda _: {"size": 3},
}
"""Registered name → options, given an empty folder to write into. Enum options are named by their value."""
