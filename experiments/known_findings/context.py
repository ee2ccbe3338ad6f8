"""What a contextual model adds: to a static one, to one with random weights."""

from __future__ import annotations

from collections.abc import Iterable

from evidence import BILM, LARGE, STATIC, Evidence
from lexical import ambiguous, split_of, words_of_targets
from verdict import Line, at_least, invariant, reported

from embedbench.types import Split

STATIC_ORACLE = 94.05
"""The UPOS accuracy on EWT's test split of the best answer per word type: no static probe can pass it."""


def contextual_above_static(e: Evidence) -> Iterable[Line]:
    """1. Contextual above static on parts of speech, most of all for ambiguous words (Liu et al. 2019)."""
    best, static = (LARGE, e.best_layer(LARGE, "upos")), (STATIC, "single:0")
    yield at_least(1, "upos: best MiniLM layer − word2vec ≥ 4 points", e.difference("upos", best, static), 4)
    mask = ambiguous(e.record(LARGE, "upos"), "upos")
    yield at_least(
        1, f"the same, {mask.mean():.1%} ambiguous targets, ≥ 10", e.difference("upos", best, static, mask), 10
    )
    words = words_of_targets(split_of(e.record(STATIC, "upos"), "upos", Split.TEST))
    rows = e.predictions("upos", STATIC, "single:0")
    answers = {(seed, word): set() for seed in range(len(rows)) for word in set(words)}
    for seed, row in enumerate(rows):
        for word, label in zip(words, row.tolist(), strict=True):
            answers[seed, word].add(label)
    several = sum(len(found) > 1 for found in answers.values())
    yield invariant(
        1, "a static probe answers the same at every occurrence of a word", f"{several} words", several == 0
    )
    value = 100 * e.score(STATIC, "upos", "single:0").value
    yield invariant(1, f"and stays below the oracle per type, {STATIC_ORACLE}", f"{value:.1f}", value <= STATIC_ORACLE)


def random_contextualisation(e: Evidence) -> Iterable[Line]:
    """5. Trained above random upper layers above the lexical layer; wholly random far below (Tenney et al. 2019a)."""
    trained, lexical = (BILM, "scalar"), (BILM, "single:0")
    upper, wholly = ("small_bilm_random_upper", "scalar"), ("small_bilm_random", "scalar")
    yield at_least(5, "deprel: trained − random upper layers > 0", e.difference("deprel", trained, upper), 0)
    over = e.difference("deprel", upper, lexical)
    yield at_least(5, "deprel: random upper layers − lexical layer > 0", over, 0)
    # Published for parts of speech (Liu et al. 2019: 77.1 and 56.0); an arc's label also asks for order, which random
    # LSTMs carry.
    below = e.difference("upos", lexical, ("small_bilm_random", "single:1"))
    yield at_least(5, "upos: lexical layer − layer 1 of the wholly random > 0", below, 0)
    yield reported(5, "deprel: lexical layer − mix of the wholly random", str(e.difference("deprel", lexical, wholly)))
    closed = 100 * over.value / e.difference("deprel", trained, lexical).value
    yield reported(5, "share of the gap that random layers close (published: 9–44 %)", f"{closed:.0f} %")
