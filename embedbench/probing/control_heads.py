"""Control heads (Hewitt & Liang 2019): every word type hangs on a place drawn for it; memorising alone predicts it."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import numpy as np
from jaxtyping import Int64

from embedbench.probing.control import by_heart, control_labels, draw_below, word_types
from embedbench.tasks.head_columns import Heads
from embedbench.types import Split, TaskSplit


class Hangs(enum.IntEnum):
    """Where the words of a type hang in every sentence; one that would hang on itself hangs on the root."""

    ON_ROOT = 0
    ON_FIRST = 1
    ON_LAST = 2


def control_heads(
    splits: Mapping[Split, TaskSplit], heads: Mapping[Split, Heads], n_relations: int, seed: int
) -> dict[Split, Heads]:
    """Heads and relations that depend on the word type alone, for every word of every split.

    Each type draws one of `Hangs`, all equally often, by a hash of (seed, type); the published control draws from the
    word itself, the first and the last word, and here the root stands for the word itself. Its relation is drawn as
    `control_labels` draws labels. Such heads need not form a tree: they are decoded word by word.

    Args:
        splits: by name; `train` must be among them.
        heads: the true heads of the same splits; what is not scored of them is not scored here.
        n_relations: how many relations the task has.
        seed: another seed draws other heads.

    Raises:
        DataError: the train split has no target.
    """
    relations = control_labels(splits, n_relations, seed)
    return {
        which: Heads(true.offsets, _hung(_rules(splits[which], seed), true), relations[which], true.kept)
        for which, true in heads.items()
    }


def heads_by_heart(splits: Mapping[Split, TaskSplit], control: Mapping[Split, Heads], seed: int) -> Heads:
    """The control heads of the test split by who knows the rule and the relation of every type in train alone."""
    train, test, own = splits[Split.TRAIN], splits[Split.TEST], control[Split.TEST]
    rules = by_heart(train, test, _rules(train, seed))
    relations = by_heart(train, test, control[Split.TRAIN].relations)
    return Heads(own.offsets, _hung(rules, own), relations, own.kept)


def _rules(split: TaskSplit, seed: int) -> Int64[np.ndarray, "words"]:
    named = word_types(split)
    known = {word_type: draw_below(len(Hangs), seed, f"head of {word_type}") for word_type in set(named)}
    return np.fromiter((known[word_type] for word_type in named), dtype=np.int64, count=len(named))


def _hung(rules: Int64[np.ndarray, "words"], heads: Heads) -> Int64[np.ndarray, "words"]:
    """How many words to the right of each word its control head stands; 0 is the root."""
    own = np.arange(len(rules), dtype=np.int64)
    first, last = heads.offsets[:-1][heads.sentences], heads.offsets[1:][heads.sentences] - 1
    return np.choose(rules, [np.zeros_like(own), first - own, last - own])
