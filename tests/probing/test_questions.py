"""Several questions about the same spans: one probe each, one column of answers."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from embedbench.errors import ContractError
from embedbench.mixing import Single
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.probes import Linear
from embedbench.probing.questions import answers, asked_once, control_columns, joined, label_columns
from embedbench.probing.trainer import train_members
from embedbench.scoring.baselines import by_question, majority
from embedbench.types import ArrayVectors, Corpus, Split, TaskSplit, control_of

QUESTIONS = ("alive", "big", "noise")


def _planted(n: int, seed: int) -> tuple[TaskSplit, ArrayVectors]:
    """Question 0 is answered by dimension 0, question 1 by dimension 1 the other way round, question 2 by nothing."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, 1, 4)).astype(np.float32)
    corpus = Corpus.of([[f"w{i}"] for i in range(n)])
    spans = np.repeat(np.stack([np.arange(n), np.arange(1, n + 1)], axis=-1)[:, None, :], 3, axis=0)
    truth = np.stack([values[:, 0, 0] > 0, values[:, 0, 1] < 0, rng.random(n) < 0.5], axis=1)
    split = TaskSplit(
        corpus, spans, truth.astype(np.int64).ravel(), np.repeat(np.arange(n), 3), np.array(QUESTIONS * n)
    )
    return split, ArrayVectors(values)


def test_every_question_has_its_own_probe_and_the_answers_come_back_in_place() -> None:
    (train, train_vectors), (test, test_vectors) = _planted(600, 0), _planted(400, 1)
    members = [Member(Single(0), Linear(), question, seed) for question in QUESTIONS for seed in (0, 1)]
    data = [
        ProbeData(vectors, asked_once(split), label_columns(split))
        for split, vectors in ((train, train_vectors), (test, test_vectors))
    ]
    trained = train_members(*data, members, dict.fromkeys(QUESTIONS, 2), Training(min_updates=300))
    answered = answers(test, members, trained.predict(data[1]))
    assert list(answered) == [("task", "single:0", 0), ("task", "single:0", 1)]
    for column in answered.values():
        right = (column == test.labels).reshape(-1, 3).mean(axis=0)
        assert right[:2].min() > 0.95
        assert abs(right[2] - 0.5) < 0.1


def test_a_baseline_answers_question_by_question() -> None:
    split, _ = _planted(50, 0)
    labels = np.tile([1, 0, 1], 50)
    split = dataclasses.replace(split, labels=labels)
    assert by_question(majority, split, split).tolist() == labels.tolist()
    one = dataclasses.replace(split, questions=None)
    assert by_question(majority, one, one).tolist() == [1] * 150


def test_a_task_with_one_question_stays_as_it_is() -> None:
    split, _ = _planted(5, 0)
    plain = dataclasses.replace(split, questions=None)
    assert asked_once(plain) is plain
    assert list(label_columns(plain)) == ["task"]


def test_questions_about_other_spans_are_refused() -> None:
    split, _ = _planted(5, 0)
    questions = np.array([*QUESTIONS * 4, "alive", "big", "big"])
    with pytest.raises(ContractError, match="question 'big' is not asked about the same spans as 'alive'"):
        label_columns(dataclasses.replace(split, questions=questions))


def test_every_question_draws_its_own_control_label_per_word_type() -> None:
    (train, _), (test, _) = _planted(600, 0), _planted(400, 1)
    control = control_columns({Split.TRAIN: train, Split.TEST: test}, 2, 0)
    names = [control_of(question) for question in QUESTIONS]
    assert list(control[Split.TRAIN]) == names
    # Word i of both corpora is of the same type.
    for name in names:
        np.testing.assert_array_equal(control[Split.TRAIN][name][:400], control[Split.TEST][name])
    for name, other in itertools.combinations(names, 2):
        agreement = (control[Split.TRAIN][name] == control[Split.TRAIN][other]).mean()
        assert 0.4 < agreement < 0.6, "questions must not share their draws"
    whole = joined(test, {**label_columns(test), **control[Split.TEST]})
    np.testing.assert_array_equal(whole["task"], test.labels)
    np.testing.assert_array_equal(whole["control"].reshape(-1, 3).T, [control[Split.TEST][name] for name in names])


def test_control_answers_come_back_beside_those_of_the_task() -> None:
    split, _ = _planted(4, 0)
    members = [Member(Single(0), Linear(), name, 0) for name in (*QUESTIONS, *map(control_of, QUESTIONS))]
    answered = answers(split, members, np.arange(24).reshape(6, 4))
    assert answered["task", "single:0", 0].tolist() == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]
    assert answered["control", "single:0", 0].tolist() == [12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23]
