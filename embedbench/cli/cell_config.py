"""From a composed configuration to a cell, built at the edge."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from embedbench.cells import Cell
from embedbench.cli.configuration import build, json_safe, refuse_partial_files, resolved
from embedbench.cli.schema import Engine
from embedbench.cli.targets import with_types
from embedbench.errors import ConfigurationError
from embedbench.extractors.devices import Device
from embedbench.extractors.precision import Precision, native_precision
from embedbench.outcomes import Outcome, failed
from embedbench.pipeline import Places, run_cell
from embedbench.progress import Progress
from embedbench.registry import load_components
from embedbench.store.building import Workers
from embedbench.store.in_processes import InProcesses
from embedbench.store.on_ray import OnRay
from embedbench.store.this_process import ThisProcess
from embedbench.types import Extractor, Task

_GIGABYTE = 1_000_000_000
_NOTHING: Mapping[str, Any] = {}

_DOCUMENTED = {"extractor": "add_a_backend.md", "task": "add_a_task.md", "tracker": "sweeps.md"}


def run_configured(
    config: DictConfig, progress: Progress, overrides: Sequence[str] = (), given: Mapping[str, Any] = _NOTHING
) -> Outcome:
    """What became of the configured cell; a cell that cannot be built is a failed record too.

    Args:
        config: the cell.
        progress: is told of phases.
        overrides: from which it was composed.
        given: objects by group (extractor, task, probe) that are used as they are; the configuration describes them.
    """
    places = None
    try:
        places = places_of(config)
        _refuse_extraction_engines(config)
        # A worker process of a launcher starts without the user's own components.
        load_components()
        refuse_partial_files(overrides, config)
        config = with_types(config)
        plain = resolved(_without_trackers(config))
        cell = cell_of(config, given)
    except Exception as error:  # a user's component may raise anything; the other cells go on
        names = (*cell_names(config), str(OmegaConf.select(config, "probe.name") or "probe"))
        container = OmegaConf.to_container(_without_trackers(config), resolve=False, enum_to_str=True)
        known = json_safe(container if isinstance(container, dict) else {})
        return failed(names, known, error, places.results if places else Path(str(config.results)))
    return run_cell(cell, places, config=plain, progress=progress)


def workers_of(config: DictConfig) -> Workers:
    """Who fills the stores of `embedbench extract`, as `runtime` says.

    Raises:
        ConfigurationError: a number is impossible, or an option is for another engine.
    """
    runtime = config.runtime
    if runtime.engine is Engine.ray:
        return OnRay(runtime.address, runtime.processes, runtime.threads, runtime.gpus)
    if runtime.address is not None or runtime.gpus:
        raise ConfigurationError("runtime.address and runtime.gpus are options of runtime=ray")
    return ThisProcess() if runtime.processes in (None, 1) else InProcesses(runtime.processes, runtime.threads)


def _refuse_extraction_engines(config: DictConfig) -> None:
    """Cells are measured in one process; who would have them extracted elsewhere must not be misled.

    Raises:
        ConfigurationError: `runtime` names more than one process.
    """
    if config.runtime.engine is not Engine.local or config.runtime.processes not in (None, 1):
        raise ConfigurationError(
            "runtime=ray and runtime.processes are for `embedbench extract`, which fills the stores that `run` reads; "
            "to measure cells in several processes, use launcher=joblib, launcher=slurm or launcher=ray with -m"
        )


def _without_trackers(config: DictConfig) -> DictConfig:
    """The configuration as records hold it: who is told is no part of a cell, and may be an address with a password."""
    return OmegaConf.masked_copy(config, [str(key) for key in config if key != "tracker"])


def cell_of(config: DictConfig, given: Mapping[str, Any] = _NOTHING) -> Cell:
    """The cell that a configuration describes, with the given objects in their places.

    Raises:
        ConfigurationError: an object is not of its kind, or an option has an impossible value.
        EmbedbenchError: whatever a component itself refuses.
    """
    config = with_types(config)
    if "extractor" in given:
        extractor = given["extractor"]
    else:
        extractor = build(with_precision(config.extractor, config.runtime.precision))
    task = given["task"] if "task" in given else build(config.task)
    require("extractor", config.extractor, extractor, Extractor)
    require("task", config.task, task, Task)
    return Cell(
        extractor=extractor,
        task=task,
        probe=given["probe"] if "probe" in given else build(config.probe),
        training=build(config.training),
        mixes=tuple(dict.fromkeys(config.mixes)),
        seeds=tuple(config.seeds),
        control=config.control,
        resamples=config.resamples,
        store_dtype=str(config.runtime.store_dtype.value),
        limit=config.limit,
        codelength=config.codelength,
    )


def with_precision(extractor: DictConfig, wanted: Precision | None) -> DictConfig:
    """The configuration of an extractor in which every network whose precision is `auto` has the wanted one.

    Extractors within others (`reduced`, `stack`) count too; those without the option, which look vectors up,
    are left alone.

    Raises:
        ConfigurationError: `auto` is wanted for a network on CUDA, and there is none.
    """
    if wanted is None:
        return extractor
    chosen = copy.deepcopy(extractor)
    nodes: list[Any] = [chosen]
    while nodes:
        node = nodes.pop()
        if isinstance(node, DictConfig) and node.get("precision") == Precision.auto:
            device = str(node.get("device", Device.auto))
            if wanted is not Precision.auto:
                node.precision = wanted
            elif device in set(Device):  # a user's own extractor may know others; what `auto` is there, it knows
                node.precision = native_precision(Device(device))
        if isinstance(node, DictConfig | ListConfig):
            keys: list[Any] = list(node) if isinstance(node, DictConfig) else list(range(len(node)))
            plain = [k for k in keys if not OmegaConf.is_missing(node, k) and not OmegaConf.is_interpolation(node, k)]
            nodes += [node[key] for key in plain]
    return chosen


def places_of(config: DictConfig) -> Places:
    """Where the configured cell reads and writes."""
    cap = config.runtime.max_store_gb
    return Places(
        results=Path(str(config.results)).expanduser(),
        store=Path(str(config.paths.store)).expanduser(),
        max_store_bytes=None if cap is None else int(cap * _GIGABYTE),
        threads=config.runtime.threads,
    )


def cell_names(config: DictConfig) -> tuple[str, str]:
    """The names of extractor and task, as far as the configuration tells them before anything is built."""
    return _name(config, "extractor"), _name(config, "task")


def _name(config: DictConfig, group: str) -> str:
    try:
        name = OmegaConf.select(config, f"{group}.name", throw_on_missing=False)
    except OmegaConfBaseException:  # an interpolation that leads nowhere; building the cell says so
        name = None
    target = OmegaConf.select(config, f"{group}._target_", throw_on_missing=False)
    return str(name or str(target or group).rpartition(".")[2].lower())


def require(group: str, node: DictConfig, built: Any, protocol: type) -> None:
    """Checks that a built object has what its kind must have, without evaluating any of it.

    Raises:
        ConfigurationError: it lacks something; the sentence says what.
    """
    wanted = sorted(name for name in dir(protocol) if not name.startswith("_"))
    missing = [name for name in wanted if inspect.getattr_static(built, name, None) is None]
    if missing:
        raise ConfigurationError(
            f"{node.get('_target_')} is not a {group}: it lacks {', '.join(missing)} (see docs/{_DOCUMENTED[group]})"
        )
