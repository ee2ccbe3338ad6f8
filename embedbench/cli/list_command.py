"""`embedbench list`: what can be selected."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from embedbench.cli.configuration import TYPED_GROUPS, conf_folder
from embedbench.registry import GROUPS, components, load_components

_PLURALS = {f"{group}es" if group.endswith("x") else f"{group}s": group for group in GROUPS}


def execute(arguments: Sequence[str]) -> int:
    """Prints what is registered in a group, and the presets that build on it, one line each."""
    parser = argparse.ArgumentParser(prog="embedbench list", description="What can be selected, one line each.")
    parser.add_argument("what", choices=sorted(_PLURALS), nargs="?", help="leave out to list everything")
    what = parser.parse_args(list(arguments)).what
    load_components()
    lines = [line for plural in ([what] if what else sorted(_PLURALS)) for line in _lines(plural)]
    print("\n".join(lines))
    return 0


def _lines(plural: str) -> list[str]:
    group = _PLURALS[plural]
    rows = [(name, component.summary) for name, component in components(group).items()]
    known = {name for name, _ in rows}
    rows += [(name, text) for name, text in _presets(group) if name not in known]
    width = max((len(name) for name, _ in rows), default=0)
    return [f"{plural}:", *(f"  {name:<{width}}  {text}" for name, text in sorted(rows)), ""]


def _presets(group: str) -> list[tuple[str, str]]:
    """Preset files of a group, each with its first comment line."""
    if group not in TYPED_GROUPS:
        return []
    rows = []
    for path in sorted((conf_folder() / group).glob("*.yaml")):
        first = path.read_text("utf-8").splitlines()[0]
        rows.append((path.stem, first.lstrip("# ").strip() if first.startswith("#") else "preset"))
    return rows
