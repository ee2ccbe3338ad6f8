"""From registered components and YAML presets to built objects; Hydra is met here and nowhere deeper."""

from __future__ import annotations

import argparse
import importlib
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from embedbench.cli.schema import RunOptions
from embedbench.cli.targets import with_types
from embedbench.cli.typed_options import component_schema
from embedbench.errors import AddOnWarning, ConfigurationError, EmbedbenchError
from embedbench.probing.members import Training
from embedbench.registry import Component, components, load_components

CONFIG_MODULE = "embedbench.conf"
TYPED_GROUPS = ("extractor", "task", "probe", "tracker")

_SEVERAL = ("tracker",)
"""Groups of which a run may have several: each stands under its own name, as in `tracker=[tensorboard,mlflow]`."""

_stored: set[Component] = set()
"""What Hydra knows already; reading the types of all components takes as long as composing a cell."""


def register_schemas() -> None:
    """Stores every registered component as a typed Hydra option.

    A component called NAME becomes the node `schema/GROUP/NAME`, which presets build on, and also the option
    `GROUP=NAME` itself where no preset file has that name; so a user's component needs no YAML.
    """
    from hydra.core.config_store import ConfigStore

    load_components()
    store = ConfigStore.instance()
    for group in TYPED_GROUPS:
        presets = preset_names(group)
        for name, component in components(group).items():
            if component in _stored:
                continue
            _stored.add(component)
            try:
                node = component_schema(component)
                store.store(group=f"schema/{group}", name=name, node=node)
            except Exception as error:  # a user's dataclass may hold anything
                _leave_out(component, error)
                continue
            if name not in presets:
                package = f"{group}.{name}" if group in _SEVERAL else None
                store.store(group=group, name=name, node=node, package=package)
    store.store(group="schema", name="run", node=RunOptions)
    store.store(group="training", name="default", node=component_schema(Component("training", "default", Training)))


def _leave_out(component: Component, error: Exception) -> None:
    """Goes on without an installed add-on's component; the user's own file, named a moment ago, is refused.

    Raises:
        ConfigurationError: the component does not come from an installed package.
    """
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    said = f"{component.group} {component.name!r} of {component.source} has options that cannot be read: {reason}"
    if not component.is_installed:
        raise ConfigurationError(said) from error
    warnings.warn(f"{said}; it is left out", AddOnWarning, stacklevel=1)


def register_node(group: str, name: str, target: type) -> None:
    """Makes any dataclass the typed node `schema/GROUP/NAME`, for presets to build on."""
    from hydra.core.config_store import ConfigStore

    ConfigStore.instance().store(
        group=f"schema/{group}", name=name, node=component_schema(Component(group, name, target))
    )


def conf_folder() -> Path:
    """The folder of YAML presets, in a checkout as in an installed wheel."""
    return Path(next(iter(importlib.import_module(CONFIG_MODULE).__path__)))


def preset_names(group: str) -> tuple[str, ...]:
    """The names of the YAML presets of a group, sorted."""
    return tuple(sorted(path.stem for path in (conf_folder() / group).glob("*.yaml")))


def split_config_dir(arguments: Sequence[str]) -> tuple[list[str], Path | None]:
    """The overrides, and the folder named by `--config-dir`, which Hydra itself knows for `run` only.

    Raises:
        ConfigurationError: there is no such folder, or an option that is neither.
    """
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--config-dir", type=Path)
    options, overrides = parser.parse_known_args(list(arguments))
    unknown = [override for override in overrides if override.startswith("-")]
    if unknown:
        raise ConfigurationError(f"there is no option {unknown[0]}; overrides look like extractor=minilm")
    if options.config_dir is not None and not options.config_dir.is_dir():
        raise ConfigurationError(f"--config-dir {options.config_dir}: there is no such folder")
    return overrides, options.config_dir


def compose(overrides: Sequence[str], *, config_folder: Path | None = None, config_name: str = "run") -> DictConfig:
    """The resolved configuration of one cell, without running anything.

    Raises:
        ConfigurationError: Hydra refused an override; its message says which and lists what exists.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_module
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    register_schemas()
    extra = [f"hydra.searchpath=[file://{config_folder.resolve()}]"] if config_folder else []
    try:
        with initialize_config_module(config_module=CONFIG_MODULE, version_base="1.3"):
            config = hydra_compose(config_name, overrides=[*extra, *overrides])
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(str(error).strip()) from error
    refuse_partial_files(overrides, config)
    return with_types(config)


def refuse_partial_files(overrides: Sequence[str], config: DictConfig) -> None:
    """Hydra merges mappings, so files left out of `task.files={…}` would be the preset's: another data set's.

    Raises:
        ConfigurationError: an override of `task.files` leaves out a split that the preset fills.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser

    for override in OverridesParser.create().parse_overrides(list(overrides)):
        value = override.value()
        if override.key_or_group == "task.files" and isinstance(value, dict):
            left_out = sorted(set(config.task.files) - {str(key) for key in value})
            if left_out:
                raise ConfigurationError(
                    f"task.files names no file for {', '.join(left_out)}, which would then come from the preset's data "
                    "set; name a file for every split"
                )


def build(node: DictConfig) -> Any:
    """The object that a configuration node describes.

    Raises:
        EmbedbenchError: whatever the component itself refuses, as it said it.
        ConfigurationError: the node cannot be instantiated; the message names its `_target_`.
    """
    from hydra.errors import HydraException
    from hydra.utils import instantiate
    from omegaconf.errors import OmegaConfBaseException

    try:
        return instantiate(node, _convert_="all")
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__
        if isinstance(cause, EmbedbenchError):
            raise cause from None
        reason = cause if cause is not None else error
        raise ConfigurationError(
            f"cannot build {node.get('_target_')!r}: {type(reason).__name__}: {str(reason).splitlines()[0]}"
        ) from error


def resolved(config: DictConfig) -> dict[str, Any]:
    """The configuration as plain JSON-like values, every interpolation resolved.

    Raises:
        ConfigurationError: an option without default was left out, or an interpolation does not resolve.
    """
    from omegaconf.errors import OmegaConfBaseException

    try:
        container = OmegaConf.to_container(config, resolve=True, throw_on_missing=True, enum_to_str=True)
    except OmegaConfBaseException as error:
        raise ConfigurationError(str(error).splitlines()[0]) from error
    if not isinstance(container, dict):
        raise ConfigurationError("the configuration must be a mapping")
    return {str(key): json_safe(value) for key, value in container.items()}


def json_safe(value: Any) -> Any:
    """The value with everything that JSON lacks (paths, NaN, other objects) written as text."""
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
