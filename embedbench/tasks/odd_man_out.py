"""Was a noun or verb replaced by another? Made from any treebank (Conneau et al. 2018, "SOMO")."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Float64

from embedbench.data.conllu import Token
from embedbench.errors import ConfigurationError
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans, sentence_spans, split_generator
from embedbench.tasks.generated import Tree, fresh_trees, half
from embedbench.types import Corpus, Split

_OPEN = ("NOUN", "VERB")
_TRIES = 60
"""Replacements that are drawn and looked at before a place is given up."""

_Kind = tuple[str, tuple[tuple[str, str], ...], int]
"""Part of speech, features, and frequency on a logarithmic scale."""


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Words that may replace each other, and their summed frequencies."""

    tokens: tuple[Token, ...]
    cumulated: Float64[np.ndarray, "words"]


@register("task", "odd_man_out")
@dataclass(frozen=True)
class OddManOut(FileTask):
    """Whether a noun or verb was replaced by another (Conneau et al. 2018, "SOMO"); any treebank.

    In every sentence one noun or verb is chosen; in half of the sentences, drawn at random, it is replaced by a word of
    the same part of speech and the same features. As in the original, the new word is as frequent as the old one, and
    so are its bigrams with the word before and the word after, on a logarithmic scale (doublings): frequency does not
    give it away. Words and bigrams are counted in train, ignoring case; the bigrams of a training sentence do not count
    for itself. New words are drawn
    by their frequency, so that as a bag the changed sentences hold the words that the others hold. Both words occur at
    least `fewest` times in train and are written small. Sentences where no word can be replaced are left out, changed
    or not. Every source sentence is used once, in one split.

    Attributes:
        shortest: sentences with fewer words are left out.
        longest: sentences with more words are left out.
        fewest: the old and the new word each occur at least so often in train.
        seed: of the choice of sentences, places and words.
    """

    name: str = "odd_man_out"
    shortest: int = 5
    longest: int = 28
    fewest: int = 3
    seed: int = 13

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 2 <= self.shortest <= self.longest or self.fewest < 1:
            raise ConfigurationError(
                f"{self.label} got shortest={self.shortest}, longest={self.longest} and fewest={self.fewest}; "
                "expected 2 <= shortest <= longest, and fewest at least 1"
            )

    def labelled(self, which: Split) -> LabelledSpans:
        """Every sentence with a word that can be replaced, in order; half of them changed."""
        rng = split_generator(self.seed, which)
        found: list[tuple[Tree, int, str]] = []
        for tokens in fresh_trees(self.files, which):
            if self.shortest <= len(tokens) <= self.longest:
                replacement = self._replacement(tokens, which, rng)
                if replacement is not None:
                    found.append((tokens, *replacement))
        changed = half(len(found), rng)
        sentences = []
        for (tokens, place, word), change in zip(found, changed, strict=True):
            words = [token.form for token in tokens]
            if change:
                words[place] = word
            sentences.append(words)
        corpus = Corpus.of(sentences)
        labels = tuple("changed" if change else "original" for change in changed)
        return LabelledSpans(corpus, sentence_spans(corpus, range(len(found))), labels)

    def _replacement(self, tokens: Tree, which: Split, rng: np.random.Generator) -> tuple[int, str] | None:
        """A place, drawn at random among those that have one, and the word that may stand there instead."""
        folded = ["", *(token.form.casefold() for token in tokens), ""]
        # In train, the sentence's own bigrams are no evidence that they are usual.
        own = Counter(pairwise(folded)) if which is Split.TRAIN else Counter[tuple[str, str]]()
        for place in rng.permutation(len(tokens)).tolist():
            old = tokens[place]
            pool = self._candidates.get(self._kind(old)) if self._may_change(old) else None
            if pool is None:
                continue
            before, word, after = folded[place : place + 3]
            wanted = [self._frequency(pair, own) for pair in ((before, word), (word, after))]
            for row in np.searchsorted(pool.cumulated, rng.random(_TRIES) * pool.cumulated[-1], side="right").tolist():
                new = pool.tokens[row]
                form = new.form.casefold()
                if new.lemma == old.lemma or form in folded:
                    continue
                if [self._frequency(pair, own) for pair in ((before, form), (form, after))] == wanted:
                    return place, new.form
        return None

    def _may_change(self, token: Token) -> bool:
        written_small = token.form.isalpha() and token.form.islower()
        return token.upos in _OPEN and written_small and self._words[token.form.casefold()] >= self.fewest

    def _frequency(self, pair: tuple[str, str], own: Mapping[tuple[str, str], int]) -> int:
        return _doublings(self._bigrams[pair] - own.get(pair, 0))

    def _kind(self, token: Token) -> _Kind:
        return token.upos, tuple(sorted(token.feats.items())), _doublings(self._words[token.form.casefold()])

    @cached_property
    def _trees(self) -> tuple[Tree, ...]:
        return tuple(fresh_trees(self.files, Split.TRAIN))

    @cached_property
    def _words(self) -> Counter[str]:
        return Counter(token.form.casefold() for tokens in self._trees for token in tokens)

    @cached_property
    def _bigrams(self) -> Counter[tuple[str, str]]:
        counts: Counter[tuple[str, str]] = Counter()
        for tokens in self._trees:
            folded = ["", *(token.form.casefold() for token in tokens), ""]
            counts.update(pairwise(folded))
        return counts

    @cached_property
    def _candidates(self) -> dict[_Kind, _Candidates]:
        kinds: dict[_Kind, dict[str, Token]] = defaultdict(dict)
        uses: Counter[tuple[_Kind, str]] = Counter()
        for tokens in self._trees:
            for token in tokens:
                if self._may_change(token):
                    kind = self._kind(token)
                    kinds[kind].setdefault(token.form, token)
                    uses[kind, token.form] += 1
        return {
            kind: _Candidates(tuple(forms.values()), np.cumsum([uses[kind, form] for form in forms], dtype=np.float64))
            for kind, forms in kinds.items()
        }


def _doublings(count: int) -> int:
    """0 for 0, 1 for 1, 2 for 2 and 3, 3 for 4 to 7, and so on."""
    return count.bit_length()
