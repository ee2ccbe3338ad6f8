"""F1 of tasks that have a label for "nothing": yes/no questions, and relations with an `Other`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, Real

from embedbench.errors import DataError
from embedbench.registry import register
from embedbench.scoring.metric import MetricContext, ratio
from embedbench.types import FEMININE, MASCULINE, POSITIVE_LABEL

_OTHER = "Other"
_DIRECTION = re.compile(r"\(e[12],e[12]\)$")


@register("metric", "binary_f1")
@dataclass(frozen=True)
class BinaryF1:
    """The F1 of the label `yes` (scikit-learn), as in GAP (Webster et al. 2018); 0 where nothing is right."""

    name = "binary_f1"
    higher_is_better = True
    chance = "2 p / (1 + p) for a constant yes, where p is the share of yes; 0 for a constant no"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The F1 of the label `yes`."""
        from sklearn.metrics import f1_score

        positive = _positive(self.name, context)
        return float(f1_score(gold == positive, predicted == positive, zero_division=0.0))

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 3"]:
        """True positives, predicted, gold."""
        positive = _positive(self.name, context)
        wanted, found = gold == positive, predicted == positive
        return context.total(*(column.astype(np.int64) for column in (wanted & found, found, wanted)))

    def value_from(self, sums: Float64[np.ndarray, "resamples 3"]) -> Float64[np.ndarray, "resamples"]:
        """2 tp / (predicted + gold)."""
        return ratio(2 * sums[..., 0], sums[..., 1] + sums[..., 2])


@register("metric", "gender_bias")
@dataclass(frozen=True)
class GenderBias:
    """F1 on feminine targets divided by F1 on masculine ones: the bias of GAP (Webster et al. 2018); 1 is fair.

    A ratio, not a share: it may be above 1, and more is not better there.
    """

    name = "gender_bias"
    higher_is_better = True
    chance = "1 for a predictor that does not see the gender; undefined for a constant no"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The ratio.

        Raises:
            DataError: the targets have no such groups, or F1 on one of the groups is 0.
        """
        f1 = {}
        for group, rows in _genders(self.name, context).items():
            own = MetricContext(context.clusters[rows], context.label_names)
            f1[group] = BinaryF1().value(gold[rows], predicted[rows], own) if rows.any() else 0.0
            if not f1[group]:
                raise DataError(f"{self.name} is undefined: nothing is right of the {group} targets")
        return f1[FEMININE] / f1[MASCULINE]

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters 6"]:
        """True positives, predicted, gold: of feminine targets, then of masculine ones."""
        positive = _positive(self.name, context)
        wanted, found = gold == positive, predicted == positive
        return context.total(
            *(
                (column & rows).astype(np.int64)
                for rows in _genders(self.name, context).values()
                for column in (wanted & found, found, wanted)
            )
        )

    def value_from(self, sums: Float64[np.ndarray, "resamples 6"]) -> Float64[np.ndarray, "resamples"]:
        """The quotient of two times 2 tp / (predicted + gold); 0 where nothing masculine was drawn that is right."""
        feminine, masculine = (BinaryF1().value_from(sums[..., own]) for own in (slice(0, 3), slice(3, 6)))
        return ratio(feminine, masculine)


@register("metric", "relation_f1")
@dataclass(frozen=True)
class RelationF1:
    """The mean F1 over relations without `Other`, directions counted (SemEval-2010 task 8, Hendrickx et al. 2010).

    The official score of the task, "(9+1)-way evaluation with directionality taken into account": labels are
    `RELATION(e1,e2)`, `RELATION(e2,e1)` and `Other`. A relation's F1 is the micro-average over its two directions
    (scikit-learn), so that the right relation in the wrong direction is wrong; its precision and recall count all that
    was predicted, or is, that relation. A label without a direction is a relation of its own.
    """

    name = "relation_f1"
    higher_is_better = True
    chance = "near 1 / relations, or less: a constant prediction earns one relation's F1; 0 for a constant Other"

    def value(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> float:
        """The mean F1 over relations."""
        from sklearn.metrics import f1_score

        relations = _relations(context.label_names)
        return float(
            np.mean(
                [
                    f1_score(gold, predicted, labels=np.flatnonzero(relations == r), average="micro", zero_division=0.0)
                    for r in range(relations.max() + 1)
                ]
            )
        )

    def statistics(
        self, gold: Real[np.ndarray, "targets"], predicted: Real[np.ndarray, "targets"], context: MetricContext
    ) -> Float64[np.ndarray, "clusters k"]:
        """For every relation: right (with its direction), then predicted, then gold; k = 3 relations."""
        relations = _relations(context.label_names)
        n, right = int(relations.max()) + 1, gold == predicted

        def counts(labels: np.ndarray, *, of: np.ndarray | bool = True) -> list[np.ndarray]:
            return [((relations[labels] == r) & of).astype(np.int64) for r in range(n)]

        return context.total(*counts(gold, of=right), *counts(predicted), *counts(gold))

    def value_from(self, sums: Float64[np.ndarray, "resamples k"]) -> Float64[np.ndarray, "resamples"]:
        """The mean over relations of 2 right / (predicted + gold)."""
        right, predicted, gold = np.split(sums, 3, axis=-1)
        return np.asarray(ratio(2 * right, predicted + gold).mean(axis=-1))


def _positive(name: str, context: MetricContext) -> int:
    if POSITIVE_LABEL not in context.label_names:
        raise DataError(
            f"{name} needs a task with the label {POSITIVE_LABEL!r}; "
            f"its labels are {', '.join(context.label_names) or 'none'}"
        )
    return context.label_names.index(POSITIVE_LABEL)


def _genders(name: str, context: MetricContext) -> dict[str, Bool[np.ndarray, "targets"]]:
    """Which targets are feminine, and which masculine."""
    if context.groups is None:
        raise DataError(f"{name} needs a task with the groups {FEMININE} and {MASCULINE}; these targets have no groups")
    return {group: np.asarray(context.groups == group) for group in (FEMININE, MASCULINE)}


def _relations(label_names: tuple[str, ...]) -> Int64[np.ndarray, "labels"]:
    """The number of each label's relation; -1 for Other."""
    names = [_DIRECTION.sub("", label) for label in label_names]
    numbers = {name: i for i, name in enumerate(sorted(set(names) - {_OTHER}))}
    if not numbers:
        raise DataError(f"relation_f1 needs a task with relations; its labels are {', '.join(label_names) or 'none'}")
    return np.array([numbers.get(name, -1) for name in names], np.int64)
