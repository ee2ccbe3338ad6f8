from __future__ import annotations

from pathlib import Path

import pytest

from embedbench.cli.configuration import build, compose, preset_names, register_node
from embedbench.errors import ConfigurationError
from embedbench.pretraining.budget import Budget
from embedbench.pretraining.corpus import CorpusFiles
from embedbench.pretraining.options import FAMILIES


@pytest.fixture(autouse=True)
def schemas() -> None:
    for name, family in FAMILIES.items():
        register_node("model", name, family)
    register_node("corpus", "files", CorpusFiles)
    register_node("budget", "words", Budget)


@pytest.mark.parametrize("name", preset_names("model"))
def test_model_presets_are_the_families_with_their_defaults(name: str) -> None:
    config = compose([f"model={name}", "folder=f"], config_name="pretrain")
    assert build(config.model) == FAMILIES[name]()


def test_every_family_has_a_preset() -> None:
    assert set(preset_names("model")) == set(FAMILIES)


@pytest.mark.parametrize("name", [n for n in preset_names("corpus") if n != "files"])
def test_corpus_presets_name_files(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMBEDBENCH_DATA", str(tmp_path))
    files = build(compose([f"corpus={name}", "folder=f"], config_name="pretrain").corpus).files
    assert all(file.startswith((str(tmp_path / "corpus"), "gensim:")) for file in files)


@pytest.mark.parametrize("name", preset_names("budget"))
def test_budget_presets_state_words(name: str) -> None:
    assert build(compose([f"budget={name}", "folder=f"], config_name="pretrain").budget).words >= 100_000


def test_options_are_typed_and_an_unknown_one_is_refused() -> None:
    config = compose(["model=word2vec", "model.architecture=cbow", "folder=f"], config_name="pretrain")
    assert build(config.model).architecture == "cbow"
    with pytest.raises(ConfigurationError, match="cell"):
        compose(["model=mlm", "model.cell=5", "folder=f"], config_name="pretrain")
