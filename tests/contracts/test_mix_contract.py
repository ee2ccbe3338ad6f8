"""What every registered mix keeps to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from embedbench.mixing import Mix, mix_layers
from embedbench.registry import components, load_components

load_components()
MIXES = sorted(components("mix"))


@pytest.fixture(params=MIXES)
def mix(request: pytest.FixtureRequest) -> Mix:
    return components("mix")[request.param].target()


def test_it_satisfies_the_protocol_and_is_frozen(mix: Mix) -> None:
    assert isinstance(mix, Mix)
    assert dataclasses.is_dataclass(mix)
    assert type(mix).__dataclass_params__.frozen
    assert hash(mix) == hash(dataclasses.replace(mix))


def test_its_label_starts_with_its_registered_name(mix: Mix) -> None:
    name = next(n for n, c in components("mix").items() if isinstance(mix, c.target))
    assert mix.label.partition(":")[0] == name


@pytest.mark.parametrize("layers", [1, 3])
def test_its_vector_has_slots_times_dim_and_is_finite(mix: Mix, layers: int) -> None:
    words = torch.randn(5, layers, 4, generator=torch.Generator().manual_seed(1))
    coefficients = mix.coefficients(layers)
    assert coefficients.dtype == np.float32
    mixed = mix_layers(words, mix)
    assert mixed.shape == (5, len(coefficients) * 4)
    assert torch.isfinite(mixed).all()


def test_a_word_does_not_depend_on_its_neighbours(mix: Mix) -> None:
    words = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(2))
    order = torch.tensor([3, 0, 5, 1, 2, 4])
    together, apart = mix_layers(words, mix)[order], mix_layers(words[order][:2], mix)
    torch.testing.assert_close(together[:2], apart, atol=1e-6, rtol=0)


def test_learned_mixes_have_one_slot(mix: Mix) -> None:
    if mix.learned:
        assert len(mix.coefficients(3)) == 1
