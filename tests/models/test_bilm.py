"""Our biLM equals AllenNLP's modules, and reads words and sentences of any length."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from bilm_fixtures import allennlp_highway, allennlp_layers, write_options, write_weights
from hypothesis import given
from hypothesis import strategies as st

from embedbench.models.bilm_characters import character_ids, n_used
from embedbench.models.bilm_options import read_options
from embedbench.models.bilm_weights import random_bilm, read_bilm
from embedbench.models.character_cnn import convolved_words
from embedbench.models.lanes import Lanes

TOLERANCE = 1e-5
"""Absolute, of values up to 3 and beyond: products of other sizes sum in another order."""


@pytest.fixture(params=[{}, {"use_skip_connections": False, "n_layers": 3}, {"cell_clip": None, "proj_clip": 0}])
def bilm(request, tmp_path):
    options = write_options(tmp_path, lstm=request.param)
    return read_bilm(read_options(options), write_weights(tmp_path, options))


def packed(bilm, sentences):
    with torch.no_grad():
        layers = bilm.layers(torch.cat(sentences), Lanes.balanced([len(sentence) for sentence in sentences]))
    stacked = torch.stack(layers, dim=1)
    return stacked.split([len(sentence) for sentence in sentences])


def test_layers_equal_allennlps_step_loop(bilm):
    torch.manual_seed(0)
    sentences = [3 * torch.randn(n, 6) for n in (9, 7, 7, 4, 1)]
    expected = allennlp_layers(bilm, sentences)
    for got, layers, inputs in zip(packed(bilm, sentences), expected, sentences, strict=True):
        torch.testing.assert_close(got[:, 0], torch.cat([inputs, inputs], dim=1), rtol=0, atol=0)
        for k, layer in enumerate(layers):
            torch.testing.assert_close(got[:, k + 1], layer, rtol=0, atol=TOLERANCE)


def test_the_clips_bite_in_these_tests(tmp_path):
    options = write_options(tmp_path)
    clipped = read_bilm(read_options(options), write_weights(tmp_path, options))
    free = read_bilm(read_options(write_options(tmp_path, lstm={"cell_clip": None, "proj_clip": None})),
                     tmp_path / "weights.hdf5")  # fmt: skip
    sentence = [3 * torch.randn(30, 6, generator=torch.Generator().manual_seed(1))]
    assert (packed(clipped, sentence)[0] - packed(free, sentence)[0]).abs().max() > 0.1
    assert packed(free, sentence)[0][:, 1].abs().max() > 3


def test_sentences_do_not_see_each_other_or_their_order(bilm):
    sentences = [torch.randn(n, 6, generator=torch.Generator().manual_seed(n)) for n in (5, 1, 8, 3, 8)]
    together = packed(bilm, sentences)
    for k, sentence in enumerate(sentences):
        torch.testing.assert_close(packed(bilm, [sentence])[0], together[k], rtol=0, atol=TOLERANCE)
    for order in itertools.islice(itertools.permutations(range(5)), 0, 120, 17):
        again = packed(bilm, [sentences[k] for k in order])
        for k, got in zip(order, again, strict=True):
            torch.testing.assert_close(got, together[k], rtol=0, atol=TOLERANCE)


def test_a_sentence_longer_than_one_product_is_read_whole(bilm, monkeypatch):
    """The input projections are done in blocks of words; where a block ends must not show."""
    sentences = [torch.randn(n, 6, generator=torch.Generator().manual_seed(n)) for n in (40, 33, 2)]
    expected = packed(bilm, sentences)
    for block in (1, 7):
        monkeypatch.setattr("embedbench.models.lstm_lanes._WORDS_PER_PRODUCT", block)
        for got, whole in zip(packed(bilm, sentences), expected, strict=True):
            torch.testing.assert_close(got, whole, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("n_lanes", [1, 2, 3])
def test_sentences_after_another_in_a_lane_do_not_see_each_other(bilm, monkeypatch, n_lanes):
    sentences = [torch.randn(n, 6, generator=torch.Generator().manual_seed(n)) for n in (5, 1, 8, 3, 8, 2)]
    alone = [packed(bilm, [sentence])[0] for sentence in sentences]
    monkeypatch.setattr("embedbench.models.lanes._FEWEST", n_lanes)
    monkeypatch.setattr("embedbench.models.lanes._MOST", n_lanes)
    for got, expected in zip(packed(bilm, sentences), alone, strict=True):
        torch.testing.assert_close(got, expected, rtol=0, atol=TOLERANCE)


def test_a_carried_state_reads_on(bilm):
    """Forward, two sentences of a lane are one; backward, the other way round, whatever the lane beside them does."""
    first, second, beside = (torch.randn(n, 6, generator=torch.Generator().manual_seed(n)) for n in (4, 5, 3))
    with torch.no_grad():
        carried = bilm.layers(torch.cat([first, beside, second]), Lanes.carrying([4, 3, 5], 2))[-1]
        forward = bilm.layers(torch.cat([first, second]), Lanes.balanced([9]))[-1]
        backward = bilm.layers(torch.cat([second, first]), Lanes.balanced([9]))[-1]
    in_turn = torch.cat([carried[:4], carried[7:]])
    torch.testing.assert_close(in_turn[:, :6], forward[:, :6], rtol=0, atol=TOLERANCE)
    turned = torch.cat([carried[7:], carried[:4]])
    # Read backward, the first sentence comes first: the whole that its state belongs to is second + first.
    torch.testing.assert_close(turned[:, 6:], backward[:, 6:], rtol=0, atol=TOLERANCE)


def test_a_start_behind_a_boundary_equals_reading_the_boundary(bilm):
    before, after = torch.randn(2, 1, 6, generator=torch.Generator().manual_seed(0))
    sentences = [torch.randn(n, 6, generator=torch.Generator().manual_seed(n)) for n in (4, 7, 1)]
    with torch.no_grad():
        begin = bilm.after((before, after))
        got = bilm.layers(torch.cat(sentences), Lanes.balanced([4, 7, 1]), begin)
    expected = [whole[1:-1] for whole in packed(bilm, [torch.cat([before, s, after]) for s in sentences])]
    torch.testing.assert_close(torch.stack(got, dim=1), torch.cat(expected), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("n_highway", [0, 2])
def test_word_vectors_equal_a_plain_character_cnn(tmp_path, activation, n_highway):
    """Every position of all 50 characters is convolved here, and words one at a time."""
    options = write_options(tmp_path, char_cnn={"activation": activation, "n_highway": n_highway})
    bilm = read_bilm(read_options(options), write_weights(tmp_path, options, scale=0.3))
    short = ["", "a", "I", "don't", "naïve", "日本語", "<S>", "</S>", *"abcdefg"]
    # From 43 bytes on, a filter reaches the end of the 50 characters before it has seen only padding.
    long = [letter * n for n, letter in enumerate("abcdefghi", 41)] + ["y" * 300]
    weights, function = bilm.characters, {"relu": torch.relu, "tanh": torch.tanh}[activation]
    # Short words together are convolved over few positions only, which must not show.
    for words in (short, long, short + long):
        ids = character_ids(words, 50)
        rows = []
        with torch.no_grad():
            for row in ids:
                embedded = weights.embedding[torch.from_numpy(row)].T[None]
                pooled = [
                    function(torch.conv1d(embedded, kernel, bias).max(dim=2).values)
                    for kernel, bias in zip(weights.filters, weights.filter_bias, strict=True)
                ]
                hidden = allennlp_highway(bilm)(torch.cat(pooled, dim=1))
                rows.append(hidden @ weights.projection + weights.projection_bias)
            torch.testing.assert_close(bilm.words(ids), torch.cat(rows), rtol=0, atol=TOLERANCE)
            trained_on = convolved_words(weights, bilm.options, ids)
            torch.testing.assert_close(trained_on, torch.cat(rows), rtol=0, atol=TOLERANCE)


@given(st.lists(st.text(max_size=80), max_size=5))
def test_character_ids_follow_the_published_definition(words):
    ids = character_ids(words, 50)
    for word, row, used in zip(words, ids, n_used(ids), strict=True):
        # AllenNLP: ids are shifted by one, 258/259 around the bytes, 260 behind them, all cut at 48 bytes.
        inside = list(word.encode("utf-8", "ignore")[:48])
        expected = [258, *inside, 259, *[260] * (48 - len(inside))]
        assert (row - 1).tolist() == expected
        assert used == len(inside) + 2


def test_bytes_beyond_the_48th_do_not_count():
    one, other = character_ids(["x" * 48 + "a", "x" * 48 + "b" * 9], 50)
    np.testing.assert_array_equal(one, other)


def test_random_weights_follow_the_seed(tmp_path):
    options = read_options(write_options(tmp_path))
    ids = character_ids(["a", "word"], 50)
    values = [random_bilm(options, seed).words(ids) for seed in (0, 0, 1)]
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])
