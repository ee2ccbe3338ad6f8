"""Token-per-line files with tags: BIO entities and chunks, or any other column of tags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import empty, malformed, numbered_lines

_BIO = re.compile(r"O|[BI]-.+")
_DOCUMENT_MARK = "-DOCSTART-"


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """Words with one tag each; `line` is where the first of them stands in the file."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    line: int


def read_tagged(
    path: str | Path, *, word_column: int = 0, tag_column: int = -1, bio: bool = True
) -> list[TaggedSentence]:
    """The sentences of a file with one word per line and a blank line after each sentence.

    Columns are separated by TAB when the first row has one, else by spaces. The document marks of CoNLL-2003
    (`-DOCSTART-`) are no words and are left out. WNUT-17, WikiANN: the default columns; CoNLL-2000: tag column 1 is
    the part of speech, 2 the chunk.

    Args:
        path: the file, plain or compressed.
        word_column: the index of the column of words; negative: from the end.
        tag_column: the index of the column of tags; negative: from the end.
        bio: whether every tag must be `O`, `B-TYPE` or `I-TYPE` (Ramshaw & Marcus 1995); an `I-` that begins a span
            is left as it is.

    Raises:
        DataError: the file is empty, rows differ in their number of columns, a column does not exist, a word or a tag
            is empty, or a tag is not BIO.
    """
    sentences: list[TaggedSentence] = []
    words: list[str] = []
    tags: list[str] = []
    separator: str | None = None
    width, top, start = 0, 0, 0
    for number, line in numbered_lines(path):
        if not line or line.isspace():
            if words:
                sentences.append(TaggedSentence(tuple(words), tuple(tags), start))
                words, tags = [], []
            continue
        if not width:
            separator = "\t" if "\t" in line else " "
        cells = line.split("\t") if separator == "\t" else line.strip(" ").split()
        if not width:
            width, top = len(cells), number
            for column in (word_column, tag_column):
                if not -width <= column < width:
                    raise malformed(path, number, f"there is no column with index {column}; found {width} columns")
        if len(cells) != width:
            name = "TAB" if separator == "\t" else "spaces"
            raise malformed(
                path, number, f"expected {width} columns separated by {name}, as in line {top}, found {len(cells)}"
            )
        word, tag = cells[word_column], cells[tag_column]
        if word == _DOCUMENT_MARK:
            continue
        if not word or not tag:
            raise malformed(path, number, f"the {'tag' if word else 'word'} is empty; expected a word and its tag")
        if bio and not _BIO.fullmatch(tag):
            raise malformed(
                path, number, f"expected a BIO tag (O, B-TYPE or I-TYPE) for the word {word!r}, found {tag!r}"
            )
        if not words:
            start = number
        words.append(word)
        tags.append(tag)
    if words:
        sentences.append(TaggedSentence(tuple(words), tuple(tags), start))
    if not sentences:
        raise empty(path, "tagged sentences")
    return sentences
