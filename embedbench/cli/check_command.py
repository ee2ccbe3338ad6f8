"""`embedbench check`: the contract of an extractor or a task, against any of them, also the user's own."""

from __future__ import annotations

from collections.abc import Sequence

from omegaconf import DictConfig
from rich.console import Console
from rich.text import Text

from embedbench.cli.cell_config import require
from embedbench.cli.configuration import build, compose, split_config_dir
from embedbench.errors import ConfigurationError
from embedbench.types import Task

_HELP = """usage: embedbench check extractor=NAME [options]
       embedbench check task=NAME [options]

Runs the contract tests and prints a line each; exit code 1 when one fails.

  embedbench check extractor=minilm
  embedbench check --import mine.py extractor=mine extractor.size=10
  embedbench check extractor=transformer extractor.model=./my-model extractor.name=mine
  embedbench check --config-dir ./myconf extractor=mine
  embedbench check task=upos 'task.files={train: a.conllu, dev: b.conllu, test: c.conllu}'
"""


def execute(arguments: Sequence[str]) -> int:
    """Prints what passed and what did not; 1 when a promise is broken."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(_HELP, end="")
        return 0
    overrides, folder = split_config_dir(arguments)
    groups = [group for group in ("extractor", "task") if any(o.lstrip("+").startswith(group) for o in overrides)]
    if not groups:
        raise ConfigurationError("check what? give extractor=NAME or task=NAME; `embedbench list` names them")
    config = compose(overrides, config_folder=folder)
    lines = [line for group in groups for line in (_task if group == "task" else _extractor)(config)]
    console = Console(highlight=False)
    for line in lines:
        console.print(line, soft_wrap=True)
    failed = sum(line.plain.startswith("FAILED") for line in lines)
    console.print(f"{len(lines)} checks, {failed} failed")
    return 1 if failed else 0


def _extractor(config: DictConfig) -> list[Text]:
    from embedbench.extractors.contract import check_extractor

    extractor = build(config.extractor)
    return [_line(result.name, result.detail, result.passed, result.required) for result in check_extractor(extractor)]


def _task(config: DictConfig) -> list[Text]:
    from embedbench.tasks.contract import check_task

    task = build(config.task)
    require("task", config.task, task, Task)
    return [
        _line(check.name.removeprefix("report "), check.detail, check.passed, not check.name.startswith("report"))
        for check in check_task(task)
    ]


def _line(name: str, detail: str, passed: bool, required: bool) -> Text:
    word, style = ("passed", "green") if passed else ("FAILED", "bold red")
    if not required:
        word, style = "report", "cyan"
    return Text.assemble((word, style), f"  {name}", (f"  ({detail})" if detail else "", "dim"))
