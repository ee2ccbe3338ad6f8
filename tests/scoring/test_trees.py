"""Scores of trees against hand-computed answers, the published algorithm, SciPy and a known figure of a treebank."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import spearmanr

from embedbench.errors import DataError, NumericalError
from embedbench.scored.trees import _chain, _first_verb, _first_word, read_columns
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.trees import UUAS, DSpr, NSpr, RootAccuracy, row_correlations, spanning_edges
from embedbench.tasks.tree_columns import Role, Trees
from embedbench.tasks.trees import TreeDistance, WordDepth
from embedbench.types import Split

CONLLU = """\
# sent_id = hand
1	I	I	PRON	PRP	_	2	nsubj	_	_
2	saw	see	VERB	VBD	_	0	root	_	_
3	the	the	DET	DT	_	4	det	_	_
4	cat	cat	NOUN	NN	_	2	obj	_	_
5	.	.	PUNCT	.	_	2	punct	_	_

"""
DISTANCES = np.array([[0, 1, 3, 2, 2], [1, 0, 2, 1, 1], [3, 2, 0, 1, 3], [2, 1, 1, 0, 2], [2, 1, 3, 2, 0]], float)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "hand.conllu").write_text(CONLLU, encoding="utf-8")
    return {split.value: str(tmp_path / "hand.conllu") for split in Split}


def trees_of(files, which=Split.TEST) -> Trees:
    return Trees.of(TreeDistance(files=files).split(which))


def values(columns, name) -> float:
    metric = {"uuas": UUAS, "dspr": DSpr, "nspr": NSpr, "root_accuracy": RootAccuracy}[name]()
    return metric.value(columns.gold[name], columns.predicted[name][0], MetricContext(columns.clusters))


def published_edges(matrix, left_out) -> set[tuple[int, int]]:
    """`prims_matrix_to_edges` of john-hewitt/structural-probes (reporter.py), in its own words: Kruskal over pairs."""
    pairs = {
        (i, j): distance
        for i, line in enumerate(matrix)
        for j, distance in enumerate(line)
        if i not in left_out and j not in left_out
    }
    parents = list(range(len(matrix)))

    def find(i):
        return i if parents[i] == i else find(parents[i])

    edges = set()
    for (i, j), _ in sorted(pairs.items(), key=lambda x: x[1]):
        if find(i) != find(j):
            parents[find(i)] = find(j)
            edges.add((min(i, j), max(i, j)))
    return edges


def edge_set(edges) -> set[tuple[int, int]]:
    return {(min(i, i + e), max(i, i + e)) for i, e in enumerate(edges.tolist()) if e}


def test_the_hand_computed_tree(files) -> None:
    trees = trees_of(files)
    assert trees.heads.tolist() == [1, 0, 1, -2, -3]
    assert trees.kept.tolist() == [True, True, True, True, False]
    perfect = read_columns(trees, iter([DISTANCES[None]]), 1, pairs=True)
    assert perfect.gold["uuas"].tolist() == [1, 0, 1, -2, 0]
    assert [values(perfect, name) for name in ("uuas", "dspr")] == [1.0, 1.0]
    # The chain I-saw-the-cat has the edges I-saw and the-cat of the three that do not touch the full stop.
    place = np.arange(5.0)
    chain = read_columns(trees, iter([np.abs(place[:, None] - place)[None]]), 1, pairs=True)
    assert values(chain, "uuas") == pytest.approx(2 / 3)
    by_scipy = [spearmanr(a, b).statistic for a, b in zip(DISTANCES, np.abs(place[:, None] - place), strict=True)]
    assert values(chain, "dspr") == pytest.approx(np.mean(by_scipy))


def test_the_hand_computed_depths(files) -> None:
    trees = Trees.of(WordDepth(files=files).split(Split.TEST))
    right = read_columns(trees, iter([np.array([[1, 0, 2, 1, 1.0]])]), 1, pairs=False)
    assert [values(right, name) for name in ("nspr", "root_accuracy")] == [1.0, 1.0]
    # The full stop is the least deep word, but it cannot be the root; the next one can, and is.
    stop = read_columns(trees, iter([np.array([[5, 2, 7, 6, 1.0]])]), 1, pairs=False)
    assert stop.predicted["root_accuracy"].tolist() == [[0, 1, 0, 0, 0]]
    assert values(stop, "nspr") == pytest.approx(spearmanr([1, 0, 2, 1, 1], [5, 2, 7, 6, 1]).statistic)
    wrong = read_columns(trees, iter([np.array([[0, 1, 2, 3, 4.0]])]), 1, pairs=False)
    assert values(wrong, "root_accuracy") == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_the_spanning_tree_is_the_published_one_also_with_ties_and_equal_words(seed) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    upper = np.triu(rng.integers(0, 4, (n, n)) if seed % 2 else rng.random((n, n)), 1).astype(float)
    distances, kept = upper + upper.T, rng.random(n) < 0.8
    found = edge_set(spanning_edges(distances, kept))
    assert found == published_edges(distances, set(np.flatnonzero(~kept).tolist()))
    assert len(found) == max(0, int(kept.sum()) - 1)


def test_rank_correlations_are_scipys_and_constant_rows_order_nothing() -> None:
    rng = np.random.default_rng(0)
    gold, predicted = rng.integers(0, 4, (6, 9)), rng.random((3, 6, 9)).round(1)
    predicted[1, 2] = 0.5
    found = row_correlations(gold, predicted)
    for member in range(3):
        for row in range(6):
            if (member, row) != (1, 2):
                assert found[member, row] == pytest.approx(spearmanr(gold[row], predicted[member, row]).statistic)
    assert found[1, 2] == 0


def test_lengths_weigh_the_same_and_other_lengths_not_at_all() -> None:
    lengths = [3, 5, 5, 6, 51]
    clusters = np.repeat(np.arange(5), lengths)
    near = np.repeat([0.9, 0.1, 0.3, 0.8, 0.9], lengths)
    assert DSpr().value(np.ones(70), near, MetricContext(clusters)) == pytest.approx(((0.1 + 0.3) / 2 + 0.8) / 2)
    with pytest.raises(DataError, match="5 to 50 words"):
        DSpr().value(np.ones(3), near[:3], MetricContext(clusters[:3]))


def test_a_distance_that_is_no_number_is_refused() -> None:
    with pytest.raises(NumericalError, match="not finite"):
        spanning_edges(np.full((2, 2), np.nan), np.ones(2, bool))


def test_trivial_trees_of_english_ewt(data_folder) -> None:
    """43.1 % of the edges of the test split join neighbours, over all sentences together; without SYM it is 43.0."""
    files = dict.fromkeys((s.value for s in Split), str(data_folder / "ud/en_ewt-ud-test.conllu.gz"))
    trees = trees_of(files)
    assert (len(trees), int((trees.edges != 0).sum())) == (2077, 19770)
    bounds = pairwise(trees.offsets.tolist())
    chain = np.concatenate([spanning_edges(_chain(trees.roles[a:b]), trees.kept[a:b]) for a, b in bounds])
    context = MetricContext(trees.sentences)
    assert round(100 * UUAS().value(trees.edges, chain, context), 2) == 43.10
    assert 100 * float((trees.heads[trees.offsets[:-1]] == 0).mean()) == pytest.approx(27.4, abs=0.06)


def test_first_words_and_first_verbs_of_english_ewt(data_folder) -> None:
    """64.8 % of the roots are the first verb, else the first word; 66.6 % if punctuation cannot be the first word."""
    files = dict.fromkeys((s.value for s in Split), str(data_folder / "ud/en_ewt-ud-test.conllu.gz"))
    trees = Trees.of(WordDepth(files=files).split(Split.TEST))
    first = [a + int(np.argmax(trees.roles[a:b] == Role.VERB)) for a, b in pairwise(trees.offsets.tolist())]
    assert round(100 * float((trees.heads[first] == 0).mean()), 1) == 64.8
    found = {}
    for guess in (_first_word, _first_verb):
        bounds = pairwise(trees.offsets.tolist())
        columns = read_columns(trees, (guess(trees.roles[a:b])[None] for a, b in bounds), 1, pairs=False)
        found[guess.__name__] = round(100 * values(columns, "root_accuracy"), 1)
    assert found == {"_first_word": 29.3, "_first_verb": 66.6}
