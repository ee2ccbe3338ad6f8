"""`embedbench check`: the contract of a component, against any of them, also the user's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omegaconf import DictConfig
from rich.console import Console
from rich.text import Text

from embedbench.cli.cell_config import require
from embedbench.cli.configuration import build, compose, split_config_dir
from embedbench.errors import ConfigurationError
from embedbench.promises import CheckResult
from embedbench.registry import load_components
from embedbench.types import Task

_HELP = """usage: embedbench check extractor=NAME [options]
       embedbench check task=NAME [options]
       embedbench check probe=NAME [options]
       embedbench check mix=NAME | metric=NAME

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
    plain = [override for override in overrides if override.partition("=")[0] in ("mix", "metric")]
    composed = [override for override in overrides if override not in plain]
    asked = [override.lstrip("+~").partition("=")[0].partition(".")[0] for override in composed]
    groups = [group for group in _COMPOSED if group in asked]
    if not groups and not plain:
        raise ConfigurationError(
            f"check what? give {', '.join(f'{group}=NAME' for group in _COMPOSED)}, mix=NAME or metric=NAME; "
            "`embedbench list` names them"
        )
    config = compose(composed, config_folder=folder)
    results = [result for group in groups for result in _COMPOSED[group](config)]
    load_components()
    for override in plain:
        group, _, name = override.partition("=")
        results += (_mix if group == "mix" else _metric)(name)
    console = Console(highlight=False)
    for result in results:
        console.print(_line(result), soft_wrap=True)
    failed = sum(result.failed for result in results)
    console.print(f"{len(results)} checks, {failed} failed")
    return 1 if failed else 0


def _extractor(config: DictConfig) -> list[CheckResult]:
    from embedbench.extractors.contract import check_extractor

    return check_extractor(build(config.extractor))


def _task(config: DictConfig) -> list[CheckResult]:
    task = build(config.task)
    require("task", config.task, task, Task)
    return task_results(task)


def task_results(task: Task) -> list[CheckResult]:
    """One result per promise of a task, then the facts that are only reported."""
    from embedbench.tasks.contract import check_task

    return [
        CheckResult(check.name.removeprefix("report "), check.passed, check.detail, not check.name.startswith("report"))
        for check in check_task(task)
    ]


def _probe(config: DictConfig) -> list[CheckResult]:
    from embedbench.probing.contract import check_probe

    return check_probe(build(config.probe))


_COMPOSED: dict[str, Callable[[DictConfig], list[CheckResult]]] = {
    "extractor": _extractor,
    "task": _task,
    "probe": _probe,
}
"""The kinds of components that are Hydra groups."""


def _mix(name: str) -> list[CheckResult]:
    from embedbench.mixing import expand_mixes
    from embedbench.probing.contract import check_mix

    return [result for mix in expand_mixes([name], 3) for result in check_mix(mix)]


def _metric(name: str) -> list[CheckResult]:
    from embedbench.scoring.contract import check_metric
    from embedbench.scoring.metrics import metric

    return check_metric(metric(name))


def _line(result: CheckResult) -> Text:
    word, style = ("passed", "green") if result.passed else ("FAILED", "bold red")
    if not result.required:
        word, style = "report", "cyan"
    detail = f"  ({result.detail})" if result.detail else ""
    return Text.assemble((word, style), f"  {result.name}", (detail, "dim"))
