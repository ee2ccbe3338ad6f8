"""Questions about passages whose answers are spans of the passage: SQuAD 1.1 JSON, as XQuAD has it too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from embedbench.data.text import empty, open_text
from embedbench.errors import DataError
from embedbench.files.strict_json import parse_json


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
        content = parse_json(text)
    except ValueError as error:
        raise DataError(f"{path}: {error}; expected JSON as SQuAD 1.1 has it") from error
    try:
        articles = [_article(article, path) for article in _part(content, "data", list)]
    except ValueError as error:
        raise DataError(
            f"{path}: {error}; expected data > paragraphs > (context, qas > (id, question, answers > (text, "
            "answer_start))), as SQuAD 1.1 has it"
        ) from error
    if not any(passage.questions for article in articles for passage in article.passages):
        raise empty(path, "questions")
    return articles


_Kind = TypeVar("_Kind")


def _part(whole: Any, name: str, kind: type[_Kind]) -> _Kind:
    """The value under a name. Raises ValueError where it is absent or of another kind."""
    value = whole.get(name) if isinstance(whole, dict) else None
    if type(value) is not kind:  # JSON's true and false are no numbers
        raise ValueError(f"under {name!r} there is {repr(value)[:60] if value is not None else 'nothing'}")
    return value


def _article(article: Any, path: str | Path) -> Article:
    return Article(_part(article, "title", str), tuple(_passages(_part(article, "paragraphs", list), path)))


def _passages(paragraphs: list[Any], path: str | Path) -> Iterator[Passage]:
    for paragraph in paragraphs:
        text = _part(paragraph, "context", str)
        yield Passage(text, tuple(_question(question, text, path) for question in _part(paragraph, "qas", list)))


def _question(question: Any, passage: str, path: str | Path) -> Question:
    id_, text = _part(question, "id", str), _part(question, "question", str)
    answers = tuple(
        Answer(_part(a, "text", str), _part(a, "answer_start", int)) for a in _part(question, "answers", list)
    )
    where = f"{path}, question {id_}"
    if not answers:
        raise DataError(f"{where} has no answer; expected at least one: only SQuAD 1.1 can be read, not 2.0")
    for answer in answers:
        found = passage[answer.start : answer.start + len(answer.text)] if answer.start >= 0 else ""
        if found != answer.text or not found.strip():
            raise DataError(
                f"{where}: expected the answer {answer.text!r} at character {answer.start}, found {found!r}"
            )
    if not id_ or not text.strip():
        raise DataError(f"{where} is empty or has no id; expected a question")
    return Question(id_, text, answers)
