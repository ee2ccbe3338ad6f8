"""`embedbench list`: what can be selected, where it comes from, and what its options are."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from embedbench.cli.component_options import option_lines
from embedbench.cli.configuration import TYPED_GROUPS, conf_folder
from embedbench.errors import ConfigurationError
from embedbench.registry import GROUPS, components, load_components

_PLURALS = {f"{group}es" if group.endswith("x") else f"{group}s": group for group in GROUPS}
_OURS = "embedbench"


def execute(arguments: Sequence[str]) -> int:
    """Prints what is registered in a group, and the presets that build on it, one line each; or one's options."""
    parser = argparse.ArgumentParser(
        prog="embedbench list",
        description="What can be selected, one line each; in brackets, the package or file it comes from where that is "
        "not embedbench. With a NAME: its options, their types and defaults.",
    )
    parser.add_argument("what", choices=sorted(_PLURALS), nargs="?", help="leave out to list everything")
    parser.add_argument("name", nargs="?", help="tell the options of this one")
    parser.add_argument("--config-dir", type=Path, help="a folder of your own presets, as of `embedbench run`")
    parsed = parser.parse_args(list(arguments))
    if parsed.config_dir is not None and not parsed.config_dir.is_dir():
        raise ConfigurationError(f"--config-dir {parsed.config_dir}: there is no such folder")
    load_components()
    if parsed.name is not None:
        lines = option_lines(_PLURALS[parsed.what], parsed.name, parsed.config_dir)
    else:
        lines = [
            line for plural in ([parsed.what] if parsed.what else sorted(_PLURALS))
            for line in _lines(plural, parsed.config_dir)
        ]  # fmt: skip
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def selectable(group: str, config_folder: Path | None = None) -> list[tuple[str, str, str]]:
    """Every registered component and preset of a group, by name: a line on it, and where it comes from."""
    rows = {name: (component.summary, component.source) for name, component in components(group).items()}
    for name, text, source in _presets(group, config_folder):
        rows.setdefault(name, (text, source))
    return [(name, *told) for name, told in sorted(rows.items())]


def _lines(plural: str, config_folder: Path | None) -> list[str]:
    rows = selectable(_PLURALS[plural], config_folder)
    width = max((len(name) for name, *_ in rows), default=0)
    told = [f"  {name:<{width}}  {text}" + ("" if source == _OURS else f"  [{source}]") for name, text, source in rows]
    return [f"{plural}:", *told, ""]


def _presets(group: str, config_folder: Path | None) -> Iterator[tuple[str, str, str]]:
    """Preset files of a group, each with its first comment line and where it lies."""
    if group not in TYPED_GROUPS:
        return
    folders = [(conf_folder(), _OURS), *([(config_folder, str(config_folder))] if config_folder else [])]
    for folder, source in folders:
        for path in sorted((folder / group).glob("*.yaml")):
            first = next(iter(path.read_text("utf-8").splitlines()), "")
            yield path.stem, first.lstrip("# ").strip() if first.startswith("#") else "preset", source
