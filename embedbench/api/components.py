"""Extractors, tasks and probes by name with typed options, as objects; and the contract of any of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, cast

from omegaconf import OmegaConf

from embedbench.api.settings import is_plain, override
from embedbench.errors import ConfigurationError
from embedbench.promises import CheckResult
from embedbench.types import Extractor, Task


def extractor(name: str, /, **options: Any) -> Extractor:
    """The extractor that `extractor=NAME` selects on the command line, with these options.

    An option may be another extractor, as in `extractor("reduced", inner=extractor("minilm"), dim=100)`.

    Raises:
        ConfigurationError: there is no such extractor or option, or a value is not of the option's type.
    """
    return cast(Extractor, _made("extractor", name, options))


def task(name: str, /, **options: Any) -> Task:
    """The task that `task=NAME` selects on the command line, with these options.

    `files` may be the name of a treebank preset, such as `grammar_small`, which needs no data set.

    Raises:
        ConfigurationError: there is no such task or option, or a value is not of the option's type.
    """
    if isinstance(options.get("files"), str):
        options["files"] = treebank(options["files"])
    return cast(Task, _made("task", name, options))


def probe(name: str, /, **options: Any) -> Any:
    """The probe that `probe=NAME` selects on the command line, with these options.

    Raises:
        ConfigurationError: there is no such probe or option, or a value is not of the option's type.
    """
    return _made("probe", name, options)


def treebank(name: str) -> dict[str, str]:
    """The files of a treebank preset by split, as `treebank@task.files=NAME` places them in a task.

    Raises:
        ConfigurationError: there is no such preset.
    """
    from embedbench.cli.configuration import compose

    config = compose(["task=upos", f"treebank@task.files={name}"])
    return {str(split): str(spec) for split, spec in config.task.files.items()}


def available(group: str) -> dict[str, str]:
    """What can be selected in a group, by name: one line each, as `embedbench list` prints it.

    Args:
        group: `extractor`, `task`, `probe`, `mix` or `metric`.

    Raises:
        ConfigurationError: there is no such group.
    """
    from embedbench.cli.list_command import selectable
    from embedbench.registry import GROUPS, load_components

    if group not in GROUPS:
        raise ConfigurationError(f"there is no group {group!r}; the groups are {', '.join(GROUPS)}")
    load_components()
    return {name: text for name, text, _ in selectable(group)}


def use(*specs: str) -> None:
    """Makes components of your own known by name, as `--import` does: files `mine.py`, or modules.

    A class that is defined in the notebook itself needs none of this: hand over its objects.

    Raises:
        ConfigurationError: one cannot be imported.
    """
    from embedbench.registry import import_user_module

    for spec in specs:
        import_user_module(spec)


def check(component: Any, sentences: Sequence[Sequence[str]] | None = None) -> list[CheckResult]:
    """One result per promise of the component's contract, as `embedbench check` asks them.

    Args:
        component: an extractor, a task, a probe, a mix or a metric.
        sentences: of an extractor, what to try it on; ordinary sentences.

    Raises:
        ConfigurationError: it is none of these.
    """
    from embedbench.cli.check_command import task_results
    from embedbench.registry import load_components

    load_components()
    if hasattr(component, "extract"):
        from embedbench.extractors.contract import check_extractor

        return check_extractor(component, None if sentences is None else [tuple(s) for s in sentences])
    if hasattr(component, "split") and hasattr(component, "meta"):
        return task_results(component)
    if hasattr(component, "hidden_widths"):
        from embedbench.probing.contract import check_probe

        return check_probe(component)
    if hasattr(component, "coefficients"):
        from embedbench.probing.contract import check_mix

        return check_mix(component)
    if hasattr(component, "higher_is_better"):
        from embedbench.scoring.contract import check_metric

        return check_metric(component)
    raise ConfigurationError(
        f"a {type(component).__name__} is no extractor, task, probe, mix or metric with a contract"
    )


def _made(group: str, name: str, options: dict[str, Any]) -> Any:
    from hydra.utils import get_class

    from embedbench.cli.configuration import build, compose

    plain = [override(f"{group}.{key}", value) for key, value in options.items() if is_plain(value)]
    objects = {key: value for key, value in options.items() if not is_plain(value)}
    try:
        config = compose([f"{group}={name}", *plain])
    except ConfigurationError as error:
        raise _better(group, name, options, error) from error
    _check_options(group, name, options, config)
    if not objects:
        return build(config[group])
    # An object cannot pass through a configuration: the others are built by it, and the class is called with both.
    kind = get_class(str(config[group]._target_))
    fields = [field.name for field in dataclasses.fields(kind) if field.init and field.name not in objects]
    given = {key: _value(config[group], key) for key in fields if not OmegaConf.is_missing(config[group], key)}
    return kind(**given, **objects)


def _better(group: str, name: str, options: dict[str, Any], error: ConfigurationError) -> ConfigurationError:
    """Our own sentence where an option does not exist; Hydra's speaks of its command line."""
    from embedbench.cli.configuration import compose

    try:
        _check_options(group, name, options, compose([f"{group}={name}"]))
    except ConfigurationError as better:
        return better
    return error


def _check_options(group: str, name: str, options: dict[str, Any], config: Any) -> None:
    known = [str(key) for key in config[group] if key != "_target_"]
    for option in options:
        if option not in known:
            raise ConfigurationError(f"{group} {name!r} has no option {option!r}; it has {', '.join(known)}")


def _value(node: Any, key: str) -> Any:
    from omegaconf import DictConfig, ListConfig

    from embedbench.cli.configuration import build

    value = node[key]
    if isinstance(value, DictConfig):
        return build(value)
    return OmegaConf.to_container(value, resolve=True) if isinstance(value, ListConfig) else value
