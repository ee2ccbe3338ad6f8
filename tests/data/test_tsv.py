"""Tables split on TAB: labelled texts and pairs, by name or by index."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.tsv import LabelledPair, LabelledText, read_columns, read_labelled_pairs, read_labelled_texts
from embedbench.errors import DataError


def write(folder: Path, text: str) -> Path:
    path = folder / "table.tsv"
    path.write_bytes(text.encode())
    return path


def test_columns_are_found_by_name_or_by_index(tmp_path: Path) -> None:
    path = write(tmp_path, 'label\tsentence\n1\ta "joy\n\n0\tdull, dull\n')
    rows = [LabelledText('a "joy', "1", 2), LabelledText("dull, dull", "0", 4)]
    assert read_labelled_texts(path, text="sentence", label="label") == rows
    assert read_labelled_texts(path, text=1, label="label") == rows
    assert read_labelled_texts(path, text=-1, label=0, header=True) == rows
    assert len(read_labelled_texts(path)) == 3


def test_pairs_keep_the_label_as_written(tmp_path: Path) -> None:
    path = write(tmp_path, "1\tA dog .\tA cat .\t3.50\tNEUTRAL\n")
    assert read_labelled_pairs(path, first=1, second=2, label=3) == [LabelledPair("A dog .", "A cat .", "3.50", 1)]


def test_quotes_are_plain_characters(tmp_path: Path) -> None:
    path = write(tmp_path, '0\t"unbalanced\n1\tstill its own row"\n')
    assert [row.text for row in read_labelled_texts(path)] == ['"unbalanced', 'still its own row"']


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("", {}, "holds no rows"),
        ("label\ttext\n", {"text": "text", "label": "label"}, "holds no rows"),
        ("0\ta\n1\n", {}, "line 2: expected 2 columns separated by TAB, as in line 1, found 1"),
        ("0\ta\n1\tb\tc\n", {}, "line 2: expected 2 columns .* found 3"),
        ("0 a\n", {}, "line 1: there is no column with index 1; found 1 columns"),
        ("0\ta\n", {"label": -3}, "no column with index -3"),
        ("label\tsentence\n0\ta\n", {"text": "txt"}, "line 1: the header has no column 'txt'; found label, sentence"),
        ("a\ta\n0\tx\n", {"text": "a"}, "line 1: the header names 'a' twice"),
        ("0\t \n", {}, "line 1: column 1 is empty"),
        ("0\ta\n\tb\n", {}, "line 2: column 0 is empty"),
    ],
)
def test_a_malformed_table_names_file_line_and_problem(
    tmp_path: Path, text: str, options: dict[str, str | int], problem: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=f"{path}.*{problem}"):
        read_labelled_texts(path, **options)  # type: ignore[arg-type]


CELLS = st.text(st.characters(exclude_characters="\0\t\n\r\ufeff", exclude_categories=["Cs"]), min_size=1).filter(
    str.strip
)


@settings(max_examples=40)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1), st.permutations([0, 1, 2]))
def test_cells_survive_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], order: list[int]
) -> None:
    path = write(tmp_path_factory.mktemp("table"), "".join("\t".join(row) + "\n" for row in rows))
    found = list(read_columns(path, order))
    assert found == [(i, tuple(row[c] for c in order)) for i, row in enumerate(rows, 1)]
