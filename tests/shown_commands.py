"""What is wrong with a command that a page shows, found without running it."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import re
import shlex
from collections.abc import Iterator

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep
from hydra.errors import HydraException

from embedbench.cli.configuration import compose, preset_names
from embedbench.cli.main import COMMANDS
from embedbench.registry import components, load_components

COMPOSED = ("run", "extract", "geometry", "capacity", "conditional", "check")
"""Commands whose arguments are overrides of `conf/run.yaml`."""
EVERYWHERE = ("--import", "--help", "--version", "--config-dir", "-m", "--estimate", "--limit", "-h")


def commands(text: str) -> Iterator[str]:
    """Every line of a page's plain code blocks that calls embedbench, continued lines joined."""
    for block in re.findall(r"^```\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        joined = re.sub(r"\\\n\s*", "", block)
        joined = re.sub(r'"[^"]*"', lambda quoted: " ".join(quoted.group().split()), joined)
        yield from re.findall(r"^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*embedbench (.*)$", joined, flags=re.MULTILINE)


def fault(line: str) -> str:
    """Why the command would be refused; empty if nothing is known against it."""
    command, *words = shlex.split(line.replace("`", ""), comments=True)
    if command.startswith("--"):
        return ""
    if command not in COMMANDS:
        return f"there is no command {command!r}"
    own = {word.partition("=")[0] for word in words if word.startswith("-")} - set(EVERYWHERE)
    unknown = sorted(option for option in own if option not in _help(command))
    if unknown:
        return f"there is no option {unknown[0]}"
    imported = "--import" in words
    return _overrides_fault(_overrides(words), imported=imported) if command in COMPOSED else ""


@functools.cache
def _help(command: str) -> str:
    module = importlib.import_module(f"embedbench.cli.{command}_command")
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        if command != "run":  # Hydra's own help; its few options are known above
            module.execute(["--help"])
    return said.getvalue()


def _overrides(words: list[str]) -> list[str]:
    return [word for word in words if re.match(r"[~+]{0,2}[a-z_]+([@./][\w@./]*)?=", word) or word.startswith("~")]


def _overrides_fault(overrides: list[str], *, imported: bool) -> str:
    load_components()
    try:
        parsed = OverridesParser.create().parse_overrides([word.replace("…", "x") for word in overrides])
    except HydraException as error:
        return str(error).splitlines()[0]
    config = _config()
    for one in parsed:
        key = str(one.key_or_group)
        group = key.partition("@")[0]
        value = one.value() if not one.is_sweep_override() else _choices(one)
        if key.startswith("launcher."):
            options = {name for launcher in components("launcher").values() for name in launcher.target.__annotations__}
            if key.partition(".")[2] not in options:
                return f"no launcher has the option {key!r}"
        elif group in ("extractor", "task", "probe", "treebank", "corpus", "model", "launcher", "runtime"):
            known = {*preset_names(group), *components(group)}
            names = value if isinstance(value, list) else [value]
            wrong = [name for name in names if isinstance(name, str) and name not in known and name.islower()]
            if wrong and not imported:
                return f"there is no {group} {wrong[0]!r}"
        elif key.partition(".")[0] not in (*config, "hydra", "hydra/launcher"):
            return f"there is no setting {key!r}"
        elif key.partition(".")[0] in ("training", "runtime", "paths"):
            place, _, name = key.partition(".")
            if name not in config[place]:
                return f"there is no setting {key!r}"
    return ""


@functools.cache
def _config():
    return compose([])


def _choices(one) -> list:
    value = one._value
    return [str(choice) for choice in value.list] if isinstance(value, ChoiceSweep) else []
