"""CoNLL-U-Lex: lexical expressions with their supersenses, as in STREUSLE.

Schneider & Smith 2015 (NAACL); Schneider et al. 2018 (ACL); the format is described in the data set's CONLLULEX.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import empty, malformed, numbered_lines
from embedbench.errors import DataError

_COLUMNS = 19
_MULTIWORD_OR_EMPTY = re.compile(r"[0-9]+[-.][0-9]+")
_MEMBER = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")
_Problem = Callable[[int, str], DataError]


@dataclass(frozen=True, slots=True)
class LexicalExpression:
    """A word, or the words of a strong multiword expression.

    Attributes:
        words: their indices in the sentence, ascending; an expression may have gaps ("have … experience").
        category: the lexical category (LEXCAT), such as N, V, P, PP, V.VPC.full.
        supersense: SS, such as `n.PERSON`, or for adpositions the role (`p.Topic`); `_` for none, `??` for unclear.
        function: SS2, the function of an adposition; `_` for none.
        lemma: LEXLEMMA, of all its words, such as `rust out`; `_` for none.
    """

    words: tuple[int, ...]
    category: str
    supersense: str
    function: str
    lemma: str

    @property
    def contiguous(self) -> bool:
        """Whether no other word stands between its words."""
        return self.words[-1] - self.words[0] + 1 == len(self.words)


@dataclass(frozen=True, slots=True)
class LexicalSentence:
    """A sentence and all its strong expressions, in the order of their first words; every word is in exactly one."""

    sent_id: str
    words: tuple[str, ...]
    expressions: tuple[LexicalExpression, ...]


def read_conllulex(path: str | Path) -> list[LexicalSentence]:
    """The sentences of a CoNLL-U-Lex file (19 columns), without multiword-token and empty-node rows.

    Read are FORM, SMWE, LEXCAT, LEXLEMMA, SS and SS2; for the syntax see `read_conllu`.

    Raises:
        DataError: the file is empty; a row has not 19 columns; ids are not consecutive; a form is empty; the
            words of an expression are not numbered 1, 2, 3.
    """
    sentences: list[LexicalSentence] = []
    rows: list[tuple[int, list[str]]] = []
    sent_id = ""

    def problem(line: int, what: str) -> DataError:
        return malformed(path, line, f"sentence {sent_id or len(sentences) + 1}: {what}")

    def finish() -> None:
        nonlocal sent_id
        if rows:
            words = tuple(columns[1] for _, columns in rows)
            sentences.append(LexicalSentence(sent_id or str(len(sentences) + 1), words, _expressions(rows, problem)))
            rows.clear()
        sent_id = ""

    for number, line in numbered_lines(path):
        if not line:
            finish()
        elif line[0] == "#":
            key, _, value = line[1:].partition("=")
            sent_id = value.strip() if key.strip() == "sent_id" else sent_id
        else:
            columns = line.split("\t")
            if len(columns) != _COLUMNS:
                raise problem(
                    number,
                    f"expected {_COLUMNS} columns separated by TAB (CoNLL-U-Lex), found {len(columns)}; "
                    "a plain CoNLL-U file has no supersenses",
                )
            if _MULTIWORD_OR_EMPTY.fullmatch(columns[0]):
                continue
            if columns[0] != str(len(rows) + 1):
                raise problem(number, f"expected the word id {len(rows) + 1}, found {columns[0]!r}")
            if not columns[1]:
                raise problem(number, f"word {columns[0]} has an empty FORM; expected the word")
            rows.append((number, columns))
    finish()
    if not sentences:
        raise empty(path, "CoNLL-U-Lex sentences")
    return sentences


def _expressions(rows: list[tuple[int, list[str]]], problem: _Problem) -> tuple[LexicalExpression, ...]:
    members: dict[str, list[int]] = {}
    for index, (line, columns) in enumerate(rows):
        if columns[10] == "_":
            members[f"word {index}"] = [index]
            continue
        found = _MEMBER.fullmatch(columns[10])
        if found is None:
            raise problem(line, f"expected SMWE as GROUP:POSITION, such as 1:2, or _, found {columns[10]!r}")
        group = members.setdefault(f"group {found[1]}", [])
        group.append(index)
        if int(found[2]) != len(group):
            raise problem(
                line, f"expected position {len(group)} of the multiword expression {found[1]}, found {found[2]}"
            )
    return tuple(
        LexicalExpression(tuple(indices), *(rows[indices[0]][1][column] for column in (11, 13, 14, 12)))
        for indices in members.values()
    )
