"""Raw text: one sentence per line, words separated by white space."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from embedbench.data.text import empty, numbered_lines
from embedbench.types import Sentence


def read_sentences(path: str | Path, *, comment: str = "", tag_separator: str = "") -> Iterator[Sentence]:
    """The sentences of a text file, one at a time, so that memory does not grow with the file.

    Lines without a word are skipped.

    Args:
        path: the file, plain or compressed.
        comment: lines that begin with this are skipped (`"# doc ="`, `"# book ="`); empty: no line is a comment.
        tag_separator: each word is cut at its last separator, which drops the tags of `token_TAG` text;
            a word without the separator, or with nothing before it, stays whole. Empty: words are left alone.

    Raises:
        DataError: the file holds no sentence, or cannot be read.
    """
    found = False
    for _, line in numbered_lines(path):
        if comment and line.startswith(comment):
            continue
        words = line.split()
        if tag_separator:
            words = [word.rpartition(tag_separator)[0] or word for word in words]
        if words:
            found = True
            yield tuple(words)
    if not found:
        raise empty(path, "sentences")
