"""The extractor contract: what every backend keeps, checked on any backend, also one outside this repository."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from embedbench.extractors import contract_description, contract_vectors
from embedbench.extractors.contract_subject import Outcome, Subject
from embedbench.promises import CheckResult, Promise, ask_all
from embedbench.types import Sentence

TOLERANCE = 1e-4
"""Largest distance of two versions of a vector, relative to its norm. Rounding in float32 stays far below it; padding
that leaks into attention, or statistics over a batch, are far above."""


Check = Callable[[Subject], Outcome]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("name, layer names, dim and fingerprint have their types", contract_description.description),
    ("its options are a Hydra configuration that builds it again", contract_description.config_round_trip),
    ("the fingerprint is the same when it is built again", contract_description.stable_fingerprint),
    ("it can be pickled", contract_description.pickles),
    ("one vector per word, layer and dimension", contract_vectors.shape),
    ("floating-point values", contract_vectors.dtype),
    ("finite values", contract_vectors.finite),
    ("alignment positions are sorted, distinct and in range", contract_vectors.alignment),
    ("twice gives the same bits", contract_vectors.twice),
    ("one sentence at a time equals all together", contract_vectors.one_at_a_time),
    ("another order gives the same vectors", contract_vectors.shuffled),
    ("other neighbours give the same vectors", contract_vectors.neighbours),
    ("equal sentences get equal vectors", contract_vectors.duplicates),
    ("no sentences give no words", contract_vectors.no_sentences),
    ("empty sentences change nothing", contract_vectors.empty_sentence),
    ("a word of 1,000 characters", contract_vectors.long_word),
    ("a sentence of 600 words", contract_vectors.long_sentence),
    ("unusual Unicode", contract_vectors.unusual_words),
    ("layer 0 does not depend on context", contract_vectors.context_free_layer),
)
"""Every promise with its check, in the order in which a broken backend is best understood."""

_REPORTED_ONLY = (contract_vectors.context_free_layer,)

PREPARATION = "there are sentences to try it on, and it can be fitted on them if it must be"
"""Asked before all others."""


def check_extractor(
    extractor: Any, sentences: Sequence[Sentence] | None = None, *, tolerance: float = TOLERANCE
) -> list[CheckResult]:
    """One result per promise of the extractor contract. Never raises: an error in the backend is a failed check.

    Args:
        extractor: the backend. One that must see the training words first is fitted on the sentences.
        sentences: what to extract. By default ordinary sentences; of a backend that knows only certain sentences,
            as its method `known_sentences` says, some of those.
        tolerance: largest distance of two versions of a vector, relative to its norm.
    """
    try:
        subject = Subject.of(extractor, sentences, tolerance)
    except Exception as error:  # whatever a backend throws is a finding
        return [CheckResult(PREPARATION, False, f"{type(error).__name__}: {error}")]
    promises = [Promise(name, check, check not in _REPORTED_ONLY) for name, check in CHECKS]
    return [CheckResult(PREPARATION, True, f"{len(subject.sentences)} sentences"), *ask_all(promises, subject)]
