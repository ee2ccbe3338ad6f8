"""Analogy files: the sections of word2vec's question files, and the pairs of BATS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import empty, malformed, numbered_lines
from embedbench.data.tsv import read_columns


@dataclass(frozen=True, slots=True)
class AnalogyPair:
    """A word and what answers it in one relation, such as `Athens` and `("Greece",)`; `line` is where it stands."""

    section: str
    word: str
    answers: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class AnalogyQuestion:
    """`first` is to `second` as `third.word` is to any of `third.answers`."""

    section: str
    first: str
    second: str
    third: AnalogyPair


def read_word2vec_questions(path: str | Path) -> list[AnalogyQuestion]:
    """The questions of a file of word2vec (Mikolov et al. 2013): `: section` lines, then four words a line.

    A question that is repeated within its section is kept, as every published figure does.

    Raises:
        DataError: the file has no question, a line does not have four words, or comes before the first section.
    """
    questions = []
    section = ""
    for number, line in numbered_lines(path):
        parts = line.split()
        if line.startswith(":"):
            section = line[1:].strip()
        elif parts:
            if len(parts) != 4 or not section:
                raise malformed(
                    path, number, f"expected four words below a ': section' line, found {len(parts)}: {line[:80]!r}"
                )
            third = AnalogyPair(section, parts[2], (parts[3],), number)
            questions.append(AnalogyQuestion(section, parts[0], parts[1], third))
    if not questions:
        raise empty(path, "analogy questions")
    return questions


def read_bats(path: str | Path) -> list[AnalogyPair]:
    """The pairs of BATS (Gladkova et al. 2016) as one table with the columns `relation`, `word` and `targets`.

    Answers are parted by `/`. The section is the relation, such as `I01 [noun - plural_reg]`.

    Raises:
        DataError: the file is empty or ragged, lacks a column, or a pair has no answer.
    """
    pairs = []
    for line, (relation, word, targets) in read_columns(path, ("relation", "word", "targets"), header=True):
        answers = tuple(dict.fromkeys(filter(None, targets.split("/"))))
        if not answers:
            raise malformed(path, line, f"expected answers parted by /, found {targets!r}")
        pairs.append(AnalogyPair(relation, word, answers, line))
    return pairs


def all_questions(pairs: list[AnalogyPair]) -> list[AnalogyQuestion]:
    """Every two different pairs of a section in both orders; the first pair shows its first answer."""
    sections: dict[str, list[AnalogyPair]] = {}
    for pair in pairs:
        sections.setdefault(pair.section, []).append(pair)
    return [
        AnalogyQuestion(section, shown.word, shown.answers[0], asked)
        for section, inside in sections.items()
        for shown in inside
        for asked in inside
        if asked is not shown
    ]
