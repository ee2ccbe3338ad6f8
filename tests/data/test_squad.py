"""SQuAD's form: words with their places in any language, answers where they are said to be, one sentence per fault."""

from __future__ import annotations

import json

import pytest

from embedbench.data.squad import read_squad
from embedbench.data.word_ranges import plain_word, whole_words, word_ranges
from embedbench.errors import DataError

TEXTS = {
    "Don’t pay $1,000 to U.S. firms—it's 6½ a.m.": "Don’t pay $1,000 to U.S. firms—it's 6½ a.m.",
    "can't won't they've": "can't won't they've",
    "हिन्दी भाषा है।": "हिन्दी भाषा है ।",
    "中国的首都 abc": "中 国 的 首 都 abc",
    "ทดสอบนี้": "ท ด ส อ บ นี้",
    "اللغة العَرَبِيَّة،": "اللغة العَرَبِيَّة ،",
    "cafe\u0301s x_y": "cafe\u0301s x _ y",
    "«Где?» 10:30": "« Где ? » 10:30",
}
SPACED = {
    "Don’t pay $1,000 to U.S. firms—it's 6½ a.m.": "Do n’t pay $ 1,000 to U.S. firms — it 's 6½ a.m.",
    "can't won't they've": "ca n't wo n't they 've",
}


@pytest.mark.parametrize("text", TEXTS)
def test_words_stand_where_the_text_has_them_and_nothing_is_lost(text) -> None:
    found = [text[start:end] for start, end in word_ranges(text)]
    assert found == SPACED.get(text, TEXTS[text]).split()
    assert "".join(found) == "".join(text.split())


def test_an_answer_is_mapped_to_whole_words_or_told_apart() -> None:
    text = "In 1,234 days, Ann’s dog"
    ranges = word_ranges(text)
    words = [plain_word(text[a:b]) for a, b in ranges]
    assert words == ["In", "1,234", "days", ",", "Ann", "'s", "dog"]
    for answer, expected in (("1,234 days", (1, 3, True)), ("Ann", (4, 5, True)), ("234 days, A", (1, 5, False))):
        start = text.index(answer)
        assert whole_words(ranges, start, start + len(answer)) == expected
    with pytest.raises(ValueError, match="no word between the characters 2 and 3"):
        whole_words(ranges, 2, 3)


def squad(answers, question="Who?", **changes) -> str:
    asked = [{"id": "q1", "question": question, "answers": answers}]
    return json.dumps({"data": [{"title": "T", "paragraphs": [{"context": "Ann saw Eve.", "qas": asked}]}]} | changes)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            squad([{"text": "Eve", "answer_start": 7}]),
            r"question q1: expected the answer 'Eve' at character 7, found ' Ev'",
        ),
        (squad([{"text": "Eve", "answer_start": -4}]), "at character -4, found ''"),
        (squad([]), "question q1 has no answer; expected at least one: only SQuAD 1.1"),
        (squad([{"text": "Eve", "answer_start": 8}], question=" "), "question q1 is empty"),
        (squad([], data=[]), "holds no questions"),
        ('{"data": [{"title": "T"}]}', "under 'paragraphs' there is nothing; expected data > paragraphs"),
        ("[1, 2]\n", "expected data > paragraphs"),
        ('{"data":\n oops}', "at line 2, character 2; expected JSON as SQuAD 1.1"),
    ],
)
def test_a_fault_is_told_in_one_sentence(tmp_path, content, told) -> None:
    path = tmp_path / "squad.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=told):
        read_squad(path)


def test_xquad_is_what_its_authors_say(data_folder) -> None:
    articles = read_squad(data_folder / "qa/xquad.en.json.gz")
    passages = [passage for article in articles for passage in article.passages]
    questions = [question for passage in passages for question in passage.questions]
    assert (len(articles), len(passages), len(questions)) == (48, 240, 1190)
