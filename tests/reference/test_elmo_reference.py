"""The biLM equals the outputs that the original TensorFlow code published with its test models."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from embedbench.extractors.elmo import Elmo

MODELS = {
    "allennlp": ("elmo_fixtures/allennlp", "sentences.json"),
    "bilm-tf": ("elmo_fixtures/bilm-tf/model", "lm_embeddings_sentences.json"),
}
TOLERANCE = 1e-5
"""Absolute; the values are about 1, and both sides are single precision summed in different orders."""


@pytest.fixture(params=list(MODELS))
def model(request, data_folder):
    folder, sentences = MODELS[request.param]
    folder = data_folder / folder
    texts = json.loads((folder / sentences).read_text(encoding="utf-8"))
    return folder, [[tuple(text.split()) for text in column] for column in texts]


def reference(folder, column, key):
    """The top layer of one sentence: both directions side by side."""
    with h5py.File(folder / f"lm_embeddings_{column}.hdf5") as file:
        return np.concatenate(list(file[str(key)][...]), axis=1)


def elmo(folder, **options):
    return Elmo(options=str(folder / "options.json"), weights_file=str(folder / "lm_weights.hdf5"), **options)


def test_a_stateless_run_equals_the_first_batch(model):
    folder, columns = model
    first = [column[0] for column in columns]
    values = elmo(folder).extract(first).values
    expected = np.concatenate([reference(folder, column, 0) for column in range(3)])
    largest = float(np.abs(values[:, -1] - expected).max())
    print(f"{folder.name}: largest difference of 3 sentences {largest:.1e}")
    assert largest < TOLERANCE


def test_a_run_that_carries_its_state_equals_all_ten_batches(model):
    folder, columns = model
    # The reference read the i-th sentence of each list together, ten times.
    order = [column[key] for key in range(10) for column in columns]
    values = elmo(folder, carry_state=True, lanes=3).extract(order).values
    expected = np.concatenate([reference(folder, column, key) for key in range(10) for column in range(3)])
    largest = float(np.abs(values[:, -1] - expected).max())
    print(f"{folder.name}: largest difference of 30 sentences {largest:.1e}")
    assert largest < TOLERANCE
    # Without the state only the first batch agrees: the test can tell.
    stateless = elmo(folder).extract(order).values
    assert np.abs(stateless[:, -1] - expected).max() > 1e-3


def test_character_layer_equals_the_published_token_vectors(data_folder):
    """AllenNLP's fixture has the context-free vector of every word of a vocabulary."""
    folder = data_folder / "elmo_fixtures" / "allennlp"
    words = (folder / "vocab_test.txt").read_text(encoding="utf-8").split()
    with h5py.File(folder / "elmo_token_embeddings.hdf5") as file:
        expected = file["embedding"][...]
    rows = {word: row for word, row in zip(words, expected, strict=True)}
    # Boundary words get their own characters inside a sentence, and here too.
    values = elmo(folder).extract([tuple(rows)]).values[:, 0]
    wanted = np.stack(list(rows.values()))
    known = [k for k, word in enumerate(rows) if word not in ("<UNK>",)]
    largest = float(np.abs(values[known, :16] - wanted[known]).max())
    print(f"largest difference of {len(known)} words {largest:.1e}")
    assert largest < TOLERANCE
    np.testing.assert_array_equal(values[:, :16], values[:, 16:])
