"""Full-batch solutions are scikit-learn's, whatever the seed or the company; L-BFGS is scipy's equal."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, rosen, rosen_der

from embedbench.errors import ConfigurationError
from embedbench.mixing import Concat, Cumulative, Mean, Mix, Scalar, ScalarNormed, Single, expand_mixes
from embedbench.probing.curvature import Curvature
from embedbench.probing.descent import Descent
from embedbench.probing.full_batch import solved_at_once
from embedbench.probing.members import Member, ProbeData, Solver, Training, Vary
from embedbench.probing.probes import MLP, Linear, Pooling
from embedbench.probing.standard import measure_standard, words_of_targets
from embedbench.probing.trainer import train_members
from embedbench.types import ArrayVectors, Corpus, TaskSplit

LABELS = {"task": 4, "control": 4}
EXACT = Training(solver=Solver.full_batch, tolerance=1e-6)


def features(train: ProbeData, data: ProbeData, layer: int) -> np.ndarray:
    standard = measure_standard(train.vectors, words_of_targets(train.split))
    words = (data.vectors.gather(np.arange(data.vectors.n_words)) - standard.mean) * standard.scale
    return np.stack([words[start:end, layer].mean(axis=0) for start, end in data.split.spans[:, 0]])


@pytest.mark.parametrize("penalty", [0.1, 10.0, 300.0])
def test_a_penalised_probe_is_the_logistic_regression_of_scikit_learn(make_world, penalty: float) -> None:
    """Same inputs, same penalty: penalised losses within 1e-5, weights within 1e-2 of the largest, labels equal."""
    from sklearn.linear_model import LogisticRegression

    train, dev = make_world(900, 1, signal=1.0), make_world(400, 2, signal=1.0)
    training = dataclasses.replace(EXACT, penalties=(penalty,))
    fitted = train_members(train, dev, [Member(Single(1), Linear())], LABELS, training)
    inputs, labels = features(train, train, 1), train.labels["task"]
    theirs = LogisticRegression(C=1 / penalty, max_iter=5000, tol=1e-8).fit(inputs, labels)

    def penalised(weight: np.ndarray, bias: np.ndarray) -> float:
        scores = inputs @ weight.T + bias
        log_likelihood = torch.log_softmax(torch.from_numpy(scores), dim=1).numpy()[np.arange(len(labels)), labels]
        return float(-log_likelihood.mean() + penalty / len(labels) / 2 * np.square(weight).sum())

    ours = [fitted.parameters[0][name][0].double().numpy() for name in ("weight0", "bias0")]
    assert penalised(*ours) == pytest.approx(penalised(theirs.coef_, theirs.intercept_), rel=1e-5)
    np.testing.assert_allclose(ours[0], theirs.coef_, atol=0.01 * np.abs(theirs.coef_).max())
    assert (fitted.predict(dev)[0] == theirs.predict(features(train, dev, 1))).mean() >= 0.995
    assert fitted.kept_penalties == (penalty,)


def test_the_penalty_is_the_best_on_dev(make_world) -> None:
    train, dev = make_world(300, 1, signal=0.7), make_world(300, 2, signal=0.7)
    member = Member(Single(1), Linear())
    chosen = train_members(train, dev, [member], LABELS, EXACT)
    alone = {
        penalty: train_members(train, dev, [member], LABELS, dataclasses.replace(EXACT, penalties=(penalty,)))
        for penalty in EXACT.penalties
    }
    best = min(alone, key=lambda penalty: alone[penalty].dev_losses[0])
    assert chosen.kept_penalties[0] == best
    assert chosen.dev_losses[0] == pytest.approx(alone[best].dev_losses[0], rel=1e-3)
    assert EXACT.penalties[-1] < best < EXACT.penalties[0], "the list is wide enough on both sides"


def test_seeds_share_the_one_optimum_and_start_learned_mixes_elsewhere(make_world) -> None:
    worlds = [make_world(n, seed, signal=2.0) for n, seed in ((500, 1), (300, 2), (300, 3))]
    mixes: list[Mix] = [Single(1), Mean(), Scalar()]
    members = [Member(mix, Linear(), seed=seed) for mix in mixes for seed in (0, 1)]
    fitted = train_members(*worlds[:2], members, LABELS, EXACT)
    weights = [parameters["weight0"] for parameters in fitted.parameters]
    assert (weights[0] == weights[1]).all()
    assert (weights[2] == weights[3]).all()
    assert not (weights[4] == weights[5]).all()
    one, two = (np.array(found.weights) for found in fitted.mix_weights[4:] if found)
    np.testing.assert_allclose(one, two, atol=0.02)
    predicted = fitted.predict(worlds[2])
    assert (predicted[4] == predicted[5]).mean() > 0.99
    same = train_members(*worlds[:2], members, LABELS, dataclasses.replace(EXACT, vary=Vary.order))
    assert (same.parameters[4]["weight0"] == same.parameters[5]["weight0"]).all()


def test_planted_layers_get_the_weight_and_noise_none(make_world) -> None:
    mixes = expand_mixes(["single", "scalar", "scalar_normed", "concat", "cumulative"], 3)
    fitted = train_members(
        make_world(1200, 1), make_world(400, 2), [Member(mix, Linear()) for mix in mixes], LABELS, Training()
    )
    test = make_world(500, 3)
    scores = dict(zip([m.label for m in mixes], (fitted.predict(test) == test.labels["task"]).mean(1), strict=True))
    assert min(scores[m] for m in ("single:1", "scalar", "scalar_normed", "concat", "cumulative:1")) >= 0.99
    assert max(scores["single:0"], scores["single:2"]) < 0.33
    learned = [found for found in fitted.mix_weights if found]
    assert all(found.weights[1] > 0.9 for found in learned), learned


def test_a_mix_of_equal_layers_is_no_worse_than_one_of_them(make_world) -> None:
    """Two noisy copies of a signal: their mean is better than either, and a penalty must not drive the mix to one."""
    worlds = []
    for n, seed in ((1500, 1), (800, 2), (3000, 3)):
        data, rng = make_world(n, seed, layers=2, signal=0.0), np.random.default_rng(seed + 9)
        values = np.array(data.vectors.gather(np.arange(data.vectors.n_words)))
        for target, (start, end) in enumerate(data.split.spans[:, 0]):
            values[start:end, :, data.labels["task"][target]] += 1.2
        worlds.append(ProbeData(ArrayVectors(values + 0 * rng.normal()), data.split, data.labels))
    members = [Member(mix, Linear()) for mix in (Single(0), Single(1), Scalar())]
    fitted = train_members(worlds[0], worlds[1], members, LABELS, EXACT)
    one, two, both = (fitted.predict(worlds[2]) == worlds[2].labels["task"]).mean(axis=1)
    assert both > max(one, two) + 0.02
    assert fitted.mix_weights[2] is not None
    assert max(fitted.mix_weights[2].weights) < 0.65
    assert fitted.mix_weights[2].gamma > 1.2, "the mean of two independent layers is scaled to unit variance"


@pytest.mark.parametrize("pooling", [Pooling.mean, Pooling.endpoint])
def test_a_member_alone_equals_itself_in_company(make_world, pooling: Pooling) -> None:
    train, dev, test = (make_world(n, k, signal=1.0) for n, k in ((700, 1), (250, 2), (400, 3)))
    probe = Linear(pooling=pooling)
    mixes: list[Mix] = [Single(0), Single(1), Scalar(), Cumulative(1), ScalarNormed(), Concat()]
    members = [Member(mix, probe, labels) for mix in mixes for labels in LABELS]
    company = train_members(train, dev, members, LABELS, EXACT)
    predicted = company.predict(test)
    backward = train_members(train, dev, members[::-1], LABELS, EXACT)
    np.testing.assert_array_equal(backward.predict(test)[::-1], predicted)
    for member in (Member(Single(1), probe), Member(Scalar(), probe, "control"), Member(Concat(), probe)):
        alone, row = train_members(train, dev, [member], LABELS, EXACT), members.index(member)
        assert alone.kept_penalties[0] == company.kept_penalties[row]
        assert alone.dev_losses[0] == pytest.approx(company.dev_losses[row], rel=1e-4)
        assert (alone.predict(test)[0] == predicted[row]).mean() >= 0.99


def test_which_members_are_solved_at_once() -> None:
    linear, training = Member(Scalar(), Linear()), Training(full_batch_targets=100)
    assert solved_at_once(linear, training, 100)
    assert not solved_at_once(linear, training, 101)
    assert solved_at_once(linear, dataclasses.replace(training, solver=Solver.full_batch), 101)
    assert not solved_at_once(linear, dataclasses.replace(training, solver=Solver.minibatch), 1)
    assert not solved_at_once(linear, dataclasses.replace(training, rate_factors=(1.0, 2.0)), 1)
    for probe in (MLP(), Linear(pooling=Pooling.attentive)):
        assert not solved_at_once(Member(Scalar(), probe), dataclasses.replace(training, solver=Solver.full_batch), 1)


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="full_batch has none"):
        Training(solver=Solver.full_batch, weight_decays=(0.1, 0.2))
    with pytest.raises(ConfigurationError, match="from strong to weak"):
        Training(penalties=(1.0, 10.0))
    with pytest.raises(ConfigurationError, match="at least one penalty"):
        Training(penalties=())


def test_a_seed_of_a_mix_depends_on_no_other_seed(make_world) -> None:
    train, dev, test = (make_world(n, k, signal=1.0) for n, k in ((700, 1), (250, 2), (400, 3)))
    members = [Member(Scalar(), Linear(), seed=seed) for seed in (0, 1, 2)]
    company = train_members(train, dev, members, LABELS, EXACT)
    alone = train_members(train, dev, members[2:], LABELS, EXACT)
    assert len(set(company.kept_penalties)) == 1
    assert alone.kept_penalties[0] == company.kept_penalties[2]
    assert alone.dev_losses[0] == pytest.approx(company.dev_losses[2], rel=1e-4)
    assert (alone.predict(test)[0] == company.predict(test)[2]).mean() >= 0.99


def test_labels_and_kinds_of_mixes_search_their_own_penalty(make_world) -> None:
    """Labels of pure chance want a strong penalty, whatever stands beside them."""
    train, dev = make_world(700, 1, signal=1.5), make_world(400, 2, signal=1.5)
    noise = np.random.default_rng(3)
    for data in (train, dev):
        data.labels["control"][:] = noise.integers(0, 4, len(data.split))  # type: ignore[index]
    members = [Member(mix, Linear(), labels) for mix in (Scalar(), ScalarNormed()) for labels in LABELS]
    found = train_members(train, dev, members, LABELS, Training()).kept_penalties
    assert all(penalty is not None for penalty in found)
    assert found[1] > found[0]
    assert found[3] > found[2]


def descend(
    value, gradient, start: np.ndarray, tolerance: float = 1e-6, guess: Curvature | None = None, most: int = 500
) -> Descent:
    everything = torch.ones(len(start), dtype=torch.bool)
    descent = Descent(torch.from_numpy(start.astype(np.float32)), everything)
    descent.under(0.0, tolerance, guess)
    for _ in range(most):
        at = descent.point.double().numpy()
        descent.tell(float(value(at)), torch.from_numpy(gradient(at).astype(np.float32)))
        if descent.settled:
            return descent
    raise AssertionError("it did not settle")


def test_descent_finds_the_minimum_that_scipy_finds() -> None:
    start = np.array([-1.2, 1.0, -0.5, 0.8])
    # One is added so that the tolerance, a fraction of the value, is not zero at the minimum.
    found = descend(lambda x: rosen(x) + 1, rosen_der, start).point.numpy()
    np.testing.assert_allclose(found, minimize(rosen, start, jac=rosen_der, method="L-BFGS-B").x, atol=0.03)


def test_the_right_guess_of_the_curvature_is_the_way_down() -> None:
    """A quadratic of condition 1e4: with its curvature known, one step and the look around."""
    curvature = np.array([100.0, 1.0, 0.01, 1.0])
    inverse = torch.diag(torch.tensor([0.01, 1.0, 100.0]))
    guess = Curvature(weight=inverse, bias=torch.ones(1), n_mix=0)

    def value(x):
        return float((curvature * np.square(x - 1)).sum() / 2 + 1)

    def gradient(x):
        return curvature * (x - 1)

    found = descend(value, gradient, np.zeros(4), guess=guess, most=3)
    np.testing.assert_allclose(found.point.numpy(), 1, atol=1e-5)


def test_another_penalty_goes_on_from_what_is_known() -> None:
    curvature = np.array([100.0, 1.0, 0.01])

    def value(x):
        return float((curvature * np.square(x - 1)).sum() / 2 + 1)

    def gradient(x):
        return curvature * (x - 1)

    descent, told = descend(value, gradient, np.zeros(3)), 0
    np.testing.assert_allclose(descent.point.numpy()[:2], 1, atol=1e-2)
    descent.under(1.0, 1e-6)
    while not descent.settled:
        at = descent.point.double().numpy()
        descent.tell(value(at), torch.from_numpy(gradient(at).astype(np.float32)))
        told += 1
    np.testing.assert_allclose(descent.point.numpy(), curvature / (curvature + 1), atol=1e-3)
    assert told < 12


def test_a_mix_on_nearly_certain_labels_settles_soon_and_alike_in_any_company(make_world) -> None:
    """Curvature that the search has seen far away once led the seeds astray: 312 passes, and another end in company."""
    worlds = make_world(1500, 1, dim=10), make_world(500, 2, dim=10)
    member = Member(Scalar(), Linear())
    alone = train_members(*worlds, [member], LABELS, Training(solver=Solver.full_batch))
    company = train_members(
        *worlds, [member, Member(Scalar(), Linear(), "control")], LABELS, Training(solver=Solver.full_batch)
    )
    assert alone.epochs[0] < 100
    assert company.dev_losses[0] == pytest.approx(alone.dev_losses[0], rel=0.02)


def few_of_many(n: int, seed: int, known: int, noise: float = 1.0, labels: int = 40, dim: int = 24) -> ProbeData:
    """A prototype per label and noise; the first `known` labels only, so that train may lack what dev asks for."""
    prototypes = np.random.default_rng(0).normal(size=(labels, dim))
    rng = np.random.default_rng(seed)
    gold = np.arange(n) % known
    values = (prototypes[gold] + noise * rng.normal(size=(n, dim))).astype(np.float32)
    spans = np.stack([np.arange(n), np.arange(1, n + 1)], axis=1)[:, None]
    split = TaskSplit(Corpus.of([[f"w{i}"] for i in range(n)]), spans, gold, np.arange(n))
    return ProbeData(ArrayVectors(values[:, None]), split, {"task": gold})


def test_where_the_dev_loss_hardly_falls_the_dev_score_chooses() -> None:
    """Labels of dev that train lacks cost all the more the surer the probe is: by loss, next to nothing is learned."""
    found = {}
    for known, by_loss in itertools.product((30, 40), (False, True)):
        train, dev, test = few_of_many(160, 1, known), few_of_many(400, 2, 40), few_of_many(400, 3, 40)
        training = dataclasses.replace(EXACT, by_loss=by_loss)
        fitted = train_members(train, dev, [Member(Single(0), Linear())], {"task": 40}, training)
        right = float((fitted.predict(test)[0] == test.labels["task"]).mean())
        found[known, by_loss] = fitted.kept_penalties[0], right
    assert found[30, True][0] == 10_000
    assert found[30, True][1] < 0.4
    assert found[30, False][1] > 0.65
    assert found[40, True] == found[40, False], "where the loss tells, it chooses"
