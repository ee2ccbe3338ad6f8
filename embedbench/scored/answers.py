"""From questions about passages and stores to the scores of a record: train pointers, read off answers, compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float64, Int64

from embedbench.cells import Cell
from embedbench.errors import ContractError
from embedbench.measuring import Stopwatch
from embedbench.progress import Progress
from embedbench.results.schema import Score
from embedbench.scored.columns import Columns
from embedbench.scored.scores import Scored
from embedbench.scoring.answers import answer_f1, exact_match
from embedbench.tasks.answers import ANSWER, PASSAGE, QUESTION, AnswersInPassages, AskedQuestion
from embedbench.types import Split, TaskSplit, WordVectors

METRICS: dict[str, Callable[[str, Sequence[str]], float]] = {"answer_f1": answer_f1, "exact_match": exact_match}
"""What every answer earns, by metric; the task's own metric comes first."""

RANDOM_SPANS = 20
"""Draws of the baseline of random spans, which are its seeds."""

_ENDS = frozenset(".!?。！？।؟")


def measure_answers(
    cell: Cell,
    splits: Mapping[Split, TaskSplit],
    stores: Mapping[Split, WordVectors],
    watch: Stopwatch,
    progress: Progress,
) -> Scored:
    """F1 and exact match of every mix's answers, beside random spans and the sentence most like the question.

    Raises:
        ContractError: the task does not give the texts of its passages and answers.
    """
    from embedbench.probing.plan import plan_sentence_members
    from embedbench.probing.pointer_data import PointerData
    from embedbench.probing.pointer_training import train_pointers

    task = cell.task
    if not isinstance(task, AnswersInPassages):
        raise ContractError(f"task {task.meta.name} is about answers in passages; it must have a method `questions`")
    data = {which: PointerData(stores[which], split) for which, split in splits.items()}
    members = plan_sentence_members(cell.mixes, cell.seeds, ("task",), stores[Split.TRAIN].n_layers)
    with watch.phase("probing"):
        fitted = train_pointers(data[Split.TRAIN], data[Split.DEV], members, cell.pointer, cell.training, progress)
        found = {which: fitted.predict(data[which], progress) for which in (Split.DEV, Split.TEST)}
    with watch.phase("scoring"):
        asked = {which: _asked(task, which, split) for which, split in splits.items()}
        names = sorted(METRICS, key=lambda name: name != task.meta.metric)
        columns = _columns(names, asked[Split.TEST], found[Split.TEST], splits[Split.TEST])
        return columns.scored(
            cell,
            fitted,
            _earned(names[0], asked[Split.DEV], found[Split.DEV]).mean(axis=1).tolist(),
            _baselines(cell, splits, asked[Split.TEST], names),
            account={
                "questions": len(splits[Split.TEST]),
                "answers_that_cut_a_word": _cut(asked[Split.TEST]),
                **{f"answers_that_cut_a_word_{w.value}": _cut(asked[w]) for w in (Split.TRAIN, Split.DEV)},
            },
        )


def _asked(task: AnswersInPassages, which: Split, split: TaskSplit) -> list[AskedQuestion]:
    questions = task.questions(which)
    return [questions[number] for number in split.labels.tolist()]


def _cut(asked: Sequence[AskedQuestion]) -> int:
    return sum(not question.whole for question in asked)


def _earned(
    name: str, asked: Sequence[AskedQuestion], answers: Int64[np.ndarray, "rows targets 2"]
) -> Float64[np.ndarray, "rows targets"]:
    """What every answer (first and last word within its passage) earns."""
    measured = METRICS[name]
    return np.array(
        [
            [measured(q.text(first, last), q.answers) for q, (first, last) in zip(asked, row, strict=True)]
            for row in answers.tolist()
        ]
    )


def _columns(
    names: Sequence[str], asked: Sequence[AskedQuestion], answers: Int64[np.ndarray, "rows targets 2"], test: TaskSplit
) -> Columns:
    """What answers earn, by metric, beside the 1 that a right one earns."""
    earned = {name: _earned(name, asked, answers) for name in names}
    return Columns(dict.fromkeys(names, np.ones(len(test))), earned, test.clusters)


def _baselines(
    cell: Cell, splits: Mapping[Split, TaskSplit], asked: Sequence[AskedQuestion], names: Sequence[str]
) -> list[Score]:
    """What answers that see no vector earn."""
    test = splits[Split.TEST]
    guesses = {
        "random_span": random_spans(splits[Split.TRAIN], test, RANDOM_SPANS),
        "overlapping_sentence": overlapping_sentences(test)[None],
    }
    return [
        score
        for guess, answers in guesses.items()
        for score in _columns(names, asked, answers, test).baseline(cell, guess)
    ]


def random_spans(train: TaskSplit, test: TaskSplit, draws: int) -> Int64[np.ndarray, "draws targets 2"]:
    """A span anywhere in the passage, as long as an answer of train drawn at random; first and last word."""
    rng = np.random.default_rng(0)
    lengths = (train.spans[:, ANSWER, 1] - train.spans[:, ANSWER, 0])[rng.integers(0, len(train), (draws, len(test)))]
    words = test.spans[:, PASSAGE, 1] - test.spans[:, PASSAGE, 0]
    lengths = np.minimum(lengths, words)
    first = np.floor(rng.random(lengths.shape) * (words - lengths + 1)).astype(np.int64)
    return np.stack([first, first + lengths - 1], axis=-1)


def overlapping_sentences(split: TaskSplit) -> Int64[np.ndarray, "targets 2"]:
    """The sentence of the passage with most words of the question, ignoring case; the first of equals.

    A sentence ends with a full stop, question or exclamation mark. Each word counts as often as both sides have it.
    """
    words = [word.casefold() for word in split.corpus.words]
    found = np.zeros((len(split), 2), np.int64)
    for target, spans in enumerate(split.spans.tolist()):
        passage, question = (words[slice(*spans[part])] for part in (PASSAGE, QUESTION))
        wanted = Counter(question)
        ends = [i for i, word in enumerate(passage) if word in _ENDS and i + 1 < len(passage)]
        bounds = list(zip([0, *(end + 1 for end in ends)], [*ends, len(passage) - 1], strict=True))
        found[target] = max(bounds, key=lambda ends: (Counter(passage[ends[0] : ends[1] + 1]) & wanted).total())
    return found
