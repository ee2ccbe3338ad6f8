"""What a store says of the precision its vectors were computed in, and that a record hands it on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from store_toy import Toy

from embedbench.extractors.precision import rounding_error
from embedbench.store import fill
from embedbench.store.rounding import read_rounding
from embedbench.types import Corpus

CORPUS = Corpus.of([[f"word{k}"] * 3 for k in range(400)])


@dataclass(frozen=True)
class RoundedToy(Toy):
    """The toy in fewer digits, which counts how many words it is measured on."""

    computed_precision: str = "bf16"

    def precision_error(self, sentences):
        exact = super().extract(sentences).values
        return rounding_error(exact * np.float32(1.0078125), exact)


def test_the_error_is_measured_on_a_sample_when_the_store_is_filled(tmp_path):
    fill(RoundedToy(), CORPUS, tmp_path / "rounded")
    found = read_rounding(tmp_path / "rounded")
    assert found["computed"] == "bf16"
    assert 150 <= found["error"]["words"] <= 250
    np.testing.assert_allclose(found["error"]["largest_difference"], found["error"]["largest_value"] / 128, rtol=1e-3)
    assert found["error"]["lowest_cosine"] > 0.99999


def test_nothing_is_measured_in_float32_or_where_nothing_is_computed(tmp_path):
    fill(RoundedToy(computed_precision="fp32"), CORPUS, tmp_path / "exact")
    assert read_rounding(tmp_path / "exact") == {"computed": "fp32"}
    fill(Toy(), CORPUS, tmp_path / "plain")
    assert read_rounding(tmp_path / "plain") == {}
