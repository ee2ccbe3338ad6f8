"""Scores of trees read off predicted distances and depths, by the conventions of Hewitt & Manning (2019, section 4.1).

Columns hold one value per word. Edges are written as the signed distance from a word to the other end: 0 for no edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64, Real

from embedbench.errors import DataError, NumericalError
from embedbench.registry import register
from embedbench.scoring.metric import MetricContext, check_columns, check_finite, ratio

SHORTEST, LONGEST = 5, 50
"""Rank correlations are averaged over sentences of these lengths, in words with punctuation."""


def spanning_edges(
    distances: Float[np.ndarray, "words words"], kept: Bool[np.ndarray, "words"]
) -> Int64[np.ndarray, "words"]:
    """The minimum spanning tree over the kept words: from each word, the signed distance to the next towards the first.

    Of equal distances the pair that comes first in reading order is preferred, as Kruskal's algorithm over sorted
    pairs does; scipy's own choice among equals is not defined.

    Raises:
        NumericalError: a distance is not finite.
    """
    from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

    if not np.isfinite(distances).all():
        raise NumericalError("a predicted distance is not finite, so there is no spanning tree")
    edges = np.zeros(len(kept), np.int64)
    words = np.flatnonzero(kept)
    if len(words) < 2:
        return edges
    rows, columns = np.triu_indices(len(words), 1)
    between = distances[words[rows], words[columns]]
    ranks = np.empty(len(between))
    # Ranks from 1: a weight of 0 would mean "no edge" to csgraph, and equal words have distance 0.
    ranks[np.argsort(between, kind="stable")] = np.arange(1, len(between) + 1)
    weights = np.zeros((len(words), len(words)))
    weights[rows, columns] = ranks
    order, above = breadth_first_order(minimum_spanning_tree(weights), 0, directed=False)
    edges[words[order[1:]]] = words[above[order[1:]]] - words[order[1:]]
    return edges


def row_correlations(
    gold: Real[np.ndarray, "rows words"], predicted: Float[np.ndarray, "*members rows words"]
) -> Float64[np.ndarray, "*members rows"]:
    """Spearman's correlation of every gold row with the predicted one, ties at their mean rank.

    0 where a predicted row is constant, which orders nothing.
    """
    from scipy.stats import rankdata

    x = rankdata(gold, axis=-1) - (gold.shape[-1] + 1) / 2
    y = rankdata(predicted, axis=-1) - (gold.shape[-1] + 1) / 2
    size = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    product = np.asarray((x * y).sum(axis=-1), np.float64)
    correlations: np.ndarray = np.zeros_like(product)
    np.divide(product, size, out=correlations, where=size > 0)
    return correlations


@register("metric", "uuas")
@dataclass(frozen=True)
class UUAS:
    """Undirected unlabelled attachment score: the share of gold edges that are edges of the predicted tree."""

    name = "uuas"
    higher_is_better = True
    chance = "that of the tree that joins neighbours: about 0.43 on English-EWT"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The share over all sentences together."""
        _check(self.name, gold, predicted)
        sums = self.statistics(gold, predicted, context.by_sentence).sum(axis=0, keepdims=True)
        return float(self.value_from(sums)[0])

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 2"]:
        """Gold edges that were found, and gold edges."""
        wanted, where = _edges(gold, context)
        found, _ = _edges(predicted, context)
        counts = [
            np.bincount(where[chosen], minlength=context.n_clusters) for chosen in (np.isin(wanted, found), slice(None))
        ]
        return np.stack(counts, axis=1).astype(np.float64)

    def value_from(self, sums: Float64[np.ndarray, "resamples 2"]) -> Float64[np.ndarray, "resamples"]:
        """Found divided by all."""
        return ratio(sums[..., 0], sums[..., 1])


@register("metric", "root_accuracy")
@dataclass(frozen=True)
class RootAccuracy:
    """The share of sentences in which every word is rightly called the root or not."""

    name = "root_accuracy"
    higher_is_better = True
    chance = "one over the number of words"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The share over sentences."""
        _check(self.name, gold, predicted)
        sums = self.statistics(gold, predicted, context.by_sentence).sum(axis=0, keepdims=True)
        return float(self.value_from(sums)[0])

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 2"]:
        """How many sentences are right, and how many there are."""
        wrong = context.by_sentence.total((gold != predicted).astype(np.int64))[:, 0]
        return context.of_clusters(np.stack([(wrong == 0).astype(np.float64), np.ones(len(wrong))], axis=1))

    def value_from(self, sums: Float64[np.ndarray, "resamples 2"]) -> Float64[np.ndarray, "resamples"]:
        """Right divided by all."""
        return ratio(sums[..., 0], sums[..., 1])


class _ByLength:
    """A mean over sentences of the same length, then over lengths."""

    def value_from(self, sums: Float64[np.ndarray, "resamples k"]) -> Float64[np.ndarray, "resamples"]:
        """The mean over the lengths that occur, of the means within them."""
        totals, counts = np.split(sums, 2, axis=-1)
        return ratio(ratio(totals, counts).sum(axis=-1), (counts > 0).sum(axis=-1))


@register("metric", "nspr")
@dataclass(frozen=True)
class NSpr(_ByLength):
    """Spearman's correlation of predicted and gold values within sentences, averaged over lengths 5 to 50."""

    name = "nspr"
    higher_is_better = True
    chance = "0"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The mean over lengths of the mean over sentences.

        Raises:
            DataError: no sentence has 5 to 50 words.
        """
        return _value_by_length(self, gold, predicted, context)

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters k"]:
        """The correlation in the column of the sentence's length, then 1 in that column; summed within clusters."""
        own_sentence = context.by_sentence.cluster_index
        order = np.argsort(own_sentence, kind="stable")
        bounds = np.flatnonzero(np.diff(own_sentence[order])) + 1
        correlations = np.zeros(context.by_sentence.n_clusters)
        for sentence, words in enumerate(np.split(order, bounds)):
            if SHORTEST <= len(words) <= LONGEST:
                own = predicted[words].astype(np.float64)
                correlations[sentence] = row_correlations(gold[None, words], own[None])[0]
        return _columns_by_length(correlations, np.ones(len(correlations)), context)


@register("metric", "dspr")
@dataclass(frozen=True)
class DSpr(_ByLength):
    """1 - |predicted - gold|, averaged over all words of a length, then over lengths 5 to 50.

    Predicted is the Spearman correlation of a word's predicted distances to all words with the true ones; gold is 1.
    """

    name = "dspr"
    higher_is_better = True
    chance = "0"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The mean over lengths of the mean over words.

        Raises:
            DataError: no sentence has 5 to 50 words.
        """
        return _value_by_length(self, gold, predicted, context)

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters k"]:
        """The sum in the column of the sentence's length, then the number of words there; summed within clusters."""
        near = 1 - np.abs(np.asarray(predicted, np.float64) - gold)
        sums = context.by_sentence.total(near, np.ones(len(gold)))
        return _columns_by_length(sums[:, 0], sums[:, 1], context)


def _value_by_length(measured: NSpr | DSpr, gold: np.ndarray, predicted: np.ndarray, context: MetricContext) -> float:
    _check(measured.name, gold, predicted)
    sums = measured.statistics(gold, predicted, context.by_sentence).sum(axis=0, keepdims=True)
    if not sums[0, sums.shape[1] // 2 :].any():
        raise DataError(f"{measured.name} averages over sentences of {SHORTEST} to {LONGEST} words; there is none")
    return float(measured.value_from(sums)[0])


def _columns_by_length(
    sums: np.ndarray, counts: np.ndarray, context: MetricContext
) -> Float64[np.ndarray, "clusters k"]:
    """Two blocks with a column per length: the sums, then the counts; sentences of other lengths add nothing."""
    lengths = np.bincount(context.by_sentence.cluster_index)
    inside = np.flatnonzero((lengths >= SHORTEST) & (lengths <= LONGEST))
    width = LONGEST - SHORTEST + 1
    table = np.zeros((len(lengths), 2 * width))
    table[inside, lengths[inside] - SHORTEST] = sums[inside]
    table[inside, lengths[inside] - SHORTEST + width] = counts[inside]
    return context.of_clusters(table)


def _edges(column: np.ndarray, context: MetricContext) -> tuple[np.ndarray, np.ndarray]:
    """A number for every different edge, the same in both directions, and its cluster."""
    # By sentences: the words of one must stand in a row, also where its cluster has others.
    order = np.argsort(context.by_sentence.cluster_index, kind="stable")
    cluster, offset = context.cluster_index[order], column[order].astype(np.int64)
    own = np.arange(len(order), dtype=np.int64)
    there = np.flatnonzero(offset)
    ends = np.sort(np.stack([own[there], own[there] + offset[there]]), axis=0)
    # The other end of a malformed edge may lie outside; its number is still its own.
    numbers, first = np.unique(ends[0] * (3 * len(own) + 1) + ends[1], return_index=True)
    return numbers, cluster[there[first]]


def _check(name: str, gold: np.ndarray, predicted: np.ndarray) -> None:
    check_columns(name, gold, predicted)
    check_finite(name, "predicted", predicted)
