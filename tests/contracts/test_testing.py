"""`embedbench.testing` makes the contract a test per promise in anybody's test suite."""

from __future__ import annotations

import pytest

from embedbench.errors import ConfigurationError
from embedbench.extractors.contract import CHECKS, PREPARATION
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.tasks.contract import PROMISES, Check, check_task
from embedbench.tasks.tagging import Upos
from embedbench.testing import contract_test

GRAMMAR = {"train": "grammar:train:60:5", "dev": "grammar:dev:30:5", "test": "grammar:test:30:5"}


@contract_test("extractor")
def test_an_extractor(tmp_path):
    assert tmp_path.is_dir()
    return RandomVectors(size=3)


@contract_test("task")
def test_a_task():
    return Upos(files=GRAMMAR)


def test_there_is_a_test_for_every_promise_in_order():
    [mark] = [mark for mark in test_an_extractor.pytestmark if mark.name == "parametrize"]
    assert mark.args == ("promise", (PREPARATION, *(name for name, _ in CHECKS)))
    asked = [check.name for check in check_task(Upos(files=GRAMMAR)) if not check.name.startswith("report")]
    assert tuple(asked) == PROMISES


def test_a_broken_promise_fails_its_test_and_no_other():
    class Backwards(RandomVectors):
        def extract(self, sentences):
            return super().extract(list(sentences)[::-1])

    @contract_test("extractor")
    def test():
        return Backwards(size=3)

    test(promise="finite values")
    with pytest.raises(pytest.fail.Exception, match="another order gives the same vectors: largest relative distance"):
        test(promise="another order gives the same vectors")


def test_what_could_not_be_asked_is_skipped_by_name(monkeypatch):
    unread = [Check("the metadata is complete", True, ""), Check(PROMISES[1], False, "there is nothing here")]
    monkeypatch.setattr("embedbench.tasks.contract.check_task", lambda _: unread)

    @contract_test("task")
    def test():
        return Upos(files=GRAMMAR)

    with pytest.raises(pytest.fail.Exception, match="there is nothing here"):
        test(promise=PROMISES[1])
    with pytest.raises(pytest.skip.Exception, match="earlier promise"):
        test(promise="targets exist")


def test_a_contract_that_does_not_exist_is_refused():
    with pytest.raises(ConfigurationError, match="extractor, task, probe, mix, metric"):
        contract_test("extractors")
