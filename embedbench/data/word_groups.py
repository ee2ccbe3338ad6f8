"""Words in categories, and sets of words with outliers: the tables of vecto-ai/word-benchmarks."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import empty, malformed, numbered_lines


@dataclass(frozen=True, slots=True)
class CategorisedWord:
    """A word and the category that people put it in; `line` is where it stands."""

    word: str
    category: str
    line: int


@dataclass(frozen=True, slots=True)
class OutlierSet:
    """Words that belong together and words that do not belong to them; `line` is where they stand."""

    name: str
    words: tuple[str, ...]
    outliers: tuple[str, ...]
    line: int


def read_categories(path: str | Path) -> list[CategorisedWord]:
    """The words of a CSV file with the columns `category` and `word`; rows without a word are skipped.

    Raises:
        DataError: the file has no word, lacks a column, or a word has no category.
    """
    words = []
    for line, row in _rows(path, ("category", "word")):
        if row["word"].strip():
            if not row["category"].strip():
                raise malformed(path, line, f"the word {row['word']!r} has no category")
            words.append(CategorisedWord(row["word"].strip(), row["category"].strip(), line))
    if not words:
        raise empty(path, "categorised words")
    return words


def read_outlier_sets(path: str | Path) -> list[OutlierSet]:
    """The sets of a CSV file with the columns `category`, `outliers` and `words`, the last two as Python lists.

    Empty entries of the lists are skipped.

    Raises:
        DataError: the file has no set, lacks a column, or a cell is not a list of at least one word.
    """
    sets = []
    for line, row in _rows(path, ("category", "outliers", "words")):
        lists = []
        for column in ("words", "outliers"):
            try:
                cell = ast.literal_eval(row[column])
                found = tuple(word.strip() for word in cell if word.strip())
            except (ValueError, SyntaxError, TypeError, AttributeError, RecursionError, MemoryError):
                found = ()
            if not found or not isinstance(cell, list):
                raise malformed(path, line, f"expected a list of words such as ['a', 'b'], found {row[column]!r}")
            lists.append(found)
        sets.append(OutlierSet(row["category"], lists[0], lists[1], line))
    if not sets:
        raise empty(path, "outlier sets")
    return sets


def _rows(path: str | Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader((f"{line}\n" for _, line in numbered_lines(path)), strict=True)
    try:
        yield from _checked(path, columns, reader)
    except csv.Error as error:
        raise malformed(path, max(reader.line_num, 1), f"this is not CSV: {error}") from error


def _checked(
    path: str | Path, columns: tuple[str, ...], reader: csv.DictReader[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise malformed(path, 1, f"the header has no column {missing[0]!r}; found {list(reader.fieldnames or ())}")
    for row in reader:
        if None in row or None in row.values():
            raise malformed(path, reader.line_num, f"expected {len(reader.fieldnames or ())} columns, as the header")
        if any("\n" in cell for cell in row.values()):
            raise malformed(path, reader.line_num, "a cell goes on over a line end; expected words on one line")
        yield reader.line_num, row
