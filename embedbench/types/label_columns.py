"""The names of label columns: what a member learns. `task` and `control`, or one of each for every question asked."""

from __future__ import annotations

TASK, CONTROL = "task", "control"
"""The label columns of a task that asks one question, and of all questions together."""

_OF_CONTROL = f"{CONTROL}|"


def control_of(question: str) -> str:
    """The column of a question's control labels; the column of its own labels is called as the question.

    >>> control_of("volition")
    'control|volition'
    """
    return f"{_OF_CONTROL}{question}"


def question_of(column: str) -> str:
    """The question that a column of labels or of control labels belongs to.

    >>> question_of("control|volition"), question_of("volition")
    ('volition', 'volition')
    """
    return column.removeprefix(_OF_CONTROL)


def learned_for(column: str) -> str:
    """What a column is learned for: the `task`, or its `control`.

    >>> [learned_for(column) for column in ("task", "volition", "control", "control|volition")]
    ['task', 'task', 'control', 'control']
    """
    return CONTROL if column == CONTROL or column.startswith(_OF_CONTROL) else TASK
