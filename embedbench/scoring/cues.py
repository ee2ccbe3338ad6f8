"""Trivial cues: what the place and the surface of a target's spans tell about its label, without any vector.

Published probes have been beaten by them: the signed distance of two words alone tells 72 % of arcs from others, and
how long a sentence is tells much of how deep its tree is. The one cue that fits a task is a row of its table.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from jaxtyping import Int64

from embedbench.scoring.baselines import Predictor, majority, majority_by_key
from embedbench.types import TaskSplit

_Cue = Callable[[TaskSplit], Sequence[Hashable]]

_STEPS = 10
"""Steps into which the share of common words is cut."""


def trivial_cue(train: TaskSplit) -> str | None:
    """The cue that fits the spans of a task: `distance`, `overlap`, `length`, or None for targets of single words.

    Two spans of one sentence have a distance, two spans of two sentences have words in common, and single spans have a
    length unless they are all of one word.
    """
    spans = train.spans
    if not len(train) or spans.shape[1] > 2:
        return None
    if spans.shape[1] == 2:
        sentences = train.corpus.sentence_of(spans[:, :, 0])
        return "distance" if (sentences[:, 0] == sentences[:, 1]).mean() > 0.5 else "overlap"
    lengths = spans[:, 0, 1] - spans[:, 0, 0]
    return "length" if (lengths > 1).any() else None


def by_cue(name: str) -> Predictor:
    """The baseline that predicts the most frequent train label of targets with the same cue, else of all."""
    cue = _CUES[name]

    def predict(train: TaskSplit, test: TaskSplit) -> Int64[np.ndarray, "targets"]:
        return majority_by_key(cue(train), cue(test), train, majority(train, test))

    return predict


def _distance(split: TaskSplit) -> Sequence[Hashable]:
    distances: list[Hashable] = (split.spans[:, 1, 0] - split.spans[:, 0, 0]).tolist()
    return distances


def _length(split: TaskSplit) -> Sequence[Hashable]:
    lengths: list[Hashable] = (split.spans[:, 0, 1] - split.spans[:, 0, 0]).tolist()
    return lengths


def _overlap(split: TaskSplit) -> Sequence[Hashable]:
    """Common words over all words of both spans, without case, in tenths (Jaccard's coefficient)."""
    words, shares = split.corpus.words, []
    for (a, b), (c, d) in split.spans[:, :2].tolist():
        one, two = {word.lower() for word in words[a:b]}, {word.lower() for word in words[c:d]}
        shares.append(int(_STEPS * len(one & two) / max(len(one | two), 1)))
    return shares


_CUES: dict[str, _Cue] = {"distance": _distance, "length": _length, "overlap": _overlap}
