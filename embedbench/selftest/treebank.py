"""What predictors without any vector reach on UD English-EWT 2.16, as computed independently of this package."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embedbench.data.catalogue import CATALOGUE
from embedbench.probing.control import control_ceiling, control_labels
from embedbench.scoring.baselines import majority, word_majority
from embedbench.scoring.cues import by_cue
from embedbench.selftest.battery import Finding, Skipped, Workplace
from embedbench.selftest.trees import chain_of_test
from embedbench.selftest.worlds import GRAMMAR
from embedbench.tasks.arcs import Arc, Deprel
from embedbench.tasks.tagging import Upos
from embedbench.types import Split, Task, TaskSplit

DATA_SET = "ud_english_ewt"


def ewt_word_majority(place: Workplace) -> Finding:
    """The majority tag of every word is right for 86.66 % of English-EWT's test words.

    Catches words lost or doubled while reading, and a baseline that sees test labels or misses the folded look-up.
    """
    train, test = _splits(place, Upos)
    return _percent(word_majority(train, test), test, 86.66, 0.05)


def ewt_deprel_majority(place: Workplace) -> Finding:
    """The commonest relation is right for 13.3 % of the arcs.

    Catches arcs from the artificial root that are counted, and labels cut at their subtype.
    """
    train, test = _splits(place, Deprel)
    return _percent(majority(train, test), test, 13.3, 0.05)


def ewt_arc_by_distance(place: Workplace) -> Finding:
    """The signed distance of two words alone tells 71.8 % of arcs from others: what an embedding has to beat.

    Catches negatives that are drawn from all over the corpus, or next to the word, which would make the task easy.
    """
    splits = _splits(place, Arc)
    return _percent(by_cue("distance")(*splits), splits[1], 71.8, 0.5)


def ewt_chain(place: Workplace) -> Finding:
    """The tree that joins neighbours has 43.1 % of the edges between words that are not punctuation.

    Catches punctuation that counts, a mean over sentences (51.4), and trees cut at the split's limit.
    """
    test = str(_file(place, "test"))
    found = 100 * chain_of_test(place.folder / "chain", GRAMMAR["dev"], test)
    return Finding(f"{found:.2f}", abs(found - 43.1) < 0.05)


def ewt_control_ceiling(place: Workplace) -> Finding:
    """A probe that remembers the control label of every word type of train reaches 92.3 % on test.

    Catches control labels drawn per word, per split, or in another order, none of which can be remembered so well.
    """
    task, train, test = _task(place, Upos), *_splits(place, Upos)
    ceilings = []
    for seed in range(3):
        drawn = control_labels({Split.TRAIN: train, Split.TEST: test}, len(task.label_names), seed)
        ceilings.append(100 * control_ceiling(train, test, drawn[Split.TRAIN], drawn[Split.TEST]))
    # The guess at unseen types makes single draws differ by tenths.
    found = float(np.mean(ceilings))
    return Finding(f"{found:.2f} (mean of 3 draws)", abs(found - 92.3) < 0.5)


def _percent(predicted: np.ndarray, test: TaskSplit, expected: float, tolerance: float) -> Finding:
    found = 100 * float(np.mean(predicted == test.labels))
    return Finding(f"{found:.2f}", abs(found - expected) <= tolerance)


def _file(place: Workplace, which: str) -> Path:
    """The file of one split of English-EWT, packed or not.

    Raises:
        Skipped: it is not in the data folder.
    """
    for entry in CATALOGUE[DATA_SET].files:
        if f"-{which}." in entry.path:
            for path in (place.data / entry.path, (place.data / entry.path).with_suffix("")):
                if path.exists():
                    return path
    raise Skipped(f"data not found, get it with `embedbench data get {DATA_SET}` and set EMBEDBENCH_DATA")


def _task(place: Workplace, kind: type[Upos] | type[Deprel] | type[Arc]) -> Task:
    files = {which.value: str(_file(place, which.value)) for which in Split}
    return place.once(f"ewt {kind.__name__}", lambda: kind(files))


def _splits(place: Workplace, kind: type[Upos] | type[Deprel] | type[Arc]) -> tuple[TaskSplit, TaskSplit]:
    task = _task(place, kind)
    return place.once(f"ewt {kind.__name__} splits", lambda: (task.split(Split.TRAIN), task.split(Split.TEST)))
