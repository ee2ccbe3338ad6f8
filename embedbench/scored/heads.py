"""From head-selection splits and stores to the scores of a record: train biaffine probes, decode trees, score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64

from embedbench.cells import Cell, sentences_within
from embedbench.errors import DataError
from embedbench.measuring import Stopwatch
from embedbench.probing.control import CONTROL_SEED
from embedbench.progress import Progress
from embedbench.results.schema import Score
from embedbench.scored.ceiling import as_ceiling
from embedbench.scored.columns import Columns
from embedbench.scored.scores import Scored
from embedbench.scoring.attachment import LAS, UAS, GreedyUAS
from embedbench.scoring.baselines import CONTROL_CEILING, word_majority
from embedbench.tasks.head_columns import Heads, heads_of_choices
from embedbench.types import Split, TaskSplit, WordVectors

if TYPE_CHECKING:
    from embedbench.probing.biaffine import HeadScores

METRICS = (UAS.name, LAS.name, GreedyUAS.name)
"""What is scored; the main metric comes first."""

Values = Mapping[str, Int64[np.ndarray, "..."]]
"""By metric, for every word (last axis), a number that is the same where what the metric asks for is the same."""


@runtime_checkable
class LeavesOut(Protocol):
    """A task that says which relations' words are not scored."""

    @property
    def left_out(self) -> Sequence[str]:
        """Names of relations."""
        ...


def measure_heads(
    cell: Cell,
    splits: Mapping[Split, TaskSplit],
    stores: Mapping[Split, WordVectors],
    watch: Stopwatch,
    progress: Progress,
) -> Scored:
    """The scores of a head-selection task for every mix (`uas`, `las`, `uas_greedy`), and the baselines.

    Control heads make no trees, so that members that learn them take every word's best head in all metrics. The dev
    scores of the record are greedy for all, which choose the same layers and cost no trees.
    """
    from embedbench.probing.control_heads import control_heads
    from embedbench.probing.head_data import HeadData
    from embedbench.probing.head_training import train_heads
    from embedbench.probing.plan import plan_sentence_members

    task = cell.task
    left_out = task.left_out if isinstance(task, LeavesOut) else ()
    n_relations = len(task.label_names)
    true = {which: Heads.of(split, task.label_names, left_out) for which, split in splits.items()}
    learned = {"task": true}
    if cell.learns_control:
        learned["control"] = control_heads(splits, true, n_relations, CONTROL_SEED)
    data = {which: HeadData(stores[which], {name: heads[which] for name, heads in learned.items()}) for which in splits}
    dev, test = true[Split.DEV], true[Split.TEST]
    if not dev.kept.any():
        raise DataError(
            f"no word of dev has a head that is scored: task {task.meta.name} leaves out {', '.join(left_out)}; leave "
            "out fewer relations, or take another dev file"
        )
    members = plan_sentence_members(cell.mixes, cell.seeds, tuple(learned), stores[Split.TRAIN].n_layers)
    with watch.phase("probing"):
        fitted = train_heads(
            data[Split.TRAIN], data[Split.DEV], members, cell.biaffine, n_relations, cell.training, progress
        )
        on_dev = greedy_columns(fitted.predict(data[Split.DEV], progress), len(members), dev)
        make_trees = [member.labels == "task" for member in members]
        found = read_heads(fitted.predict(data[Split.TEST], progress), make_trees, test, n_relations)
    with watch.phase("scoring"):
        gold = gold_columns(test, n_relations)
        control = gold_columns(learned["control"][Split.TEST], n_relations) if "control" in learned else {}
        split = splits[Split.TEST]
        columns = Columns(gold, found, split.clusters, control, sentences_within(task, split))
        on_dev_gold = np.stack([learned[member.labels][Split.DEV].heads for member in members])
        return columns.among(test.kept).scored(
            cell,
            fitted,
            (on_dev == on_dev_gold)[:, dev.kept].mean(axis=1).tolist(),
            [
                *_baselines(cell, splits[Split.TRAIN], splits[Split.TEST], true[Split.TRAIN], test),
                *(_ceiling(cell, splits, learned["control"]) if "control" in learned else ()),
            ],
            account={"words whose head is not scored": int((~test.kept).sum())},
        )


def gold_columns(heads: Heads, n_relations: int) -> Values:
    """What is right, by metric, for every word."""
    return {
        "uas": heads.heads,
        "las": _labelled(heads.heads, heads.relations, n_relations),
        "uas_greedy": heads.heads,
    }


def read_heads(predicted: Iterable[HeadScores], make_trees: Sequence[bool], heads: Heads, n_relations: int) -> Values:
    """What is predicted, by metric, for every word, from what the probes say sentence by sentence.

    Args:
        predicted: the sentences in order.
        make_trees: of every member, whether `uas` and `las` are of the best tree, or of every word's best head.
        heads: of the same words; only the offsets are read.
        n_relations: labels.

    Raises:
        MissingExtraError: allennlp-light is not installed, and a tree is to be decoded.
    """
    from embedbench.probing.head_decoding import greedy_heads, tree_heads

    columns = {name: np.zeros((len(make_trees), len(heads.heads)), np.int64) for name in METRICS}
    for own, scores in zip(heads.sentence_slices, predicted, strict=True):
        words = np.arange(own.stop - own.start)
        for row, makes_tree in enumerate(make_trees):
            greedy = greedy_heads(scores.choices[row])
            choices = tree_heads(scores.choices[row]) if makes_tree else greedy
            relations = (scores.of_words[row, words] + scores.of_heads[row, choices]).argmax(axis=1)
            columns["uas_greedy"][row, own] = heads_of_choices(greedy)
            columns["uas"][row, own] = heads_of_choices(choices)
            columns["las"][row, own] = _labelled(columns["uas"][row, own], relations, n_relations)
    return columns


def greedy_columns(predicted: Iterable[HeadScores], n_members: int, heads: Heads) -> Int64[np.ndarray, "members words"]:
    """Every word's best head alone, as `read_heads` has it for `uas_greedy`."""
    from embedbench.probing.head_decoding import greedy_heads

    column = np.zeros((n_members, len(heads.heads)), np.int64)
    for own, scores in zip(heads.sentence_slices, predicted, strict=True):
        for row in range(n_members):
            column[row, own] = heads_of_choices(greedy_heads(scores.choices[row]))
    return column


def _labelled(
    heads: Int64[np.ndarray, "*members words"], relations: Int64[np.ndarray, "*members words"], n_relations: int
) -> Int64[np.ndarray, "*members words"]:
    """One number for head and relation."""
    return np.asarray(heads * n_relations + relations)


def _ceiling(cell: Cell, splits: Mapping[Split, TaskSplit], control: Mapping[Split, Heads]) -> tuple[Score, ...]:
    """What knowing the control heads of all train words scores on the control."""
    from embedbench.probing.control_heads import heads_by_heart

    n_relations, gold = len(cell.task.label_names), control[Split.TEST]
    known = gold_columns(heads_by_heart(splits, control, CONTROL_SEED), n_relations)
    predicted = {name: column[None] for name, column in known.items()}
    columns = Columns(gold_columns(gold, n_relations), predicted, splits[Split.TEST].clusters)
    return as_ceiling(columns.among(gold.kept).baseline(cell, CONTROL_CEILING))


def _baselines(cell: Cell, train: TaskSplit, test: TaskSplit, learned: Heads, heads: Heads) -> list[Score]:
    """What trees that see no vector reach; relations are the most frequent ones of every word in train.

    `next_word` and `previous_word` hang every word on its neighbour, `first_word` hangs all on the first, and
    `word_majority` takes the most frequent distance from a word of this form to its head, which need not give a tree.
    """
    relations = _word_majority(train, test, learned.relations)
    shift = int(learned.heads.min())
    majority = _word_majority(train, test, learned.heads - shift) + shift
    guesses: dict[str, Callable[[int], Int64[np.ndarray, "words"]]] = {
        "next_word": lambda n: np.append(np.ones(n - 1, np.int64), 0),
        "previous_word": lambda n: np.append(0, np.full(n - 1, -1, np.int64)),
        "first_word": lambda n: -np.arange(n, dtype=np.int64),
    }
    lengths = np.diff(heads.offsets).tolist()
    chosen = {name: np.concatenate([guess(n) for n in lengths]) for name, guess in guesses.items()}
    gold = gold_columns(heads, len(cell.task.label_names))
    scores = []
    for name, guess in {**chosen, "word_majority": majority}.items():
        both = _labelled(guess, relations, len(cell.task.label_names))
        found = {"uas": guess[None], "las": both[None]}
        own = Columns({metric: gold[metric] for metric in found}, found, test.clusters)
        scores += own.among(heads.kept).baseline(cell, name)
    return scores


def _word_majority(
    train: TaskSplit, test: TaskSplit, column: Int64[np.ndarray, "learned"]
) -> Int64[np.ndarray, "targets"]:
    """The most frequent value that each test word has in train; its head is not looked at."""
    learn = TaskSplit(train.corpus, train.spans[:, :1], column, train.clusters)
    return word_majority(learn, TaskSplit(test.corpus, test.spans[:, :1], test.labels, test.clusters))
