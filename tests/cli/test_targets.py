"""Options of what is named by `_target_` alone are as typed as those of what is registered."""

from __future__ import annotations

import sys

import pytest

from embedbench.cli.configuration import build, compose
from embedbench.errors import ConfigurationError
from embedbench.extractors.stack import Stack

MODULE = """
import enum
from dataclasses import dataclass

class Case(enum.Enum):
    keep = "keep"
    lower = "lower"

@dataclass(frozen=True)
class Unregistered:
    case: Case = Case.lower
    size: int = 3
    name: str = "unregistered"

def made(size):
    return size
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    (tmp_path / "unregistered_add_on.py").write_text(MODULE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("unregistered_add_on", None)


def composed(options: str, target: str = "Unregistered"):
    return compose(["~extractor", f"+extractor={{_target_: unregistered_add_on.{target}, {options}}}"])


def test_enumerations_numbers_and_defaults_are_what_the_dataclass_says():
    built = build(composed("case: keep").extractor)
    assert (built.case.value, built.size, built.name) == ("keep", 3, "unregistered")


@pytest.mark.parametrize(("options", "said"), [("case: kept", "kept"), ("size: many", "many"), ("szie: 3", "szie")])
def test_a_wrong_option_or_value_is_refused_with_its_name(options, said):
    with pytest.raises(ConfigurationError, match=said):
        composed(options)


def test_what_stands_inside_another_component_is_typed_too():
    inner = "{_target_: unregistered_add_on.Unregistered, case: keep}"
    config = compose(["extractor=stack", f"+extractor.parts.own={inner}"])
    assert config.extractor.parts.own.size == 3
    with pytest.raises(ConfigurationError, match="kept"):
        compose(["extractor=stack", f"+extractor.parts.own={inner.replace('keep', 'kept')}"])
    assert Stack.__name__ in config.extractor._target_


def test_a_function_is_left_as_it_is():
    assert build(composed("size: 7", "made").extractor) == 7
