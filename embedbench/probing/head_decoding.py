"""From a distribution over heads to heads: the best one of every word, or the best tree with one root.

The tree is that of Chu & Liu (1965) and Edmonds (1967), by allennlp-light. It lets several words hang on the root; UD
trees have one root. A penalty on the root that outweighs every sum of scores leaves exactly one such word and keeps the
order of all trees that have one, so that the result is the best of these (Stanojević & Cohen 2021).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int64

from embedbench.errors import NumericalError
from embedbench.probing.allennlp import require_allennlp


def greedy_heads(scores: Float[np.ndarray, "words choices"]) -> Int64[np.ndarray, "words"]:
    """The best choice of every word: 0 for the root, else the head's place from 1. They need not form a tree."""
    return np.asarray(scores.argmax(axis=1), np.int64)


def tree_heads(scores: Float[np.ndarray, "words choices"]) -> Int64[np.ndarray, "words"]:
    """The choices of the tree over all words of a sentence, with one word below the root, that has the highest sum.

    Args:
        scores: of every choice of every word: 0 for the root, else the head's place from 1; what a word scores as its
            own head is not read.

    Raises:
        MissingExtraError: allennlp-light is not installed.
        NumericalError: a score of another word or the root is not finite.
    """
    n = len(scores)
    energy = np.zeros((n + 1, n + 1))
    energy[:, 1:] = scores.T
    np.fill_diagonal(energy, 0)
    if not np.isfinite(energy).all():
        raise NumericalError("a score of a head is not finite, so there is no best tree")
    np.fill_diagonal(energy, -np.inf)
    greedy = np.asarray(energy[:, 1:].argmax(axis=0), np.int64)
    if is_tree(greedy):
        return greedy
    require_allennlp("probe=biaffine, to decode trees,")
    from allennlp_light.nn.chu_liu_edmonds import decode_mst

    np.fill_diagonal(energy, 0)
    energy[0, 1:] -= 1 + n * (energy[:, 1:].max() - energy[:, 1:].min())
    heads, _ = decode_mst(energy, n + 1, has_labels=False)
    return np.asarray(heads[1:], np.int64)


def is_tree(choices: Int64[np.ndarray, "words"]) -> bool:
    """Whether these choices of a sentence's words form a tree with exactly one word below the root.

    >>> is_tree(np.array([2, 0, 2])), is_tree(np.array([2, 1, 0])), is_tree(np.array([0, 0, 2]))
    (True, False, False)
    """
    if (choices == 0).sum() != 1:
        return False
    above = np.concatenate([[0], choices])
    for _ in range(len(choices).bit_length()):
        above = above[above]
    return not above.any()
