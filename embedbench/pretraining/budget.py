"""The budget: stated once, the same for every family."""

from __future__ import annotations

from dataclasses import dataclass

from embedbench.errors import ConfigurationError


@dataclass(frozen=True)
class Budget:
    """How much training a model gets.

    Attributes:
        words: words seen in training, repetitions of the corpus included.
        evaluations: how often the held-out loss is measured on the way.
        patience: evaluations without a better held-out loss after which training stops early; 0: never.
        checkpoint_seconds: how much work a kill can cost, at most.

    Raises:
        ConfigurationError: a number that cannot be.
    """

    words: int
    evaluations: int = 20
    patience: int = 3
    checkpoint_seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.words < 1 or self.evaluations < 1 or self.patience < 0 or self.checkpoint_seconds < 0:
            raise ConfigurationError(
                f"{self} cannot be; expected at least 1 word and 1 evaluation, and nothing below 0"
            )


def budget_key(budget: Budget) -> list[int]:
    """What of a budget decides the result: not how often checkpoints are written."""
    return [budget.words, budget.evaluations, budget.patience]
