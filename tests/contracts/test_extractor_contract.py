"""Every registered extractor keeps the contract."""

from __future__ import annotations

import dataclasses
import enum
import typing
from pathlib import Path
from typing import Any

import pytest
from cases import EXTRACTORS

from embedbench.extractors.contract import check_extractor
from embedbench.registry import components, load_components, lookup


def build(name: str, folder: Path) -> Any:
    """The case's extractor; enum options are given by value, as on the command line."""
    load_components()
    target = lookup("extractor", name).target
    hints = typing.get_type_hints(target)
    options = {
        key: hints[key](value) if isinstance(hints[key], type) and issubclass(hints[key], enum.Enum) else value
        for key, value in EXTRACTORS[name](folder).items()
    }
    return target(**options)


def test_every_registered_extractor_has_a_case() -> None:
    load_components()
    ours = {name for name, c in components("extractor").items() if c.path.startswith("embedbench.")}
    assert ours == set(EXTRACTORS), "add a line to tests/contracts/cases.py for every registered extractor"


@pytest.mark.parametrize("name", EXTRACTORS)
def test_extractor_keeps_the_contract(name: str, tmp_path: Path) -> None:
    extractor = build(name, tmp_path)
    assert dataclasses.is_dataclass(extractor)
    broken = [result for result in check_extractor(extractor) if result.failed]
    assert not broken, "\n".join(f"{result.name}: {result.detail}" for result in broken)
