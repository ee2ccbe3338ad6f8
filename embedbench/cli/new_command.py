"""`embedbench new`: an extractor, task or probe of the user's own, from a template that works as it is."""

from __future__ import annotations

import argparse
import importlib.util
import keyword
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from embedbench.cli.configuration import preset_names
from embedbench.errors import ConfigurationError
from embedbench.registry import components, load_components

_EXAMPLES = {
    "extractor": ("letter_counts", "LetterCounts"),
    "task": ("capitalised", "Capitalised"),
    "probe": ("one_layer", "OneLayer"),
}
"""What the template of each kind is called, and its class."""

_RUN = {
    "extractor": "extractor={name} task=upos treebank@task.files=grammar_small",
    "task": "extractor=random task={name} +treebank@task.files=grammar_small",
    "probe": "extractor=random task=upos treebank@task.files=grammar_small probe={name}",
}
"""A cell that needs no data set, and half a minute."""

_CHECK = {"task": " +treebank@task.files=grammar_small"}


@dataclass(frozen=True)
class _New:
    """What is to be written.

    Attributes:
        group: extractor, task or probe.
        name: by which it will be selected.
        folder: where.
        package: whether it is to be an installable package.
    """

    group: str
    name: str
    folder: Path
    package: bool

    @property
    def module(self) -> str:
        return f"embedbench_{self.name}.{self.name}" if self.package else self.name

    @property
    def root(self) -> Path:
        return self.folder / f"embedbench-{self.name.replace('_', '-')}" if self.package else self.folder

    @property
    def code(self) -> Path:
        return self.root / f"{self.module.replace('.', '/')}.py"

    @property
    def test(self) -> Path:
        return self.root / ("tests" if self.package else ".") / f"test_{self.name}.py"


def execute(arguments: Sequence[str]) -> int:
    """Writes the files and prints what to do with them."""
    parser = argparse.ArgumentParser(
        prog="embedbench new",
        description="Writes a small component that works as it is, and its test, for you to change. Nothing in "
        "embedbench is edited: `--import FILE.py` or, with --package, installing the package makes it known.",
    )
    parser.add_argument("group", choices=sorted(_EXAMPLES), metavar="KIND", help=", ".join(_EXAMPLES))
    parser.add_argument("name", metavar="NAME", help="by which it is selected: lower case, such as my_vectors")
    parser.add_argument("--into", type=Path, default=Path(), metavar="DIR", help="the folder (here)")
    parser.add_argument("--package", action="store_true", help="an installable package with pyproject.toml")
    parsed = parser.parse_args(list(arguments))
    new = _New(parsed.group, parsed.name, parsed.into, parsed.package)
    contents = _contents(new)
    _check(new, contents)
    for path, text in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(_how_to(new, list(contents)))
    return 0


def _check(new: _New, contents: dict[Path, str]) -> None:
    """Refuses a name or a place that would break something.

    Raises:
        ConfigurationError: the name is no identifier, or taken; or a file would be overwritten.
    """
    name, group = new.name, new.group
    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower() or name.startswith("_"):
        raise ConfigurationError(
            f"{name!r} cannot be a name; give lower-case letters, digits and underscores, such as my_{group}"
        )
    there = [str(path) for path in contents if path.exists()]
    if there:
        raise ConfigurationError(f"{', '.join(there)} exists already, and is not overwritten; choose another name")
    load_components()
    if name in components(group) or name in preset_names(group):
        raise ConfigurationError(f"there is {group}={name} already (`embedbench list` names all); choose another name")
    top = new.module.partition(".")[0]
    if importlib.util.find_spec(top) is not None:
        raise ConfigurationError(
            f"{top!r} is the name of an installed module, which {new.code} would hide; choose another"
        )
    if not new.folder.is_dir() and new.folder.exists():
        raise ConfigurationError(f"{new.folder} is no folder")


def _contents(new: _New) -> dict[Path, str]:
    """The files by path."""
    found = {new.code: _filled(new, new.group), new.test: _filled(new, f"test_{new.group}")}
    if new.package:
        found[new.code.parent / "__init__.py"] = f'"""The {new.group} {new.name} for embedbench."""\n'
        found[new.root / "pyproject.toml"] = _filled(new, "pyproject")
        found[new.root / "README.md"] = f"# {new.root.name}\n\n{_steps(new)}"
    return found


def _filled(new: _New, template: str) -> str:
    """A template with the names of the new component in the place of the example's."""
    text = (files("embedbench") / "templates" / f"{template}.txt").read_text("utf-8")
    name, class_name = _EXAMPLES[new.group]
    own = "".join(part.capitalize() for part in new.name.split("_"))
    for old, filled in (
        (name, new.name),
        (class_name, own),
        ("PACKAGE", new.root.name),
        ("FOLDER", new.module.partition(".")[0]),
        ("MODULE", new.module),
        ("GROUP", new.group),
        ("NAME", new.name),
    ):
        text = text.replace(old, filled)
    return text


def _how_to(new: _New, written: Sequence[Path]) -> str:
    return "".join(f"wrote {path}\n" for path in written) + "\n" + _steps(new)


def _steps(new: _New) -> str:
    """The commands, in order; they work as they stand."""
    check = f"{new.group}={new.name}{_CHECK.get(new.group, '')}"
    run = _RUN[new.group].format(name=new.name)
    if new.package:
        first, root = [f"pip install -e {shlex.quote(str(new.root))}"], shlex.quote(str(new.root))
        test, known = f"pytest {root}", ""
    else:
        first, known = [], f" --import {shlex.quote(str(new.code))}"
        test = f"pytest {shlex.quote(str(new.test))}"
    lines = [*first, test, f"embedbench check{known} {check}", f"embedbench run{known} {run}"]
    return f"The contract of {new.group}s, asked twice, and a first cell without any data set:\n\n" + "".join(
        f"    {line}\n" for line in lines
    )
