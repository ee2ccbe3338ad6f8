"""Running text to sentences of words, in the way of the Penn Treebank and UD English.

A few documented rules instead of a model: paragraphs of books become words that look like those of the tasks' data
sets (`do n't`, `Mr.`, `--`, straight quotes), so that what is learned from raw text is found again in a treebank.
"""

from __future__ import annotations

import re

from embedbench.types import Sentence

VERSION = 1
"""Counts up whenever the same text gives other words."""

_ABBREVIATIONS = (
    "Mr Mrs Ms Dr St Rev Hon Prof Gen Col Capt Lt Maj Sgt Gov Sen Rep Jr Sr Esq Messrs Mme Mlle "
    "etc vs e.g i.e viz cf Co Inc Ltd Corp Jan Feb Aug Sept Oct Nov Dec a.m p.m A.M P.M B.C A.D U.S"
)
"""Words that keep their full stop."""

_PLAIN = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "—": "--", "–": "--", "…": "...", "_": " "})
"""Typographic signs as the treebanks spell them; `_` marks emphasis in plain-text books."""

_DOTTED = "|".join(re.escape(word) for word in sorted(_ABBREVIATIONS.split(), key=len, reverse=True))
_WORD = re.compile(
    rf"""
    (?:{_DOTTED}|[A-Z](?:\.[A-Z])*)\.(?=\s|$|[,;:'")])    # an abbreviation or initials with their full stop
  | (?:[Nn]os?|[Vv]ol|[Cc]h|[Ff]ig|pp?)\.(?=\s?\d)        # the same, before a number
  | \d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s)?\b               # 1,000  3.5  10:30  19th
  | \.\.+|--+|\*\*+                                      # dots, dashes, asterisks
  | (?i:n't|'(?:s|m|d|re|ve|ll))(?![^\W_])               # clitics, once cut off
  | [^\W\d_]+(?:[^\W_]*[^\W_])?                           # letters, then letters or digits
  | \w+
  | [^\w\s]                                              # any other sign
    """,
    re.VERBOSE,
)
_NEGATION = re.compile(r"(?i)(?<=[a-z])(n't)\b|\b(can)(not)\b")
_END = frozenset({".", "!", "?", "...", "...."})
_CLOSING = frozenset({'"', "'", ")", "]"})
_OPENING = frozenset({'"', "'", "(", "[", "``"})


def words_of(text: str) -> Sentence:
    """The words of running text.

    >>> words_of("“Don’t go,” said Mr. Beebe--the vicar. It's $3.50!")
    ('"', 'Do', "n't", 'go', ',', '"', 'said', 'Mr.', 'Beebe', '--', 'the', 'vicar', '.', 'It', "'s", '$', '3.50', '!')
    """
    plain = _NEGATION.sub(lambda m: f" {m[1]}" if m[1] else f"{m[2]} {m[3]}", text.translate(_PLAIN))
    return tuple(_WORD.findall(plain))


def sentences_of(text: str) -> list[Sentence]:
    """The sentences of a paragraph, each a tuple of words.

    A sentence ends after `.`, `!`, `?` or dots and closing quotes or brackets, where the next word begins with a
    capital letter, a digit or an opening quote. A quotation followed by a small letter goes on: `"Oh!" said she.`

    >>> [" ".join(sentence) for sentence in sentences_of('"Oh!" said she. "I see Mr. Emerson." He left.')]
    ['" Oh ! " said she .', '" I see Mr. Emerson . "', 'He left .']
    """
    words = words_of(text)
    sentences: list[Sentence] = []
    start, k = 0, 0
    inside_quotation = False
    while k < len(words):
        inside_quotation ^= words[k] == '"'
        if words[k] not in _END:
            k += 1
            continue
        end = k + 1
        while end < len(words) and (words[end] in _END or _closes(words[end], inside_quotation)):
            inside_quotation ^= words[end] == '"'
            end += 1
        if end < len(words) and _begins(words, end):
            sentences.append(words[start:end])
            start = end
        k = end
    if start < len(words):
        sentences.append(words[start:])
    return sentences


def _closes(word: str, inside_quotation: bool) -> bool:
    return word in _CLOSING and (word != '"' or inside_quotation)


def _begins(words: Sentence, at: int) -> bool:
    if words[at] in _OPENING and at + 1 < len(words):
        at += 1
    return words[at][0].isupper() or words[at][0].isdigit() or words[at] == "--"
