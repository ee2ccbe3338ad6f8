"""Reading any words in any order equals indexing an array."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from store_toy import Toy, toy_corpus

from embedbench.errors import ContractError
from embedbench.store import StoreDtype, fill, reading

CORPUS = toy_corpus(1300)
POSITIONS = st.lists(st.integers(0, CORPUS.n_words - 1), max_size=60)


@pytest.fixture(scope="module", params=list(StoreDtype))
def store(request, tmp_path_factory):
    return fill(Toy(), CORPUS, tmp_path_factory.mktemp("reading"), dtype=request.param)


@pytest.fixture(scope="module")
def expected(store):
    return Toy().extract(CORPUS.sentences).values.astype(store.layout.dtype.numpy).astype(np.float32)


@given(positions=POSITIONS, ascending=st.booleans())
@example(positions=[0, 1, 1, 3], ascending=True)  # as long as the range it spans, and not that range
def test_gather_equals_indexing(store, expected, positions, ascending):
    wanted = np.array(sorted(positions) if ascending else positions, dtype=np.int64)
    np.testing.assert_array_equal(store.gather(wanted), expected[wanted])


@given(start=st.integers(0, CORPUS.n_words), length=st.integers(0, CORPUS.n_words), layer=st.integers(0, 2))
def test_ranges_equal_slices(store, expected, start, length, layer):
    stop = min(start + length, CORPUS.n_words)
    np.testing.assert_array_equal(store.read(start, stop), expected[start:stop])
    np.testing.assert_array_equal(store.read_layer(layer, start, stop), expected[start:stop, layer])


def test_gather_gives_an_array_of_its_own(store, expected):
    taken = store.gather(np.arange(10))
    assert taken.dtype == np.float32
    assert taken.flags.c_contiguous
    taken[:] = 0
    np.testing.assert_array_equal(store.gather(np.arange(10)), expected[:10])


@pytest.mark.parametrize("positions", [[-1], [0, CORPUS.n_words], [5, -3]])
def test_positions_outside_are_refused(store, positions):
    with pytest.raises(ContractError, match=rf"holds words 0 to {CORPUS.n_words - 1}$"):
        store.gather(np.array(positions))


def test_ranges_and_layers_outside_are_refused(store):
    with pytest.raises(ContractError, match=rf"asked for words 3 to {CORPUS.n_words} of"):
        store.read(3, CORPUS.n_words + 1)
    with pytest.raises(ContractError, match="has 3 layers; there is no layer 3"):
        store.read_layer(3)
    with pytest.raises(ContractError, match="there is no layer -1"):
        store.read_layer(-1)


def test_more_shards_than_open_maps(tmp_path, monkeypatch, store, expected):
    monkeypatch.setattr(reading, "_OPEN_SHARDS", 1)
    store = fill(Toy(), CORPUS, tmp_path, dtype=store.layout.dtype)
    wanted = np.random.default_rng(0).permutation(CORPUS.n_words)
    np.testing.assert_array_equal(store.gather(wanted), expected[wanted])
    np.testing.assert_array_equal(store.gather(wanted), expected[wanted])


def test_a_store_travels_to_another_process(store, expected):
    copy = pickle.loads(pickle.dumps(store))
    np.testing.assert_array_equal(copy.gather(np.arange(CORPUS.n_words)), expected)
    assert "5 dims" in repr(copy)
