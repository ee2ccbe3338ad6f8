"""Structural probes: a tree computed by hand, and trees that were planted into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embedbench.extractors.random_vectors import RandomVectors
from embedbench.fingerprint import fingerprint
from embedbench.probing.members import Training
from embedbench.probing.probes import Structural
from embedbench.results.schema import Record
from embedbench.selftest.battery import Finding, Workplace
from embedbench.selftest.worlds import GRAMMAR, measured, score_of
from embedbench.tasks.tree_columns import Trees
from embedbench.tasks.trees import TreeDistance, WordDepth
from embedbench.types import LayeredWords, Sentence, Split

BY_HAND = """\
1\tI\tI\tPRON\tPRP\t_\t2\tnsubj\t_\t_
2\tsaw\tsee\tVERB\tVBD\t_\t0\troot\t_\t_
3\tthe\tthe\tDET\tDT\t_\t4\tdet\t_\t_
4\tcat\tcat\tNOUN\tNN\t_\t2\tobj\t_\t_
5\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_

"""
"""Without the full stop its edges are I-saw, saw-cat and the-cat; neighbours are joined by two of the three."""

DISTANCES = np.array([[0, 1, 3, 2, 2], [1, 0, 2, 1, 1], [3, 2, 0, 1, 3], [2, 1, 1, 0, 2], [2, 1, 3, 2, 0]])
"""How many edges lie between every two of its words."""

BRIEF = Training(max_epochs=1, min_updates=1)


def tree_by_hand(place: Workplace) -> Finding:
    """The chain's UUAS and DSpr on a tree that was computed by hand, and the root that its first verb is.

    Catches punctuation that counts, directed edges, correlations over sentences instead of words.
    """
    from scipy.stats import spearmanr

    path = place.folder / "hand.conllu"
    path.write_text(BY_HAND, encoding="utf-8")
    files = {which.value: str(path) for which in Split}
    records = [
        measured(
            place.folder / "hand", RandomVectors(size=4), task, mixes=("single",), probe=Structural(2), training=BRIEF
        )[0]
        for task in (TreeDistance(files), WordDepth(files))
    ]
    chain = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    orders = float(np.mean([spearmanr(a, b).statistic for a, b in zip(DISTANCES, chain, strict=True)]))
    found = [_baseline(records[0], "chain", "uuas"), _baseline(records[0], "chain", "dspr")]
    roots = [_baseline(records[1], name, "root_accuracy") for name in ("first_verb", "first_word")]
    return Finding(
        f"UUAS {found[0]:.4f}, DSpr {found[1]:.4f}, roots {roots[0]:.0f} and {roots[1]:.0f}",
        bool(np.allclose([*found, *roots], [2 / 3, orders, 1, 0], atol=1e-9)),
    )


def planted_trees(place: Workplace) -> Finding:
    """Trees that were written into vectors are read out of them by the structural probe.

    Catches a wrong loss or gradient of the structural probe, and trees of another sentence.
    """
    task = TreeDistance(GRAMMAR)
    record, _ = measured(
        place.folder / "trees",
        PlantedTrees(task),
        task,
        mixes=("single",),
        probe=Structural(rank=32, learning_rate=1e-2),
        training=Training(batch_size=512, max_epochs=8, min_updates=160),
    )
    found, chain = score_of(record, "single:0").value, _baseline(record, "chain", "uuas")
    return Finding(f"UUAS {found:.3f}, the chain's {chain:.3f}", found >= 0.98 > chain)


class PlantedTrees:
    """A word's vector marks all words on its way to the root: squared distances are distances in the tree."""

    name, layer_names, dim = "planted_trees", ("table",), 32

    def __init__(self, task: TreeDistance) -> None:
        self.fingerprint = fingerprint("planted trees", task.fingerprint)
        self._paths: dict[Sentence, np.ndarray] = {}
        for which in task.splits:
            split = task.split(which)
            trees = Trees.of(split)
            for sentence, start in zip(split.corpus.sentences, trees.offsets.tolist(), strict=False):
                self._paths[sentence] = _paths(trees.heads[start : start + len(sentence)].tolist(), self.dim)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The paths."""
        none = np.zeros((0, 1, self.dim), np.float32)
        return LayeredWords(np.concatenate([none, *(self._paths[sentence][:, None] for sentence in sentences)]))


def _paths(heads: list[int], dim: int) -> np.ndarray:
    found = np.zeros((len(heads), dim), np.float32)
    for word in range(len(heads)):
        above = word
        while heads[above]:
            found[word, above % dim] = 1
            above += heads[above]
    return found


def _baseline(record: Record, name: str, metric: str) -> float:
    return next(b.value for b in record.baselines if (b.extractor, b.metric) == (name, metric))


def chain_of_test(folder: Path, train: str, test: str) -> float:
    """The chain's UUAS on a treebank, from the record of a cell that hardly trains."""
    return _baseline(_hardly_trained(folder, TreeDistance(_files(train, test))), "chain", "uuas")


def roots_of_test(folder: Path, train: str, test: str) -> dict[str, float]:
    """The root accuracy of each guess at the root, from the record of a cell that hardly trains.

    No word is left out as punctuation, so that the guesses run over all words of a sentence.
    """
    record = _hardly_trained(folder, WordDepth(_files(train, test), left_out=()))
    return {name: _baseline(record, name, "root_accuracy") for name in ("first_verb", "first_word")}


def _hardly_trained(folder: Path, task: TreeDistance | WordDepth) -> Record:
    return measured(folder, RandomVectors(size=2), task, mixes=("single",), probe=Structural(1), training=BRIEF)[0]


def _files(train: str, test: str) -> dict[str, str]:
    return {"train": train, "dev": train, "test": test}
