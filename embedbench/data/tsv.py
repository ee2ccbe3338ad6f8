"""TAB-separated tables: labelled sentences, labelled pairs of sentences. No quoting: a row is split on TAB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import empty, malformed, numbered_lines

Column = str | int
"""A column by its name in the header row, or by its index from 0 (negative: from the end)."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text and its label; `line` is where it stands in the file."""

    text: str
    label: str
    line: int


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two texts and their label, or their graded score as written; `line` is where they stand in the file."""

    first: str
    second: str
    label: str
    line: int


def read_labelled_texts(
    path: str | Path, *, text: Column = 1, label: Column = 0, header: bool = False
) -> list[LabelledText]:
    """The rows of a sentence classification table.

    Args:
        path: the file, plain or compressed.
        text: the column of the text.
        label: the column of the label.
        header: whether the first row is a header; taken for granted when a column is given by name.

    Raises:
        DataError: the file is empty, a column does not exist, rows differ in their number of columns,
            or a cell asked for is empty.
    """
    return [LabelledText(one, tag, line) for line, (one, tag) in read_columns(path, (text, label), header=header)]


def read_labelled_pairs(
    path: str | Path, *, first: Column, second: Column, label: Column, header: bool = False
) -> list[LabelledPair]:
    """The rows of a sentence pair table; the arguments and errors are those of `read_labelled_texts`."""
    return [
        LabelledPair(one, other, tag, line)
        for line, (one, other, tag) in read_columns(path, (first, second, label), header=header)
    ]


def read_columns(
    path: str | Path, columns: Sequence[Column], *, header: bool = False, comment: str = "", width: int = 0
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The line number and the cells of these columns, row by row; rows without any character are skipped.

    So are rows that begin with `comment`, if it is given. Every row has `width` columns, if that is given, and
    otherwise as many as the first.

    Raises:
        DataError: as `read_labelled_texts`.
    """
    header = header or any(isinstance(column, str) for column in columns)
    indices: list[int] = []
    top, found = 0, False
    for number, line in numbered_lines(path):
        if not line or (comment and line.startswith(comment)):
            continue
        cells = line.split("\t")
        if not top:
            width, top = width or len(cells), number
            if len(cells) != width:
                raise malformed(path, number, f"expected {width} columns separated by TAB, found {len(cells)}")
            indices = [_index(column, cells, path, number) for column in columns]
            if header:
                continue
        if len(cells) != width:
            raise malformed(
                path,
                number,
                f"expected {width} columns separated by TAB, as in line {top}, found {len(cells)}; "
                "quotes do not protect a TAB or a line end in this format",
            )
        row = tuple(cells[index] for index in indices)
        for column, cell in zip(columns, row, strict=True):
            if not cell.strip():
                raise malformed(path, number, f"column {column!r} is empty; expected a value in every row")
        found = True
        yield number, row
    if not found:
        raise empty(path, "rows")


def _index(column: Column, cells: list[str], path: str | Path, line: int) -> int:
    if isinstance(column, int):
        if -len(cells) <= column < len(cells):
            return column % len(cells)
        raise malformed(path, line, f"there is no column with index {column}; found {len(cells)} columns")
    if column not in cells:
        raise malformed(
            path, line, f"the header has no column {column!r}; found {', '.join(cells)}; name one of them, or its index"
        )
    if cells.count(column) > 1:
        raise malformed(path, line, f"the header names {column!r} twice; give the index of the column instead")
    return cells.index(column)
