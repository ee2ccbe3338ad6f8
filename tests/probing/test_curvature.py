"""The guess of the curvature is the mean over labels of the true Hessian's blocks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from embedbench.probing.curvature import guessed_curvature

PENALTY = 0.3


def test_it_is_the_mean_block_of_the_hessian() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs, weight = torch.randn(60, 5, generator=generator), torch.randn(3, 5, generator=generator)
    labels = torch.randint(0, 3, (60,), generator=generator)

    def loss(flat: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(inputs @ flat.view(3, 5).T, labels)

    hessian = torch.autograd.functional.hessian(loss, weight.flatten()).view(3, 5, 3, 5)
    expected = sum(hessian[label, :, label] for label in range(3)) / 3 + PENALTY * torch.eye(5)
    seen = [(weight @ part.T, part) for part in inputs.split(17)]
    found = guessed_curvature(seen, PENALTY, n_mix=2)
    np.testing.assert_allclose(torch.linalg.inv(found.weight), expected, rtol=1e-3, atol=1e-4)

    share = (inputs @ weight.T).softmax(dim=1)
    np.testing.assert_allclose(found.bias, (share * (1 - share)).mean(dim=0), atol=2e-4)


@pytest.mark.parametrize("penalty", [0.0, 1e-8, 1.0])
def test_inputs_that_repeat_each_other_still_give_a_finite_answer(penalty: float) -> None:
    inputs = torch.ones(50, 4)
    found = guessed_curvature([(torch.zeros(2, 50), inputs)], penalty, n_mix=1)
    vector = torch.arange(11, dtype=torch.float32)
    answer = found.solve(vector)
    assert answer.shape == vector.shape
    assert bool(answer.isfinite().all())
    assert float(answer @ vector) > 0, "the way down stays the way down"


def test_inputs_and_scores_without_any_curvature_are_survived() -> None:
    certain = torch.tensor([[1e4], [-1e4]]).repeat(1, 50)
    found = guessed_curvature([(certain, torch.zeros(50, 4))], 0.1, n_mix=0)
    assert bool(found.solve(torch.ones(10)).isfinite().all())


def test_what_cannot_be_inverted_is_no_guess():
    generator = torch.Generator().manual_seed(0)
    seen = [(torch.randn(4, 50, generator=generator), torch.randn(50, 6, generator=generator))]
    assert guessed_curvature(seen, 0.0, 0) is not None
    assert guessed_curvature(seen, -10.0, 0) is None
