"""Sentences and words longer than the model's window are covered by overlapping windows; nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import FAMILIES, plain_loop

from embedbench.errors import ConfigurationError
from embedbench.extractors.alignment import read_pieces
from embedbench.extractors.piece_pooling import Pooling
from embedbench.extractors.transformer import Transformer
from embedbench.extractors.transformer_loading import hidden_states
from embedbench.extractors.windows import plan_windows

LONG = tuple(f"word{k}" if k % 5 else "cat" for k in range(120))


@given(
    lengths=st.lists(st.integers(0, 90), max_size=4),
    capacity=st.integers(1, 40),
    overlap=st.integers(0, 30),
    causal=st.booleans(),
)
def test_every_piece_is_kept_once_from_the_window_with_the_most_context(lengths, capacity, overlap, causal):
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    plan = plan_windows(offsets, capacity, overlap, causal=causal)
    kept = [p for a, b in zip(plan.kept_start, plan.kept_end, strict=True) for p in range(a, b)]
    assert kept == list(range(offsets[-1]))
    assert ((plan.start <= plan.kept_start) & (plan.kept_end <= plan.end) & (plan.kept_start < plan.kept_end)).all()
    assert (plan.end - plan.start <= capacity).all()
    assert plan.windowed.tolist() == [length > capacity for length in lengths]
    of_window = np.searchsorted(offsets, plan.start, side="right") - 1
    for sentence in np.flatnonzero(plan.windowed):
        first, last = offsets[sentence], offsets[sentence + 1]
        mine = np.flatnonzero(of_window == sentence)
        shared = plan.end[mine[:-1]] - plan.start[mine[1:]]
        assert (shared >= min(overlap, capacity // 2)).all()

        def context(window, piece, first=first, last=last):
            left = np.inf if plan.start[window] == first and not causal else piece - plan.start[window]
            right = np.inf if plan.end[window] == last or causal else plan.end[window] - 1 - piece
            return left if causal else min(left, right)

        for window in mine:
            for piece in range(plan.kept_start[window], plan.kept_end[window]):
                covering = [w for w in mine if plan.start[w] <= piece < plan.end[w]]
                assert context(window, piece) == max(context(w, piece) for w in covering)


def test_without_a_limit_nothing_is_windowed():
    plan = plan_windows(np.array([0, 100_000]), None, 64, causal=False)
    assert plan.end.tolist() == [100_000]
    assert not plan.windowed.any()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("pooling", [Pooling.mean, Pooling.max])
def test_a_long_sentence_equals_its_windows_put_together_by_hand(tiny_folder, family, pooling):
    extractor = Transformer(model=str(tiny_folder / family), pooling=pooling, overlap=8)
    sentences = [("the", "cat"), LONG, ("mat",)]
    got = extractor.extract(sentences)
    assert got.alignment.windowed.tolist() == list(range(2, 122))
    assert np.isfinite(got.values).all()

    model = extractor._model
    pieces = read_pieces(model.tokenizer, [LONG])
    template = model.template
    assert model.limit == 48
    plan = plan_windows(pieces.offsets, 48 - template.n_special, 8, causal=family == "gpt2")
    assert len(plan.start) > 2
    rows = []
    for start, end, kept_start, kept_end in zip(plan.start, plan.end, plan.kept_start, plan.kept_end, strict=True):
        ids = [*template.prefix, *pieces.ids[start:end].tolist(), *template.suffix]
        with torch.no_grad():
            states = hidden_states(model.network, torch.tensor([ids]))
        layers = np.stack([state[0].numpy() for state in states], axis=1)[len(template.prefix) :]
        rows.append(layers[kept_start - start : kept_end - start])
    piece_vectors = np.concatenate(rows)
    combine = {Pooling.mean: np.mean, Pooling.max: np.max}[pooling]
    expected = np.stack([combine(piece_vectors[pieces.words == word], axis=0) for word in range(len(LONG))])
    np.testing.assert_allclose(got.values[2:122], expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("pooling", list(Pooling))
def test_a_word_longer_than_the_window_has_a_vector(tiny_folder, pooling):
    extractor = Transformer(model=str(tiny_folder / "gpt2"), pooling=pooling, overlap=8)
    got = extractor.extract([("short", "x9" * 100, "end")])
    assert got.values.shape == (3, 3, 24)
    assert np.isfinite(got.values).all()
    assert np.abs(got.values[1]).max() > 0
    assert got.alignment.windowed.tolist() == [0, 1, 2]


def test_the_sentence_that_just_fits_is_read_whole(tiny_folder):
    """RoBERTa has 50 position rows, of which the first two are never used, and two special pieces."""
    folder = tiny_folder / "roberta"
    extractor = Transformer(model=str(folder))
    model = extractor._model
    assert (model.limit, model.template.n_special) == (48, 2)
    fits = ("x",) * 23
    assert len(read_pieces(model.tokenizer, [fits]).ids) == 46
    got = extractor.extract([fits])
    assert not len(got.alignment.windowed)
    np.testing.assert_allclose(got.values, plain_loop(folder, [fits]), atol=2e-5)
    assert len(extractor.extract([(*fits, "x")]).alignment.windowed) == 24


def test_causality_is_found_by_trying(tiny_folder):
    found = {family: Transformer(model=str(tiny_folder / family))._model.causal for family in FAMILIES}
    assert found == {"bert": False, "roberta": False, "gpt2": True, "t5": False, "bart": False}


def test_windows_that_do_not_fit_the_model_are_refused(tiny_folder):
    with pytest.raises(ConfigurationError, match=r"window=49 is more than the 48 positions"):
        Transformer(model=str(tiny_folder / "bert"), window=49).extract([("a",)])
    with pytest.raises(ConfigurationError, match=r"window of 2 pieces has no room beside the 2 special"):
        Transformer(model=str(tiny_folder / "bert"), window=2).extract([("a",)])
