"""From targets that have a class each, and stores, to the scores of a record: train, predict labels, score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from embedbench.cells import Cell, sentences_within
from embedbench.measuring import Stopwatch
from embedbench.probing.control import CONTROL_SEED
from embedbench.probing.nearest_probes import Nearest
from embedbench.probing.probes import CRF
from embedbench.progress import Progress
from embedbench.scored.ceiling import score_ceiling
from embedbench.scored.codes import score_codes
from embedbench.scored.members import score_baselines, score_members
from embedbench.scored.scores import Scored
from embedbench.types import Split, TaskSplit, WordVectors

if TYPE_CHECKING:
    from embedbench.probing.fitted import FittedMembers
    from embedbench.probing.members import ProbeData
    from embedbench.probing.nearest import FittedNearest
    from embedbench.probing.tag_training import FittedTaggers
    from embedbench.probing.trials import Trial


def measure_classes(
    cell: Cell,
    splits: Mapping[Split, TaskSplit],
    stores: Mapping[Split, WordVectors],
    watch: Stopwatch,
    progress: Progress,
) -> Scored:
    """The scores of every mix on the task's labels and on control labels, beside the baselines.

    With the code lengths of the labels where the cell asks for them.
    """
    from embedbench.probing.members import ProbeData
    from embedbench.probing.questions import asked_once, control_columns, label_columns

    with watch.phase("probing"):
        n_labels = len(cell.task.label_names)
        columns = {which: label_columns(split) for which, split in splits.items()}
        if cell.learns_control:
            for which, control in control_columns(splits, n_labels, CONTROL_SEED).items():
                columns[which] |= control
        data = {which: ProbeData(stores[which], asked_once(splits[which]), columns[which]) for which in splits}
        n_layers, names = stores[Split.TRAIN].n_layers, tuple(columns[Split.TRAIN])
        trained, trials = _trained(cell, data, names, n_labels, n_layers, progress)
        predicted = trained.predict(data[Split.TEST], progress)
    with watch.phase("scoring"):
        scored = score_members(cell, trained, splits, columns[Split.TEST], predicted)
        baselines = score_baselines(cell, splits), score_ceiling(cell, splits, columns)
        scored = replace(scored.with_baselines(*baselines), trials=trials)
    if not cell.codelength:
        return scored
    from embedbench.probing.fitted import FittedMembers
    from embedbench.probing.online_code import online_codes

    with watch.phase("codelength"):
        assert isinstance(trained, FittedMembers)  # the cell refuses others; these have the rates chosen for them
        n_by_column = dict.fromkeys(names, n_labels)
        train = splits[Split.TRAIN]
        # Sentences are what is shuffled and sent, whatever the unit of the statistics is.
        if (sentences := sentences_within(cell.task, train)) is not None:
            train = replace(train, clusters=sentences)
        sent = replace(data[Split.TRAIN], split=asked_once(train))
        codes = online_codes(sent, data[Split.DEV], trained.members, n_by_column, cell.training, progress)
        return scored.with_codes(score_codes(cell, train, codes))


def _trained(
    cell: Cell,
    data: Mapping[Split, ProbeData],
    columns: tuple[str, ...],
    n_labels: int,
    n_layers: int,
    progress: Progress,
) -> tuple[FittedMembers | FittedTaggers | FittedNearest, tuple[Trial, ...]]:
    """The members of a cell on its train split, and what was tried for them."""
    from embedbench.probing.nearest import fit_nearest, plan_nearest
    from embedbench.probing.plan import plan_members, plan_sentence_members
    from embedbench.probing.tag_training import train_taggers
    from embedbench.probing.tuning import train_tuned

    train, dev = data[Split.TRAIN], data[Split.DEV]
    if isinstance(cell.probe, Nearest):
        nearest = plan_nearest(cell.mixes, columns, n_layers)
        return fit_nearest(train, dev, nearest, cell.probe, cell.training.memory_bytes, progress), ()
    if isinstance(cell.probe, CRF):
        taggers = plan_sentence_members(cell.mixes, cell.seeds, columns, n_layers)
        return train_taggers(train, dev, taggers, cell.probe, cell.task.label_names, cell.training, progress), ()
    members = plan_members(cell.mixes, cell.probe, cell.seeds, columns, n_layers)
    return train_tuned(train, dev, members, dict.fromkeys(columns, n_labels), cell.training, progress)
