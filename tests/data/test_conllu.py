"""CoNLL-U: what is read, what is skipped, and every way in which a file can be wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import conllu
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.conllu import Token, TreebankSentence, read_conllu
from embedbench.errors import DataError

GOOD = """\
# newdoc id = story
# sent_id = story-1
# text = Don't go.
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVB\tMood=Imp|VerbForm=Fin\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_
3\tgo\tgo\tVERB\tVB\tVerbForm=Inf\t0\troot\t_\tSpaceAfter=No
3.1\twent\tgo\t_\t_\t_\t_\t_\t0:root\t_
4\t.\t.\tPUNCT\t.\t_\t3\tpunct\t_\t_

# newdoc
1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "bank.conllu"
    path.write_text(text, encoding="utf-8")
    return path


def row(id_: str = "1", form: str = "a", head: str = "0", feats: str = "_") -> str:
    return f"{id_}\t{form}\ta\tX\tX\t{feats}\t{head}\tdep\t_\t_\n"


def test_words_trees_and_documents_are_read(tmp_path: Path) -> None:
    first, second = read_conllu(write(tmp_path, GOOD))
    assert [token.form for token in first.tokens] == ["Do", "n't", "go", "."]
    assert first.tokens[0] == Token("Do", "do", "AUX", "VB", {"Mood": "Imp", "VerbForm": "Fin"}, 3, "aux")
    assert (first.sent_id, first.document) == ("story-1", "story")
    assert second == TreebankSentence("2", "2", (Token("Yes", "yes", "INTJ", "UH", {}, 0, "root"),))


def test_windows_line_ends_and_a_missing_last_blank_line_change_nothing(tmp_path: Path) -> None:
    expected = read_conllu(write(tmp_path, GOOD))
    path = tmp_path / "windows.conllu"
    path.write_bytes(GOOD.rstrip("\n").replace("\n", "\r\n").encode())
    assert read_conllu(path) == expected


def test_the_first_ten_columns_of_conllulex_are_read(tmp_path: Path) -> None:
    path = tmp_path / "streusle.conllulex"
    rows = [line + "\t_" * 9 if "\t" in line else line for line in GOOD.split("\n")]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert read_conllu(path) == read_conllu(write(tmp_path, GOOD))
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(DataError, match="expected 19 columns separated by TAB, found 10"):
        read_conllu(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1\ta\ta\n", "line 1: sentence 1: expected 10 columns separated by TAB, found 3"),
        ("# sent_id = s7\n" + row().replace("\t", " "), "line 2: sentence s7: expected 10 columns .* found 1"),
        (row() + row("3"), "line 2: sentence 1: expected the word id 2, found '3'"),
        (row("0"), "line 1: sentence 1: expected the word id 1, found '0'"),
        (row("01"), "found '01'"),
        (row("x"), "found 'x'"),
        (row(form=""), "line 1: .* word 1 has an empty FORM"),
        (row(head="2"), r"word 1 \(a\) has the head '2'; expected a number from 0 \(root\) to 1"),
        (row(head="-1"), "has the head '-1'"),
        (row(head="_"), "has the head '_'"),
        (row(head="²"), "has the head '²'"),
        (row(head="9" * 5000), "has the head '999"),
        (row(feats="Number"), "malformed FEATS 'Number'; expected Name=Value pairs"),
        (row(feats="Number=Sing|"), "malformed FEATS 'Number=Sing|'"),
        (row(feats="A=1|A=2"), "FEATS 'A=1|A=2' gives A twice"),
        (row() + row("2"), r"line 2: .* words \[1, 2\] all have head 0; expected exactly one root"),
        (row() + row("2", head="2"), "line 2: .* word 2 is its own ancestor"),
        (row() + row("2", head="3") + row("3", head="2"), "line [23]: .* heads form a cycle"),
        (row(head="2") + row("2", head="1"), "heads form a cycle"),
        (row() + "# sent_id = b\n" + row(), "line 2: .* a comment inside a sentence; expected a blank line"),
        (row() + "\n# text = nothing\n\n", "line 3: sentence 2: a blank line comes before the first word"),
        ("1-2\tab" + "\t_" * 8 + "\n\n" + row(), "line 1: .* a blank line comes before the first word"),
        ("", "holds no CoNLL-U sentences; expected at least one"),
        ("\n\n", "holds no CoNLL-U sentences"),
    ],
)
def test_a_malformed_file_names_file_line_and_problem(tmp_path: Path, text: str, problem: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=problem.replace("|", r"\|")) as caught:
        read_conllu(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@st.composite
def trees(draw: st.DrawFn) -> list[int]:
    """Heads of a random tree: the words in a random order, each hung below an earlier one."""
    order = draw(st.permutations(range(1, draw(st.integers(1, 12)) + 1)))
    heads = dict.fromkeys(order, 0)
    for i, word in enumerate(order[1:], 1):
        heads[word] = order[draw(st.integers(0, i - 1))]
    return [heads[word] for word in sorted(order)]


FORMS = st.text(st.characters(exclude_characters="\0\t\n\r", exclude_categories=["Cs"]), min_size=1)
NAMES = st.text("ABCabc[]", min_size=1, max_size=4)


@settings(max_examples=40)
@given(st.lists(st.tuples(trees(), st.data()), min_size=1, max_size=3))
def test_any_treebank_survives_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[tuple[list[int], st.DataObject]]
) -> None:
    expected, lines = [], []
    for number, (heads, data) in enumerate(sentences, 1):
        tokens = []
        lines.append(f"# sent_id = s{number}")
        for position, head in enumerate(heads, 1):
            feats = data.draw(st.dictionaries(NAMES, NAMES, max_size=2))
            token = Token(data.draw(FORMS), "l", "NOUN", "NN", feats, head, "dep")
            tokens.append(token)
            raw = "|".join(f"{name}={value}" for name, value in feats.items()) or "_"
            lines.append(f"{position}\t{token.form}\tl\tNOUN\tNN\t{raw}\t{head}\tdep\t_\t_")
        lines.append("")
        expected.append(TreebankSentence(f"s{number}", "", tuple(tokens)))
    path = tmp_path_factory.mktemp("bank") / "bank.conllu"
    path.write_bytes("\n".join(lines).encode())
    assert read_conllu(path) == expected


@settings(max_examples=40)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=6))
def test_exactly_the_trees_are_accepted(tmp_path_factory: pytest.TempPathFactory, heads: list[int]) -> None:
    path = write(tmp_path_factory.mktemp("heads"), "".join(row(str(i), head=str(h)) for i, h in enumerate(heads, 1)))

    def reaches_root(word: int) -> bool:
        for _ in heads:
            word = heads[word - 1]
            if word == 0:
                return True
        return False

    in_range = max(heads) <= len(heads)
    if in_range and heads.count(0) == 1 and all(reaches_root(word) for word in range(1, len(heads) + 1)):
        assert [token.head for token in read_conllu(path)[0].tokens] == heads
    else:
        with pytest.raises(DataError):
            read_conllu(path)


def test_real_trees_equal_those_of_the_conllu_library(data_folder: Path) -> None:
    path = data_folder / "ud" / "en_ewt-ud-dev.conllu.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        reference = conllu.parse(
            "".join(line for _, line in zip(range(2500), stream, strict=False)).rpartition("\n\n")[0]
        )
    ours = read_conllu(path)[: len(reference)]
    assert len(ours) == len(reference) > 50
    for mine, theirs in zip(ours, reference, strict=True):
        words = theirs.filter(id=lambda i: isinstance(i, int))
        assert mine.sent_id == theirs.metadata["sent_id"]
        assert mine.tokens == tuple(
            Token(w["form"], w["lemma"], w["upos"], w["xpos"], w["feats"] or {}, w["head"], w["deprel"]) for w in words
        )
