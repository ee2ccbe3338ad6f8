"""Typed options from dataclasses: what Hydra checks a user's overrides against."""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Union

from omegaconf import MISSING

from embedbench.errors import ConfigurationError
from embedbench.registry import Component


def component_schema(component: Component) -> Any:
    """A dataclass with the component's options, their types and defaults, and the `_target_` to build it.

    Raises:
        ConfigurationError: the component is not a dataclass.
    """
    target = component.target
    if not isinstance(target, type) or not dataclasses.is_dataclass(target):
        raise ConfigurationError(
            f"{component.group} {component.name!r} ({component.path}) is not a dataclass; decorate it with "
            "@dataclass(frozen=True) so that its fields become its options"
        )
    hints = typing.get_type_hints(target)
    options: list[tuple[str, Any, Any]] = [("_target_", str, component.path)]
    for option in dataclasses.fields(target):
        if not option.init:
            continue
        default: Any = MISSING
        if option.default is not dataclasses.MISSING:
            default = option.default
        elif option.default_factory is not dataclasses.MISSING:
            default = option.default_factory()
        elif typing.get_origin(hints[option.name]) is dict:
            default = {}  # Hydra cannot override a mapping that is not there; the component says what it lacks
        if isinstance(default, list | dict | tuple):
            default = dataclasses.field(default_factory=functools.partial(_plain_copy, default))
        options.append((option.name, _supported(hints[option.name]), default))
    return dataclasses.make_dataclass(target.__name__, options)


def _plain_copy(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value)


def _supported(hint: Any) -> Any:
    """The hint as far as OmegaConf can check it; anything richer is accepted as it comes."""
    if hint in (str, int, float, bool, Any):
        return hint
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType) and type(None) in arguments and len(arguments) == 2:
        inner = _supported(next(a for a in arguments if a is not type(None)))
        return Any if inner is Any else inner | None
    if origin in (tuple, list, Sequence, typing.Sequence) or (origin is not None and origin.__name__ == "Sequence"):
        return list[_supported(arguments[0])] if arguments else list[Any]  # type: ignore[misc]
    if origin is dict and all(a in (str, int, float, bool, Any) for a in arguments):
        return hint
    return Any
