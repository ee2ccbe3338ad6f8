"""From a composed configuration to a cell, built at the edge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from embedbench.cells import Cell
from embedbench.cli.configuration import build, resolved
from embedbench.errors import ConfigurationError, EmbedbenchError
from embedbench.pipeline import Outcome, Places, failed_before_start, run_cell
from embedbench.progress import Progress
from embedbench.registry import load_components
from embedbench.types import Extractor, Task

_GIGABYTE = 1_000_000_000


def run_configured(config: DictConfig, progress: Progress) -> Outcome:
    """What became of the configured cell; a cell that cannot be built is a failed record too."""
    places = places_of(config)
    try:
        # A worker process of a launcher starts without the user's own components.
        load_components()
        plain = resolved(config)
        cell = cell_of(config)
    except EmbedbenchError as error:
        names = (*cell_names(config), str(OmegaConf.select(config, "probe.name") or "probe"))
        container = OmegaConf.to_container(config, resolve=False, enum_to_str=True)
        known = {str(key): value for key, value in container.items()} if isinstance(container, dict) else {}
        return failed_before_start(names, known, error, places)
    return run_cell(cell, places, config=plain, progress=progress)


def cell_of(config: DictConfig) -> Cell:
    """The cell that a configuration describes.

    Raises:
        ConfigurationError: an object is not of its kind, or an option has an impossible value.
        EmbedbenchError: whatever a component itself refuses.
    """
    extractor, task = build(config.extractor), build(config.task)
    if not isinstance(extractor, Extractor):
        raise ConfigurationError(not_a("extractor", config.extractor, extractor, Extractor))
    if not isinstance(task, Task):
        raise ConfigurationError(not_a("task", config.task, task, Task))
    if config.limit is not None and int(config.limit) < 1:
        raise ConfigurationError(f"limit is {config.limit}; it is a number of sentences, at least 1, or null for all")
    if not config.seeds:
        raise ConfigurationError("seeds is empty; give at least one, such as seeds=[0]")
    return Cell(
        extractor=extractor,
        task=task,
        probe=build(config.probe),
        training=build(config.training),
        mixes=tuple(str(name) for name in config.mixes),
        seeds=tuple(int(seed) for seed in config.seeds),
        control=bool(config.control),
        resamples=int(config.resamples),
        store_dtype=str(config.runtime.store_dtype),
        limit=None if config.limit is None else int(config.limit),
    )


def places_of(config: DictConfig) -> Places:
    """Where the configured cell reads and writes."""
    cap = config.runtime.max_store_gb
    threads = config.runtime.threads
    return Places(
        results=Path(str(config.results)).expanduser(),
        store=Path(str(config.paths.store)).expanduser(),
        max_store_bytes=None if cap is None else int(float(cap) * _GIGABYTE),
        threads=None if threads is None else int(threads),
    )


def cell_names(config: DictConfig) -> tuple[str, str]:
    """The names of extractor and task, as far as the configuration tells them before anything is built."""
    return _name(config, "extractor"), _name(config, "task")


def _name(config: DictConfig, group: str) -> str:
    name = OmegaConf.select(config, f"{group}.name", throw_on_missing=False)
    target = OmegaConf.select(config, f"{group}._target_", throw_on_missing=False)
    return str(name or str(target or group).rpartition(".")[2].lower())


def not_a(group: str, node: DictConfig, built: Any, protocol: type) -> str:
    """The sentence that says what a built object lacks to be an extractor or a task."""
    wanted = sorted(name for name in dir(protocol) if not name.startswith("_"))
    missing = [name for name in wanted if not hasattr(built, name)]
    return f"{node.get('_target_')} is not a {group}: it lacks {', '.join(missing)} (see docs/add_a_backend.md)"
