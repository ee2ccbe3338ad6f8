"""CoNLL-U treebanks. A strict reader of our own: four times as fast as the general one, and it knows line numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from embedbench.data.text import empty, malformed, numbered_lines
from embedbench.errors import DataError
from embedbench.files.strict_numbers import natural_number

_COLUMNS = 10
_LEX_COLUMNS = 19
_MULTIWORD_OR_EMPTY = re.compile(r"[0-9]+[-.][0-9]+")
_Row = tuple[int, list[str]]
_Problem = Callable[[int, str], DataError]


@dataclass(frozen=True, slots=True)
class Token:
    """One syntactic word of a treebank.

    Attributes:
        feats: morphological features by name, such as `{"Number": "Sing"}`; equal ones share one mapping.
        head: the position of the head in the sentence, counted from 1; 0 is the root.
        deprel: the relation to the head, with its subtype (`nsubj:pass`).
    """

    form: str
    lemma: str
    upos: str
    xpos: str
    feats: Mapping[str, str]
    head: int
    deprel: str


@dataclass(frozen=True, slots=True)
class TreebankSentence:
    """A sentence whose tokens form one tree.

    Attributes:
        sent_id: from `# sent_id`, else its number in the file, counted from 1.
        document: from the last `# newdoc id` above it, else the document's number; empty when none was begun.
    """

    sent_id: str
    document: str
    tokens: tuple[Token, ...]


def read_conllu(path: str | Path) -> list[TreebankSentence]:
    """The sentences of a CoNLL-U file, in order, without its multiword (`1-2`) and empty-node (`8.1`) rows.

    The format is that of Nivre et al. 2020 (https://universaldependencies.org/format.html). Of CoNLL-U-Lex files (named
    `.conllulex`, 19 columns; Schneider et al. 2018), the first ten columns are read.

    Raises:
        DataError: the file is empty or malformed: not ten columns, ids that are not consecutive, an empty form,
            malformed features, a head outside the sentence, not exactly one root, or a cycle.
    """
    sentences: list[TreebankSentence] = []
    rows: list[_Row] = []
    feats: dict[str, Mapping[str, str]] = {"_": {}}
    sent_id, document, documents, commented = "", "", 0, 0
    width = _LEX_COLUMNS if ".conllulex" in Path(path).suffixes else _COLUMNS

    def problem(line: int, what: str) -> DataError:
        return malformed(path, line, f"sentence {sent_id or len(sentences) + 1}: {what}")

    def finish() -> None:
        nonlocal sent_id, commented
        if rows:
            tokens = _tokens(rows, feats, problem)
            sentences.append(TreebankSentence(sent_id or str(len(sentences) + 1), document, tokens))
            rows.clear()
        elif commented:
            raise problem(
                commented, "a blank line comes before the first word; expected comments, then the rows of the words"
            )
        sent_id, commented = "", 0

    for number, line in numbered_lines(path):
        if not line:
            finish()
        elif line[0] == "#":
            if rows:
                raise problem(number, "a comment inside a sentence; expected a blank line before the next sentence")
            commented = number
            key, _, value = line[1:].partition("=")
            match key.split():
                case ["sent_id"]:
                    sent_id = value.strip()
                case ["newdoc"] | ["newdoc", "id"]:
                    documents += 1
                    document = value.strip() or str(documents)
        else:
            columns = line.split("\t")
            if len(columns) != width:
                raise problem(number, f"expected {width} columns separated by TAB, found {len(columns)}")
            if not _MULTIWORD_OR_EMPTY.fullmatch(columns[0]):
                rows.append((number, columns))
            else:
                commented = number
    finish()
    if not sentences:
        raise empty(path, "CoNLL-U sentences")
    return sentences


def _tokens(rows: list[_Row], known_feats: dict[str, Mapping[str, str]], problem: _Problem) -> tuple[Token, ...]:
    tokens = []
    n_words = len(rows)
    for position, (line, (id_, form, lemma, upos, xpos, raw_feats, raw_head, deprel, *_)) in enumerate(rows, 1):
        if id_ != str(position):
            raise problem(line, f"expected the word id {position}, found {id_!r}; ids count 1, 2, 3 without a gap")
        if not form:
            raise problem(line, f"word {position} has an empty FORM; expected the word, or _ for the word _")
        feats = known_feats.get(raw_feats)
        if feats is None:
            feats = known_feats[raw_feats] = _parse_feats(raw_feats, line, problem)
        head = natural_number(raw_head)
        if head is None or head > n_words:
            raise problem(
                line,
                f"word {position} ({form}) has the head {raw_head!r}; expected a number from 0 (root) to {n_words}",
            )
        tokens.append(Token(form, lemma, upos, xpos, feats, head, deprel))
    _check_tree(rows, [token.head for token in tokens], problem)
    return tuple(tokens)


def _parse_feats(raw: str, line: int, problem: _Problem) -> Mapping[str, str]:
    feats: dict[str, str] = {}
    for pair in raw.split("|"):
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise problem(line, f"malformed FEATS {raw!r}; expected Name=Value pairs separated by |, or _")
        if name in feats:
            raise problem(line, f"FEATS {raw!r} gives {name} twice; expected each feature once")
        feats[name] = value
    return feats


def _check_tree(rows: list[_Row], heads: list[int], problem: _Problem) -> None:
    """Refuses heads that do not form one tree, in time linear in the words."""
    roots = [position for position, head in enumerate(heads, 1) if head == 0]
    if len(roots) > 1:
        raise problem(rows[roots[1] - 1][0], f"words {roots} all have head 0; expected exactly one root")
    seen_from = [0] * (len(heads) + 1)
    for start in range(1, len(heads) + 1):
        word = start
        while word and not seen_from[word]:
            seen_from[word] = start
            word = heads[word - 1]
        if word and seen_from[word] == start:
            raise problem(
                rows[word - 1][0], f"word {word} is its own ancestor, its heads form a cycle; expected a tree"
            )
    # No cycle means that every path ends at 0, so there is a root.
