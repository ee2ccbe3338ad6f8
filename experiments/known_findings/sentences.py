"""What a bag of word vectors holds of a sentence: its words, not their order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from evidence import LARGE, STATIC, Evidence
from verdict import Effect, Line, at_least, invariant, not_below, reported


def bigram_shift(e: Evidence) -> Iterable[Line]:
    """8. A bag of static vectors cannot see swapped words; a contextual middle layer can (Conneau et al. 2018)."""
    static = e.score(STATIC, "bigram_shift", "single:0")
    width = 100 * 2.58 * np.sqrt(0.25 / static.n)
    holds = abs(100 * static.value - 50) <= width
    yield invariant(8, f"word2vec within 50 ± {width:.1f} (99 %, binomial)", f"{100 * static.value:.1f}", holds)
    best = e.best_layer(LARGE, "bigram_shift")
    yield at_least(8, f"MiniLM's {best} ≥ 65", Effect.of_score(e.score(LARGE, "bigram_shift", best)), 65)
    yield at_least(8, "and − its layer 0 > 0", e.difference("bigram_shift", (LARGE, best), (LARGE, "single:0")), 0)


def word_content(e: Evidence) -> Iterable[Line]:
    """9. Word content is best kept by bags of static vectors, and is lost with depth (Conneau et al. 2018)."""
    task, last = "word_content", f"single:{len(e.record(LARGE, 'word_content').layer_names) - 1}"
    static = e.difference(task, (STATIC, "single:0"), (LARGE, "single:0"))
    yield not_below(9, "word2vec − MiniLM layer 0 ≥ −2", static, -2)
    yield at_least(9, "MiniLM layer 0 − last ≥ 10", e.difference(task, (LARGE, "single:0"), (LARGE, last)), 10)
    yield reported(9, "one-hot, the ceiling", f"{100 * e.score('one_hot', task, 'single:0').value:.1f}")
    for size in (128, 384, 1024):
        value = e.score(f"random_{size}", task, "single:0").value
        yield reported(
            9, f"why: random vectors of {size} dimensions (word2vec has 128, MiniLM 384)", f"{100 * value:.1f}"
        )
    alone = e.difference(task, ("minilm_alone", "single:0"), (LARGE, "single:0"))
    yield reported(9, "why: a static table of as many dimensions (layer 0 of every word alone) − layer 0", str(alone))
    published = e.score("word2vec_googlenews", task, "single:0").value
    yield reported(9, "why: the published word2vec, 300 dimensions", f"{100 * published:.1f}")
    if not e.more.exists():
        return
    more = Evidence(e.more)
    static = more.difference(task, (STATIC, "single:0"), (LARGE, "single:0"))
    n = more.record(STATIC, task).alignment["train"]["words"]
    yield reported(9, f"why: the same, trained on {n:,} words of books", str(static))
    for name, layer in ((STATIC, 0), (LARGE, 0), (LARGE, 6), ("one_hot", 0)):
        value = more.score(name, task, f"single:{layer}").value
        yield reported(9, f"why: {name} layer {layer} there", f"{100 * value:.1f}")
