"""What Python values become on the way into a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.api.settings import is_plain, node_of, override, overrides_of
from embedbench.errors import ConfigurationError
from embedbench.extractors.precision import Precision
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.extractors.stack import Stack
from embedbench.probing.probes import Pooling

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
NUMBERS = st.booleans() | st.none() | st.integers() | st.floats(allow_nan=False)
NAMES = st.from_regex(r"[a-z][a-z_]{0,5}", fullmatch=True).filter(lambda name: name not in ("null", "nan", "inf"))


def parsed(text: str):
    [found] = OverridesParser.create().parse_overrides([text])
    return found.key_or_group, found.value()


@settings(max_examples=30)
@given(
    st.recursive(TEXT | NUMBERS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
)
def test_a_value_comes_back_as_it_was(value):
    key, found = parsed(override("a.b", value))
    assert key == "a.b"
    assert plain(found) == value
    assert type(plain(found)) is type(value)


def plain(value):
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return str(value.text) if hasattr(value, "text") else value


def test_names_that_differ_from_the_configurations_are_placed():
    asked = overrides_of({"store": Path("x y"), "threads": 1, "training": {"max_epochs": 2}, "overrides": ["limit=3"]})
    assert asked == ["paths.store='x y'", "runtime.threads=1", "training.max_epochs=2", "limit=3"]


def test_an_unknown_setting_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match="no setting 'sede'; there are probe, mixes, seeds"):
        overrides_of({"sede": [0]})


def test_what_no_configuration_holds_is_refused():
    with pytest.raises(ConfigurationError, match="probe is a object; expected a number"):
        override("probe", object())


def test_an_object_is_described_by_its_class_and_options_all_the_way_down():
    node = node_of(Stack(parts={"left": RandomVectors(size=3)}, name="both"))
    assert node["_target_"] == "embedbench.extractors.stack.Stack"
    assert node["parts"]["left"]["_target_"] == "embedbench.extractors.random_vectors.RandomVectors"
    assert node["parts"]["left"]["size"] == 3


def test_enumerations_are_plain_and_extractors_are_not():
    assert is_plain([Precision.bf16, {"a": Pooling.mean}])
    assert not is_plain({"a": RandomVectors(size=3)})
    assert override("x", Pooling.endpoint) == "x=endpoint"
