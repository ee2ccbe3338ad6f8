"""The same search for every cell: a grid of learning rates and weight decays, trained as members, chosen on dev.

A comparison of embeddings whose probes were tuned for one of them is a comparison of tuning (Dodge et al. 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from embedbench.probing.fitted import FittedMembers
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.trainer import train_members
from embedbench.probing.trials import Trial
from embedbench.progress import Progress


def train_tuned(
    train: ProbeData,
    dev: ProbeData,
    members: Sequence[Member],
    n_labels: Mapping[str, int],
    training: Training,
    progress: Progress,
) -> tuple[FittedMembers, tuple[Trial, ...]]:
    """Every member, trained with each point of the training's grid at once; the point that is best on dev is kept.

    All seeds of a mix share one point, chosen by their mean dev loss: test has no say, and seeds keep telling how much
    chance there is. Without a grid it is `train_members`, and there are no trials.

    Raises:
        ContractError, NumericalError: as `train_members`.
    """
    points = training.grid
    if not training.tuned:
        return train_members(train, dev, members, n_labels, training, progress), ()
    tried = [replace(member, rate_factor=rate, weight_decay=decay) for member in members for rate, decay in points]
    fitted = train_members(train, dev, tried, n_labels, training, progress)
    losses = np.array(fitted.dev_losses).reshape(len(members), len(points))
    scores = np.array(fitted.dev_scores).reshape(len(members), len(points))
    kept, trials = dict[int, int](), []
    for mix, labels in dict.fromkeys((member.mix.label, member.labels) for member in members):
        rows = [row for row, member in enumerate(members) if (member.mix.label, member.labels) == (mix, labels)]
        best = int(np.argmin(losses[rows].mean(axis=0)))
        kept |= dict.fromkeys(rows, best)
        trials += [
            Trial(mix, labels, rate, decay, float(losses[rows, k].mean()), float(scores[rows, k].mean()), k == best)
            for k, (rate, decay) in enumerate(points)
        ]
    return fitted.only([row * len(points) + kept[row] for row in range(len(members))]), tuple(trials)
