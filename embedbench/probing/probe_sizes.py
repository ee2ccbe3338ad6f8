"""Which probes a capacity sweep trains (Hewitt & Liang 2019): the same map at growing rank, or more hidden units."""

from __future__ import annotations

from collections.abc import Sequence

from embedbench.errors import ConfigurationError
from embedbench.types import ControlKind, TaskKind, TaskMeta

Sized = tuple[str, dict[str, int | str]]
"""A registered probe and its options."""


def probes_by_size(meta: TaskMeta, ranks: Sequence[int], hidden: Sequence[int]) -> list[Sized]:
    """Probes of growing size for a task, as registered names and options: what a capacity sweep trains.

    Args:
        meta: of the task.
        ranks: of probes that are linear maps of limited rank.
        hidden: units of perceptrons; a head selection has none.

    Raises:
        ConfigurationError: the task has no control, which sizes are to be set against.
    """
    if meta.control == ControlKind.NONE:
        raise ConfigurationError(
            f"task {meta.name} has no control task to set the size of its probes against; tasks that label words, "
            "arcs and spans have one, and so has head_selection"
        )
    biaffine = meta.kind is TaskKind.HEAD_SELECTION
    of_rank: list[Sized] = [
        ("biaffine" if biaffine else "low_rank", {"rank": rank, "name": f"rank_{rank}"}) for rank in ranks
    ]
    of_units: list[Sized] = [("mlp", {"hidden": units, "name": f"mlp_{units}"}) for units in hidden]
    return of_rank if biaffine else [*of_rank, ("linear", {}), *of_units]
