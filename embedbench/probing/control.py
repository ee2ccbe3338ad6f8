"""Control labels (Hewitt & Liang 2019): one random label per word type, which only memorising can predict."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from jaxtyping import Int64

from embedbench.errors import DataError
from embedbench.types import Split, TaskSplit

CONTROL_SEED = 0
"""Control labels are part of the task, not of a member: every seed of a cell learns the same ones."""

_STEPS = 1 << 64


def control_labels(
    splits: Mapping[Split, TaskSplit], n_labels: int, seed: int, question: str = ""
) -> dict[Split, Int64[np.ndarray, "targets"]]:
    """The control label of every target of every split.

    A target's word type is the words of its first span, joined by blanks. Each type draws one label from the label
    distribution of the train targets, by a hash of (seed, type): the label depends neither on the order of targets,
    nor on which split they are in, nor on which other types there are.

    Args:
        splits: by name; `train` must be among them.
        n_labels: how many labels the task has.
        seed: another seed draws other labels.
        question: another question about the same words draws other labels.

    Raises:
        DataError: the train split has no target, or a label is out of range.
    """
    train = splits[Split.TRAIN].labels
    if not len(train) or train.min() < 0 or train.max() >= n_labels:
        raise DataError(
            f"control labels need train targets with labels from 0 to {n_labels - 1}; got {len(train)} targets"
            + (f" with labels from {train.min()} to {train.max()}" if len(train) else "")
        )
    edges = np.cumsum(np.bincount(train, minlength=n_labels))
    known: dict[str, int] = {}
    asked = f"\0{question}" if question else ""
    control = {}
    for which, split in splits.items():
        types = word_types(split)
        for word_type in types:
            if word_type not in known:
                draw = draw_below(int(edges[-1]), seed, word_type + asked)
                known[word_type] = int(np.searchsorted(edges, draw, side="right"))
        control[which] = np.fromiter((known[t] for t in types), dtype=np.int64, count=len(types))
    return control


def control_ceiling(
    train: TaskSplit,
    test: TaskSplit,
    train_control: Int64[np.ndarray, "train"],
    test_control: Int64[np.ndarray, "test"],
) -> float:
    """The accuracy of `by_heart`: no control accuracy can exceed it by more than chance (Hewitt & Liang 2019).

    Raises:
        DataError: a split has no target.
    """
    if not len(test):
        raise DataError("the control ceiling needs targets; got 0 in test")
    return float((by_heart(train, test, train_control) == test_control).mean())


def by_heart(train: TaskSplit, test: TaskSplit, train_control: Int64[np.ndarray, "train"]) -> Int64[np.ndarray, "test"]:
    """The answers of who has learned the control label of every type in train, and guesses the commonest for others.

    Raises:
        DataError: train has no target.
    """
    if not len(train):
        raise DataError("the control ceiling needs targets; got 0 in train")
    memory = dict(zip(word_types(train), train_control.tolist(), strict=True))
    # Over types, not tokens: an unseen type is a new draw, and one frequent word says nothing about draws.
    guess = int(np.bincount(list(memory.values())).argmax())
    return np.fromiter((memory.get(t, guess) for t in word_types(test)), dtype=np.int64, count=len(test))


def word_types(split: TaskSplit) -> list[str]:
    """The word type of every target: the words of its first span, joined by blanks."""
    words = split.corpus.words
    return [" ".join(words[start:end]) for start, end in split.spans[:, 0].tolist()]


def draw_below(n: int, seed: int, word_type: str) -> int:
    """A whole number from 0 to n - 1, uniform over types, by a hash of (seed, type)."""
    text = f"{seed}\0{word_type}".encode("utf-8", errors="surrogatepass")
    # Whole numbers throughout: a float of the draw could round up to n.
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little") * n // _STEPS
