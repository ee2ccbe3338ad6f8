"""Word in Context: one word in two sentences, with or without the same meaning (Pilehvar & Camacho-Collados 2019)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from embedbench.data.text import malformed, numbered_lines
from embedbench.data.tsv import read_columns
from embedbench.errors import DataError
from embedbench.files.strict_numbers import natural_number
from embedbench.types import Sentence

_GOLD = ("T", "F")


@dataclass(frozen=True, slots=True)
class WordInContext:
    """One item.

    Attributes:
        target: the lemma of the word.
        pos: `N` or `V`.
        positions: the index of the word in each sentence.
        sentences: the two sentences; words are separated by single spaces.
        same: whether both uses have the same meaning.
        line: where the item stands in the file.
    """

    target: str
    pos: str
    positions: tuple[int, int]
    sentences: tuple[Sentence, Sentence]
    same: bool
    line: int


def gold_path(data: str | Path) -> Path:
    """Where the gold labels of a data file lie: beside it, with `.gold.` for `.data.` in the name.

    >>> gold_path("wic/test.data.txt").name
    'test.gold.txt'

    Raises:
        DataError: the name has no `.data.`.
    """
    path = Path(data)
    if ".data." not in path.name:
        raise DataError(
            f"cannot tell where the gold labels of {path} lie; expected a name such as test.data.txt, "
            "with test.gold.txt beside it"
        )
    return path.with_name(".gold.".join(path.name.rsplit(".data.", 1)))


def read_wic(data: str | Path, gold: str | Path) -> list[WordInContext]:
    """The items of a data file (`target TAB pos TAB i-j TAB sentence TAB sentence`) with their gold labels.

    Args:
        data: the items.
        gold: one `T` or `F` per item, line by line.

    Raises:
        DataError: a row has not five columns; a position is no index into its sentence; the files differ in length; a
            label is neither `T` nor `F`.
    """
    items: list[WordInContext] = []
    rows = read_columns(data, range(5), width=5)
    for row, label in zip_longest(rows, _labels(gold)):
        if row is None or label is None:
            longer, shorter = (data, gold) if row is not None else (gold, data)
            raise DataError(
                f"{longer} has more lines than {shorter}, which has {len(items)}; expected one label per item"
            )
        number, (target, pos, pair, *texts) = row
        sentences = tuple(_words(text, data, number) for text in texts)
        first, second = sentences
        items.append(
            WordInContext(target, pos, _positions(pair, sentences, data, number), (first, second), label, number)
        )
    return items


def _labels(path: str | Path) -> Iterator[bool]:
    for number, line in numbered_lines(path):
        if line not in _GOLD:
            raise malformed(path, number, f"expected T or F, found {line!r}")
        yield line == "T"


def _words(text: str, path: str | Path, line: int) -> Sentence:
    words = tuple(text.split(" "))
    if "" in words:
        raise malformed(path, line, f"word {words.index('') + 1} of {text!r} is empty; expected single spaces")
    return words


def _positions(pair: str, sentences: Iterable[Sentence], path: str | Path, line: int) -> tuple[int, int]:
    ends = pair.split("-")
    positions = [natural_number(end) for end in ends]
    if len(positions) != 2 or positions[0] is None or positions[1] is None:
        raise malformed(path, line, f"expected two word indices such as 2-5, found {pair!r}")
    for end, words in zip(positions, sentences, strict=True):
        if end is None or end >= len(words):
            raise malformed(
                path, line, f"there is no word with index {end} among the {len(words)} words of {' '.join(words)!r}"
            )
    return positions[0], positions[1]
