from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedbench.data.tokenisation import sentences_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I can’t, won't; she’ll.", "I ca n't , wo n't ; she 'll ."),
        ("You cannot go.", "You can not go ."),
        ("the Rev. Cuthbert Eager, M. A. Oxon.", "the Rev. Cuthbert Eager , M. A. Oxon ."),
        ("At 4:30 p.m. on the 19th, 1,000 men", "At 4:30 p.m. on the 19th , 1,000 men"),
        ("a _very_ odd--or rare—thing…", "a very odd -- or rare -- thing ..."),
        ("U.S. troops (in 1945)", "U.S. troops ( in 1945 )"),
        ("John's and the Joneses' house", "John 's and the Joneses ' house"),
        ("Les Misérables naïve", "Les Misérables naïve"),
        ("'Tis 'is' 'sand", "' Tis ' is ' ' sand"),
        ("", ""),
    ],
)
def test_words_are_spelled_as_in_the_treebanks(text: str, words: str) -> None:
    assert " ".join(words_of(text)) == words


@given(st.text(alphabet=st.sampled_from("aZ'’n t“”\"-—_.!?,19é ç\t§()$ ")))
def test_no_sign_is_lost_or_invented(text: str) -> None:
    plain = text.translate(str.maketrans({"“": '"', "”": '"', "’": "'", "—": "--", "_": " "}))
    assert "".join(words_of(text)) == "".join(plain.split())


@given(st.text(alphabet=st.sampled_from("aB. ?!\"') M")))
def test_sentences_hold_every_word_in_order(text: str) -> None:
    sentences = sentences_of(text)
    assert [word for sentence in sentences for word in sentence] == list(words_of(text))
    assert all(sentences)


def test_initials_and_titles_end_no_sentence() -> None:
    assert len(sentences_of("Mr. E. M. Forster met Dr. Eager. They left!")) == 2


def test_a_quotation_ends_with_its_closing_quote() -> None:
    sentences = sentences_of("“Will you come?” he asked. “No.” She sat down.")
    assert [" ".join(s) for s in sentences] == ['" Will you come ? " he asked .', '" No . "', "She sat down ."]
