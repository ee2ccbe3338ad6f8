"""GAP: ambiguous pronouns and two names each, in running text (Webster et al. 2018, TACL)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from embedbench.data.text import malformed
from embedbench.data.tokenisation import words_of
from embedbench.data.tsv import read_columns
from embedbench.files.strict_numbers import natural_number
from embedbench.types import Sentence

_COLUMNS = (
    *("ID", "Text", "Pronoun", "Pronoun-offset"),
    *("A", "A-offset", "A-coref", "B", "B-offset", "B-coref"),
)
_LABELS = {"TRUE": True, "FALSE": False}
_FEMININE = frozenset({"she", "her", "hers"})


@dataclass(frozen=True, slots=True)
class GapText:
    """One text with a pronoun and two names.

    Attributes:
        id: as in the file.
        words: of the whole text, which may be several sentences; a mention's first and last word are whole words.
        pronoun: half-open range of the pronoun's words.
        names: the ranges of name A and name B.
        coreferent: whether A and B are what the pronoun means; not both, and perhaps neither.
        feminine: whether the pronoun is; it is masculine otherwise.
        line: where it stands in the file.
    """

    id: str
    words: Sentence
    pronoun: tuple[int, int]
    names: tuple[tuple[int, int], tuple[int, int]]
    coreferent: tuple[bool, bool]
    feminine: bool
    line: int


def read_gap(path: str | Path) -> list[GapText]:
    """The texts of a GAP file, with character offsets turned into ranges of words.

    Raises:
        DataError: a column is missing; an offset is not where its mention stands; mentions overlap; a label is neither
            TRUE nor FALSE.
    """
    texts = []
    for line, cells in read_columns(path, _COLUMNS):
        try:
            texts.append(_text(cells, line))
        except ValueError as error:
            raise malformed(path, line, str(error)) from error
    return texts


def _text(cells: tuple[str, ...], line: int) -> GapText:
    id_, text, pronoun, pronoun_at, a, a_at, a_coref, b, b_at, b_coref = cells
    words, (of_pronoun, of_a, of_b) = _words(text, [(pronoun, pronoun_at), (a, a_at), (b, b_at)])
    return GapText(
        id_,
        words,
        of_pronoun,
        (of_a, of_b),
        (_label(a_coref), _label(b_coref)),
        pronoun.casefold() in _FEMININE,
        line,
    )


def _words(text: str, mentions: list[tuple[str, str]]) -> tuple[Sentence, list[tuple[int, int]]]:
    """The words of a text that is cut where mentions begin and end, and the range of words of every mention."""
    ranges = []
    for mention, offset in mentions:
        found = natural_number(offset)
        start = -1 if found is None else found
        if start < 0 or text[start : start + len(mention)] != mention:
            raise ValueError(f"expected {mention!r} at character {offset}, found {text[max(start, 0) :][:20]!r}")
        ranges.append((start, start + len(mention)))
    cuts = sorted({0, len(text), *(end for both in ranges for end in both)})
    for (_, end), (start, _) in pairwise(sorted(ranges)):
        if start < end:
            raise ValueError(f"the mentions {', '.join(repr(m) for m, _ in mentions)} overlap; expected three apart")
    words: list[str] = []
    position = {0: 0}
    for start, end in pairwise(cuts):
        words += words_of(text[start:end])
        position[end] = len(words)
    return tuple(words), [(position[start], position[end]) for start, end in ranges]


def _label(cell: str) -> bool:
    if cell not in _LABELS:
        raise ValueError(f"expected TRUE or FALSE, found {cell!r}")
    return _LABELS[cell]
