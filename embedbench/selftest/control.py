"""The control task (Hewitt & Liang 2019): what it must be, seen in the record of a cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embedbench.extractors.random_vectors import RandomVectors
from embedbench.probing.control import control_ceiling, control_labels, word_types
from embedbench.results.predictions import read_predictions
from embedbench.results.schema import Record
from embedbench.selftest.battery import Finding, Workplace
from embedbench.selftest.worlds import GRAMMAR, measured, score_of
from embedbench.tasks.tagging import Upos
from embedbench.types import Split


def control_differs(place: Workplace) -> Finding:
    """The control task is another task: it agrees with the task as often as two draws from its labels, no more.

    Catches a control that repeats the task's labels (Zhang & Bowman 2018 call for this check), or draws from others.
    """
    table = read_predictions(place.once("control", lambda: _cell(place))[1])
    task, control = table["gold"].to_numpy(), table["gold|control"].to_numpy()
    agree = float(np.mean(task == control))
    return Finding(f"they agree on {agree:.1%} of the words", agree < 0.5)


def control_per_word_type(place: Workplace) -> Finding:
    """Every word type has one control label in every split, so that it can be remembered and nothing else.

    Catches labels drawn per word, which nothing can learn and which would flatter the selectivity.
    """
    record, folder = place.once("control", lambda: _cell(place))
    splits = {which: Upos(GRAMMAR).split(which) for which in Split}
    n_labels = len(Upos(GRAMMAR).label_names)
    drawn = control_labels(splits, n_labels, 0)
    labels: dict[str, set[int]] = {}
    for which, split in splits.items():
        for word_type, label in zip(word_types(split), drawn[which].tolist(), strict=True):
            labels.setdefault(word_type, set()).add(label)
    several = sum(len(own) > 1 for own in labels.values())
    recorded = np.array_equal(read_predictions(folder)["gold|control"].to_numpy(), drawn[Split.TEST])
    learned = score_of(record, "single:0", "control").value
    ceiling = control_ceiling(splits[Split.TRAIN], splits[Split.TEST], drawn[Split.TRAIN], drawn[Split.TEST])
    return Finding(
        f"{several} of {len(labels)} types have several; "
        f"{'the record has them' if recorded else 'the record has others'}; learned to {learned:.2f} of {ceiling:.2f}",
        several == 0 and recorded and 0.6 < learned < ceiling + 0.02,
    )


def _cell(place: Workplace) -> tuple[Record, Path]:
    return measured(place.folder / "control", RandomVectors(size=256), Upos(GRAMMAR), mixes=("single",))
