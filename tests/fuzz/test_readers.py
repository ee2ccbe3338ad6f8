"""A few hundred mutated files per reader; `python tests/fuzz --inputs 1000000` tries many more."""

from __future__ import annotations

import json

import pytest
from fuzzing import run, text_subjects, treebank_subjects
from fuzzing.subject import Subject, WrongValueError
from fuzzing.trial import Finding, trial
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedbench.errors import DataError

SUBJECTS = run.subjects()
INPUTS = 150
"""Of a fast reader; those with a smaller share get a share of it."""


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_every_input_is_read_rightly_or_refused_with_a_sentence(subject: Subject, tmp_path) -> None:
    inputs = max(len(subject.seeds()), round(INPUTS * min(1, subject.share) ** 2))
    total = run.Tally()
    for _, tally in run.try_inputs(subject, 0, 0, inputs, tmp_path / "work"):
        total.join(tally)
    assert not total.findings, run.table({subject.name: total})
    assert total.inputs == inputs
    assert total.accepted + total.refused == inputs


def test_the_first_valid_input_of_every_reader_is_accepted(tmp_path) -> None:
    """A harness in which everything is refused would find nothing."""
    refused = []
    for number, subject in enumerate(SUBJECTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        if subject.prepare:
            subject.prepare(folder)
        verdict = trial(subject, subject.input(0, 0, subject.seeds()), folder / subject.file)
        if verdict != "accepted":
            refused.append((subject.name, verdict))
    assert refused == [("gensim KeyedVectors", "refused")], "pickles alone are never read"


TEXTS = [*text_subjects.SUBJECTS, *(s for s in treebank_subjects.SUBJECTS if not s.finish)]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["0", "1", "-1", "_", "O", "B-X"]
)
LINES = st.lists(st.lists(FIELDS, max_size=11).map("\t".join), max_size=6).map(lambda lines: "\n".join(lines).encode())


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=st.binary(max_size=200) | LINES | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
@pytest.mark.parametrize("subject", TEXTS, ids=lambda subject: subject.name)
def test_no_text_at_all_brings_a_reader_down(subject: Subject, tmp_path, content: bytes) -> None:
    if subject.prepare:
        subject.prepare(tmp_path)
    verdict = trial(subject, content, tmp_path / subject.file)
    assert not isinstance(verdict, Finding), verdict


def wrong(read=lambda _path: 1, check=lambda _value, _content: None) -> Subject:
    return Subject("wrong", "a.txt", lambda: (b"x",), read, check, ())


def raising(error: BaseException):
    def read(_path):
        raise error

    return read


def endless(_path):
    while True:
        pass


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        (wrong(raising(KeyError("x"))), "other exception"),
        (wrong(raising(RecursionError())), "other exception"),
        (wrong(raising(MemoryError())), "memory"),
        (wrong(raising(DataError("nothing is said of where"))), "no file"),
        (wrong(raising(DataError(""))), "no sentence"),
        (wrong(check=lambda _value, _content: raising(WrongValueError("2 instead of 1"))(None)), "wrong value"),
        (wrong(endless), "hang"),
    ],
)
def test_what_a_reader_must_not_do_is_found(subject: Subject, kind: str, tmp_path) -> None:
    verdict = trial(subject, b"x", tmp_path / "a.txt", seconds=0.2)
    assert isinstance(verdict, Finding)
    assert verdict.kind == kind


def test_a_message_of_many_lines_is_one_line() -> None:
    assert str(DataError("a\nb\x1b[2J\u202e")) == "a\\nb\\x1b[2J\\u202e"
    long = str(DataError("w" * 10_000 + " is no word"))
    assert len(long) < 1_100
    assert long.endswith("w is no word")
