"""Seconds of training probes of classes and grades where no record tells: operations over this machine's speed."""

from __future__ import annotations

import time
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from embedbench.mixing import Single
from embedbench.probing.members import Member

if TYPE_CHECKING:
    from embedbench.cells import Cell

_PRODUCT = 1024
_GATHERED_BYTES_PER_SECOND = 3e9
"""Shuffled rows from memory to a batch; of the order of a tenth of a memory's bandwidth."""


_SOLVING_PASSES = 40
"""Over train, until all penalties are tried; 30 to 50 on English-EWT."""


def training_seconds(cell: Cell, *, targets: int, spans: int, layers: int, dim: int, members: int) -> float:
    """Roughly what the whole schedule of mini-batches costs, which early stopping may cut, or the full-batch solver.

    Two operations per parameter and target forwards, four backwards; every batch gathers all layers of its spans.

    Args:
        cell: the probe, the labels and the schedule.
        targets: of the train split.
        spans: of one target.
        layers: of the extractor.
        dim: of a layer.
        members: that train together.
    """
    from embedbench.probing.full_batch import solved_at_once

    rows, problems = targets * cell.training.epochs(targets) * cell.training.passes(targets), float(members)
    if solved_at_once(Member(Single(0), cell.probe), cell.training, targets):
        rows, problems = targets * _SOLVING_PASSES, members / len(cell.seeds)  # seeds share what has one answer
    inputs = dim * spans if spans != 2 else 3 * dim  # [a; b; a*b]
    widths = [inputs, *getattr(cell.probe, "hidden_widths", ()), max(len(cell.task.label_names), 2)]
    parameters = sum(a * b for a, b in pairwise(widths))
    gathering = 4 * layers * spans * dim / _GATHERED_BYTES_PER_SECOND
    return float(rows * (6 * parameters * problems / product_speed() + gathering))


@lru_cache(maxsize=1)
def product_speed() -> float:
    """Floating-point operations per second of a matrix product in float32, as torch runs it now."""
    import torch

    one = torch.from_numpy(np.ones((_PRODUCT, _PRODUCT), np.float32))
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        torch.mm(one, one)
        seconds.append(time.perf_counter() - started)
    return float(2 * _PRODUCT**3 / min(seconds))
