"""The part of the extractor contract about vectors: shapes, independence of neighbours and order, edge cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedbench.extractors.contract_subject import UNUSUAL_WORDS, Outcome, Subject
from embedbench.types import Alignment, Corpus, Sentence


def shape(subject: Subject) -> Outcome:
    """One vector per word, layer and dimension."""
    return True, f"{subject.together.values.shape} (words, layers, dim)"


def dtype(subject: Subject) -> Outcome:
    """Floating-point values."""
    kind = subject.together.values.dtype
    return bool(np.issubdtype(kind, np.floating)), str(kind)


def finite(subject: Subject) -> Outcome:
    """No NaN and no infinity."""
    is_finite = np.isfinite(subject.together.values).all(axis=(1, 2))
    if is_finite.all():
        return True, "no NaN, no infinity"
    position = int(np.flatnonzero(~is_finite)[0])
    return False, f"the vector of word {position} ({subject.words[position]!r}) is not finite"


def alignment(subject: Subject) -> Outcome:
    """Positions are sorted, distinct and in range."""
    return _alignment_outcome(subject.together.alignment, len(subject.together.values))


def twice(subject: Subject) -> Outcome:
    """The second call gives the same bits, and no call writes into an earlier answer: a store may still read that."""
    before = subject.together.values.tobytes()
    subject.extract(subject.sentences[:1])
    if subject.together.values.tobytes() != before:
        return False, "another call wrote into the first answer; give a new array every time"
    same = before == subject.extract(subject.sentences).values.tobytes()
    return same, "bitwise equal" if same else "the second call gave other bits"


def one_at_a_time(subject: Subject) -> Outcome:
    """Sentences extracted alone get the vectors and the alignment that they get together."""
    alone = [subject.extract([sentence]) for sentence in subject.sentences]
    starts = Corpus.of(subject.sentences).offsets[:-1]
    for kind in subject.together.alignment.counts():
        shifted = [getattr(words.alignment, kind) + start for words, start in zip(alone, starts, strict=True)]
        if not np.array_equal(np.concatenate(shifted), getattr(subject.together.alignment, kind)):
            return False, f"the alignment names other words as {kind} when sentences come one at a time"
    return subject.distance(np.concatenate([words.values for words in alone]), subject.together.values)


def shuffled(subject: Subject) -> Outcome:
    """Another order of the sentences gives the same vectors."""
    order = np.random.default_rng(0).permutation(len(subject.sentences)).tolist()
    got = subject.extract([subject.sentences[i] for i in order]).values
    starts = Corpus.of(subject.sentences).offsets
    expected = np.concatenate([subject.together.values[starts[i] : starts[i + 1]] for i in order])
    return subject.distance(got, expected)


def neighbours(subject: Subject) -> Outcome:
    """A much longer neighbour, which forces a batching backend to pad, changes nothing."""
    longest = max(subject.sentences, key=len)
    neighbour = longest if subject.is_closed else longest * 4
    starts = Corpus.of(subject.sentences).offsets
    got = [subject.extract([neighbour, sentence]).values[len(neighbour) :] for sentence in subject.sentences]
    passed, detail = subject.distance(np.concatenate(got), subject.together.values)
    return passed, f"{detail}; {len(starts) - 1} sentences, each beside one of {len(neighbour)} words"


def duplicates(subject: Subject) -> Outcome:
    """Equal sentences within one call get equal vectors."""
    first = subject.sentences[0]
    values = subject.extract([first, *subject.sentences[1:4], first]).values
    return subject.distance(values[-len(first) :], values[: len(first)])


def no_sentences(subject: Subject) -> Outcome:
    """No sentences give no words, with layers and dimensions as always."""
    return True, f"shape {subject.extract([]).values.shape}"


def empty_sentence(subject: Subject) -> Outcome:
    """A sentence without words, alone or among others, gives no vectors and changes none."""
    subject.extract([()])
    first, *others = subject.sentences
    return subject.distance(subject.extract([(), first, (), *others, ()]).values, subject.together.values)


def long_word(subject: Subject) -> Outcome:
    """A word of 1,000 characters gets a vector."""
    return _survives(subject, [("a", "x" * 1000, "b"), ("\N{CJK UNIFIED IDEOGRAPH-8A9E}" * 1000,)])


def long_sentence(subject: Subject) -> Outcome:
    """Every word of a sentence of 600 words gets a vector."""
    words = ("the", "bank", "of", "the", "river", "near", "the", "old", "town", "is", "deep", "and")
    return _survives(subject, [words * 50, ("short",)])


def unusual_words(subject: Subject) -> Outcome:
    """Invisible, combining, right-to-left and other unusual words get vectors, together and alone."""
    return _survives(subject, [UNUSUAL_WORDS, *((word,) for word in UNUSUAL_WORDS)])


def context_free_layer(subject: Subject) -> Outcome:
    """Layer 0 of a word is the same everywhere; position embeddings make it differ, so this is only reported."""
    layer = subject.together.values[:, :1]
    first: dict[str, int] = {}
    # Each word is compared with its first occurrence.
    firsts = np.array([first.setdefault(word, position) for position, word in enumerate(subject.words)])
    repeated = np.flatnonzero(firsts != np.arange(len(firsts)))
    if not len(repeated):
        return True, "no word occurs twice in these sentences"
    passed, detail = subject.distance(layer[repeated], layer[firsts[repeated]])
    return passed, detail if passed else f"a word's layer 0 depends on its place: {detail}"


def _survives(subject: Subject, sentences: Sequence[Sentence]) -> Outcome:
    if subject.is_closed:
        return True, "not asked: it knows only sentences of its own"
    words = subject.extract(sentences)
    if not np.isfinite(words.values).all():
        return False, "a vector is not finite"
    return _alignment_outcome(words.alignment, len(words.values))


def _alignment_outcome(found: Alignment, n_words: int) -> Outcome:
    for kind in found.counts():
        positions = getattr(found, kind)
        if len(positions) and (positions.min() < 0 or positions.max() >= n_words):
            return False, f"{kind} names positions outside the {n_words} words: {positions.tolist()[:5]}"
        if (np.diff(positions) <= 0).any():
            return False, f"{kind} is not sorted or repeats positions: {positions.tolist()[:5]}"
    return True, ", ".join(f"{n} {kind}" for kind, n in found.counts().items() if n) or "every word has its own vector"
