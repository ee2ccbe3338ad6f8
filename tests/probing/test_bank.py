"""Banks hold what a plain loop over the targets would compute."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from embedbench.errors import ContractError, NumericalError
from embedbench.mixing import normalise_words
from embedbench.probing import bank as bank_module
from embedbench.probing import standard as standard_module
from embedbench.probing.bank import build_bank
from embedbench.probing.probes import Pooling
from embedbench.probing.standard import measure_standard, words_of_targets
from embedbench.types import ArrayVectors


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several chunks even for a few words."""
    monkeypatch.setattr(bank_module, "WORDS_PER_CHUNK", 7)
    monkeypatch.setattr(standard_module, "WORDS_PER_CHUNK", 7)


@pytest.mark.parametrize("normed", [False, True])
@pytest.mark.parametrize("pooling", list(Pooling))
@pytest.mark.parametrize("memory_bytes", [1, 1 << 20])
def test_batches_equal_a_loop_over_targets(make_world, pooling: Pooling, normed: bool, memory_bytes: int) -> None:
    data = make_world(40, 1, spans=2)
    standard = measure_standard(data.vectors, words_of_targets(data.split))
    bank = build_bank(data.vectors, data.split, standard, pooling, normed=normed, memory_bytes=memory_bytes)
    targets = np.array([5, 39, 0, 5])
    batch = bank.batch(targets)
    words = (data.vectors.gather(np.arange(data.vectors.n_words)) - standard.mean) * standard.scale
    if normed:
        words = normalise_words(torch.from_numpy(words)).numpy()
    seen = 0
    for span in range(2):
        for row, target in enumerate(targets):
            start, end = data.split.spans[target, span]
            if pooling is Pooling.mean:
                np.testing.assert_allclose(batch.values[:, span, row], words[start:end].mean(axis=0), atol=1e-6)
            elif pooling is Pooling.endpoint:
                np.testing.assert_allclose(batch.values[:, 2 * span, row], words[start], atol=1e-6)
                np.testing.assert_allclose(batch.values[:, 2 * span + 1, row], words[end - 1], atol=1e-6)
            else:
                assert batch.segments is not None
                own = np.flatnonzero(batch.segments == span * len(targets) + row)
                np.testing.assert_array_equal(own, np.arange(seen, seen + end - start))
                seen += end - start
                np.testing.assert_allclose(batch.values[:, 0, own], words[start:end].swapaxes(0, 1), atol=1e-6)


@pytest.mark.parametrize("pooling", list(Pooling))
@pytest.mark.parametrize("memory_bytes", [1, 1 << 20])
def test_a_window_gives_the_batches_of_the_whole_bank(make_world, pooling: Pooling, memory_bytes: int) -> None:
    """Also where the vectors are in a file; then the window has them in memory."""
    data = make_world(60, 1, spans=2)
    standard = measure_standard(data.vectors, words_of_targets(data.split))
    bank = build_bank(data.vectors, data.split, standard, pooling, normed=False, memory_bytes=memory_bytes)
    targets = np.random.default_rng(0).permutation(60)[:23]
    window = bank.window(targets)
    assert (bank.mapped is None) == (memory_bytes > 1)
    assert window.mapped is None
    for within in (np.arange(7), np.arange(7, 23), np.array([3, 3, 0])):
        found, expected = window.batch(within), bank.batch(targets[within])
        assert torch.equal(found.values, expected.values)
        assert (found.segments is None) == (expected.segments is None)
        if found.segments is not None:
            assert torch.equal(found.segments, expected.segments)


def test_the_standard_is_that_of_words_in_targets(make_world) -> None:
    data = make_world(60, 2)
    data.vectors.values[:, 0, 3] = 1e4 + data.vectors.values[:, 0, 3]
    data.vectors.values[:, 2, 5] = 0.1
    positions = np.arange(3, 50)
    standard = measure_standard(data.vectors, positions)
    words = data.vectors.values[positions].astype(np.float64)
    np.testing.assert_allclose(standard.mean, words.mean(axis=0), rtol=1e-5, atol=1e-6)
    assert standard.scale[2, 5] == 0
    others = np.ones((3, 12), bool)
    others[2, 5] = False
    np.testing.assert_allclose(standard.scale[others], 1 / words.std(axis=0)[others], rtol=1e-4)


def test_words_of_targets_are_each_listed_once(make_world) -> None:
    data = make_world(30, 3, spans=2)
    expected = sorted({p for spans in data.split.spans for start, end in spans for p in range(start, end)})
    assert words_of_targets(data.split).tolist() == expected


def test_nothing_to_standardise_and_infinite_vectors_are_refused() -> None:
    values = np.zeros((20, 2, 3), np.float32)
    values[13, 1, 2] = np.inf
    with pytest.raises(ContractError, match="no word to standardise over"):
        measure_standard(ArrayVectors(values), np.zeros(0, np.int64))
    with pytest.raises(NumericalError, match="position 13, layer 1"):
        measure_standard(ArrayVectors(values), np.arange(20))
