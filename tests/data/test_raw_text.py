"""Raw text: words separated by white space, comments and tags left out when asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.raw_text import read_sentences
from embedbench.errors import DataError


def test_lines_become_sentences_and_empty_lines_vanish(tmp_path: Path) -> None:
    path = tmp_path / "raw.txt"
    path.write_text("# a heading\n\n \t\n two  words \n", encoding="utf-8")
    assert list(read_sentences(path)) == [("#", "a", "heading"), ("two", "words")]
    assert list(read_sentences(path, comment="# ")) == [("two", "words")]


def test_tags_are_cut_at_the_last_separator(tmp_path: Path) -> None:
    path = tmp_path / "tagged.txt"
    path.write_text("snake_case_NN ,_, plain _NN -_-\n", encoding="utf-8")
    assert list(read_sentences(path, tag_separator="_")) == [("snake_case", ",", "plain", "_NN", "-")]


@pytest.mark.parametrize("text", ["", "\n \n", "# doc = only\n"])
def test_a_file_without_a_sentence_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=f"{path} holds no sentences"):
        list(read_sentences(path, comment="# doc"))


def test_a_wrong_byte_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bytes.txt"
    path.write_bytes(b"fine\nbad \xff\n")
    with pytest.raises(DataError, match=f"{path}, line 2: byte 5"):
        list(read_sentences(path))


@settings(max_examples=40)
@given(st.lists(st.lists(st.text("ab#_é漢", min_size=1), min_size=1), min_size=1))
def test_sentences_survive_a_round_trip(tmp_path_factory: pytest.TempPathFactory, sentences: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("raw") / "raw.txt"
    path.write_text("\n".join(" ".join(words) for words in sentences), encoding="utf-8")
    assert list(read_sentences(path)) == [tuple(words) for words in sentences]
