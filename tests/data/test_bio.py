"""One word per line with its tags."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.bio import TaggedSentence, read_tagged
from embedbench.errors import DataError


def write(folder: Path, text: str) -> Path:
    path = folder / "tags.conll"
    path.write_bytes(text.encode())
    return path


def test_tab_columns_keep_spaces_within_words(tmp_path: Path) -> None:
    path = write(tmp_path, "\nNew York\tB-LOC\n!\tO\n\n\n#\tO\n")
    assert read_tagged(path) == [
        TaggedSentence(("New York", "!"), ("B-LOC", "O"), 2),
        TaggedSentence(("#",), ("O",), 6),
    ]


def test_the_column_of_tags_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, "-DOCSTART- -X- O\n\nHe PRP B-NP\nran VBD B-VP\n")
    assert read_tagged(path)[0].tags == ("B-NP", "B-VP")
    assert read_tagged(path, tag_column=1, bio=False) == [TaggedSentence(("He", "ran"), ("PRP", "VBD"), 3)]


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("", {}, "holds no tagged sentences"),
        ("-DOCSTART- O\n\n", {}, "holds no tagged sentences"),
        ("a\tO\nb\n", {}, "line 2: expected 2 columns separated by TAB, as in line 1, found 1"),
        ("a X O\n\nb O\n", {}, "line 3: expected 3 columns separated by spaces, as in line 1, found 2"),
        ("a\tO\n", {"tag_column": 2}, "line 1: there is no column with index 2; found 2 columns"),
        ("a\tO\n\tO\n", {}, "line 2: the word is empty"),
        ("a\tO\nb\t\n", {}, "line 2: the tag is empty"),
        ("a\tO\nb\tE-LOC\n", {}, r"line 2: expected a BIO tag .* for the word 'b', found 'E-LOC'"),
        ("a\tB-\n", {}, "found 'B-'"),
        ("a\tPRP\n", {}, "found 'PRP'"),
    ],
)
def test_a_malformed_file_names_file_line_and_problem(
    tmp_path: Path, text: str, options: dict[str, int], problem: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=f"{path}.*{problem}"):
        read_tagged(path, **options)  # type: ignore[arg-type]


WORDS = st.text("ab-#'é漢", min_size=1, max_size=5)
TAGS = st.sampled_from(["O", "B-PER", "I-PER", "B-creative-work"])


@settings(max_examples=40)
@given(st.lists(st.lists(st.tuples(WORDS, TAGS), min_size=1), min_size=1), st.sampled_from(["\t", " "]))
def test_sentences_survive_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, str]]], separator: str
) -> None:
    text = "".join("".join(f"{word}{separator}{tag}\n" for word, tag in rows) + "\n" for rows in sentences)
    found = read_tagged(write(tmp_path_factory.mktemp("tags"), text))
    assert [list(zip(s.words, s.tags, strict=True)) for s in found] == sentences
