"""From tree splits and stores to the scores of a record: train structural probes, read trees off them, score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from embedbench.cells import Cell, sentences_within
from embedbench.measuring import Stopwatch
from embedbench.progress import Progress
from embedbench.results.schema import Score
from embedbench.scored.columns import Columns
from embedbench.scored.scores import Scored
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.trees import row_correlations, spanning_edges
from embedbench.tasks.tree_columns import Role, Trees, tree_depths, tree_distances
from embedbench.types import Split, TaskKind, TaskSplit, WordVectors

_Guess = Callable[[Int64[np.ndarray, "words"]], Float64[np.ndarray, "words *words"]]
"""From the roles of a sentence's words to distances or depths."""

RANDOM_SEED = 0
"""Of the baseline of random trees."""


def measure_trees(
    cell: Cell,
    splits: Mapping[Split, TaskSplit],
    stores: Mapping[Split, WordVectors],
    watch: Stopwatch,
    progress: Progress,
) -> Scored:
    """The scores of a tree task: main metric first, then the other one, for every mix; and the baselines.

    Distances: `uuas` and `dspr`; depths: `nspr` and `root_accuracy`.
    """
    from embedbench.probing.plan import plan_sentence_members
    from embedbench.probing.tree_data import TreeData
    from embedbench.probing.tree_training import train_trees

    pairs = cell.task.meta.kind is TaskKind.TREE_DISTANCE
    data = {which: TreeData(stores[which], Trees.of(split), pairs) for which, split in splits.items()}
    members = plan_sentence_members(cell.mixes, cell.seeds, ("task",), stores[Split.TRAIN].n_layers)
    with watch.phase("probing"):
        fitted = train_trees(data[Split.TRAIN], data[Split.DEV], members, cell.structural, cell.training, progress)
        dev = read_columns(data[Split.DEV].trees, fitted.predict(data[Split.DEV], progress), len(members), pairs)
        test = read_columns(data[Split.TEST].trees, fitted.predict(data[Split.TEST], progress), len(members), pairs)
    with watch.phase("scoring"):
        main, context = test.names[0], MetricContext(dev.clusters)
        dev_scores = [metric(main).value(dev.gold[main], row, context) for row in dev.predicted[main]]
        split = splits[Split.TEST]
        baselines = _baselines(cell, split, data[Split.TEST].trees, pairs)
        return _clustered(cell, split, test).scored(cell, fitted, dev_scores, baselines)


def read_columns(
    trees: Trees, predicted: Iterator[Float[np.ndarray, "members words *words"]], n_members: int, pairs: bool
) -> Columns:
    """What the metrics need, from predicted distances (or depths) sentence by sentence.

    Distances: the edges of the minimum spanning tree over the words that count (`uuas`), and how well every word's
    distances to all words are ordered (`dspr`). Depths: the depths (`nspr`), and which word that counts is the least
    deep, 1 for it and 0 for all others (`root_accuracy`); where no word counts, all do.
    """
    names = ("uuas", "dspr") if pairs else ("nspr", "root_accuracy")
    n_words = len(trees.heads)
    gold = {name: np.zeros(n_words) for name in names}
    found = {name: np.zeros((n_members, n_words)) for name in names}
    all_kept = trees.kept
    for sentence, values in enumerate(predicted):
        own = slice(int(trees.offsets[sentence]), int(trees.offsets[sentence + 1]))
        heads, kept = trees.heads[own], all_kept[own]
        if pairs:
            gold["dspr"][own] = 1
            found["dspr"][:, own] = row_correlations(tree_distances(heads), values)
            for row, distances in enumerate(values):
                found["uuas"][row, own] = spanning_edges(distances, kept)
        else:
            gold["nspr"][own], gold["root_accuracy"][own] = tree_depths(heads), heads == 0
            found["nspr"][:, own] = values
            found["root_accuracy"][np.arange(n_members), own.start + _least(values, kept)] = 1
    if pairs:
        gold["uuas"] = trees.edges.astype(np.float64)
    return Columns(gold, found, trees.sentences)


def _clustered(cell: Cell, split: TaskSplit, columns: Columns) -> Columns:
    """The columns with the clusters of their split."""
    return replace(columns, clusters=split.clusters, sentences=sentences_within(cell.task, split))


def _least(depths: Float[np.ndarray, "members words"], kept: Bool[np.ndarray, "words"]) -> Int64[np.ndarray, "members"]:
    among = np.flatnonzero(kept) if kept.any() else np.arange(len(kept))
    return np.asarray(among[depths[:, among].argmin(axis=1)])


def _baselines(cell: Cell, split: TaskSplit, trees: Trees, pairs: bool) -> list[Score]:
    """What trees that see no vector reach."""
    guesses: dict[str, _Guess] = (
        {"chain": _chain, "random_tree": _random_distances(RANDOM_SEED)}
        if pairs
        else {"first_word": _first_word, "first_verb": _first_verb}
    )
    scores = []
    for name, guess in guesses.items():
        bounds = zip(trees.offsets[:-1].tolist(), trees.offsets[1:].tolist(), strict=True)
        predicted = (guess(trees.roles[start:end])[None] for start, end in bounds)
        scores += _clustered(cell, split, read_columns(trees, predicted, 1, pairs)).baseline(cell, name)
    return scores


def _chain(roles: Int64[np.ndarray, "words"]) -> Float64[np.ndarray, "words words"]:
    """Distance in words: the tree that joins neighbours."""
    place = np.arange(len(roles), dtype=np.float64)
    return np.abs(place[:, None] - place)


def _first_word(roles: Int64[np.ndarray, "words"]) -> Float64[np.ndarray, "words"]:
    """The deeper the further right: the first word that counts is the root."""
    return np.arange(len(roles), dtype=np.float64)


def _first_verb(roles: Int64[np.ndarray, "words"]) -> Float64[np.ndarray, "words"]:
    """The further from the first verb the deeper; from the first word that counts where there is no verb."""
    chosen = next((r for r in (Role.VERB, Role.WORD) if (roles == r).any()), None)
    root = 0 if chosen is None else int(np.argmax(roles == chosen))
    return np.abs(np.arange(len(roles), dtype=np.float64) - root)


def _random_distances(seed: int) -> _Guess:
    rng = np.random.default_rng(seed)

    def draw(roles: Int64[np.ndarray, "words"]) -> Float64[np.ndarray, "words words"]:
        """Every distance drawn on its own."""
        distances = np.triu(rng.random((len(roles), len(roles))), 1)
        return distances + distances.T

    return draw
