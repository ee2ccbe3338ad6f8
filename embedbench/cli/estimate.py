"""`embedbench run --estimate`: seconds, bytes and peak memory of every cell and of all, before any work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from embedbench.reporting.formats import as_text
from embedbench.reporting.sheet import Entry, Row, Sheet
from embedbench.store.estimate import human_bytes

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from embedbench.estimating.cell_costs import CellCost, Estimator

_COLUMNS = ("to extract", "store", "extraction", "training and scoring", "in all", "peak memory")


class Estimates:
    """The costs of the cells of one command, and the names of those that would fail."""

    def __init__(self) -> None:
        from embedbench.estimating.cell_costs import Estimator

        self._estimator: Estimator = Estimator()
        self.costs: list[CellCost] = []
        self.refused: list[str] = []

    def add(self, config: DictConfig, overrides: Sequence[str]) -> None:
        """Estimates one cell; one that cannot be built or read is named and costs nothing."""
        from embedbench.cli.cell_config import cell_names, cell_of, places_of
        from embedbench.cli.configuration import refuse_partial_files
        from embedbench.errors import EmbedbenchError
        from embedbench.registry import load_components

        load_components()
        names = " x ".join(cell_names(config))
        try:
            refuse_partial_files(overrides, config)
            self.costs.append(self._estimator.cost(cell_of(config), places_of(config)))
        except (EmbedbenchError, OSError) as error:
            sys.stderr.write(f"embedbench: {names} would fail: {error}\n")
            self.refused.append(names)


def launched_here(arguments: Sequence[str]) -> list[str]:
    """The arguments without a launcher: an estimate is made in this process."""
    launcher = ("hydra/launcher", "hydra.launcher", "launcher=", "launcher.")
    return [argument for argument in arguments if not argument.lstrip("+~").startswith(launcher)]


def print_estimate(costs: Sequence[CellCost], refused: Sequence[str]) -> None:
    """The table on standard output."""
    sys.stdout.write(as_text(estimate_sheet(costs, refused), width=None, color=False))


def estimate_sheet(costs: Sequence[CellCost], refused: Sequence[str] = ()) -> Sheet:
    """A row per cell and one for all of them; cells run one after the other, so that the largest memory counts."""
    rows = [Row(f"{cost.extractor} x {cost.task}", _entries(cost)) for cost in costs]
    unknown = any(cost.training_seconds is None for cost in costs)
    extraction = sum(cost.extraction_seconds for cost in costs)
    training = sum(cost.training_seconds or 0.0 for cost in costs)
    least = "≥ " if unknown else ""
    total = (
        f"{sum(cost.words for cost in costs):,} words",
        human_bytes(sum(cost.store_bytes for cost in costs)),
        human_seconds(extraction),
        least + human_seconds(training),
        least + human_seconds(extraction + training),
        human_bytes(max((cost.memory_bytes for cost in costs), default=0)),
    )
    rows.append(Row(f"all {len(costs)} cells", tuple(map(Entry, total)), baseline=True))
    return Sheet("", _COLUMNS, tuple(rows), tuple(_notes(costs, refused)), corner="cell")


def _entries(cost: CellCost) -> tuple[Entry, ...]:
    if cost.finished:
        return (Entry("finished"), *(Entry("–") for _ in _COLUMNS[1:]))
    known = cost.training_seconds is not None
    training = human_seconds(cost.training_seconds) if cost.training_seconds is not None else "?"
    whole = cost.extraction_seconds + (cost.training_seconds or 0.0)
    return (
        Entry(f"{cost.words:,} words"),
        Entry(human_bytes(cost.store_bytes)),
        Entry(human_seconds(cost.extraction_seconds)),
        Entry(training),
        Entry(human_seconds(whole) if known else f"≥ {human_seconds(whole)}"),
        Entry(human_bytes(cost.memory_bytes)),
    )


def _notes(costs: Sequence[CellCost], refused: Sequence[str]) -> list[str]:
    notes = ["extraction: timed here on a few hundred words; a store that several cells read is counted once"]
    sources: dict[str, list[str]] = {}
    for cost in costs:
        if not cost.finished:
            sources.setdefault(cost.source, []).append(f"{cost.extractor} x {cost.task}")
    for source, cells in sources.items():
        named = ", ".join(cells[:3]) + (f" and {len(cells) - 3} more" if len(cells) > 3 else "")
        notes.append(f"training and scoring of {named}: {source}")
    if refused:
        notes.append(f"would fail, see above: {', '.join(refused)}")
    return notes


def human_seconds(seconds: float) -> str:
    """Seconds for people.

    >>> human_seconds(0.4), human_seconds(75.0), human_seconds(7300.0)
    ('0.4 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
