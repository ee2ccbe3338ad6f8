"""Subsets of named entities: by the words of gold and predicted spans, scored by the metric itself."""

from __future__ import annotations

import numpy as np
import pytest
from labelled_words import tokens

from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.span_subsets import span_subsets

NAMES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def tagged(*sentences):
    """Words with their tags, such as `Ann/B-PER sleeps`."""
    split = [[pair.partition("/") for pair in sentence.split()] for sentence in sentences]
    return tokens(
        [[word for word, _, _ in sentence] for sentence in split],
        [NAMES.index(tag or "O") for sentence in split for _, _, tag in sentence],
    )


def tags(labels):
    return " ".join(NAMES[label] for label in labels.tolist())


TRAIN = tagged("Ann/B-PER Lee/I-PER in Paris/B-LOC", "Paris/B-PER and York sleep", "in New York/B-LOC")
TEST = tagged("Ann/B-PER Lee/I-PER in Paris/B-LOC now", "New/B-LOC York/I-LOC and Bob/B-PER Lee/I-PER sleep")
GUESS = tagged("Ann/B-PER Lee/I-PER in Paris/B-PER now", "New York/B-LOC and Bob/B-PER Lee sleep").labels


def found(gold=TEST.labels, guess=GUESS):
    return {one.name: one for one in span_subsets(TRAIN, TEST, NAMES, gold, [guess])}


def test_spans_are_divided_by_their_words():
    subsets = found()
    assert {name: (one.n, tags(one.gold)) for name, one in subsets.items()} == {
        # New York stands in train, though only York is a span there; Bob Lee does not.
        "seen": (3, "B-PER I-PER O B-LOC O B-LOC I-LOC O O O O"),
        "unseen": (1, "O O O O O O O O B-PER I-PER O"),
        "ambiguous": (1, "O O O B-LOC O O O O O O O"),
        "unambiguous": (1, "B-PER I-PER O O O O O O O O O"),
    }
    predicted = {name: tags(one.predictions[0]) for name, one in subsets.items()}
    assert predicted == {
        "seen": "B-PER I-PER O B-PER O O B-LOC O O O O",
        "unseen": "O O O O O O O O B-PER O O",
        "ambiguous": "O O O B-PER O O O O O O O",
        # York is no gold span here, but train knows it as a place: wrongly found among what is unambiguous.
        "unambiguous": "B-PER I-PER O O O O B-LOC O O O O",
    }


def test_right_spans_of_seen_and_unseen_add_up_to_the_whole():
    context = MetricContext(TEST.clusters, NAMES)
    whole = metric("span_f1").statistics(TEST.labels, GUESS, context).sum(axis=0)
    parts = [metric("span_f1").statistics(one.gold, one.predictions[0], context) for one in found().values()]
    assert (parts[0] + parts[1]).sum(axis=0).tolist() == whole.tolist() == [1, 4, 4]


def test_a_subset_without_a_gold_span_is_left_out():
    only_known = tagged("Ann/B-PER Lee/I-PER in Paris now", "New York and Bob Lee sleep").labels
    assert set(found(gold=only_known)) == {"seen", "unambiguous"}
    assert found(gold=np.zeros_like(GUESS)) == {}


@pytest.mark.slow
def test_real_entities(data_folder):
    """Every gold span of a real test set is seen or unseen, and the right ones are found in the same subset."""
    from embedbench.tasks.ner import Ner
    from embedbench.types import Split

    files = {which.value: str(data_folder / f"ner/wnut17.{which.value}.conll.gz") for which in Split}
    task = Ner(files=files)
    train, test = task.split(Split.TRAIN), task.split(Split.TEST)
    gold = np.asarray(test.labels, np.int64)
    guess = np.where(np.arange(len(gold)) % 7 == 0, task.label_names.index("O"), gold)
    context = MetricContext(test.clusters, task.label_names)
    whole = metric("span_f1").statistics(gold, guess, context).sum(axis=0)
    seen, unseen = list(span_subsets(train, test, task.label_names, gold, [guess]))[:2]
    assert (seen.name, unseen.name, seen.n + unseen.n) == ("seen", "unseen", whole[2])
    parts = [metric("span_f1").statistics(s.gold, s.predictions[0], context).sum(axis=0) for s in (seen, unseen)]
    assert (parts[0] + parts[1]).tolist() == whole.tolist()
