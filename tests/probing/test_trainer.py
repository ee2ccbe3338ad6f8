"""Training finds planted answers and no others, and a member's result is its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import binom

from embedbench.errors import ContractError, NumericalError
from embedbench.mixing import Concat, Cumulative, Mean, Mix, Scalar, ScalarNormed, Single, expand_mixes
from embedbench.probing.members import Member, ProbeData, Solver, Training, Vary
from embedbench.probing.probes import MLP, Linear, LowRank, Pooling, Probe
from embedbench.probing.trainer import train_members
from embedbench.types import ArrayVectors, Corpus, TaskSplit

QUICK = Training(
    batch_size=256,
    learning_rate=1e-2,
    network_learning_rate=1e-2,
    max_epochs=5,
    min_updates=100,
    solver=Solver.minibatch,
)
LONGER = Training(solver=Solver.minibatch, batch_size=512, learning_rate=2e-2, max_epochs=6, min_updates=250)
LABELS = {"task": 4, "control": 4}
PROBES: list[Probe] = [Linear(), MLP(hidden=16, dropout=0.1), Linear(pooling=Pooling.attentive)]


def test_planted_signal_is_found_in_its_layer_and_nowhere_else(make_world) -> None:
    mixes = expand_mixes(["single", "scalar", "scalar_normed", "concat", "cumulative"], 3)
    members = [Member(mix, Linear()) for mix in mixes]
    fitted = train_members(make_world(1200, 1), make_world(400, 2), members, LABELS, LONGER)
    test = make_world(500, 3)
    scores = dict(zip([m.label for m in mixes], (fitted.predict(test) == test.labels["task"]).mean(1), strict=True))
    for mix in ("single:1", "scalar", "scalar_normed", "concat", "cumulative:1"):
        assert scores[mix] >= 0.99, mix
    low, high = binom.interval(0.9999, 500, 0.25)
    for mix in ("single:0", "single:2"):
        assert low / 500 <= scores[mix] <= high / 500, mix
    for mix, learned in zip(mixes, fitted.mix_weights, strict=True):
        if mix.learned:
            assert learned is not None
            assert int(np.argmax(learned.weights)) == 1
            assert learned.weights[1] > 0.6
            assert sum(learned.weights) == pytest.approx(1)
        else:
            assert learned is None
    cumulative = fitted.mix_weights[[m.label for m in mixes].index("cumulative:1")]
    assert cumulative is not None
    assert cumulative.weights[2] == 0


def test_a_low_rank_probe_is_linear_and_reads_no_more_directions_than_its_rank(make_world) -> None:
    """Four labels planted along four directions: rank 4 reads them all; rank 1 orders them along one line."""
    members = [Member(Single(1), LowRank(rank)) for rank in (1, 4)]
    fitted = train_members(make_world(1200, 1), make_world(400, 2), members, LABELS, QUICK)
    test = make_world(500, 3)
    narrow, enough = (fitted.predict(test) == test.labels["task"]).mean(1)
    assert enough >= 0.99
    assert narrow < 0.95
    for parameters, rank in zip(fitted.parameters, (1, 4), strict=True):
        product = parameters["weight1"][0] @ parameters["weight0"][0]
        assert np.linalg.matrix_rank(product.numpy(), tol=1e-5) <= rank
    # No straight line tells whether two signs agree.
    flat = xor_world(800, 1), xor_world(300, 2), xor_world(500, 3)
    members = [Member(Single(0), probe) for probe in (LowRank(8), MLP(hidden=8))]
    fitted = train_members(flat[0], flat[1], members, {"task": 2}, dataclasses.replace(QUICK, min_updates=400))
    straight, bent = (fitted.predict(flat[2]) == flat[2].labels["task"]).mean(1)
    assert bent > 0.9
    assert straight < 0.65


def xor_world(n: int, seed: int) -> ProbeData:
    """One word per target; the label says whether its two dimensions have the same sign."""
    rng = np.random.default_rng(seed)
    values = rng.choice([-1.0, 1.0], size=(n, 1, 2)).astype(np.float32)
    labels = (values[:, 0, 0] == values[:, 0, 1]).astype(np.int64)
    values += 0.1 * rng.normal(size=values.shape).astype(np.float32)
    spans = np.arange(n)[:, None, None] + np.array([0, 1])
    split = TaskSplit(Corpus.of([[f"w{k}" for k in range(n)]]), spans, labels, np.arange(n))
    return ProbeData(ArrayVectors(values), split, {"task": labels})


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: f"{p.name}-{p.pooling.value}")
def test_noise_and_labels_of_other_targets_stay_at_chance(make_world, probe: Probe) -> None:
    members = [Member(Scalar(), probe, "control"), Member(Single(1), probe, "control")]
    fitted = train_members(make_world(800, 1), make_world(300, 2), members, LABELS, QUICK)
    test = make_world(600, 3)
    right = (fitted.predict(test) == test.labels["control"]).sum(axis=1)
    low, high = binom.interval(0.9999, 600, 0.25)
    assert ((low <= right) & (right <= high)).all(), right


def test_majority_is_predicted_when_vectors_say_nothing(make_world) -> None:
    worlds = [make_world(n, seed) for n, seed in ((600, 1), (200, 2), (200, 3))]
    flat = []
    for data in worlds:
        labels = np.where(np.arange(len(data.split)) % 10 < 7, 2, data.labels["task"])
        constant = np.ones((data.vectors.n_words, 3, 12), np.float32)
        flat.append(ProbeData(ArrayVectors(constant), data.split, {"task": labels}))
    members = [Member(Single(0), Linear()), Member(Scalar(), Linear())]
    predicted = train_members(flat[0], flat[1], members, LABELS, QUICK).predict(flat[2])
    assert (predicted == 2).all()


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: f"{p.name}-{p.pooling.value}")
def test_a_member_alone_equals_itself_in_company(make_world, probe: Probe) -> None:
    """Company only changes how wide the shared matrix products are, which may change the last bit of their sums.

    Such bits decay while a convex probe converges; parameters agree to 1e-4 and at least 99.5 % of the labels agree.
    """
    train, dev, test = make_world(700, 1, signal=2.0), make_world(250, 2, signal=2.0), make_world(400, 3, signal=2.0)
    mixes: list[Mix] = [*expand_mixes(["single", "scalar", "mean", "cumulative:1"], 3), ScalarNormed(), Concat()]
    members = [Member(mix, probe, labels, seed) for mix in mixes for labels in LABELS for seed in (0, 1)]
    company = train_members(train, dev, members, LABELS, QUICK)
    labels = company.predict(test)
    for member in (Member(Single(1), probe, "task", 1), Member(Scalar(), probe, "control", 0), Member(Concat(), probe)):
        alone = train_members(train, dev, [member], LABELS, QUICK)
        row = members.index(member)
        for name, value in alone.parameters[0].items():
            np.testing.assert_allclose(company.parameters[row][name], value, atol=1e-4, err_msg=f"{member} {name}")
        assert (alone.predict(test)[0] == labels[row]).mean() >= 0.995
        assert alone.best_epochs[0] == company.best_epochs[row]


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: f"{p.name}-{p.pooling.value}")
def test_members_go_on_when_every_learned_mix_has_stopped(make_world, probe: Probe) -> None:
    """Control labels teach nothing, so that the only learned mix stops long before the layer that knows the task."""
    members = [Member(Scalar(), probe, "control"), Member(Single(1), probe, "task")]
    training = dataclasses.replace(QUICK, max_epochs=12, patience=2)
    train, dev = make_world(700, 1, signal=1.0), make_world(250, 2, signal=1.0)
    company = train_members(train, dev, members, LABELS, training)
    assert company.epochs[0] < company.epochs[1]
    alone = train_members(train, dev, members[1:], LABELS, training)
    for name, value in alone.parameters[0].items():
        np.testing.assert_allclose(company.parameters[1][name], value, atol=1e-3, err_msg=name)


def test_order_of_members_changes_nothing_and_seeds_do(make_world) -> None:
    train, dev, test = make_world(500, 1, signal=2.0), make_world(200, 2, signal=2.0), make_world(300, 3, signal=2.0)
    members = [Member(m, Linear(), c, s) for m in expand_mixes(["single", "scalar"], 3) for c in LABELS for s in (0, 5)]
    forward = train_members(train, dev, members, LABELS, QUICK)
    backward = train_members(train, dev, members[::-1], LABELS, QUICK)
    np.testing.assert_array_equal(forward.predict(test), backward.predict(test)[::-1])
    assert forward.dev_losses == backward.dev_losses[::-1]
    zero, five = (members.index(Member(Single(1), Linear(), "task", seed)) for seed in (0, 5))
    assert forward.dev_losses[zero] != forward.dev_losses[five]


def test_all_mixes_of_a_single_layer_are_trained_once_and_agree(make_world) -> None:
    def one_layer(data: ProbeData) -> ProbeData:
        layers = data.vectors.gather(np.arange(data.vectors.n_words))[:, 1:2]
        return ProbeData(ArrayVectors(layers), data.split, data.labels)

    train, dev, test = (one_layer(make_world(n, k, signal=2.0)) for k, n in enumerate((500, 200, 300)))
    mixes: list[Mix] = [*expand_mixes(["scalar", "single", "mean", "concat"], 1), ScalarNormed()]
    fitted = train_members(train, dev, [Member(m, Linear()) for m in mixes], LABELS, QUICK)
    predicted = fitted.predict(test)
    assert (predicted[:4] == predicted[0]).all()
    assert (predicted[4] != predicted[0]).any(), "words normalised one by one are other vectors"
    assert len(set(fitted.dev_losses[:4])) == 1
    weights = [found and (found.weights, found.gamma) for found in fitted.mix_weights[:4]]
    assert weights == [((1.0,), 1.0), None, None, None]


def test_members_stop_on_their_own_and_keep_their_best_epoch(make_world) -> None:
    members = [Member(Single(0), MLP(hidden=64)), Member(Single(1), Linear())]
    training = Training(batch_size=64, max_epochs=10, patience=2, min_updates=0, solver=Solver.minibatch)
    train, dev = make_world(400, 1), make_world(300, 2)
    fitted = train_members(train, dev, members, LABELS, training)
    noise, signal = fitted.epochs
    assert noise < signal == 10
    assert fitted.best_epochs[0] == noise - 2
    agrees = (fitted.predict(dev) == dev.labels["task"]).mean(axis=1)
    np.testing.assert_allclose(agrees, fitted.dev_scores)


def test_pairs_need_their_product(make_world) -> None:
    """Whether two words carry the same sign is invisible to a linear map of [a; b] and plain in a*b."""

    def pairs(n: int, seed: int) -> ProbeData:
        data = make_world(n, seed, spans=2, signal=0.0)
        signs = np.random.default_rng(seed + 50).choice([-1.0, 1.0], (n, 2))
        values = np.array(data.vectors.gather(np.arange(data.vectors.n_words)))
        for target, spans in enumerate(data.split.spans):
            for sign, (start, end) in zip(signs[target], spans, strict=True):
                values[start:end, :, 0] = 3 * sign
        same = (signs[:, 0] == signs[:, 1]).astype(np.int64)
        return ProbeData(ArrayVectors(values), data.split, {"task": same})

    members = [Member(mix, Linear(pooling=p)) for mix in (Single(2), Mean(), Concat(), Scalar()) for p in Pooling]
    test = pairs(300, 3)
    fitted = train_members(pairs(900, 1), pairs(200, 2), members, {"task": 2}, QUICK)
    scores = (fitted.predict(test) == test.labels["task"]).mean(axis=1)
    assert (scores >= 0.97).all(), dict(zip(members, scores, strict=True))


def test_a_label_without_train_example_is_fine_and_columns_may_differ_in_size(make_world) -> None:
    train, dev = make_world(400, 1), make_world(100, 2)
    data = [
        ProbeData(d.vectors, d.split, {"task": d.labels["task"], "control": d.labels["task"] // 2})
        for d in (train, dev)
    ]
    members = [
        Member(Single(1), Linear(), "task"),
        Member(Single(1), Linear(), "control"),
        Member(Mean(), MLP(), "control"),
    ]
    fitted = train_members(*data, members, {"task": 9, "control": 2}, QUICK)
    predicted = fitted.predict(data[1])
    assert predicted[0].max() <= 3
    assert predicted[1:].max() <= 1
    assert fitted.dev_scores[0] > 0.9


def test_a_spilled_bank_gives_the_same_numbers(make_world) -> None:
    train, dev, test = make_world(300, 1), make_world(100, 2), make_world(100, 3)
    members = [Member(Scalar(), Linear())]
    small = dataclasses.replace(QUICK, memory_bytes=1)
    in_memory, spilled = (train_members(train, dev, members, LABELS, t) for t in (QUICK, small))
    np.testing.assert_array_equal(in_memory.predict(test), spilled.predict(test))
    assert in_memory.dev_losses == spilled.dev_losses


def test_a_vector_that_is_not_finite_is_refused_with_its_place(make_world) -> None:
    train, dev = make_world(100, 1), make_world(50, 2)
    train.vectors.values[7, 2, 3] = np.nan
    with pytest.raises(NumericalError, match="word at position 7, layer 2"):
        train_members(train, dev, [Member(Single(0), Linear())], LABELS, QUICK)


def test_a_loss_that_is_not_finite_names_the_member(make_world) -> None:
    training = dataclasses.replace(QUICK, learning_rate=1e30, max_epochs=2, min_updates=0)
    with pytest.raises(NumericalError, match=r"loss of member single:1 linear control seed 3 is (nan|inf) in epoch"):
        train_members(
            make_world(200, 1), make_world(50, 2), [Member(Single(1), Linear(), "control", 3)], LABELS, training
        )


def test_wrong_use_is_refused(make_world) -> None:
    train, dev, member = make_world(50, 1), make_world(50, 2), Member(Cumulative(1), Linear())
    with pytest.raises(ContractError, match="no member to train"):
        train_members(train, dev, [], LABELS)
    with pytest.raises(ContractError, match="cumulative:1 linear task seed 0 is asked for twice"):
        train_members(train, dev, [member, member], LABELS)
    with pytest.raises(ContractError, match=r"train split has no label column 'other'; it has \['control', 'task'\]"):
        train_members(train, dev, [Member(Mean(), Linear(), "other")], LABELS)
    with pytest.raises(ContractError, match="'task' of train runs from 0 to 3; it must lie within 0 to 2"):
        train_members(train, dev, [member], {"task": 3})
    with pytest.raises(ContractError, match="vectors of 3 words for a corpus of"):
        ProbeData(ArrayVectors(np.zeros((3, 1, 2), np.float32)), dev.split, {})


def test_initialisation_and_order_can_be_told_apart(make_world) -> None:
    """With only one of the two varied, the first batch or the start is that of seed 0."""
    members = [Member(Single(0), Linear(), seed=seed) for seed in (0, 1)]
    found = {}
    for vary in Vary:
        training = dataclasses.replace(QUICK, vary=vary, max_epochs=1, min_updates=1)
        fitted = train_members(make_world(600, 1), make_world(200, 2), members, {"task": 4}, training)
        found[vary] = [parameters["weight0"] for parameters in fitted.parameters]
    for vary in Vary:
        assert (found[vary][0] == found[Vary.both][0]).all(), "seed 0 is seed 0"
        assert not (found[vary][1] == found[vary][0]).all(), vary
    assert not (found[Vary.order][1] == found[Vary.initialisation][1]).all()
    assert not (found[Vary.order][1] == found[Vary.both][1]).all()
