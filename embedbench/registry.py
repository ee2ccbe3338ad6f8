"""One line registers a component: `@register("extractor", "mine")` over a frozen dataclass.

The dataclass's fields become its typed options: Hydra refuses an unknown name, an unknown option and a value of the
wrong type, with a list of what exists. There is no second list to keep in step.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import os
import pkgutil
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from embedbench.errors import AddOnWarning, ConfigurationError

T = TypeVar("T")

GROUPS = ("extractor", "task", "probe", "mix", "metric", "tracker", "launcher")
"""What can be registered."""

IMPORT_VARIABLE = "EMBEDBENCH_IMPORT"
"""Environment variable: modules or files that register the user's own components, separated like a PATH."""

ENTRY_POINTS = "embedbench.components"
"""The entry point group by which an installed package names the modules that register its components."""

_FAMILIES = ("embedbench.extractors", "embedbench.tasks")
"""Packages whose every module may register; a new file in them is found without editing anything."""

_MODULES = (
    "embedbench.clusters.options",
    "embedbench.mixing",
    "embedbench.probing.probes",
    "embedbench.probing.nearest_probes",
    "embedbench.scoring.metrics",
    "embedbench.scoring.answers",
    "embedbench.scoring.groups",
    "embedbench.scoring.trees",
    "embedbench.scoring.attachment",
    "embedbench.tracking.tensorboard",
    "embedbench.tracking.mlflow",
    "embedbench.tracking.wandb",
)
"""The other modules that register. None of them imports a heavy library at module level."""


@dataclasses.dataclass(frozen=True)
class Component:
    """A registered class or function."""

    group: str
    name: str
    target: Any

    @property
    def path(self) -> str:
        """The dotted path by which it is imported."""
        return f"{self.target.__module__}.{self.target.__qualname__}"

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return next(iter((self.target.__doc__ or "").strip().splitlines()), "")

    @property
    def source(self) -> str:
        """Where it comes from: `embedbench`, an installed package with its version, or the user's module or file."""
        module = str(self.target.__module__)
        top = module.partition(".")[0]
        if top == "embedbench":
            return top
        for entry_point in _add_ons(top):
            if entry_point.dist is not None:
                return f"{entry_point.dist.name} {entry_point.dist.version}"
        file = getattr(sys.modules.get(module), "__file__", None)
        return Path(file).name if file and "." not in module else module

    @property
    def is_installed(self) -> bool:
        """Whether it belongs to embedbench or to a package with an entry point, rather than to a file of the user's."""
        top = str(self.target.__module__).partition(".")[0]
        return top == "embedbench" or bool(_add_ons(top))


def _add_ons(top: str) -> list[EntryPoint]:
    """The entry points of the package of that name."""
    return [found for found in entry_points(group=ENTRY_POINTS) if found.module.partition(".")[0] == top]


_components: dict[tuple[str, str], Component] = {}


def register(group: str, name: str) -> Callable[[T], T]:
    """A decorator that makes the thing below selectable as `group=name`.

    Raises:
        ConfigurationError: the group does not exist, or the name is taken by something else.
    """
    if group not in GROUPS:
        raise ConfigurationError(f"cannot register {name!r} in group {group!r}; the groups are {', '.join(GROUPS)}")

    def decorate(target: T) -> T:
        component = Component(group, name, target)
        known = _components.get((group, name))
        if known is not None and known.path != component.path:
            raise ConfigurationError(
                f"{group} {name!r} is registered twice, by {known.path} and by {component.path}; rename one of them"
            )
        _components[group, name] = component
        return target

    return decorate


def components(group: str) -> dict[str, Component]:
    """Everything registered in a group, by name, sorted. Call `load_components` first."""
    return {name: c for (g, name), c in sorted(_components.items()) if g == group}


def lookup(group: str, name: str) -> Component:
    """The component of that name.

    Raises:
        ConfigurationError: there is none; the message lists what there is.
    """
    try:
        return _components[group, name]
    except KeyError:
        known = ", ".join(components(group)) or "none"
        raise ConfigurationError(f"there is no {group} called {name!r}; registered: {known}") from None


def load_components() -> None:
    """Imports every built-in component, every installed add-on and everything the user named to import.

    Component modules import no heavy library at module level, so this takes milliseconds. An installed add-on that
    cannot be loaded is left out with an `AddOnWarning`; nothing else suffers from it.

    Raises:
        ConfigurationError: what the user named to import cannot be imported.
    """
    for family in _FAMILIES:
        for module in pkgutil.iter_modules(importlib.import_module(family).__path__):
            importlib.import_module(f"{family}.{module.name}")
    for name in _MODULES:
        importlib.import_module(name)
    for entry_point in entry_points(group=ENTRY_POINTS):
        _load_add_on(entry_point)
    for spec in filter(None, os.environ.get(IMPORT_VARIABLE, "").split(os.pathsep)):
        import_user_module(spec)


def _load_add_on(entry_point: EntryPoint) -> None:
    """Everything that the add-on registers, or, where it breaks off, nothing of it."""
    before = dict(_components)
    try:
        entry_point.load()
        for key in _components.keys() - before.keys():
            _check_options(_components[key])
    except Exception as error:  # an add-on may raise anything
        _components.clear()
        _components.update(before)
        package = "" if entry_point.dist is None else f" of the package {entry_point.dist.name}"
        warnings.warn(
            f"the add-on {entry_point.name!r}{package} ({entry_point.value}) cannot be loaded and is left out: "
            f"{_told(error)}",
            AddOnWarning,
            stacklevel=1,  # the same place every time, so that it is told once
        )


def _check_options(component: Component) -> None:
    """Refuses what could not be selected later, when the whole command would fail for it."""
    if component.group == "metric":
        return
    if not isinstance(component.target, type) or not dataclasses.is_dataclass(component.target):
        raise ConfigurationError(
            f"{component.group} {component.name!r} ({component.path}) is not a dataclass; decorate it with "
            "@dataclass(frozen=True) so that its fields become its options"
        )


def import_user_module(spec: str) -> None:
    """Imports a user's module by dotted name or by path to a `.py` file, so that its registrations take effect.

    Raises:
        ConfigurationError: there is no such module or file.
    """
    if not spec.endswith(".py"):
        try:
            importlib.import_module(spec)
        except Exception as error:  # the user's code may raise anything
            raise ConfigurationError(f"cannot import {spec!r}: {_told(error)}; is it on PYTHONPATH?") from error
        return
    path = Path(spec).resolve()
    if not path.is_file():
        raise ConfigurationError(f"cannot import {spec!r}: there is no such file")
    # A user's file is importable by its stem, so that `_target_: stem.Class` works in other processes too.
    known = sys.modules.get(path.stem)
    if known is not None:
        if Path(getattr(known, "__file__", None) or "").resolve() == path:
            return
        raise ConfigurationError(
            f"cannot import {spec!r}: {path.stem!r} is already the name of another module; rename the file"
        )
    module_spec = importlib.util.spec_from_file_location(path.stem, path)
    if module_spec is None or module_spec.loader is None:
        raise ConfigurationError(f"cannot import {spec!r}: it is not a Python file")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[path.stem] = module
    try:
        module_spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        sys.modules.pop(path.stem, None)
        raise ConfigurationError(f"cannot import {spec!r}: {_told(error)}") from error


def _told(error: Exception) -> str:
    """What went wrong in the user's code, and in which line of it; a sentence of ours stands for itself."""
    if isinstance(error, ConfigurationError):
        return str(error)
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while line is None and trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = line if line is not None else trace.tb_lineno if trace is not None else 0
    return f"{type(error).__name__} in line {line}: {error}"
