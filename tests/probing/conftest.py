"""Small worlds with a known answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from embedbench.probing.members import ProbeData
from embedbench.types import ArrayVectors, Corpus, TaskSplit

MakeWorld = Callable[..., ProbeData]


def world(
    n: int, seed: int, *, layers: int = 3, dim: int = 12, n_labels: int = 4, spans: int = 1, signal: float = 6.0
) -> ProbeData:
    """Targets whose label is written into layer 1 of the words of their first span; other layers are noise.

    Control labels are the label of another target: nothing to learn.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_labels, n)
    lengths = rng.integers(1, 4, (n, spans))
    ends = np.cumsum(lengths.ravel()).reshape(n, spans)
    words = int(ends[-1, -1])
    values = rng.normal(size=(words, layers, dim)).astype(np.float32)
    for target in range(n):
        values[ends[target, 0] - lengths[target, 0] : ends[target, 0], 1, labels[target]] += signal
    positions = np.stack([ends - lengths, ends], axis=2)
    split = TaskSplit(Corpus.of([[f"w{i % 50}" for i in range(words)]]), positions, labels, np.arange(n))
    return ProbeData(ArrayVectors(values), split, {"task": labels, "control": rng.permutation(labels)})


@pytest.fixture
def make_world() -> MakeWorld:
    return world
