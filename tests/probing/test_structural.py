"""The structural probe: its loss by hand and by the published code, a planted tree found, noise at chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from embedbench.errors import ConfigurationError, NumericalError
from embedbench.mixing import Concat, Mean, Scalar, ScalarNormed, Single
from embedbench.probing.members import Training
from embedbench.probing.probes import Structural
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.probing.standard import Standard
from embedbench.probing.structural import TreeGroup
from embedbench.probing.tree_data import TreeData
from embedbench.probing.tree_training import FittedTrees, train_trees
from embedbench.scored.trees import read_columns
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.tasks.tree_columns import Trees, tree_depths, tree_distances
from embedbench.types import ArrayVectors

QUICK = Training(max_epochs=6, min_updates=250, batch_size=256)


def published_loss(predictions, labels, lengths, *, pairs):
    """`L1DistanceLoss` and `L1DepthLoss` of john-hewitt/structural-probes (loss.py): padding has the label -1."""
    ones = (labels != -1).float()
    per_sentence = torch.abs(predictions * ones - labels * ones).sum(dim=(1, 2) if pairs else 1)
    return (per_sentence / (lengths.pow(2) if pairs else lengths)).sum() / (lengths != 0).float().sum()


def random_trees(rng, n, longest=9) -> Trees:
    """Every word but the first of each sentence hangs below some word to its left."""
    lengths = rng.integers(5, longest, n)
    heads = np.concatenate([[0, *(-rng.integers(1, i + 1) for i in range(1, length))] for length in lengths])
    return Trees(np.concatenate([[0], np.cumsum(lengths)]), heads.astype(np.int64), np.zeros(len(heads), np.int64))


def planted(seed, n=60, noise=0.1) -> tuple[Trees, ArrayVectors]:
    """Layer 1 holds, hidden by a rotation, one axis per place: a word has 1 on the axes of all edges up to the root.

    Squared distances of such vectors are distances in the tree (Reif et al. 2019, theorem 1). Layer 0 is noise.
    """
    rng = np.random.default_rng(seed)
    trees = random_trees(rng, n)
    values = rng.normal(size=(len(trees.heads), 2, 12))
    values[:, 1] *= noise
    for start, end in zip(trees.offsets[:-1], trees.offsets[1:], strict=True):
        for word in range(start, end):
            place = word
            while trees.heads[place]:
                values[word, 1, place - start] += 1
                place += trees.heads[place]
    rotation = np.linalg.qr(np.random.default_rng(7).normal(size=(12, 12)))[0]
    values[:, 1] = values[:, 1] @ rotation
    return trees, ArrayVectors(values.astype(np.float32))


def data_of(seed, *, pairs, **options) -> TreeData:
    trees, vectors = planted(seed, **options)
    return TreeData(vectors, trees, pairs)


def scores(fitted: FittedTrees, data: TreeData) -> dict[str, list[float]]:
    columns = read_columns(data.trees, fitted.predict(data), len(fitted.members), data.pairs)
    context = MetricContext(columns.clusters)
    return {n: [metric(n).value(columns.gold[n], row, context) for row in columns.predicted[n]] for n in columns.names}


def plain_group(rank, dim, *, pairs) -> TreeGroup:
    weights = torch.randn(1, rank, dim, generator=torch.Generator().manual_seed(3))
    return TreeGroup([SentenceMember(Single(0))], {"weight0": weights}, 1, pairs=pairs)


def unchanged(dim) -> Standard:
    return Standard(np.zeros((1, dim), np.float32), np.ones((1, dim), np.float32))


def test_the_loss_by_hand() -> None:
    """Words at 0, 1 and 3 on a line, a chain a - b - c: squared distances 1, 9, 4 for 1, 2, 1; a lone word has none."""
    trees = Trees(np.array([0, 3, 4]), np.array([0, -1, -1, 0]), np.zeros(4, np.int64))
    vectors = ArrayVectors(np.array([0.0, 1, 3, 2], np.float32)[:, None, None])
    for pairs, by_hand in ((True, (2 * (0 + 7 + 3) / 9 + 0) / 2), (False, ((0 + 0 + 7) / 3 + 4) / 2)):
        batch = TreeData(vectors, trees, pairs).batch([0, 1], unchanged(1))
        group = TreeGroup([SentenceMember(Single(0))], {"weight0": torch.ones(1, 1, 1)}, 1, pairs=pairs)
        assert group.losses(batch).tolist() == pytest.approx([by_hand])


@pytest.mark.parametrize("pairs", [True, False])
def test_the_loss_is_the_published_one(pairs) -> None:
    rng = np.random.default_rng(0)
    trees = random_trees(rng, 5)
    vectors = ArrayVectors(rng.normal(size=(len(trees.heads), 1, 4)).astype(np.float32))
    data, group = TreeData(vectors, trees, pairs), plain_group(2, 4, pairs=pairs)
    longest = int(np.diff(trees.offsets).max())
    predictions, labels = (torch.full((5, longest, longest) if pairs else (5, longest), -1.0) for _ in range(2))
    for s, (start, end) in enumerate(zip(trees.offsets[:-1], trees.offsets[1:], strict=True)):
        words = torch.from_numpy(vectors.values[start:end, 0]) @ group.parameters["weight0"][0].T
        own, n = trees.heads[start:end], end - start
        if pairs:
            predictions[s, :n, :n] = (words[:, None] - words[None]).pow(2).sum(2)
            labels[s, :n, :n] = torch.from_numpy(tree_distances(own)).float()
        else:
            predictions[s, :n] = words.pow(2).sum(1)
            labels[s, :n] = torch.from_numpy(tree_depths(own)).float()
    lengths = torch.from_numpy(np.diff(trees.offsets)).float()
    expected = published_loss(predictions, labels, lengths, pairs=pairs)
    found = group.losses(data.batch(range(5), unchanged(4)))
    assert found.tolist() == pytest.approx([float(expected)], rel=1e-5)
    one_by_one = torch.cat([group.losses(data.batch([s], unchanged(4))) for s in range(5)])
    assert float(one_by_one.mean()) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(("pairs", "names"), [(True, ("uuas", "dspr")), (False, ("root_accuracy", "nspr"))])
def test_a_planted_tree_is_found_in_its_layer_and_noise_holds_none(pairs, names) -> None:
    train, dev, test = (data_of(seed, pairs=pairs, n=n) for seed, n in ((1, 250), (2, 40), (3, 60)))
    members = [SentenceMember(mix) for mix in (Single(0), Single(1), Scalar(), Concat(), Mean(), ScalarNormed())]
    fitted = train_trees(train, dev, members, Structural(rank=12, learning_rate=1e-2), QUICK)
    found = scores(fitted, test)
    for name in names:
        noise, planted, scalar, concat, *_ = found[name]
        assert noise < 0.45, name
        assert min(planted, scalar, concat) > 0.9, (name, found[name])
    weights = fitted.mix_weights[2]
    assert weights is not None
    assert weights.weights[1] > 0.7


@pytest.mark.slow
def test_a_rank_of_one_is_a_line_and_too_little() -> None:
    train, dev, test = (data_of(seed, pairs=True, n=n) for seed, n in ((1, 200), (2, 40), (3, 60)))
    found = [
        scores(train_trees(train, dev, [SentenceMember(Single(1))], Structural(rank, 1e-2), QUICK), test)["uuas"][0]
        for rank in (1, 99)
    ]
    assert found[0] < found[1] - 0.2


def test_a_member_gives_the_result_it_would_give_alone() -> None:
    """Rounding differs with the company, and the loss has kinks: after long training it would show in the digits."""
    train, dev, test = (data_of(seed, pairs=True, n=30) for seed in (1, 2, 3))
    brief = Training(max_epochs=2, min_updates=30, batch_size=64)
    members = [SentenceMember(m, s) for m in (Single(0), Single(1), Scalar()) for s in (0, 1)]
    together = train_trees(train, dev, members, Structural(4), brief)
    again = train_trees(train, dev, members, Structural(4), brief)
    for row, member in enumerate(members):
        alone = train_trees(train, dev, [member], Structural(4), brief)
        assert alone.best_epochs == together.best_epochs[row : row + 1]
        for one, other, same in zip(alone.predict(test), together.predict(test), again.predict(test), strict=True):
            np.testing.assert_allclose(one[0], other[row], rtol=2e-3, atol=2e-3)
            np.testing.assert_array_equal(other, same)


def test_all_mixes_of_one_layer_are_trained_once() -> None:
    trees, vectors = planted(1, n=20)
    data = TreeData(ArrayVectors(vectors.values[:, 1:]), trees, True)
    fitted = train_trees(data, data, [SentenceMember(m) for m in (Single(0), Scalar(), Mean())], Structural(4), QUICK)
    assert fitted.parameters[0] is fitted.parameters[1] is fitted.parameters[2]
    assert fitted.mix_weights[1] is not None
    for values in fitted.predict(data):
        np.testing.assert_array_equal(values[0], values[2])


def test_impossible_options_and_vectors_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="rank 0"):
        Structural(rank=0)
    trees, vectors = planted(1, n=6)
    vectors.values[3, 1, 2] = np.nan
    data = TreeData(vectors, trees, True)
    with pytest.raises(NumericalError, match="position 3, layer 1"):
        train_trees(data, data, [SentenceMember(Single(1))], Structural(), QUICK)
