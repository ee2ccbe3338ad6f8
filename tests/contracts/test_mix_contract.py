"""Every registered mix keeps the contract of mixes; one that breaks a promise is told so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from embedbench.mixing import Scalar
from embedbench.probing.contract import check_mix
from embedbench.registry import components, load_components

load_components()


@pytest.mark.parametrize("name", sorted(components("mix")))
def test_it_keeps_every_promise(name):
    assert [result for result in check_mix(components("mix")[name].target()) if not result.passed] == []


@dataclass(frozen=True)
class Doubled(Scalar):
    """Not registered, in double precision, and with two slots although learned."""

    label: ClassVar[str] = "doubled"

    def coefficients(self, n_layers):
        return np.ones((2, n_layers))


def test_a_broken_one_fails_by_name():
    failed = [result.name for result in check_mix(Doubled()) if result.failed]
    assert failed == [
        "label, learned, normed and coefficients are there",
        "its vector has slots x dim numbers and is finite",
        "a learned mix has one slot",
    ]
