"""The exact revisions behind names that move: what a cell read from the Hub, for its record and for reruns."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from embedbench.data.hub import at_commit, pinned_files


def pinned(component: Any) -> dict[str, str]:
    """Commits by `hub:NAME` of a model and `hub:datasets/NAME` of a data set, those of inner components too.

    A component with names of its own that move says what they stood for in an attribute `pinned`.
    """
    found: dict[str, str] = {}
    for part in _parts(component):
        found |= getattr(part, "pinned", {})
        files = getattr(part, "files", None)
        if isinstance(files, Mapping):
            found |= pinned_files([spec for spec in files.values() if isinstance(spec, str)])
    return found


def at_pinned(config: Any, commits: Mapping[str, str]) -> Any:
    """A recorded configuration in which every name from the Hub stands with the commit that was read."""
    if isinstance(config, Mapping):
        fixed = {key: at_pinned(value, commits) for key, value in config.items()}
        commit = commits.get(f"hub:{fixed.get('model')}")
        return {**fixed, "revision": commit} if commit is not None and "revision" in fixed else fixed
    if isinstance(config, list | tuple):
        return [at_pinned(value, commits) for value in config]
    return at_commit(config, dict(commits)) if isinstance(config, str) else config


def _parts(component: Any) -> Iterator[Any]:
    """The component and all that it is made of."""
    if isinstance(component, Mapping):
        component = list(component.values())
    if isinstance(component, list | tuple):
        for part in component:
            yield from _parts(part)
    elif dataclasses.is_dataclass(component) and not isinstance(component, type):
        yield component
        for field in dataclasses.fields(component):
            yield from _parts(getattr(component, field.name))
