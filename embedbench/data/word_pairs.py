"""Word similarity sets: two words and a human score per row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import malformed
from embedbench.data.tsv import Column, read_columns
from embedbench.files.strict_numbers import decimal_number


@dataclass(frozen=True, slots=True)
class WordPair:
    """Two words and how alike people found them; `line` is where they stand in the file."""

    first: str
    second: str
    score: float
    line: int


def read_word_pairs(
    path: str | Path,
    *,
    first: Column = 0,
    second: Column = 1,
    score: Column = 2,
    header: bool = False,
    comment: str = "",
) -> list[WordPair]:
    """The pairs of a TAB-separated word similarity file, such as `car TAB automobile TAB 3.92`.

    Args:
        path: the file, plain or compressed.
        first: the column of the first word, by index or by its name in the header.
        second: the column of the second word.
        score: the column of the score.
        header: whether the first row is a header; taken for granted when a column is given by name.
        comment: rows that begin with it are skipped; empty: every row counts.

    Raises:
        DataError: the file is empty or ragged, a column does not exist, a cell is empty, or a score is no finite
            number.
    """
    return [
        WordPair(one, other, _score(raw, path, line), line)
        for line, (one, other, raw) in read_columns(path, (first, second, score), header=header, comment=comment)
    ]


def _score(raw: str, path: str | Path, line: int) -> float:
    value = decimal_number(raw)
    if value is None:
        raise malformed(path, line, f"expected a finite number as the score, found {raw!r}; does a header come first?")
    return value
