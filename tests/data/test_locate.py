"""Finding a file by what the user wrote."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import conllu
import pytest

from embedbench.data.locate import locate
from embedbench.errors import DataError, MissingExtraError


def test_paths_and_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.conllu").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate(str(tmp_path / "mine.conllu")) == locate("~/mine.conllu") == tmp_path / "mine.conllu"
    assert locate(tmp_path) == tmp_path


def test_files_and_folders_of_installed_packages() -> None:
    folder = Path(conllu.__file__).parent
    assert locate("package:conllu") == folder
    assert locate("package:conllu/py.typed") == folder / "py.typed"


@pytest.mark.skipif(importlib.util.find_spec("gensim") is None, reason="gensim is not installed")
def test_gensims_test_data() -> None:
    # Where gensim.test.utils.datapath looks, without the seconds that importing it takes.
    found = locate("gensim:word2vec_pre_kv_c")
    assert found.is_file()
    assert found.parts[-4:] == ("gensim", "test", "test_data", "word2vec_pre_kv_c")


def test_a_missing_file_of_the_catalogue_says_which_data_set_it_is_and_how_to_get_it(tmp_path: Path) -> None:
    path = tmp_path / "ud" / "en_ewt-ud-train.conllu.gz"
    with pytest.raises(DataError, match=f"no {path}; .*'ud_english_ewt'.*`embedbench data get ud_english_ewt`"):
        locate(path)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("", "the path of a file is empty"),
        ("nowhere/words.txt", "there is no file or folder nowhere/words.txt; check the path"),
        ("package:conllu/none", r"none \(from package:conllu/none\)"),
        ("package:no_such_package/a", "the package 'no_such_package', which is not installed"),
        ("package:", "the package '', which is not installed"),
        ("package:six/a", "'six' is a single module"),
    ],
)
def test_what_does_not_exist_is_said_in_one_sentence(spec: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        locate(spec)


def test_another_packing_beside_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "bank.conllu.xz").touch()
    with pytest.raises(DataError, match=r"but there is bank\.conllu\.xz beside it"):
        locate(tmp_path / "bank.conllu")


def test_a_missing_optional_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'embedbench\[static\]'"):
        locate("gensim:euclidean_vectors.bin")
