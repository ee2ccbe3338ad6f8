"""Questions about passages whose answers are spans of the passage: SQuAD 1.1 JSON, as XQuAD has it too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.data.text import empty, open_text
from embedbench.errors import DataError


@dataclass(frozen=True, slots=True)
class Answer:
    """One gold answer.

    Attributes:
        text: as annotated.
        start: the character of the passage at which it starts.
    """

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its gold answers, at least one."""

    id: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph and the questions about it."""

    text: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """The passages of one article."""

    title: str
    passages: tuple[Passage, ...]


def read_squad(path: str | Path) -> list[Article]:
    """The articles of a file of SQuAD 1.1's form.

    Raises:
        DataError: the file is no JSON of this form; a question has no answer (as in SQuAD 2.0); an answer is not where
            it is said to start.
    """
    with open_text(path) as stream:
        text = stream.read()
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: {error.msg}; expected JSON as SQuAD 1.1 has it") from error
    try:
        articles = [_article(article, path) for article in content["data"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: {type(error).__name__} {error}; expected data > paragraphs > (context, qas > (id, question, "
            "answers > (text, answer_start))), as SQuAD 1.1 has it"
        ) from error
    if not any(passage.questions for article in articles for passage in article.passages):
        raise empty(path, "questions")
    return articles


def _article(article: Mapping[str, Any], path: str | Path) -> Article:
    return Article(str(article["title"]), tuple(_passages(article["paragraphs"], path)))


def _passages(paragraphs: Sequence[Mapping[str, Any]], path: str | Path) -> Iterator[Passage]:
    for paragraph in paragraphs:
        text = str(paragraph["context"])
        yield Passage(text, tuple(_question(question, text, path) for question in paragraph["qas"]))


def _question(question: Mapping[str, Any], passage: str, path: str | Path) -> Question:
    answers = tuple(Answer(str(a["text"]), int(a["answer_start"])) for a in question["answers"])
    where = f"{path}, question {question['id']}"
    if not answers:
        raise DataError(f"{where} has no answer; expected at least one: only SQuAD 1.1 can be read, not 2.0")
    for answer in answers:
        found = passage[answer.start : answer.start + len(answer.text)] if answer.start >= 0 else ""
        if found != answer.text or not found.strip():
            raise DataError(
                f"{where}: expected the answer {answer.text!r} at character {answer.start}, found {found!r}"
            )
    if not str(question["question"]).strip():
        raise DataError(f"{where} is empty; expected a question")
    return Question(str(question["id"]), str(question["question"]), answers)
