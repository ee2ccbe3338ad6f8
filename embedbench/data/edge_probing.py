"""Edge-probing JSON lines: sentences with labelled spans or pairs of spans (Tenney et al. 2019, ICLR)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.data.text import empty, malformed, numbered_lines
from embedbench.files.strict_json import parse_json
from embedbench.types import Sentence


@dataclass(frozen=True, slots=True)
class EdgeTarget:
    """One or two spans and their labels.

    Attributes:
        spans: half-open `[start, end)` ranges of words of the sentence; one, or two.
        labels: one label, or for multi-label data any number of them, in the order of the file.
    """

    spans: tuple[tuple[int, int], ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EdgeSentence:
    """A sentence and its targets, of which there may be none; `line` is where it stands in the file."""

    words: Sentence
    targets: tuple[EdgeTarget, ...]
    line: int


def read_edge_probing(path: str | Path) -> list[EdgeSentence]:
    """The sentences of an edge-probing file; the words are the text split at single spaces.

    Raises:
        DataError: the file is empty; a line is no JSON object with `text` and `targets`; a word is empty; a span is
            empty or outside the sentence; a label is neither a string nor a list of different strings.
    """
    sentences: list[EdgeSentence] = []
    for number, line in numbered_lines(path):
        if not line:
            continue
        try:
            sentences.append(_sentence(line, number))
        except ValueError as error:
            raise malformed(path, number, str(error)) from error
    if not sentences:
        raise empty(path, "edge-probing sentences")
    return sentences


def _sentence(line: str, number: int) -> EdgeSentence:
    try:
        item = parse_json(line)
    except ValueError as error:
        raise ValueError(f"expected one JSON object per line; {error}") from error
    if not isinstance(item, dict):
        raise ValueError(f"expected a JSON object, found {_kind(item)}")  # noqa: TRY004
    text, targets = item.get("text"), item.get("targets")
    if not isinstance(text, str):
        raise ValueError(f"expected a string under 'text', found {_kind(text)}")  # noqa: TRY004
    if not isinstance(targets, list):
        raise ValueError(f"expected a list under 'targets', found {_kind(targets)}")  # noqa: TRY004
    words = tuple(text.split(" "))
    if "" in words:
        raise ValueError(f"word {words.index('') + 1} is empty; expected words separated by single spaces in 'text'")
    return EdgeSentence(words, tuple(_target(target, i, len(words)) for i, target in enumerate(targets, 1)), number)


def _target(target: Any, number: int, n_words: int) -> EdgeTarget:
    if not isinstance(target, dict):
        raise ValueError(f"target {number}: expected a JSON object, found {_kind(target)}")  # noqa: TRY004
    spans = [_span(target.get("span1"), f"target {number}: 'span1'", n_words)]
    if target.get("span2") is not None:
        spans.append(_span(target["span2"], f"target {number}: 'span2'", n_words))
    label = target.get("label")
    labels: list[Any] = label if isinstance(label, list) else [label]
    if not all(isinstance(one, str) and one for one in labels):
        raise ValueError(f"target {number}: expected a string or a list of strings under 'label', found {label!r}")
    if len(set(labels)) < len(labels):
        raise ValueError(f"target {number}: the labels {labels!r} repeat one; expected each label once")
    return EdgeTarget(tuple(spans), tuple(labels))


def _span(span: Any, what: str, n_words: int) -> tuple[int, int]:
    # `type(x) is int`: JSON's true and false are no positions.
    if not (isinstance(span, list) and len(span) == 2 and all(type(end) is int for end in span)):
        raise ValueError(f"{what}: expected [start, end], found {span!r}")
    start, end = span
    if not 0 <= start < end <= n_words:
        raise ValueError(f"{what}: expected a non-empty half-open range within the {n_words} words, found {span!r}")
    return start, end


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
