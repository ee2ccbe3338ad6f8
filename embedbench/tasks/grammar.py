"""A generative grammar of English with gold annotation, for runs without any data set.

Agreement over intervening phrases, relative and complement clauses, coordination, prepositional phrases, auxiliaries,
passives, questions, names of people, places and organisations, and words that are noun or verb, adjective or noun,
person or place. Every sentence comes with UPOS, XPOS, morphological features, a projective dependency tree with one
root in the style of UD English, and BIO entity tags.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from embedbench.data.conllu import Token, TreebankSentence
from embedbench.errors import ConfigurationError
from embedbench.fingerprint import fingerprint
from embedbench.tasks.grammar_clauses import Clauses
from embedbench.tasks.grammar_lexicon import lexicon, lexicon_text
from embedbench.tasks.grammar_phrases import Dice, Node
from embedbench.types import Split

VERSION = 1
"""Counts up whenever the same seed gives other sentences."""

SENTENCES = {Split.TRAIN: 2000, Split.DEV: 400, Split.TEST: 600}
"""How many sentences a spec gives that does not say."""

_PREFIX = "grammar:"
_DISJOINT = "disjoint"
_SEED = 13
_LENGTHS = range(3, 36)


@dataclass(frozen=True)
class GrammarSentence:
    """A sentence with its tree, and one BIO tag per word (PER, LOC, ORG)."""

    tree: TreebankSentence
    entities: tuple[str, ...]


@dataclass(frozen=True)
class _Spec:
    split: Split
    disjoint: bool
    n_sentences: int
    seed: int


def generate(split: Split, seed: int, n_sentences: int, disjoint: bool = False) -> list[TreebankSentence]:
    """Sentences with their trees; see `annotated`."""
    return [sentence.tree for sentence in annotated(split, seed, n_sentences, disjoint)]


def annotated(split: Split, seed: int, n_sentences: int, disjoint: bool = False) -> list[GrammarSentence]:
    """Different sentences with trees and entities, the same for the same arguments on every machine.

    Sentences belong to a split by a hash of their words, so no sentence is in two splits, whatever the seeds.
    The first n sentences do not depend on how many are asked for.

    Args:
        split: which of the three.
        seed: of the draws.
        n_sentences: how many.
        disjoint: whether to use the held-out quarter of the lexicon instead of the rest: no noun, verb, adjective,
            adverb or name is then in any sentence generated without it.
    """
    rng = np.random.default_rng([seed, list(Split).index(split), int(disjoint)])
    clauses = Clauses(Dice.of(rng), lexicon(disjoint))
    seen: set[str] = set()
    sentences: list[GrammarSentence] = []
    while len(sentences) < n_sentences:
        words: list[tuple[Node, Node | None]] = []
        clauses.sentence().collect(None, words)
        text = " ".join(node.form for node, _ in words)
        if len(words) in _LENGTHS and text not in seen and _home(text) is split:
            seen.add(text)
            sentences.append(_sentence(words, f"{split.value}-{len(sentences) + 1}"))
    return sentences


def is_spec(spec: str) -> bool:
    """Whether the spec asks for the grammar instead of a file."""
    return spec.startswith(_PREFIX)


def from_spec(spec: str) -> tuple[GrammarSentence, ...]:
    """The sentences of `grammar:SPLIT[:SENTENCES[:SEED]]`, generated once per process.

    SPLIT is train, dev, test, or disjoint: the test split over words that no other split uses.

    Raises:
        ConfigurationError: the spec is malformed.
    """
    return _generated(_parse(spec))


def spec_fingerprint(spec: str) -> str:
    """The fingerprint of what a spec gives: its arguments, the grammar's version and its lexicon."""
    parsed = _parse(spec)
    arguments = [parsed.split.value, parsed.disjoint, parsed.n_sentences, parsed.seed]
    return fingerprint("grammar", VERSION, lexicon_text(), arguments)


def _parse(spec: str) -> _Spec:
    name, *numbers = spec.removeprefix(_PREFIX).split(":")
    disjoint = name == _DISJOINT
    known = [split.value for split in Split]
    if not (disjoint or name in known) or len(numbers) > 2 or not all(n.isascii() and n.isdigit() for n in numbers):
        raise ConfigurationError(
            f"{spec!r} does not fit grammar:SPLIT[:SENTENCES[:SEED]] with SPLIT one of {', '.join(known)}, "
            f"{_DISJOINT}; for example grammar:train:2000:13"
        )
    split = Split.TEST if disjoint else Split(name)
    n_sentences = int(numbers[0]) if numbers else SENTENCES[split]
    if n_sentences < 1:
        raise ConfigurationError(f"{spec!r} asks for no sentence; ask for at least one")
    return _Spec(split, disjoint, n_sentences, int(numbers[1]) if len(numbers) > 1 else _SEED)


@lru_cache(maxsize=8)
def _generated(spec: _Spec) -> tuple[GrammarSentence, ...]:
    return tuple(annotated(spec.split, spec.seed, spec.n_sentences, spec.disjoint))


def _home(text: str) -> Split:
    """The one split that a sentence may be in: half of all sentences are for train, a quarter each for dev and test."""
    return (Split.TRAIN, Split.TRAIN, Split.DEV, Split.TEST)[hashlib.sha256(text.encode()).digest()[0] % 4]


def _sentence(ordered: list[tuple[Node, Node | None]], sent_id: str) -> GrammarSentence:
    place = {id(node): i for i, (node, _) in enumerate(ordered, start=1)}
    tokens: list[Token] = []
    for i, (node, head) in enumerate(ordered):
        form = node.form
        if form == "a" and node.upos == "DET" and ordered[i + 1][0].form[0] in "aeiou":
            form = "an"
        if i == 0:
            form = form[0].upper() + form[1:]
        deprel = node.deprel if head else "root"
        feats = dict(sorted(node.feats.items()))
        tokens.append(Token(form, node.lemma, node.upos, node.xpos, feats, place[id(head)] if head else 0, deprel))
    return GrammarSentence(TreebankSentence(sent_id, sent_id, tuple(tokens)), tuple(node.entity for node, _ in ordered))
