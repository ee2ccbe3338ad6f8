"""What was tried for a member before it was scored; for training and for the record alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trial:
    """One point of the grid for one mix and label column.

    Attributes:
        mix: the mix's label.
        labels: `task` or `control`.
        rate_factor: of every learning rate but that of the mix.
        weight_decay: of AdamW.
        dev_loss: nats per target, the mean over seeds; the least is chosen, the first of equals.
        dev_score: accuracy (of grades, Pearson's correlation), the mean over seeds.
        chosen: whether its members are the ones that are scored.
    """

    mix: str
    labels: str
    rate_factor: float
    weight_decay: float
    dev_loss: float
    dev_score: float
    chosen: bool
