"""The words of running text in any language with their places, so that what is said of characters can be said of words.

`tokenisation.py` turns English books into the words of treebanks and forgets where they stood; here every word is a
range of characters of the text as it is, and every character that is not white space belongs to exactly one word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

VERSION = 1
"""Counts up whenever the same text gives other words."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana and Han do not part words: a character with its marks is one."""

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})


def word_ranges(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of characters, one per word, in order.

    Letters and digits in one piece are a word; so are English clitics (`'s`, `n't`), numbers with their separators
    (`1,000`) and initials (`U.S.`). Any other sign is a word of its own. Combining marks stay with their letter. In
    scripts that do not part words every character is one.

    >>> text = "Don’t pay $1,000 to U.S. firms—it's 6½."
    >>> [text[start:end] for start, end in word_ranges(text)]
    ['Do', 'n’t', 'pay', '$', '1,000', 'to', 'U.S.', 'firms', '—', 'it', "'s", '6½', '.']
    """
    return [match.span() for match in _pattern().finditer(text)]


def plain_word(text: str) -> str:
    """The word with straight quotes, as extractors know it."""
    return text.translate(_QUOTES)


def whole_words(ranges: list[tuple[int, int]], start: int, end: int) -> tuple[int, int, bool]:
    """The words that have a character in common with the range of characters, and whether they cover exactly it.

    >>> whole_words([(0, 3), (4, 9), (9, 10)], 4, 10), whole_words([(0, 3), (4, 9), (9, 10)], 5, 9)
    ((1, 3, True), (1, 2, False))

    Raises:
        ValueError: there is no word in the range.
    """
    inside = [i for i, (low, high) in enumerate(ranges) if low < end and high > start]
    if not inside:
        raise ValueError(f"there is no word between the characters {start} and {end}")
    first, last = inside[0], inside[-1]
    return first, last + 1, (ranges[first][0], ranges[last][1]) == (start, end)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    mark = f"[{_marks()}\u200c\u200d]"  # with the joiners of Indic scripts and Persian
    letter = rf"(?![{_UNSPACED}])(?:[^\W_]|{mark})"
    return re.compile(
        rf"""
        (?:(?<![^\W_])[A-Za-z]\.){{2,}}                          # initials
      | \d+(?:[.,:/]\d+)+(?![^\W_])                              # 1,000  10:30
      | (?i:n['’]t|['’](?:s|m|d|re|ve|ll))(?![^\W_])             # English clitics, once cut off
      | [{_UNSPACED}]{mark}*                                     # a character of a script that does not part words
      | (?:{letter}(?!(?i:n['’]t)(?![^\W_])))*{letter}            # letters and digits, up to a clitic
      | \S{mark}*                                                # any other sign
        """,
        re.VERBOSE,
    )


def _marks() -> str:
    """The ranges of all combining marks, for a character class."""
    points = [point for point in range(0x300, 0x20000) if unicodedata.category(chr(point)).startswith("M")]
    cuts = [i for i in range(1, len(points)) if points[i] != points[i - 1] + 1]
    runs = [points[i:j] for i, j in zip([0, *cuts], [*cuts, len(points)], strict=True)]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)
