"""Every preset of the static family composes and builds what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from embedbench.cli.configuration import build, compose
from embedbench.errors import ConfigurationError
from embedbench.extractors.contract import check_extractor
from embedbench.extractors.static_table import Case, OutOfVocabulary


def built(*overrides: str) -> Any:
    return build(compose(overrides).extractor)


@pytest.mark.parametrize("preset", ["one_hot", "random"])
def test_presets_without_files(preset: str) -> None:
    assert built(f"extractor={preset}").name == preset


@pytest.mark.parametrize("preset", ["word2vec", "glove", "fasttext", "precomputed"])
def test_presets_of_your_own_files_say_what_they_need(preset: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"extractor '{preset}' needs .*extractor\.path=FILE"):
        built(f"extractor={preset}")
    assert built(f"extractor={preset}", "extractor.path=a.txt", "extractor.name=mine").name == "mine"


def test_options_are_typed_and_the_cache_follows_the_paths() -> None:
    extractor = built(
        "extractor=word2vec",
        "extractor.path=gensim:euclidean_vectors.bin",
        "extractor.out_of_vocabulary=random",
        "extractor.case=lower",
        "paths.store=somewhere",
    )
    assert (extractor.out_of_vocabulary, extractor.case) == (OutOfVocabulary.random, Case.lower)
    assert extractor.cache == "somewhere"
    with pytest.raises(ConfigurationError, match=r"zeros"):
        built("extractor=word2vec", "extractor.path=a", "extractor.out_of_vocabulary=zeros")


def test_a_stack_is_put_together_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("a 1 2\n", encoding="utf-8")
    stack = built(
        "extractor=stack",
        "+extractor@extractor.parts.left=glove",
        f"extractor.parts.left.path={tmp_path / 'v.txt'}",
        "+extractor@extractor.parts.right=random",
        "extractor.parts.right.size=3",
        f"paths.store={tmp_path}",
    )
    assert [type(part).__name__ for part in stack.parts.values()] == ["Glove", "RandomVectors"]
    assert stack.dim == 5


@pytest.mark.parametrize(("preset", "dim"), [("word2vec_googlenews", 300), ("glove_twitter", 25)])
def test_presets_of_the_data_folder(data_folder: Path, tmp_path: Path, preset: str, dim: int) -> None:
    extractor = built(f"extractor={preset}", f"paths.data={data_folder}", f"paths.store={tmp_path}")
    assert (extractor.name, extractor.dim) == (preset, dim)
    assert not [result for result in check_extractor(extractor) if result.failed]
