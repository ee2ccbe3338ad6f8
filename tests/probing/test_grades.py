"""Grades: Tai's distributions, gradients against autograd, a planted grade found, noise at chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from embedbench.errors import ContractError
from embedbench.mixing import Concat, Mean, Scalar, Single
from embedbench.probing.bank import build_bank
from embedbench.probing.fitted import make_groups
from embedbench.probing.grades import correlations, grade_distributions, grades_from, mean_grades
from embedbench.probing.groups import Shape, initial_parameters
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.network import NetworkGroup
from embedbench.probing.probes import Graded, Pooling
from embedbench.probing.standard import Standard
from embedbench.probing.trainer import train_members
from embedbench.types import ArrayVectors, Corpus, TaskSplit

TRAINING = Training(max_epochs=6, min_updates=600, batch_size=256)


def pairs(n: int, seed: int, *, noise: bool = False) -> ProbeData:
    """Pairs of sentences of two words; the grade is how near their first dimensions lie, in layer 1."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(4 * n, 2, 5)).astype(np.float32)
    spans = np.arange(4 * n, dtype=np.int64).reshape(n, 2, 2)[..., :1] + np.array([0, 2])
    pooled = values[:, 1].reshape(n, 2, 2, 5).mean(axis=2)
    grades = np.clip(4 - 2 * np.abs(pooled[:, 0, 0] - pooled[:, 1, 0]).astype(np.float64), 0, 4)
    if noise:
        rng.shuffle(grades)
    split = TaskSplit(Corpus.of([["w", "w"]] * 2 * n), spans, grades, np.arange(n))
    return ProbeData(ArrayVectors(values), split, {"task": grades})


def test_a_grade_is_a_distribution_with_that_mean() -> None:
    """Tai et al. (2015), equation 15: p_i = y - floor(y) at floor(y) + 1, and the rest at floor(y)."""
    grades = np.array([1.0, 3.3, 4.5, 5.0])
    counted, n_labels = grades_from(grades, (1, 5))
    wanted = grade_distributions(torch.tensor(counted, dtype=torch.float32)[None], n_labels)[0].T
    by_hand = np.zeros((4, 5))
    for row, y in enumerate(grades):
        below = int(np.floor(y))
        by_hand[row, below - 1] = below - y + 1
        if below < 5:
            by_hand[row, below] = y - below
    np.testing.assert_allclose(wanted, by_hand, atol=1e-6)
    scores = torch.log(wanted.T[None] + 1e-12)
    np.testing.assert_allclose(mean_grades(scores)[0] + 1, grades, atol=1e-5)
    with pytest.raises(ContractError, match=r"target 1 has the grade 5.5, and the task's scale runs from 1 to 5"):
        grades_from(np.array([1.0, 5.5]), (1, 5))


def test_a_constant_orders_nothing() -> None:
    gold = np.array([[1.0, 2.0, 3.0]] * 2)
    assert correlations(gold, np.array([[5.0, 5.0, 5.0], [1.0, 2.0, 4.0]])).tolist() == [
        0.0,
        pytest.approx(np.corrcoef([1, 2, 3], [1, 2, 4])[0, 1]),
    ]


@pytest.mark.parametrize("pooling", [Pooling.mean, Pooling.endpoint])
@pytest.mark.parametrize("mix", [Single(1), Scalar(), Concat()])
def test_hand_written_gradients_are_those_of_autograd(mix, pooling) -> None:
    """The linear groups against the network group, on [a; b; a*b; |a-b|] and grades between whole ones."""
    probe = Graded(pooling=pooling)
    data = pairs(40, 3)
    standard = Standard(np.zeros((2, 5), np.float32), np.ones((2, 5), np.float32))
    bank = build_bank(data.vectors, data.split, standard, pooling, normed=False, memory_bytes=1 << 20)
    batch = bank.batch(np.arange(40))
    member, shape = Member(mix, probe), Shape(2, 5, 2, 5)
    parameters = {name: value + 0.3 for name, value in initial_parameters(member, shape).items()}
    [linear] = make_groups([member], [parameters], {"task": 5}, 2, 5, 2)
    labels = torch.tensor(data.labels["task"], dtype=torch.float32)[None]
    losses, gradients = linear.gradients(batch, labels)
    expected, by_autograd = NetworkGroup([member], parameters, shape).gradients(batch, labels)
    torch.testing.assert_close(losses, expected)
    assert gradients.keys() == by_autograd.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, by_autograd[name], atol=1e-5, rtol=1e-4)


def test_a_planted_grade_is_found_and_only_with_the_difference() -> None:
    train, dev, test = pairs(800, 1), pairs(200, 2), pairs(400, 3)
    members = [
        Member(Single(1), Graded()),
        Member(Scalar(), Graded()),
        Member(Mean(), Graded(hidden=16)),
        Member(Single(0), Graded()),
        Member(Single(1), Graded(difference=False)),
    ]
    trained = train_members(train, dev, members, {"task": 5}, TRAINING)
    found = correlations(np.stack([test.labels["task"]] * 5), trained.predict_grades(test))
    assert min(found[:2]) > 0.9, found
    assert abs(found[3]) < 0.2
    assert found[4] < found[0] - 0.1
    assert trained.dev_scores[0] == pytest.approx(found[0], abs=0.05)
    weights = trained.mix_weights[1]
    assert weights is not None
    assert weights.weights[1] > 0.7
    alone = train_members(train, dev, members[:1], {"task": 5}, TRAINING).predict_grades(test)
    np.testing.assert_allclose(alone[0], trained.predict_grades(test)[0], atol=1e-4)


def test_noise_stays_at_chance() -> None:
    splits = [pairs(300, seed, noise=True) for seed in (1, 2, 3)]
    trained = train_members(splits[0], splits[1], [Member(Single(1), Graded())], {"task": 5}, TRAINING)
    assert abs(correlations(splits[2].labels["task"][None], trained.predict_grades(splits[2]))[0]) < 0.15


def test_a_grade_that_is_not_finite_is_refused() -> None:
    data = pairs(10, 1)
    broken = ProbeData(data.vectors, data.split, {"task": np.where(np.arange(10) == 3, np.nan, data.labels["task"])})
    with pytest.raises(ContractError, match="runs from nan to nan"):
        train_members(broken, data, [Member(Single(0), Graded())], {"task": 5}, TRAINING)
