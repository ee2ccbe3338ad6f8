"""The contract finds what is wrong with a backend, names it, and never crashes itself."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from embedbench.extractors.contract import CHECKS, CheckResult, check_extractor
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.types import Alignment, LayeredWords, Sentence

_built = itertools.count()


@dataclass(frozen=True)
class Sound:
    """A backend that keeps the contract; the broken ones below change one thing."""

    name: str = "sound"
    size: int = 4
    layer_names = ("table", "above")

    @property
    def dim(self) -> int:
        return self.size

    @property
    def fingerprint(self) -> str:
        return f"sound-{self.size}"

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        values = RandomVectors(size=self.size).extract(sentences).values
        return LayeredWords(np.concatenate([values, 2 * values], axis=1))


class LeaksNeighbours(Sound):
    def extract(self, sentences):
        words = super().extract(sentences)
        # Statistics over the whole batch, as a batch normalisation would take them.
        return replace(words, values=words.values - 0.01 * words.values.mean(axis=0, keepdims=True))


class DependsOnPosition(Sound):
    def extract(self, sentences):
        words = super().extract(sentences)
        places = np.array([place for sentence in sentences for place in range(len(sentence))], np.float32)
        return replace(words, values=words.values + places[:, None, None])


class SortsSentences(Sound):
    def extract(self, sentences):
        return super().extract(sorted(sentences, key=len))


class DropsEmptySentences(Sound):
    def extract(self, sentences):
        if () in sentences:
            sentences = [sentence or ("",) for sentence in sentences]
        return super().extract(sentences)


class DiffersEveryTime(Sound):
    def extract(self, sentences):
        words = super().extract(sentences)
        return replace(words, values=words.values + np.float32(1e-6 * next(_built)))


class GivesNaN(Sound):
    def extract(self, sentences):
        words = super().extract(sentences)
        bad = [i for i, word in enumerate(w for s in sentences for w in s) if word == "river"]
        words.values[bad] = np.nan
        return words


class GivesIntegers(Sound):
    def extract(self, sentences):
        words = super().extract(sentences)
        object.__setattr__(words, "values", (words.values * 100).astype(np.int64))
        return words


class Truncates(Sound):
    def extract(self, sentences):
        return super().extract([sentence[:512] for sentence in sentences])


class CrashesOnLongWords(Sound):
    def extract(self, sentences):
        if any(len(word) > 50 for sentence in sentences for word in sentence):
            raise KeyError("too long")
        return super().extract(sentences)


class CannotTakeNothing(Sound):
    def extract(self, sentences):
        if not sentences:
            raise ValueError("need at least one array to concatenate")
        return super().extract(sentences)


class WrongAlignment(Sound):
    def extract(self, sentences):
        words = super().extract(sentences)
        return replace(words, alignment=Alignment(windowed=np.array([len(words.values)], np.int64)))


class OneVectorTooFew(Sound):
    def extract(self, sentences):
        words = super().extract(sentences)
        return replace(words, values=words.values[1:])


class GivesAnArray(Sound):
    def extract(self, sentences):
        return super().extract(sentences).values


class ListOfLayerNames(Sound):
    layer_names = ["table", "above"]  # noqa: RUF012 — that is what is wrong with it


@dataclass(frozen=True)
class FingerprintOfTheObject(Sound):
    token: int = field(default_factory=lambda: next(_built), init=False)

    @property
    def fingerprint(self) -> str:
        return f"sound-{self.token}"


@dataclass(frozen=True)
class CannotBePickled(Sound):
    function: Any = field(default_factory=lambda: lambda: None, init=False)


class NotADataclass:
    name, layer_names, dim, fingerprint = "plain", ("table",), 3, "plain"

    def extract(self, sentences):
        return RandomVectors(size=3).extract(sentences)


def failed(results: list[CheckResult]) -> dict[str, str]:
    return {result.name: result.detail for result in results if result.failed}


def test_a_sound_backend_passes_everything() -> None:
    results = check_extractor(Sound())
    assert not failed(results)
    assert len(results) == len(CHECKS) + 1
    assert all(result.passed for result in results)


@pytest.mark.parametrize(
    ("backend", "check", "detail"),
    [
        (LeaksNeighbours(), "one sentence at a time equals all together", "largest relative distance"),
        (LeaksNeighbours(), "other neighbours give the same vectors", "allowed 1e-04, at word"),
        (SortsSentences(), "another order gives the same vectors", "largest relative distance"),
        (DropsEmptySentences(), "empty sentences change nothing", "expected vectors of shape (0, 2, 4)"),
        (DiffersEveryTime(), "twice gives the same bits", "other bits"),
        (GivesNaN(), "finite values", "'river') is not finite"),
        (GivesNaN(), "one sentence at a time equals all together", "nan"),
        (GivesIntegers(), "floating-point values", "int64"),
        (
            Truncates(),
            "a sentence of 600 words",
            "expected vectors of shape (601, 2, 4) (words, layers, dim), got (513",
        ),
        (CrashesOnLongWords(), "a word of 1,000 characters", "KeyError: 'too long'"),
        (CannotTakeNothing(), "no sentences give no words", "ValueError: need at least one array"),
        (WrongAlignment(), "alignment positions are sorted, distinct and in range", "windowed names positions outside"),
        (OneVectorTooFew(), "one vector per word, layer and dimension", "expected vectors of shape (82, 2, 4)"),
        (GivesAnArray(), "one vector per word, layer and dimension", "extract gave a ndarray; expected LayeredWords"),
        (ListOfLayerNames(), "name, layer names, dim and fingerprint have their types", "expected a tuple of strings"),
        (Sound(size=0), "name, layer names, dim and fingerprint have their types", "dim is 0; expected a positive"),
        (Sound(name=""), "name, layer names, dim and fingerprint have their types", "name is ''"),
        (FingerprintOfTheObject(), "the fingerprint is the same when it is built again", "when built again"),
        (FingerprintOfTheObject(), "its options are a Hydra configuration that builds it again", "became sound-"),
        (CannotBePickled(), "it can be pickled", "Can't pickle"),
        (NotADataclass(), "its options are a Hydra configuration that builds it again", "NotADataclass is not a datac"),
        (object(), "name, layer names, dim and fingerprint have their types", "object lacks name, layer_names, dim"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else None,
)
def test_a_broken_backend_is_found(backend: Any, check: str, detail: str) -> None:
    broken = failed(check_extractor(backend))
    assert check in broken
    # A message may be wrapped by the type checker of the tests; what was wrong is in it all the same.
    assert detail.lower() in broken[check].lower()


def test_position_embeddings_are_reported_not_failed() -> None:
    (result,) = (r for r in check_extractor(DependsOnPosition()) if "layer 0" in r.name)
    assert not result.passed
    assert not result.failed
    assert "layer 0 depends on its place: largest relative distance" in result.detail


def test_a_known_small_difference_is_measured_and_the_tolerance_counts() -> None:
    class Rounds(Sound):
        def extract(self, sentences):
            words = super().extract(sentences)
            scale = np.float32(1 + 1e-3 * (len(sentences) == 1))
            return replace(words, values=words.values * scale)

    check = "one sentence at a time equals all together"
    assert "largest relative distance 1.0e-03" in failed(check_extractor(Rounds()))[check]
    assert check not in failed(check_extractor(Rounds(), tolerance=2e-3))


def test_a_backend_that_cannot_be_fitted_gives_one_finding() -> None:
    class CannotBeFitted(Sound):
        def fitted(self, train):
            raise RuntimeError("no words")

    (result,) = check_extractor(CannotBeFitted())
    assert (result.failed, result.detail) == (True, "RuntimeError: no words")


def test_no_sentence_to_try_is_a_finding() -> None:
    (result,) = check_extractor(Sound(), [()])
    assert result.failed
    assert "no sentence with a word" in result.detail


def test_sentences_of_the_caller_are_used() -> None:
    results = {r.name: r.detail for r in check_extractor(Sound(), [("x", "y"), ("z",)])}
    assert results["one vector per word, layer and dimension"] == "(3, 2, 4) (words, layers, dim)"
    assert results["layer 0 does not depend on context"] == "no word occurs twice in these sentences"
