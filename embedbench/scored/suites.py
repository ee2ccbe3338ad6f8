"""From the vectors of lists of words to the scores of a record: analogies, categories, outliers; nothing is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from jaxtyping import Bool, Float64, Int64

import embedbench.scoring.groups  # noqa: F401  (registers its metrics)
from embedbench.cells import Cell
from embedbench.results.predictions import Predictions, member_column
from embedbench.results.schema import LEFT_OUT
from embedbench.scored.scores import Scored, fixed_mixes, scores_by_mix
from embedbench.scored.unknown import AlignedVectors, has_unknown, refuse_none_left, unknown_rule
from embedbench.scoring.metric import MetricContext
from embedbench.tasks.analogies import Analogies, Rule
from embedbench.tasks.suites import Unknown
from embedbench.tasks.word_groups import Categorisation, Clustering
from embedbench.types import TaskKind, TaskSplit


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is scored, and how.

    Attributes:
        targets: those that are scored, by number.
        gold: of each.
        answer: from unit vectors of the corpus' sentences to one row of predictions per seed.
        metrics: the main one first.
        account: what was left out.
    """

    targets: Int64[np.ndarray, "asked"]
    gold: Int64[np.ndarray, "asked"]
    answer: Callable[[Float64[np.ndarray, "sentences dim"]], Int64[np.ndarray, "seeds asked"]]
    metrics: tuple[str, ...]
    account: Mapping[str, int]


def score_suite(cell: Cell, split: TaskSplit, vectors: AlignedVectors) -> Scored:
    """The scores of a task of words without training, under every mix that is not learned.

    Raises:
        ConfigurationError: every mix asked for is a learned one.
        DataError: unknown words leave no target.
    """
    from embedbench.probing.suites import unit_entries

    known = _known(split, vectors, unknown_rule(cell))
    prepare = {
        TaskKind.ANALOGY: _analogies,
        TaskKind.CATEGORISATION: _categories,
        TaskKind.OUTLIER: _outliers,
    }[cell.task.meta.kind]
    asked = prepare(cell, split, known)
    refuse_none_left(cell, split, len(asked.targets))
    mixes = fixed_mixes(cell, vectors.n_layers)
    rows = {mix.label: asked.answer(unit_entries(vectors, split.corpus, mix)) for mix in mixes}
    context = MetricContext(split.clusters[asked.targets], cell.task.label_names)
    return Scored(
        scores=tuple(score for name in asked.metrics for score in scores_by_mix(cell, name, asked.gold, rows, context)),
        predictions=Predictions(
            context.clusters,
            {"task": asked.gold},
            {
                member_column(label, "task", seed): row
                for label, own in rows.items()
                for seed, row in zip(cell.seeds if len(own) > 1 else (cell.seeds[0],), own, strict=True)
            },
            targets=asked.targets,
        ),
        account={**asked.account, LEFT_OUT: len(split) - len(asked.targets)},
    )


def _analogies(cell: Cell, split: TaskSplit, known: Bool[np.ndarray, "sentences"]) -> _Asked:
    """Gold is the sentence of the first right answer; any other right answer is written as if it were that one."""
    from embedbench.probing.suites import answer_analogies

    task = cast(Analogies, cell.task)
    answers = task.answers()
    sentences = split.corpus.sentence_of(split.spans[..., 0])
    # A question can be asked if its three words are known, and answered if a right answer is.
    askable = known[sentences[:, :3]].all(axis=1)
    answerable = np.array([any(s < len(known) and known[s] for s in right) for right in answers])[split.labels]
    wrong = task.unknown is Unknown.wrong
    targets = np.arange(len(split)) if wrong else np.flatnonzero(askable & answerable)

    def answer(units: Float64[np.ndarray, "sentences dim"]) -> Int64[np.ndarray, "1 asked"]:
        found = answer_analogies(units, sentences[targets, :3], known, multiply=task.rule is Rule.mul)
        for row, (target, word) in enumerate(zip(targets.tolist(), found.tolist(), strict=True)):
            if not askable[target]:
                found[row] = -1
            elif word in answers[split.labels[target]]:
                found[row] = sentences[target, 3]
        return found[None]

    account = {
        "questions": len(split),
        "questions_with_unknown_word": int((~(askable & answerable)).sum()),
        **task.omitted,
        "candidates": int(known.sum()),
    }
    return _Asked(targets.astype(np.int64), sentences[targets, 3], answer, ("accuracy",), account)


def _categories(cell: Cell, split: TaskSplit, known: Bool[np.ndarray, "sentences"]) -> _Asked:
    from embedbench.probing.suites import cluster_words

    task = cast(Categorisation, cell.task)
    targets = np.flatnonzero(known[split.clusters]).astype(np.int64)
    gold = np.asarray(split.labels, np.int64)[targets]
    seeds: Sequence[int | None] = cell.seeds if task.clustering is Clustering.kmeans else (None,)

    def answer(units: Float64[np.ndarray, "sentences dim"]) -> Int64[np.ndarray, "seeds asked"]:
        chosen = units[split.clusters[targets]]
        return np.stack([cluster_words(chosen, len(np.unique(gold)), seed) for seed in seeds])

    account = {"entries": len(split), "entries_unknown": len(split) - len(targets)}
    return _Asked(targets, gold, answer, ("purity",), account)


def _outliers(cell: Cell, split: TaskSplit, known: Bool[np.ndarray, "sentences"]) -> _Asked:
    """Gold is the number of words of the set, which is the last position."""
    from embedbench.probing.suites import outlier_position

    sentences = split.corpus.sentence_of(split.spans[..., 0])
    present = known[sentences]
    wrong = unknown_rule(cell) is Unknown.wrong
    askable = present.all(axis=1) if wrong else present[:, -1] & (present[:, :-1].sum(axis=1) >= 2)
    targets = np.arange(len(split)) if wrong else np.flatnonzero(askable)
    gold = np.where(wrong, sentences.shape[1] - 1, present[targets, :-1].sum(axis=1)).astype(np.int64)

    def answer(units: Float64[np.ndarray, "sentences dim"]) -> Int64[np.ndarray, "1 asked"]:
        found = [outlier_position(units[sentences[t][present[t]]]) if askable[t] else 0 for t in targets.tolist()]
        return np.array([found], np.int64)

    account = {
        "sets_with_outlier": len(split),
        "sets_left_out": len(split) - len(targets),
        "sets_with_unknown_word": int((~present.all(axis=1)).sum()),
    }
    return _Asked(targets.astype(np.int64), gold, answer, ("accuracy", "opp"), account)


def _known(split: TaskSplit, vectors: AlignedVectors, unknown: Unknown) -> Bool[np.ndarray, "sentences"]:
    """Whether the extractor knows every word of a sentence; all are known where unknown words keep their vectors."""
    offsets = split.corpus.offsets
    if unknown is Unknown.keep:
        return np.ones(len(offsets) - 1, np.bool_)
    return ~has_unknown(np.stack([offsets[:-1], offsets[1:]], axis=-1), vectors)
