"""Cells from Python: run one, sweep many, fill their stores, or tell what they will cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

from omegaconf import DictConfig, OmegaConf

from embedbench.api.answer import Answer
from embedbench.api.settings import Settings, node_of, overrides_of
from embedbench.errors import ConfigurationError, EmbedbenchError
from embedbench.types import Extractor, Split, Task

if TYPE_CHECKING:
    from embedbench.outcomes import Outcome
    from embedbench.progress import Progress
    from embedbench.results.schema import Record
    from embedbench.store import LayeredStore


def run(extractor: str | Extractor, task: str | Task, **settings: Unpack[Settings]) -> Record:
    """The record of one cell: read where it is finished, computed and written otherwise, as `embedbench run` does.

    Args:
        extractor: a name, as in `extractor=NAME`, or an object.
        task: a name, as in `task=NAME`, or an object.
        settings: everything else; see `Settings`.

    Raises:
        ConfigurationError: something asked for does not exist or does not fit together.
        EmbedbenchError: the cell failed; its record says so too, and lies with the others.
    """
    return checked(outcome_of(extractor, task, settings))


def sweep(
    extractors: Iterable[str | Extractor], tasks: Iterable[str | Task], **settings: Unpack[Settings]
) -> list[Record]:
    """The record of every extractor on every task, one cell after the other, as `embedbench run -m` does.

    A cell that fails has a record with the status `failed` and its error; the others go on.

    Args:
        extractors: names or objects.
        tasks: names or objects.
        settings: of all cells; see `Settings`.
    """
    rows, columns = list(extractors), list(tasks)
    cells = [(extractor, task) for extractor in rows for task in columns]
    progress = _progress(settings)
    records = []
    for number, (extractor, task) in enumerate(cells, 1):
        progress.note(f"[{number}/{len(cells)}] {_called(extractor)} x {_called(task)}")
        record = outcome_of(extractor, task, settings).record
        if record.error is not None:
            progress.note(f"  failed: {record.error.message}")
        records.append(record)
    return records


def extract(extractor: str | Extractor, task: str | Task, **settings: Unpack[Settings]) -> dict[Split, LayeredStore]:
    """The word vectors of every split of a task, memory-mapped; extracted where the store lacks them.

    Args:
        extractor: a name or an object. Of sentences of your own, ask the object: `extractor("minilm").extract(…)`.
        task: a name or an object.
        settings: of these, `limit`, `store` and what decides how vectors are computed and kept.

    Raises:
        EmbedbenchError: the vectors cannot be computed or kept.
    """
    from embedbench.cli.cell_config import cell_of, places_of
    from embedbench.pipeline import fill_stores

    made = configured(extractor, task, settings)
    return fill_stores(cell_of(made.config, made.given), places_of(made.config), _progress(settings))


def estimate(
    extractors: Iterable[str | Extractor], tasks: Iterable[str | Task], **settings: Unpack[Settings]
) -> Answer:
    """Seconds, bytes and peak memory of every cell and of all, before any work, as `embedbench run --estimate`.

    Args:
        extractors: names or objects.
        tasks: names or objects.
        settings: of all cells; see `Settings`.

    Raises:
        EmbedbenchError: a cell cannot be built or read.
    """
    import polars as pl

    from embedbench.cli.cell_config import cell_of, places_of
    from embedbench.cli.estimate import estimate_sheet
    from embedbench.estimating.cell_costs import Estimator

    estimator, costs, columns = Estimator(), [], list(tasks)
    for extractor in extractors:
        for task in columns:
            made = configured(extractor, task, settings)
            costs.append(estimator.cost(cell_of(made.config, made.given), places_of(made.config)))
    return Answer((estimate_sheet(costs),), lambda: pl.DataFrame([vars(cost) for cost in costs]))


@dataclass(frozen=True)
class Configured:
    """A composed cell.

    Attributes:
        config: what the command line would have composed.
        given: the objects that stand for parts of it.
        overrides: from which it was composed.
    """

    config: DictConfig
    given: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()


def configured(extractor: str | Extractor, task: str | Task, settings: Settings) -> Configured:
    """The cell, composed as on the command line; objects are described in it and used as they are.

    Raises:
        ConfigurationError: something asked for does not exist.
    """
    from embedbench.cli.cell_config import require
    from embedbench.cli.configuration import compose

    chosen = {"extractor": extractor, "task": task, "probe": settings.get("probe", "linear")}
    named = [f"{group}={name}" for group, name in chosen.items() if isinstance(name, str)]
    given = {group: component for group, component in chosen.items() if not isinstance(component, str)}
    if "extractor" in given and settings.get("precision") is not None:
        raise ConfigurationError(
            "precision chooses for an extractor that is named; give the object its own, such as "
            'embedbench.extractor("minilm", precision="bf16")'
        )
    overrides = (*named, *overrides_of(settings))
    config = compose(overrides)
    OmegaConf.set_struct(config, False)
    for group, component in given.items():
        config[group] = OmegaConf.create(node_of(component))
        if group != "probe":
            require(group, config[group], component, Extractor if group == "extractor" else Task)
    OmegaConf.set_struct(config, True)
    return Configured(config, given, overrides)


def checked(outcome: Outcome) -> Record:
    """The record of a cell that has its scores.

    Raises:
        ConfigurationError: something asked for does not exist or does not fit together.
        EmbedbenchError: the cell failed.
    """
    if outcome.record.error is not None:
        kind = ConfigurationError if outcome.wrong_usage else EmbedbenchError
        raise kind(outcome.record.error.message)
    return outcome.record


def outcome_of(extractor: str | Extractor, task: str | Task, settings: Settings) -> Outcome:
    """What became of the cell; while it runs, those who look at its results folder can see so."""
    from pathlib import Path

    from embedbench.cli.cell_config import cell_names, run_configured
    from embedbench.results.running import under_way

    made = configured(extractor, task, settings)
    names = cell_names(made.config)
    with under_way(Path(str(made.config.results)).expanduser(), *names):
        return run_configured(made.config, _progress(settings), made.overrides, made.given)


def _progress(settings: Settings) -> Progress:
    from embedbench.cli.console import progress_for

    return progress_for(quiet=settings.get("quiet", False))


def _called(component: Any) -> str:
    if isinstance(component, str):
        return component
    return str(component.meta.name if hasattr(component, "meta") else component.name)
