"""The options of a component in words: name, type, default, and what the docstring says of each."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import types
import typing
from pathlib import Path
from typing import Any, Union

from omegaconf import OmegaConf

from embedbench.cli.configuration import TYPED_GROUPS, compose
from embedbench.errors import ConfigurationError
from embedbench.registry import Component, components, lookup


def option_lines(group: str, name: str, config_folder: Path | None) -> list[str]:
    """What `embedbench list extractors NAME` prints.

    Raises:
        ConfigurationError: there is nothing of that name.
    """
    values: dict[str, Any] | None = None
    if name in components(group) and group not in TYPED_GROUPS:
        component = lookup(group, name)
    elif group in TYPED_GROUPS:
        component, values = _selected(group, name, config_folder)
    else:
        component = lookup(group, name)
    target = component.target
    heading = f"{group} {name}: {component.summary}"
    lines = [heading, f"  from {component.source} ({component.path})"]
    if not isinstance(target, type) or not dataclasses.is_dataclass(target):
        return lines
    hints = typing.get_type_hints(target)
    described = _described(target)
    rows = []
    for option in dataclasses.fields(target):
        if option.init:
            value = _default(option) if values is None else values.get(option.name, _default(option))
            rows.append((f"{option.name}: {_type(hints[option.name])}", value, described.get(option.name, "")))
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    return lines + [f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {text}".rstrip() for name, value, text in rows]


def _selected(group: str, name: str, config_folder: Path | None) -> tuple[Component, dict[str, Any]]:
    """The component that a name or a preset selects, and the values it gives to options."""
    from hydra.utils import get_object

    node = compose([f"{group}={name}"], config_folder=config_folder)[group]
    path = str(node._target_)
    known = next((c for c in components(group).values() if c.path == path), None)
    try:
        component = known or Component(group, name, get_object(path))
    except Exception as error:  # importing a user's module may raise anything
        raise ConfigurationError(f"{group} {name}: cannot import {path}: {error}") from error
    plain = OmegaConf.to_container(node, resolve=False, enum_to_str=True)
    assert isinstance(plain, dict)
    return component, {str(key): f"= {value}" for key, value in plain.items() if value != "???"}


def _default(option: dataclasses.Field[Any]) -> str:
    if option.default is not dataclasses.MISSING:
        value = option.default
        return f"= {value.name if isinstance(value, enum.Enum) else value}"
    if option.default_factory is not dataclasses.MISSING:
        return f"= {option.default_factory()}"
    return "must be given"


def _type(hint: Any) -> str:
    """A type as a user would write it; the values of an enumeration.

    >>> _type(int), _type(str | None), _type(tuple[int, ...])
    ('int', 'str or null', 'list of int')
    """
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return " | ".join(hint.__members__)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join("null" if part is type(None) else _type(part) for part in arguments)
    if origin is dict and len(arguments) == 2:
        return f"mapping of {_type(arguments[0])} to {_type(arguments[1])}"
    if origin is not None and arguments and issubclass(origin, typing.Sequence):
        return f"list of {_type(arguments[0])}"
    return str(getattr(hint, "__name__", hint))


def _described(target: type) -> dict[str, str]:
    """What the `Attributes` section of a docstring says of each option, its parents' included."""
    found: dict[str, str] = {}
    for kind in reversed(target.__mro__):
        section = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
        for line in re.split(r"\n(?=\S)", section)[0].split("\n    "):
            name, colon, text = line.strip().partition(": ")
            if colon and name.isidentifier():
                found[name] = " ".join(text.split())
    return found
