"""Answers in passages, as columns of a task split: spans (passage, question, answer), labels = numbers of questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from embedbench.types import Split, Task, TaskSplit

PASSAGE, QUESTION, ANSWER = range(3)
"""The spans of a target."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """What the scores need to know about a target beside its words.

    Attributes:
        passage: the text.
        ranges: of the passage's words, in characters.
        answers: the gold texts, at least one.
        whole: whether the first answer begins and ends where words do; if not, its span is the words it touches.
    """

    passage: str
    ranges: tuple[tuple[int, int], ...]
    answers: tuple[str, ...]
    whole: bool

    def text(self, first: int, last: int) -> str:
        """The passage from the first word to the last one, as it is written."""
        return self.passage[self.ranges[first][0] : self.ranges[last][1]]


@runtime_checkable
class AnswersInPassages(Task, Protocol):
    """A task of answers in passages: its split's labels are indices into `questions`."""

    def questions(self, which: Split) -> tuple[AskedQuestion, ...]:
        """Every question of one split."""
        ...


def answers_fault(split: TaskSplit) -> str:
    """What is wrong with the targets of such a task; empty if nothing is."""
    if split.spans.shape[1:] != (3, 2):
        return f"spans have shape {split.spans.shape}, expected (targets, 3, 2): passage, question, answer"
    passage, answer = split.spans[:, PASSAGE], split.spans[:, ANSWER]
    outside = np.flatnonzero((answer[:, 0] < passage[:, 0]) | (answer[:, 1] > passage[:, 1]))
    if len(outside):
        return f"the answer of target {outside[0]} lies outside of its passage"
    labels = np.asarray(split.labels)
    if labels.min() < 0 or len(np.unique(labels)) < len(labels):
        return "labels are numbers of questions, and one is below 0 or occurs twice"
    return ""
