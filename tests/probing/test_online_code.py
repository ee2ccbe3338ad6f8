"""The online code costs what it must, in bits: nothing known, a known distribution, a planted signal."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest

from embedbench.errors import ContractError
from embedbench.mixing import Scalar, Single
from embedbench.probing.codelength import block_ends, compression, shuffled
from embedbench.probing.members import Member, ProbeData, Solver, Training
from embedbench.probing.online_code import online_codes
from embedbench.probing.probes import MLP, Linear, Pooling
from embedbench.types import ArrayVectors, Corpus, TaskSplit

QUICK = Training(batch_size=256, learning_rate=1e-2, network_learning_rate=1e-2, max_epochs=4, min_updates=100)
LABELS = {"task": 4, "control": 4}


def speechless(labels: np.ndarray) -> ProbeData:
    """One word per target, all vectors alike: they tell nothing, and the bias alone can learn."""
    n = len(labels)
    spans = np.stack([np.arange(n), np.arange(n) + 1], axis=1)[:, None]
    split = TaskSplit(Corpus.of([["w"]] * n), spans, labels, np.arange(n))
    return ProbeData(ArrayVectors(np.ones((n, 1, 3), np.float32)), split, {"task": labels})


def test_a_uniform_probe_costs_n_log2_k_exactly() -> None:
    labels = np.random.default_rng(0).integers(0, 6, 700)
    still = Training(learning_rate=1e-300, max_epochs=1, min_updates=0, solver=Solver.minibatch)
    code = online_codes(speechless(labels), speechless(labels[:50]), [Member(Single(0), Linear())], {"task": 6}, still)
    assert code[0].codelength == pytest.approx(700 * math.log2(6), rel=1e-12)
    assert code[0].compression == pytest.approx(1, rel=1e-12)
    assert len(code[0].bits) == 8, "0.1 to 0.4 % of 700 are fewer targets than labels"


def test_a_known_distribution_costs_its_closed_form() -> None:
    """Vectors that tell nothing leave the probe the frequencies of the prefix; dev is the true distribution."""
    share = np.array([0.5, 0.25, 0.125, 0.125])
    generator = np.random.default_rng(1)
    labels = generator.choice(4, 8000, p=share)
    dev = np.repeat(np.arange(4), (share * 800).astype(np.int64))
    training = Training(batch_size=1024, learning_rate=2e-2, max_epochs=8, min_updates=300, weight_decay=0.0)
    portions = (0.0625, 0.125, 0.25, 0.5, 1.0)
    (code,) = online_codes(
        speechless(labels), speechless(dev), [Member(Single(0), Linear())], {"task": 4}, training, portions=portions
    )
    sent = labels[shuffled(np.arange(8000), 0)[0]]
    ends = [500, 1000, 2000, 4000, 8000]
    expected = [500 * 2.0]
    for start, end in pairwise(ends):
        frequencies = np.bincount(sent[:start], minlength=4) / start
        expected.append(float(-np.log2(frequencies[sent[start:end]]).sum()))
    assert list(code.ends) == ends
    np.testing.assert_allclose(code.bits, expected, rtol=2e-3)
    assert code.codelength == pytest.approx(1000 + 7500 * 1.75, rel=0.02), "the entropy is 1.75 bits"


@pytest.mark.parametrize("probe", [Linear(), MLP(hidden=16, pooling=Pooling.attentive)], ids=lambda p: repr(p))
def test_the_layer_that_knows_has_the_shorter_code(make_world, probe) -> None:
    members = [
        Member(mix, probe, labels, seed)
        for mix in (Single(0), Single(1), Scalar())
        for labels in LABELS
        for seed in (0, 1)
    ]
    codes = {c.member: c for c in online_codes(make_world(1000, 1), make_world(200, 2), members, LABELS, QUICK)}
    for seed in (0, 1):
        task = {mix: codes[Member(mix, probe, "task", seed)] for mix in (Single(0), Single(1), Scalar())}
        assert task[Single(1)].codelength < 0.5 * task[Single(0)].codelength
        assert task[Single(1)].compression > 3 > 1.05 > task[Single(0)].compression
        assert codes[Member(Single(1), probe, "control", seed)].codelength > 2 * task[Single(1)].codelength
    assert codes[members[0]].bits != codes[members[1]].bits, "seeds shuffle anew"


def test_the_coded_block_has_no_say_in_the_probe_that_codes_it(make_world) -> None:
    train, dev, member = make_world(400, 1, signal=2.0), make_world(100, 2, signal=2.0), Member(Single(1), Linear())
    (before,) = online_codes(train, dev, [member], LABELS, QUICK)
    order, _ = shuffled(train.split.clusters, 0)
    changed = train.labels["task"].copy()
    last = order[before.ends[-2] :]
    changed[last] = (changed[last] + 1) % 4
    (after,) = online_codes(dataclasses.replace(train, labels={"task": changed}), dev, [member], LABELS, QUICK)
    assert after.bits[:-1] == before.bits[:-1]
    assert after.bits[-1] > 2 * before.bits[-1], "wrong labels cost more than right ones; the probe did not see them"


def test_a_member_alone_has_the_code_it_has_in_company(make_world) -> None:
    train, dev = make_world(500, 1, signal=2.0), make_world(200, 2, signal=2.0)
    members = [Member(mix, Linear(), labels) for mix in (Single(0), Single(1), Scalar()) for labels in LABELS]
    company = online_codes(train, dev, members, LABELS, QUICK)
    for row in (2, 5):
        (alone,) = online_codes(train, dev, [members[row]], LABELS, QUICK)
        np.testing.assert_allclose(alone.bits, company[row].bits, rtol=1e-3)


def test_clusters_are_sent_whole_and_every_seed_in_another_order() -> None:
    clusters = np.array([7, 7, 3, 3, 3, 9, 1, 1])
    order, ends = shuffled(clusters, 0)
    assert sorted(order.tolist()) == list(range(8))
    parts = np.split(order, ends[:-1])
    assert sorted(map(len, parts)) == [1, 2, 2, 3]
    for part in parts:
        assert len(set(clusters[part])) == 1
        assert (np.diff(part) > 0).all()
    assert len({tuple(shuffled(np.arange(20), seed)[0]) for seed in range(5)}) == 5
    assert (shuffled(np.arange(20), 3)[0] == shuffled(np.arange(20), 3)[0]).all()


def test_blocks_end_with_clusters_and_the_first_has_room_for_every_label() -> None:
    assert block_ends(np.array([40, 90, 100]), 2) == [40, 90, 100]
    assert block_ends(np.array([3]), 50) == [3]
    ends = block_ends(np.cumsum(np.full(1000, 7)), 30)
    assert ends[0] >= 30
    assert ends[-1] == 7000
    assert all(end % 7 == 0 for end in ends)
    assert ends == sorted(set(ends))


def test_a_single_label_is_refused() -> None:
    labels = np.zeros(20, np.int64)
    with pytest.raises(ContractError, match="'task' has 1 label"):
        online_codes(speechless(labels), speechless(labels), [Member(Single(0), Linear())], {"task": 1})
    with pytest.raises(ContractError, match="codelength=false"):
        compression(0.0, 20, 1)
