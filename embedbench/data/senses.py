"""Sense-annotated text with one word per line: columns for the word, its sense, and perhaps its lemma."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedbench.data.bio import read_tagged
from embedbench.data.text import malformed


@dataclass(frozen=True, slots=True)
class SenseSentence:
    """Words, with the sense of those that have one; `line` is where the first of them stands in the file.

    Attributes:
        words: of the sentence.
        senses: of every word; empty where it has none.
        lemmas: of every word.
    """

    words: tuple[str, ...]
    senses: tuple[str, ...]
    lemmas: tuple[str, ...]
    line: int


def read_senses(
    path: str | Path, *, word_column: int = 0, sense_column: int = -1, lemma_column: int | None = None, none: str = "_"
) -> list[SenseSentence]:
    """The sentences of a file with one word per line and a blank line after each sentence.

    Args:
        path: the file, plain or compressed.
        word_column: the index of the column of words; negative: from the end.
        sense_column: the index of the column of senses.
        lemma_column: the index of the column of lemmas; None: a word's lemma is the word without case.
        none: what stands in the column of senses for a word that has none.

    Raises:
        DataError: the file is empty, rows differ in their number of columns, a column does not exist or is empty.
    """
    tagged = read_tagged(path, word_column=word_column, tag_column=sense_column, bio=False)
    lemmatised = tagged
    if lemma_column is not None:
        lemmatised = read_tagged(path, word_column=word_column, tag_column=lemma_column, bio=False)
    sentences = []
    for sentence, with_lemmas in zip(tagged, lemmatised, strict=True):
        lemmas = tuple(map(str.lower, sentence.words)) if lemma_column is None else with_lemmas.tags
        senses = tuple("" if sense == none else sense for sense in sentence.tags)
        for place, (sense, lemma) in enumerate(zip(senses, lemmas, strict=True)):
            if sense and lemma == none:
                raise malformed(
                    path,
                    sentence.line + place,
                    f"the word {sentence.words[place]!r} has the sense {sense!r} but no lemma; expected both",
                )
        sentences.append(SenseSentence(sentence.words, senses, lemmas, sentence.line))
    return sentences
