"""The metrics: accuracy, macro F1, span F1, Pearson's and Spearman's correlation; F1 with a negative label is beside.

The point value always comes from the library (scikit-learn, seqeval, SciPy); the statistics for the bootstrap are
tested to give the library's value. Values are fractions (0..1) or correlations (-1..1), percent is for printing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from jaxtyping import Float64, Real

from embedbench.errors import DataError
from embedbench.registry import lookup, register
from embedbench.scoring import f1_metrics  # noqa: F401  (registers its metrics)
from embedbench.scoring.bio import BioLabels
from embedbench.scoring.metric import Metric, MetricContext, check_columns, check_finite, ratio


def metric(name: str) -> Metric:
    """The registered metric of that name.

    Raises:
        ConfigurationError: there is none; the message lists what there is.
    """
    return cast(Metric, lookup("metric", name).target())


@register("metric", "accuracy")
@dataclass(frozen=True)
class Accuracy:
    """The fraction of targets whose predicted label is the gold label (scikit-learn)."""

    name = "accuracy"
    higher_is_better = True
    chance = "the share of the most frequent label"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The fraction that is right."""
        from sklearn.metrics import accuracy_score

        check_columns(self.name, gold, predicted)
        return float(accuracy_score(gold, predicted))

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 2"]:
        """How many targets are right, and how many there are."""
        return context.total((gold == predicted).astype(np.int64), np.ones(len(gold)))

    def value_from(self, sums: Float64[np.ndarray, "resamples 2"]) -> Float64[np.ndarray, "resamples"]:
        """Right divided by all."""
        return ratio(sums[..., 0], sums[..., 1])


@register("metric", "macro_f1")
@dataclass(frozen=True)
class MacroF1:
    """The unweighted mean of the labels' F1 (scikit-learn), over labels that are gold or predicted at least once.

    A label that occurs on neither side has no F1; in a resample the same rule holds for the resampled targets.
    """

    name = "macro_f1"
    higher_is_better = True
    chance = "near 1 / labels, or less: a constant prediction earns one label's F1, divided by the number of labels"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The mean F1 over labels."""
        from sklearn.metrics import f1_score

        check_columns(self.name, gold, predicted)
        return float(f1_score(gold, predicted, average="macro", zero_division=0.0))

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters k"]:
        """For every label: true positives, then predicted, then gold; k = 3 labels."""
        n_labels = max(len(context.label_names), int(gold.max()) + 1, int(predicted.max()) + 1)
        cluster, shape = context.cluster_index, (context.n_clusters, n_labels)

        def count(labels: np.ndarray, cluster: np.ndarray) -> np.ndarray:
            return np.bincount(cluster * n_labels + labels, minlength=shape[0] * n_labels).reshape(shape)

        right = gold == predicted
        counts = [count(gold[right], cluster[right]), count(predicted, cluster), count(gold, cluster)]
        return np.concatenate(counts, axis=1).astype(np.float64)

    def value_from(self, sums: Float64[np.ndarray, "resamples k"]) -> Float64[np.ndarray, "resamples"]:
        """The mean over labels of 2 tp / (predicted + gold)."""
        hits, predicted, gold = np.split(sums, 3, axis=-1)
        occurring = predicted + gold
        return ratio(ratio(2 * hits, occurring).sum(axis=-1), (occurring > 0).sum(axis=-1))


@register("metric", "span_f1")
@dataclass(frozen=True)
class SpanF1:
    """The micro-averaged F1 of labelled spans read off BIO tags (seqeval), as the CoNLL script conlleval counts them.

    A span counts when its type and both ends are right. Ill-formed sequences are read as conlleval reads them: an `I-X`
    after `O`, after another type or at the start of a sentence begins a span (seqeval's default mode, not `strict`,
    which would throw such spans away). The sequences are the sentences, each in target order.
    """

    name = "span_f1"
    higher_is_better = True
    chance = "near 0: a constant prediction finds no span"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """Micro F1 over all spans; 0 when nothing was found, also when there was nothing to find."""
        from seqeval.metrics import f1_score

        check_columns(self.name, gold, predicted)
        labels = BioLabels.of(context.label_names)
        sentence = context.by_sentence.cluster_index
        order = np.argsort(sentence, kind="stable")
        starts = np.flatnonzero(np.diff(sentence[order])) + 1
        sequences = [
            [part.tolist() for part in np.split(labels.tags[column[order]], starts)] for column in (gold, predicted)
        ]
        return float(f1_score(*sequences, average="micro", zero_division=0))

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 3"]:
        """Spans that are right, predicted, gold."""
        labels = BioLabels.of(context.label_names)
        sentence = context.by_sentence.cluster_index
        order = np.argsort(sentence, kind="stable")
        cluster = context.cluster_index[order]
        hits, found, wanted = labels.matches(gold[order], predicted[order], sentence[order])
        sums = [np.bincount(cluster[where], minlength=context.n_clusters) for where in (hits, found, wanted)]
        return np.stack(sums, axis=1).astype(np.float64)

    def value_from(self, sums: Float64[np.ndarray, "resamples 3"]) -> Float64[np.ndarray, "resamples"]:
        """The harmonic mean of precision and recall."""
        precision, recall = ratio(sums[..., 0], sums[..., 1]), ratio(sums[..., 0], sums[..., 2])
        return ratio(2 * precision * recall, precision + recall)


def _checked_scores(name: str, gold: np.ndarray, predicted: np.ndarray) -> None:
    check_columns(name, gold, predicted)
    check_finite(name, "gold", gold)
    check_finite(name, "predicted", predicted)
    if len(gold) < 2 or np.ptp(gold) == 0:
        raise DataError(f"{name} needs at least two different gold scores; all {len(gold)} are {gold[0]}")


@register("metric", "pearson")
@dataclass(frozen=True)
class Pearson:
    """Pearson's correlation of predicted and gold scores (SciPy); 0 where all predictions are equal."""

    name = "pearson"
    higher_is_better = True
    chance = "0"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The correlation. A constant prediction orders nothing and gets 0.

        Raises:
            NumericalError: a score is not finite.
            DataError: all gold scores are equal.
        """
        from scipy.stats import pearsonr

        _checked_scores(self.name, gold, predicted)
        return float(pearsonr(gold, predicted).statistic) if np.ptp(predicted) > 0 else 0.0

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 6"]:
        """n, sums and sums of products, of scores standardised over the whole split (so that nothing cancels)."""
        x, y = _standardised(gold), _standardised(predicted)
        return context.total(np.ones(len(x)), x, y, x * x, y * y, x * y)

    def value_from(self, sums: Float64[np.ndarray, "resamples 6"]) -> Float64[np.ndarray, "resamples"]:
        """Covariance over the root of the variances."""
        n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
        return _correlation(xy - x * y / n, xx - x * x / n, yy - y * y / n, tolerance=1e-12 * n)


@register("metric", "spearman")
@dataclass(frozen=True)
class Spearman:
    """Spearman's rank correlation (SciPy), ties at their mean rank; 0 where all predictions are equal."""

    name = "spearman"
    higher_is_better = True
    chance = "0"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The correlation of ranks. A constant prediction orders nothing and gets 0.

        Raises:
            NumericalError: a score is not finite.
            DataError: all gold scores are equal.
        """
        from scipy.stats import spearmanr

        _checked_scores(self.name, gold, predicted)
        return float(spearmanr(gold, predicted).statistic) if np.ptp(predicted) > 0 else 0.0

    def weighted(
        self,
        gold: Real[np.ndarray, "targets"],
        predictions: Sequence[Real[np.ndarray, "targets"]],
        drawn: Float64[np.ndarray, "targets resamples"],
    ) -> Float64[np.ndarray, "predictions resamples"]:
        """The correlation of the ranks that the drawn targets have among themselves."""
        middle = (drawn.sum(axis=0) + 1) / 2
        ranks, tied, group = _drawn_ranks(gold, drawn)
        ranks -= middle
        xx = np.einsum("gr,gr->r", tied * ranks, ranks)
        weighted_x = drawn * ranks[group]
        values = np.empty((len(predictions), drawn.shape[1]))
        for row, predicted in enumerate(predictions):
            ranks, tied, group = _drawn_ranks(predicted, drawn)
            ranks -= middle
            yy = np.einsum("gr,gr->r", tied * ranks, ranks)
            xy = np.einsum("gr,gr->r", _grouped(weighted_x, group), ranks)
            values[row] = _correlation(xy, xx, yy, tolerance=1e-9)
        return values


def _standardised(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(dtype=np.float64)
    spread = np.sqrt(np.mean(centred**2))
    return centred / spread if np.ptp(values) > 0 else np.zeros(len(values))


def _correlation(xy: np.ndarray, xx: np.ndarray, yy: np.ndarray, tolerance: np.ndarray | float) -> np.ndarray:
    """Zero where a side is constant: a resample can be, and it orders nothing."""
    varied = (xx > tolerance) & (yy > tolerance)
    product = np.sqrt(np.where(varied, xx * yy, 1.0))
    return np.clip(np.where(varied, xy / product, 0.0), -1.0, 1.0)


def _grouped(rows: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Rows summed within groups, which are numbered from 0."""
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    if len(first) == len(group):  # no ties: nothing to sum
        return np.asarray(rows[order])
    return np.asarray(np.add.reduceat(rows[order], first, axis=0))


def _drawn_ranks(values: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean rank and count of every group of equal values, ascending, and the group of each target."""
    group = np.unique(values, return_inverse=True)[1]
    tied = _grouped(drawn, group)
    # Targets that rank below, plus the middle of the tied ones.
    ranks = np.cumsum(tied, axis=0)
    ranks -= (tied - 1) / 2
    return ranks, tied, group
