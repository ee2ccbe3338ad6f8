"""What the training loop asks of a network's task, and what it hands back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

Batch = Int64[np.ndarray, "members"]


@dataclass(frozen=True)
class Optimisation:
    """How a network's weights move.

    Attributes:
        learning_rate: the highest, of AdamW; it falls along a half cosine to a tenth of it.
        warm_up: share of the budget in which it rises from zero.
        weight_decay: of matrices; vectors such as biases have none.
        clip_norm: bound of the gradient's norm.
        bf16: compute products in bfloat16 where that is faster.
        threads: of the CPU.
    """

    learning_rate: float
    warm_up: float = 0.02
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    bf16: bool = False
    threads: int = 1


@dataclass(frozen=True)
class HeldOutLoss:
    """Losses on the held-out text.

    Attributes:
        total: nats over all targets.
        targets: what was predicted.
        words: words of the text that those targets spell; perplexity is per word of these.
    """

    total: float
    targets: int
    words: int

    @property
    def mean(self) -> float:
        """Nats per target."""
        return self.total / self.targets

    @property
    def perplexity(self) -> float:
        """Per word."""
        return math.exp(min(self.total / self.words, 700.0))


@runtime_checkable
class Objective(Protocol):
    """What is trained. The order of batches and all chance depend on the arguments only."""

    @property
    def network(self) -> torch.nn.Module:
        """The weights."""
        ...

    def batches(self, epoch: int) -> list[Batch]:
        """One pass over the training text."""
        ...

    def words(self, batch: Batch) -> int:
        """How many words of the budget a batch takes."""
        ...

    def loss(self, batch: Batch, generator: np.random.Generator) -> Tensor:
        """The mean loss of a batch of training text."""
        ...

    def held_out(self) -> HeldOutLoss:
        """The loss on the held-out text."""
        ...


@dataclass(frozen=True)
class Trained:
    """How a training went.

    Attributes:
        words: words seen.
        steps: updates.
        seconds: of training, evaluations included, over all its interruptions.
        best: the held-out loss of the weights that were kept.
        stopped_early: whether the held-out loss stopped it before the budget was spent.
    """

    words: int
    steps: int
    seconds: float
    best: HeldOutLoss
    stopped_early: bool
