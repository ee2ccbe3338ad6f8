"""What predictors without any vector reach on UD English-EWT 2.16, as computed independently of this package."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embedbench.data.catalogue import CATALOGUE
from embedbench.probing.control import control_ceiling, control_labels
from embedbench.scoring.baselines import majority, majority_by_key, word_majority
from embedbench.scoring.cues import by_cue
from embedbench.scoring.subsets import AMBIGUOUS, UNSEEN, subsets
from embedbench.selftest.battery import Finding, Skipped, Workplace
from embedbench.selftest.trees import chain_of_test, roots_of_test
from embedbench.selftest.worlds import GRAMMAR
from embedbench.tasks.arcs import Arc, Deprel
from embedbench.tasks.tagging import Upos
from embedbench.types import Split, Task, TaskSplit

DATA_SET = "ud_english_ewt"


def ewt_majority(place: Workplace) -> Finding:
    """The commonest tag of train, NOUN, is right for 16.4 % of the test words.

    Catches words that are lost with their tags, and a majority that is counted on test or has another tag's name.
    """
    train, test = _splits(place, Upos)
    predicted = majority(train, test)
    found, tag = _percent(predicted, test, 16.4, 0.05), _task(place, Upos).label_names[predicted[0]]
    return Finding(f"{found.got} ({tag})", found.right and tag == "NOUN")


def ewt_unseen(place: Workplace) -> Finding:
    """Train does not have 9.1 % of the test words as they are written: the subset `unseen`.

    Catches a vocabulary with case folded (7.5), and one that dev or test add to.
    """
    return _share_of_words(place, UNSEEN, 9.1)


def ewt_ambiguous(place: Workplace) -> Finding:
    """The commonest tag of 25.5 % of the test words has less than 95 % of their train targets: the subset `ambiguous`.

    Catches ambiguity by "two tags or more" (53.8), and tags counted on test.
    """
    return _share_of_words(place, AMBIGUOUS, 25.5)


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


def ewt_deprel_by_dependent(place: Workplace) -> Finding:
    """The commonest relation of the dependent, as it is written, is right for 63.9 % of the arcs.

    A dependent that train does not have gets the commonest relation of all. Of equally frequent relations the first by
    name is taken here, which gives 64.0; the first in the file would give 63.9.
    Catches spans in the order (head, dependent), which give 22.3, and case folded before the look-up (64.3).
    """
    _, test = _splits(place, Deprel)
    return _percent(_by_dependent(place), test, 63.9, 0.3)


def ewt_deprel_by_pair(place: Workplace) -> Finding:
    """The commonest relation of dependent and head, as they are written, is right for 67.0 % of the arcs.

    A pair that train does not have, as six in ten, gets what its dependent alone would get, as above.
    Catches pairs without a way back, which give 40.7, and pairs with case folded (67.7).
    """
    train, test = _splits(place, Deprel)
    predicted = majority_by_key(_written(train, 0, 1), _written(test, 0, 1), train, _by_dependent(place))
    return _percent(predicted, test, 67.0, 0.5)


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


def ewt_first_verb(place: Workplace) -> Finding:
    """The first VERB, or else the first word, is the root of 64.8 % of the sentences; the first word of 27.4 %.

    All words count here, full stops too: from the first word that is no punctuation it would be 66.6, which is what
    `word_depth` shows. Catches a root that is sought among other tags, and sentences that are lost or cut.
    """
    found = roots_of_test(place.folder / "roots", GRAMMAR["dev"], str(_file(place, "test")))
    verb, word = (100 * found[name] for name in ("first_verb", "first_word"))
    return Finding(f"{verb:.2f}, {word:.2f}", max(abs(verb - 64.8), abs(word - 27.4)) <= 0.1)


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


def _share_of_words(place: Workplace, subset: str, expected: float) -> Finding:
    found = place.once("ewt subsets", lambda: subsets(*_splits(place, Upos)))
    share = 100 * float(np.mean(found[subset]))
    return Finding(f"{share:.2f}", abs(share - expected) <= 0.05)


def _by_dependent(place: Workplace) -> np.ndarray:
    train, test = _splits(place, Deprel)
    return place.once(
        "ewt relation of the dependent",
        lambda: majority_by_key(_written(train, 0), _written(test, 0), train, majority(train, test)),
    )


def _written(split: TaskSplit, *spans: int) -> list[tuple[str, ...]]:
    """The words of these spans of every target, each of one word, as they are written."""
    words = split.corpus.words
    return [tuple(words[start] for start in starts) for starts in split.spans[:, list(spans), 0].tolist()]


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
