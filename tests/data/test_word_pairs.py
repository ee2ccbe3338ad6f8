"""Word similarity sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.word_pairs import WordPair, read_word_pairs
from embedbench.errors import DataError


def write(folder: Path, text: str) -> Path:
    path = folder / "pairs.txt"
    path.write_bytes(text.encode())
    return path


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "score\tword2\tword1\n3.92\tautomobile\tcar\n")
    expected = [WordPair("car", "automobile", 3.92, 2)]
    assert read_word_pairs(path, first="word1", second="word2", score="score") == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no rows"),
        ("car automobile 3.92\n", "line 1: there is no column with index 1; found 1 columns"),
        ("a\tb\t1\na\tb\n", "line 2: expected 3 columns separated by TAB, as in line 1, found 2"),
        ("word1\tword2\tscore\na\tb\t1\n", "line 1: expected a finite number as the score, found 'score'"),
        ("a\tb\tnan\n", "line 1: .* found 'nan'"),
        ("a\tb\t1e999\n", "line 1: .* found '1e999'"),
    ],
)
def test_a_malformed_file_names_file_line_and_problem(tmp_path: Path, text: str, problem: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=f"{path}.*{problem}"):
        read_word_pairs(path)


WORDS = st.text("abé-", min_size=1)


@settings(max_examples=40)
@given(st.lists(st.tuples(WORDS, WORDS, st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_pairs_survive_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str, float]]
) -> None:
    text = "".join(f"{one}\t{other}\t{score!r}\n" for one, other, score in pairs)
    found = read_word_pairs(write(tmp_path_factory.mktemp("pairs"), text))
    assert [(pair.first, pair.second, pair.score) for pair in found] == pairs
