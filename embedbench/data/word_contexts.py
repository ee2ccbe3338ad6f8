"""Pairs of words in context with a human score: the format of SCWS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import malformed
from embedbench.data.tsv import read_columns
from embedbench.files.strict_numbers import decimal_number


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text as words, one of which is meant: that at index `mark`."""

    words: tuple[str, ...]
    mark: int


@dataclass(frozen=True, slots=True)
class ContextPair:
    """Two words in context and how alike people found them; `line` is where they stand in the file."""

    first: MarkedText
    second: MarkedText
    score: float
    line: int


def read_scws(path: str | Path) -> list[ContextPair]:
    """The pairs of `ratings.txt` of SCWS (Huang et al. 2012): texts with `<b> word </b>` in columns 5 and 6, mean in 7.

    Raises:
        DataError: the file is empty or ragged, a text does not mark exactly one word, or a score is no finite number.
    """
    pairs = []
    for line, (first, second, raw) in read_columns(path, (5, 6, 7)):
        score = decimal_number(raw)
        if score is None:
            raise malformed(path, line, f"expected a finite number as the mean rating, found {raw!r}")
        pairs.append(ContextPair(_marked(first, path, line), _marked(second, path, line), score, line))
    return pairs


def _marked(text: str, path: str | Path, line: int) -> MarkedText:
    words = text.split()
    if words.count("<b>") != 1 or words.count("</b>") != 1 or words.index("</b>") != words.index("<b>") + 2:
        raise malformed(path, line, f"expected exactly one word between <b> and </b>, found {text[:80]!r}")
    mark = words.index("<b>")
    return MarkedText((*words[:mark], words[mark + 1], *words[mark + 3 :]), mark)
