"""Baselines that only one task can have, because they read what its spans are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int64

from embedbench.types import TaskSplit


@runtime_checkable
class OwnBaselines(Protocol):
    """A classification task that knows further predictors that see no vector; their names are in `BASELINES`."""

    def own_baselines(self, train: TaskSplit, test: TaskSplit) -> Mapping[str, Int64[np.ndarray, "draws targets"]]:
        """What each of them predicts for every test target, by its name; one row per draw."""
        ...
