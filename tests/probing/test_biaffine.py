"""The biaffine probe: its loss by hand, planted heads found, noise at the baseline, permuted vectors at noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from embedbench.errors import ConfigurationError, ContractError, NumericalError
from embedbench.mixing import Concat, Mean, Scalar, ScalarNormed, Single
from embedbench.probing.biaffine import BiaffineGroup, initial_biaffine
from embedbench.probing.head_data import HeadData
from embedbench.probing.head_training import FittedHeads, train_heads
from embedbench.probing.members import Training
from embedbench.probing.probes import Biaffine
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.probing.standard import Standard
from embedbench.scored.heads import gold_columns, read_heads
from embedbench.tasks.head_columns import Heads
from embedbench.types import ArrayVectors

QUICK = Training(max_epochs=5, min_updates=250, batch_size=256)
PROBE = Biaffine(rank=16, learning_rate=1e-2)
PLACES, RELATIONS = 9, 3


def random_heads(rng, n) -> Heads:
    """Every sentence a random tree with its root anywhere."""
    lengths = rng.integers(4, PLACES, n)
    heads = []
    for length in lengths:
        order = rng.permutation(length)
        above = np.zeros(length, np.int64)
        for i in range(1, length):
            above[order[i]] = order[rng.integers(0, i)] - order[i]
        heads.append(above)
    column = np.concatenate(heads)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Heads(offsets, column, rng.integers(0, RELATIONS, len(column)), np.ones(len(column), np.bool_))


def planted(seed, n=60) -> HeadData:
    """Layer 1 holds, hidden by a rotation, the place of a word, that of its head (or the root) and its relation.

    Layer 0 is noise.
    """
    rng = np.random.default_rng(seed)
    heads = random_heads(rng, n)
    n_words, dim = len(heads.heads), PLACES * 2 + 1 + RELATIONS
    values = rng.normal(size=(n_words, 2, dim)) * np.array([1, 0.05])[:, None]
    own = np.arange(n_words)
    values[own, 1, own - heads.offsets[heads.sentences]] += 1
    values[own, 1, PLACES + heads.choices] += 1
    values[own, 1, 2 * PLACES + 1 + heads.relations] += 1
    values[:, 1] = values[:, 1] @ np.linalg.qr(np.random.default_rng(7).normal(size=(dim, dim)))[0]
    return HeadData(ArrayVectors(values.astype(np.float32)), {"task": heads})


def scores(fitted: FittedHeads, data: HeadData) -> dict[str, list[float]]:
    heads = data.columns["task"]
    gold = gold_columns(heads, RELATIONS)
    found = read_heads(fitted.predict(data), [True] * len(fitted.members), heads, RELATIONS)
    return {name: (column == gold[name]).mean(axis=1).tolist() for name, column in found.items()}


def test_the_loss_by_hand() -> None:
    """Words 1 and 2 of one dimension, the first below the second, which is the root; and a word on its own."""
    heads = Heads(np.array([0, 2, 3]), np.array([1, 0, 0]), np.array([1, 0, 0]), np.ones(3, np.bool_))
    data = HeadData(ArrayVectors(np.array([1.0, 2, 5], np.float32)[:, None, None]), {"task": heads})
    parameters = initial_biaffine(SentenceMember(Single(0)), 1, 1, 1, 2)
    parameters |= {"weight0": torch.full((1, 1, 1), 2.0), "weight1": torch.full((1, 1, 1), 3.0)}
    parameters |= {"bias0": torch.ones(1, 1), "root": torch.full((1, 1), 0.5), "root_bias": torch.full((1,), -1.0)}
    parameters |= {"weight2": torch.tensor([[[0.0], [0.3]]]), "root_relations": torch.tensor([[0.7, 0.0]])}
    group = BiaffineGroup([SentenceMember(Single(0))], parameters, 1)
    batch = data.batch([0, 1], Standard(np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32)))
    # As words 2x + 1 is 3 and 5; as heads 3x is 3 and 6; the root scores half a word's vector less 1.
    of_first = np.logaddexp(3 * 0.5 - 1, 3 * 6) - 3 * 6
    of_second = np.logaddexp(5 * 0.5 - 1, 5 * 3) - (5 * 0.5 - 1)
    of_relations = [np.logaddexp(0, 0.3) - 0.3, np.logaddexp(0.7, 0.6) - 0.7, np.logaddexp(0.7, 1.5) - 0.7]
    expected = (of_first + of_second + 0 + sum(of_relations)) / 3
    assert group.losses(batch).tolist() == pytest.approx([expected], rel=1e-5)
    said = group.sentence(batch.vectors[:2])
    assert np.exp(said.choices).sum(axis=2) == pytest.approx(1)
    assert (said.choices[0, [0, 1], [1, 2]] == -np.inf).all(), "no word is its own head"
    assert -said.choices[0, 0, 2] == pytest.approx(of_first, abs=1e-5)
    assert said.of_heads[0, 0].tolist() == pytest.approx([0.7, 0.0]), "the root comes first"


def test_planted_heads_are_found_in_their_layer_and_noise_holds_none() -> None:
    train, dev, test = (planted(seed, n) for seed, n in ((1, 400), (2, 60), (3, 80)))
    members = [SentenceMember(mix) for mix in (Single(0), Single(1), Scalar(), Concat(), Mean(), ScalarNormed())]
    fitted = train_heads(train, dev, members, PROBE, RELATIONS, QUICK)
    found = scores(fitted, test)
    lengths = np.diff(test.offsets)
    chance = len(lengths) / lengths.sum()  # one choice in `length` for every word
    for name in ("uas", "uas_greedy"):
        assert found[name][0] == pytest.approx(chance, abs=0.07), name
        assert found[name][1] == 1.0, name
        assert min(found[name][2:4] + found[name][5:]) > 0.95, (name, found[name])
        assert found[name][4] > 0.6, "the mean is half noise"
    assert found["las"][1] == 1.0
    weights = fitted.mix_weights[2]
    assert weights is not None
    assert weights.weights[1] > 0.7


def test_vectors_of_other_words_break_it() -> None:
    train, dev, test = (planted(seed, n) for seed, n in ((1, 400), (2, 60), (3, 80)))
    rng = np.random.default_rng(0)
    wrong = [
        HeadData(ArrayVectors(d.vectors.values[rng.permutation(d.vectors.n_words)]), d.columns) for d in (train, dev)
    ]
    member = [SentenceMember(Single(1))]
    shuffled = scores(train_heads(*wrong, member, PROBE, RELATIONS, QUICK), test)["uas"][0]
    assert shuffled < 0.4


def test_a_rank_of_one_is_too_little() -> None:
    train, dev, test = (planted(seed, n) for seed, n in ((1, 200), (2, 40), (3, 60)))
    found = [
        scores(train_heads(train, dev, [SentenceMember(Single(1))], Biaffine(rank, 1e-2), RELATIONS, QUICK), test)
        for rank in (1, 99)
    ]
    assert found[0]["uas"][0] < found[1]["uas"][0] - 0.3


def test_a_member_gives_the_result_it_would_give_alone() -> None:
    train, dev, test = (planted(seed, 30) for seed in (1, 2, 3))
    brief = Training(max_epochs=2, min_updates=30, batch_size=64)
    members = [SentenceMember(m, s) for m in (Single(0), Single(1), Scalar()) for s in (0, 1)]
    together = train_heads(train, dev, members, PROBE, RELATIONS, brief)
    again = train_heads(train, dev, members, PROBE, RELATIONS, brief)
    for row, member in enumerate(members):
        alone = train_heads(train, dev, [member], PROBE, RELATIONS, brief)
        assert alone.best_epochs == together.best_epochs[row : row + 1]
        for one, other, same in zip(alone.predict(test), together.predict(test), again.predict(test), strict=True):
            np.testing.assert_allclose(one.choices[0], other.choices[row], rtol=2e-3, atol=2e-3)
            np.testing.assert_array_equal(other.choices, same.choices)


def test_relations_do_not_pull_at_the_mix() -> None:
    data = planted(1, 6)
    member = SentenceMember(Scalar())
    parameters = initial_biaffine(member, 2, data.vectors.dim, 4, RELATIONS)
    parameters |= {name: torch.ones_like(parameters[name]) for name in ("weight2", "weight3")}
    # Without heads to choose from, only relations could move the mix.
    parameters |= {name: torch.zeros_like(parameters[name]) for name in ("weight0", "weight1")}
    batch = data.batch(range(6), Standard(*(np.full((2, data.vectors.dim), v, np.float32) for v in (0, 1))))
    _, gradients = BiaffineGroup([member], parameters, 2).gradients(batch)
    assert not gradients["mix"].any()
    assert gradients["weight2"].any()


def test_impossible_options_and_vectors_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="rank 0"):
        Biaffine(rank=0)
    data = planted(1, 6)
    with pytest.raises(ContractError, match="vectors of 2 words"):
        HeadData(ArrayVectors(data.vectors.values[:2]), data.columns)
    data.vectors.values[3, 1, 2] = np.nan
    with pytest.raises(NumericalError, match="position 3, layer 1"):
        train_heads(data, data, [SentenceMember(Single(1))], PROBE, RELATIONS, QUICK)


def test_members_of_one_group_learn_their_own_columns() -> None:
    rng = np.random.default_rng(0)
    offsets, kept = np.array([0, 3, 5]), np.ones(5, np.bool_)
    vectors = ArrayVectors(rng.normal(size=(5, 1, 4)).astype(np.float32))
    columns = {
        "task": Heads(offsets, np.array([1, 0, -1, 1, 0]), np.array([0, 1, 2, 0, 1]), kept),
        "control": Heads(offsets, np.array([2, 1, 0, 0, -1]), np.array([2, 2, 0, 1, 0]), kept),
    }
    standard = Standard(np.zeros((1, 4), np.float32), np.ones((1, 4), np.float32))
    members = [SentenceMember(Single(0), labels=name) for name in columns]
    parameters = {
        name: torch.randn(value.shape, generator=torch.Generator().manual_seed(7))
        for name, value in initial_biaffine(members[0], 1, 4, 2, 3).items()
    }
    together = {name: torch.cat([value, value]) for name, value in parameters.items()}
    batch = HeadData(vectors, columns).batch([1, 0], standard)
    of_both = BiaffineGroup(members, together, 1)
    alone = torch.cat(
        [
            BiaffineGroup([member], parameters, 1).losses(
                HeadData(vectors, {member.labels: columns[member.labels]}).batch([1, 0], standard)
            )
            for member in members
        ]
    )
    assert abs(float(alone[0] - alone[1])) > 0.01
    torch.testing.assert_close(of_both.gradients(batch)[0], alone)
    torch.testing.assert_close(of_both.losses(batch), alone)
