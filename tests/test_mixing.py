"""Mixes equal their definitions, and AllenNLP's scalar mix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.errors import ConfigurationError, NumericalError
from embedbench.mixing import (
    Concat,
    Cumulative,
    Mean,
    Scalar,
    ScalarNormed,
    Single,
    expand_mixes,
    mix_layers,
    normalise_words,
)


def vectors(words: int = 11, layers: int = 4, dim: int = 6, seed: int = 0) -> torch.Tensor:
    return torch.randn(words, layers, dim, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None)  # the first call imports allennlp_light
@given(
    weights=st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=8),
    gamma=st.floats(-3, 3, width=32),
    seed=st.integers(0, 1000),
)
def test_scalar_mix_equals_allennlp(weights: list[float], gamma: float, seed: int) -> None:
    from allennlp_light.modules.scalar_mix import ScalarMix

    theirs = ScalarMix(len(weights), initial_scalar_parameters=weights)
    theirs.gamma.data.fill_(gamma)
    words = vectors(layers=len(weights), seed=seed)
    ours = mix_layers(words, Scalar(), torch.tensor(weights), torch.tensor(gamma))
    torch.testing.assert_close(ours, theirs(list(words.unbind(1))).detach(), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("mix", [Scalar(), ScalarNormed(), Cumulative(3)])
def test_one_hot_weights_select_that_layer(mix: Scalar | ScalarNormed | Cumulative) -> None:
    words = vectors()
    expected = normalise_words(words) if mix.normed else words
    for layer in range(4):
        weights = torch.full((4,), -30.0)
        weights[layer] = 30.0
        torch.testing.assert_close(mix_layers(words, mix, weights), expected[:, layer], atol=1e-5, rtol=0)


def test_zero_weights_are_the_mean() -> None:
    words = vectors()
    torch.testing.assert_close(mix_layers(words, Scalar()), words.mean(1))
    torch.testing.assert_close(mix_layers(words, Mean()), words.mean(1))
    torch.testing.assert_close(mix_layers(words, Cumulative(1)), words[:, :2].mean(1))


def test_cumulative_mix_ignores_later_layers_whatever_their_weight() -> None:
    words = vectors()
    weights = torch.tensor([0.3, -0.2, 50.0, 50.0])
    changed = words.clone()
    changed[:, 2:] = 1e6
    torch.testing.assert_close(
        mix_layers(words, Cumulative(1), weights), mix_layers(changed, Cumulative(1), weights), atol=0, rtol=0
    )


def test_single_is_untouched_and_concat_keeps_everything() -> None:
    words = vectors()
    assert torch.equal(mix_layers(words, Single(2)), words[:, 2])
    assert torch.equal(mix_layers(words, Concat()), words.flatten(1))


def test_normalising_is_per_word_not_over_the_batch() -> None:
    words = vectors()
    alone = torch.cat([mix_layers(words[i : i + 1], ScalarNormed()) for i in range(len(words))])
    torch.testing.assert_close(mix_layers(words, ScalarNormed()), alone, atol=1e-7, rtol=0)
    reference = torch.nn.LayerNorm(6, elementwise_affine=False)(words)
    torch.testing.assert_close(normalise_words(words), reference)


def test_names_expand_to_mixes() -> None:
    labels = [m.label for m in expand_mixes(["scalar", "single", "single:1", "cumulative", "mean", "concat"], 3)]
    assert labels == ["scalar", "single:0", "single:1", "single:2", "cumulative:1", "mean", "concat"]


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("single:3", "single:3 asks for layer 3, but there are 3 layers, 0 to 2"),
        ("cumulative:9", "cumulative:9 asks for layer 9"),
        ("scaler", "no mix called 'scaler'; known: concat, cumulative, cumulative:K,"),
        ("single:", "no mix called 'single:'"),
        ("single:x", "no mix called 'single:x'"),
        ("mean:1", "no mix called 'mean:1'"),
    ],
)
def test_wrong_names_are_refused(name: str, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        expand_mixes([name], 3)


def test_weights_that_are_not_finite_are_refused() -> None:
    with pytest.raises(NumericalError, match=r"weights of mix scalar are not finite: \[0.0, nan\]"):
        mix_layers(vectors(layers=2), Scalar(), torch.tensor([0.0, float("nan")]))


@given(layers=st.integers(1, 9), data=st.data())
def test_coefficients_of_one_slot_sum_to_one(layers: int, data: st.DataObject) -> None:
    layer = data.draw(st.integers(0, layers - 1))
    for mix in (Scalar(), ScalarNormed(), Mean(), Single(layer), Cumulative(layer)):
        coefficients = mix.coefficients(layers)
        assert coefficients.shape == (1, layers)
        np.testing.assert_allclose(coefficients.sum(), 1, rtol=1e-6)
