"""Targets that ask what an earlier one asks: counted by hand, for every shape of task."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedbench.tasks.contract import check_task
from embedbench.tasks.repeats import Repeats, repeats
from embedbench.tasks.tagging import Upos
from embedbench.tasks.word_similarity import WordSimilarity
from embedbench.types import Corpus, Split, TaskKind, TaskSplit

YES = "1\tYes\tyes\t{}\t_\t_\t0\troot\t_\t_\n\n"
LONG = "".join(f"{i}\tw{i}\tw{i}\t{{}}\t_\t_\t{max(i - 1, 0)}\tdep\t_\t_\n" for i in range(1, 6)) + "\n"


def _words(labels, questions=None, lemmas=None) -> TaskSplit:
    """The word b of four sentences; the second and the fourth are those of the first."""
    corpus = Corpus.of([["a", "b"], ["a", "b"], ["a", "b", "c"], ["a", "b"]])
    starts = corpus.offsets[:-1] + 1
    spans = np.stack([starts, starts + 1], axis=-1)[:, None]
    return TaskSplit(corpus, spans, np.array(labels), np.arange(4), questions, lemmas)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 0, 1, 0], Repeats(2, 2, 0)),
        ([0, 0, 0, 1], Repeats(2, 2, 1)),
        ([1, 0, 0, 0], Repeats(2, 2, 1)),
        ([0, 1, 0, 2], Repeats(2, 2, 2)),
        ([0.5, 0.5, 9.0, 0.25], Repeats(2, 2, 1)),
    ],
)
def test_a_repeated_target_contradicts_where_its_label_is_not_the_commonest(labels, expected) -> None:
    assert repeats(_words(labels), TaskKind.CLASSIFICATION, 2) == expected
    assert repeats(_words(labels), TaskKind.CLASSIFICATION, 3) == expected._replace(long=0)


def test_another_question_or_lemma_is_another_target() -> None:
    asked, lemmas = np.array(["x", "y", "x", "x"]), np.array(["b", "b", "b", "be"])
    assert repeats(_words([0, 1, 0, 1], asked), TaskKind.CLASSIFICATION, 2) == Repeats(1, 1, 1)
    assert repeats(_words([0, 1, 0, 1], asked, lemmas), TaskKind.CLASSIFICATION, 2) == Repeats(0, 0, 0)


def test_another_place_in_the_same_sentence_is_another_target() -> None:
    split = _words([0, 0, 0, 0])
    moved = split.spans.copy()
    moved[1] -= 1
    assert repeats(replace(split, spans=moved), TaskKind.CLASSIFICATION, 2) == Repeats(1, 1, 0)


@pytest.mark.parametrize("kind", [TaskKind.HEAD_SELECTION, TaskKind.TREE_DISTANCE, TaskKind.TREE_DEPTH])
def test_a_head_that_is_looked_for_is_an_answer_and_not_part_of_the_question(kind) -> None:
    corpus = Corpus.of([["a", "b"], ["a", "b"]])
    heads = np.array([1, 1, 2, 2])
    spans = np.stack([np.arange(4), np.arange(4) + 1, heads, heads + 1], axis=-1).reshape(4, 2, 2)
    split = TaskSplit(corpus, spans, np.zeros(4, np.int64), np.array([0, 0, 1, 1]))
    # Both words hang on b in the first sentence and on a in the second.
    assert repeats(split, kind, 2) == Repeats(2, 2, 2)
    assert repeats(split, TaskKind.CLASSIFICATION, 2) == Repeats(0, 0, 0)


def test_an_answer_that_is_looked_for_is_not_the_number_of_its_target() -> None:
    corpus = Corpus.of([["who", "?"], ["Ann", "saw", "Eve"], ["who", "?"], ["who", "?"]])
    passage, answers = (2, 5), [(2, 3), (4, 5), (2, 3)]
    questions = [(0, 2), (5, 7), (7, 9)]
    spans = np.array([(question, passage, answer) for question, answer in zip(questions, answers, strict=True)])
    split = TaskSplit(corpus, spans, np.arange(3), np.zeros(3, np.int64))
    assert repeats(split, TaskKind.POINTER, 2) == Repeats(2, 2, 1)


def test_the_report_counts_them_and_fails_nothing(tmp_path) -> None:
    test = YES.format("INTJ") * 2 + YES.format("NOUN") + LONG.format(*["X"] * 5) + LONG.format(*["X"] * 4, "Y")
    files = {"train": "grammar:train:30:5", "dev": "grammar:dev:10:5", "test": str(tmp_path / "test.conllu")}
    (tmp_path / "test.conllu").write_text(test, encoding="utf-8")
    checks = {check.name: check for check in check_task(Upos(files))}
    assert all(check.passed for check in checks.values())
    assert checks["report: repeated targets of test"].detail == (
        "7 of 13 (53.8%); in sentences of 5 words or more: 5; with contradictory labels: 2"
    )


def test_wordsim_353_asks_for_money_and_cash_twice(data_folder) -> None:
    """Finkelstein et al. (2002) have the pair with 9.08 and with 9.15."""
    split = WordSimilarity({"test": str(data_folder / "wordsim/EN-WS-353-ALL.txt")}).split(Split.TEST)
    assert repeats(split, TaskKind.SIMILARITY, 5) == Repeats(1, 0, 1)
