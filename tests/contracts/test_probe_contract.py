"""Every registered probe for classes keeps the contract of probes: it learns a planted answer and repeats itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from embedbench.probing.contract import check_probe
from embedbench.probing.probes import Linear, Probe
from embedbench.registry import components, load_components

load_components()
# Probes that read whole sentences or passages have tests of their own.
PROBES = sorted(name for name, probe in components("probe").items() if isinstance(probe.target(), Probe))


@pytest.mark.parametrize("name", PROBES)
def test_it_keeps_every_promise(name):
    assert [result for result in check_probe(components("probe")[name].target()) if not result.passed] == []


@dataclass(frozen=True)
class Drowned(Linear):
    """Drops everything that it learns."""

    hidden_widths = (4,)
    dropout = 0.999
    name: str = "drowned"


def test_a_broken_one_fails_by_name():
    failed = [result.name for result in check_probe(Drowned()) if result.failed]
    assert failed == ["it learns a label that is written into the vectors"]
