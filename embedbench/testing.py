"""The contract tests for pytest: one test per promise, the same promises that `embedbench check` asks.

    from embedbench.testing import contract_test

    @contract_test("extractor")
    def test_mine():
        return Mine()

Every component of another package is tested so: an extractor, a task, a probe, a mix or a metric.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from embedbench.errors import ConfigurationError
from embedbench.promises import CheckResult
from embedbench.registry import load_components

__all__ = ["contract_test"]

_NOT_ASKED = "not asked, because an earlier promise was broken"


@dataclass(frozen=True)
class _Contract:
    """The names of all promises, known before any is asked, and what asks them."""

    names: tuple[str, ...]
    ask: Callable[[Any], Sequence[CheckResult]]


def contract_test(group: str) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Turns a function that returns a component into one test per promise of its kind.

    The function may ask for fixtures, as any test; all promises are asked at once, of what it returns first.

    Args:
        group: `extractor`, `task`, `probe`, `mix` or `metric`.

    Raises:
        ConfigurationError: there is no such group.
    """
    contract = _contract(group)

    def decorate(make: Callable[..., Any]) -> Callable[..., None]:
        asked: dict[str, CheckResult] = {}

        @functools.wraps(make)
        def test(*, promise: str, **fixtures: Any) -> None:
            if not asked:
                # A mix or a metric is asked whether its name is the one it is registered by.
                load_components()
                asked.update((result.name, result) for result in contract.ask(make(**fixtures)))
            result = asked.get(promise)
            if result is None:
                pytest.skip(_NOT_ASKED)
            if result.failed:
                pytest.fail(f"{promise}: {result.detail}", pytrace=False)

        own = inspect.signature(make)
        promise = inspect.Parameter("promise", inspect.Parameter.KEYWORD_ONLY)
        test.__signature__ = own.replace(  # type: ignore[attr-defined]
            parameters=[*own.parameters.values(), promise], return_annotation=None
        )
        parametrised: Callable[..., None] = pytest.mark.parametrize("promise", contract.names)(test)
        return parametrised

    return decorate


def _contract(group: str) -> _Contract:
    contracts = {
        "extractor": _of_extractors,
        "task": _of_tasks,
        "probe": _of_probes,
        "mix": _of_mixes,
        "metric": _of_metrics,
    }
    if group not in contracts:
        raise ConfigurationError(f"there is no contract of {group!r}; there are {', '.join(contracts)}")
    return contracts[group]()


def _of_extractors() -> _Contract:
    from embedbench.extractors.contract import CHECKS, PREPARATION, check_extractor

    return _Contract((PREPARATION, *(name for name, _ in CHECKS)), check_extractor)


def _of_tasks() -> _Contract:
    from embedbench.tasks.contract import PROMISES, check_task

    def ask(task: Any) -> Sequence[CheckResult]:
        return [CheckResult(check.name, check.passed, check.detail) for check in check_task(task)]

    return _Contract(PROMISES, ask)


def _of_probes() -> _Contract:
    from embedbench.probing.contract import PROBE_PROMISES, check_probe

    return _Contract(tuple(promise.name for promise in PROBE_PROMISES), check_probe)


def _of_mixes() -> _Contract:
    from embedbench.probing.contract import MIX_PROMISES, check_mix

    return _Contract(tuple(promise.name for promise in MIX_PROMISES), check_mix)


def _of_metrics() -> _Contract:
    from embedbench.scoring.contract import METRIC_PROMISES, check_metric

    return _Contract(tuple(promise.name for promise in METRIC_PROMISES), check_metric)
