"""Types for what is named by `_target_`: the options of any dataclass are checked as those of a registered one are."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from embedbench.cli.typed_options import component_schema
from embedbench.errors import ConfigurationError
from embedbench.registry import Component

_GROUPS = ("extractor", "task", "probe")


def with_types(config: DictConfig) -> DictConfig:
    """The configuration in which every component named by `_target_` alone has its dataclass's options and defaults.

    A component that was selected by name has them already. What cannot be imported, or is no dataclass, is left as it
    is: building it says what is wrong.

    Raises:
        ConfigurationError: an option does not exist, or a value is not of its type.
    """
    typed = copy.deepcopy(config)
    OmegaConf.set_struct(typed, False)
    changed = [_give_types(typed, group) for group in _GROUPS if group in typed]
    OmegaConf.set_struct(typed, True)
    return typed if any(changed) else config


def _give_types(parent: Any, key: Any) -> bool:
    """Gives types to this part of the configuration, in place; whether there was one to give them to."""
    if OmegaConf.is_missing(parent, key) or OmegaConf.is_interpolation(parent, key):
        return False
    node = parent[key]
    if not isinstance(node, DictConfig | ListConfig):
        return False
    keys: list[Any] = list(node) if isinstance(node, DictConfig) else list(range(len(node)))
    changed = [_give_types(node, below) for below in keys]
    if not isinstance(node, DictConfig) or OmegaConf.get_type(node) is not dict or "_target_" not in node:
        return any(changed)
    path = str(node._target_)
    target = _dataclass(path)
    if target is None:
        return any(changed)
    try:
        parent[key] = OmegaConf.merge(OmegaConf.structured(component_schema(Component("", path, target))), node)
    except (OmegaConfBaseException, ValueError) as error:
        raise ConfigurationError(f"{path}: {str(error).splitlines()[0]}") from error
    return True


def _dataclass(path: str) -> type | None:
    """The class of that dotted path, if it can be imported and is a dataclass."""
    from hydra.utils import get_object

    try:
        found = get_object(path)
    except Exception:  # importing a user's module may raise anything; building it says what
        return None
    return found if isinstance(found, type) and dataclasses.is_dataclass(found) else None
