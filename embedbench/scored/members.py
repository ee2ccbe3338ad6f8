"""From predicted labels to the scores of a record: one per mix and label column, and the task's baselines.

Predictions and baselines are scored on the whole test split and on its subsets, from the same predictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Int64

from embedbench.cells import Cell, sentences_within
from embedbench.errors import DataError
from embedbench.results.predictions import Predictions, member_column
from embedbench.results.schema import Score
from embedbench.scored.scores import NO_MIX, YES_METRIC, Scored, recorded_training, recorded_weights, scores_by_mix
from embedbench.scoring.baselines import Predictor, by_question, lemma_majority, majority, word_majority
from embedbench.scoring.cues import by_cue, trivial_cue
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.span_subsets import span_subsets
from embedbench.scoring.subsets import WHOLE, own_parts, subsets
from embedbench.tasks.own_baselines import OwnBaselines
from embedbench.types import CONTROL, POSITIVE_LABEL, Split, TaskSplit

if TYPE_CHECKING:
    from embedbench.probing.fitted import FittedMembers
    from embedbench.probing.nearest import FittedNearest
    from embedbench.probing.tag_training import FittedTaggers


SPAN_METRIC = "span_f1"
"""The metric that is not of targets alone, but of the spans that neighbouring targets make up."""


def score_members(
    cell: Cell,
    trained: FittedMembers | FittedTaggers | FittedNearest,
    splits: Mapping[Split, TaskSplit],
    columns: Mapping[str, Int64[np.ndarray, "targets"]],
    predicted: Int64[np.ndarray, "members targets"],
) -> Scored:
    """The scores of trained members on the test split; the members of one mix differ in their seed alone."""
    from embedbench.probing.questions import answers, joined

    split, members = splits[Split.TEST], trained.members
    answered = answers(split, members, predicted)
    columns = joined(split, columns)
    masks = _masks(cell, splits)
    scores: list[Score] = []
    for labels, gold in columns.items():
        rows: dict[str, list[Int64[np.ndarray, "targets"]]] = {}
        for (learned_labels, mix, _), row in answered.items():
            if learned_labels == labels:
                rows.setdefault(mix, []).append(row)
        predicted_by_mix = {mix: np.stack(chosen) for mix, chosen in rows.items()}
        scores += _whole_and_subsets(cell, splits, masks, gold, predicted_by_mix, labels)
    return Scored(
        scores=tuple(score for score in scores if score.subset == WHOLE),
        subset_scores=tuple(score for score in scores if score.subset != WHOLE),
        predictions=Predictions(
            split.clusters,
            columns,
            {member_column(mix, labels, seed): row for (labels, mix, seed), row in answered.items()},
            masks,
            sentences=sentences_within(cell.task, split),
        ),
        mix_weights=recorded_weights(members, trained.mix_weights),
        training=recorded_training(members, trained.epochs, trained.dev_scores, trained.sizes, trained.kept_penalties),
    )


def score_baselines(cell: Cell, splits: Mapping[Split, TaskSplit]) -> tuple[Score, ...]:
    """What predictors that see no vector reach on the test split, whole and in subsets."""
    train, test = splits[Split.TRAIN], splits[Split.TEST]
    gold = np.asarray(test.labels, np.int64)
    masks = _masks(cell, splits)
    predictors: dict[str, Predictor] = {"majority": majority, "word_majority": word_majority}
    if train.lemmas is not None and test.lemmas is not None:
        predictors["lemma_majority"] = lemma_majority
    if cue := trivial_cue(train):
        predictors[cue] = by_cue(cue)
    predicted = {name: by_question(predict, train, test)[None] for name, predict in predictors.items()}
    if isinstance(cell.task, OwnBaselines):
        predicted |= cell.task.own_baselines(train, test)
    # As if they were mixes of one extractor, so that one resampling serves them all.
    together = _whole_and_subsets(cell, splits, masks, gold, predicted, "task")
    return tuple(replace(score, extractor=score.mix, mix=NO_MIX) for score in together)


_Masks = Mapping[str, Bool[np.ndarray, "targets"]]
"""The test targets of every subset, by its name."""


def _masks(cell: Cell, splits: Mapping[Split, TaskSplit]) -> _Masks:
    test = splits[Split.TEST]
    if cell.task.meta.metric == SPAN_METRIC:
        return {}  # the subsets of spans depend on what was predicted
    found = subsets(splits[Split.TRAIN], test)
    if cell.task.meta.metric != YES_METRIC:
        return found
    # F1 of yes is undefined of a question, or a group, that test never says yes to: it has no score, rather than 0.
    gold = np.asarray(test.labels, np.int64)
    undefined = {n for n, rows in own_parts(test).items() if not _says_yes(gold[rows], cell.task.label_names)}
    return {name: rows for name, rows in found.items() if name not in undefined}


def _says_yes(gold: Int64[np.ndarray, "targets"], label_names: Sequence[str]) -> bool:
    return bool((gold == label_names.index(POSITIVE_LABEL)).any())


def _defined(
    name: str, gold: Int64[np.ndarray, "targets"], several: Int64[np.ndarray, "seeds targets"], context: MetricContext
) -> bool:
    """Whether a further metric has a value; the score is left out where it has none, as of a constant prediction."""
    try:
        return all(np.isfinite(metric(name).value(gold, row, context)) for row in several)
    except DataError:
        return False


def _whole_and_subsets(
    cell: Cell,
    splits: Mapping[Split, TaskSplit],
    masks: _Masks,
    gold: Int64[np.ndarray, "targets"],
    predicted: Mapping[str, Int64[np.ndarray, "seeds targets"]],
    labels: str,
) -> Iterator[Score]:
    name, test, names = cell.task.meta.metric, splits[Split.TEST], cell.task.label_names
    sentences = sentences_within(cell.task, test)
    context = MetricContext(test.clusters, names, test.groups, sentences)
    if name == YES_METRIC and labels == CONTROL and not _says_yes(gold, names):
        return
    yield from scores_by_mix(cell, name, gold, predicted, context, labels=labels)
    for further in cell.task.meta.further_metrics:
        defined = {mix: several for mix, several in predicted.items() if _defined(further, gold, several, context)}
        yield from scores_by_mix(cell, further, gold, defined, context, labels=labels)
    for subset, rows in masks.items():
        if name == YES_METRIC and not _says_yes(gold[rows], names):
            continue  # control labels are drawn: a small subset may have no yes, and no F1 of it
        own = MetricContext(test.clusters[rows], names, sentences=None if sentences is None else sentences[rows])
        chosen = {mix: several[:, rows] for mix, several in predicted.items()}
        yield from scores_by_mix(cell, name, gold[rows], chosen, own, labels=labels, subset=subset)
    # Control labels are drawn word by word and make up no spans that train could have known.
    if name == SPAN_METRIC and labels == "task":
        columns = [row for several in predicted.values() for row in several]
        for found in span_subsets(splits[Split.TRAIN], test, names, gold, columns):
            remaining = iter(found.predictions)
            left = {mix: np.stack([next(remaining) for _ in several]) for mix, several in predicted.items()}
            for score in scores_by_mix(cell, name, found.gold, left, context, labels=labels, subset=found.name):
                yield replace(score, n=found.n)
