"""Cells whose score is known: a signal that was planted, noise, and labels that lost their vectors."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np

from embedbench.results.predictions import member_column, read_predictions
from embedbench.results.schema import Record
from embedbench.selftest.battery import Finding, Workplace
from embedbench.selftest.worlds import (
    GRAMMAR,
    CoinFlips,
    Misaligned,
    Noise,
    Planted,
    measured,
    score_of,
)
from embedbench.tasks.tagging import Upos
from embedbench.types import Split

PLANTED_LAYER = 2
"""The layer that knows; neither the first nor the last, so that a layer too far on either side exists."""

ENOUGH_TO_REMEMBER = 1500
"""Dimensions in which a linear probe can remember any labels of all words of a split of the small grammar."""


def planted_signal(place: Workplace) -> Finding:
    """A signal that was planted is found, by the layer that holds it and by the mix.

    Catches labels shuffled against vectors, a probe that does not learn, a wrong layer, a damaged store.
    """
    record, _ = _planted(place)
    scores = [score_of(record, mix).value for mix in (f"single:{PLANTED_LAYER}", "scalar")]
    return Finding(f"layer {scores[0]:.4f}, mix {scores[1]:.4f}", min(scores) >= 0.99)


def planted_layer(place: Workplace) -> Finding:
    """The learned mix puts its weight on the layer that holds the signal, and no other layer alone finds it.

    Catches a layer off by one, layers mixed without their weights, weights reported for another layer.
    """
    record, _ = _planted(place)
    (weights,) = [m.weights for m in record.mix_weights if m.labels == "task"]
    others = max(score_of(record, f"single:{k}").value for k in range(len(weights)) if k != PLANTED_LAYER)
    best = int(np.argmax(weights))
    return Finding(
        f"layer {best}, weight {weights[best]:.2f}; best other layer alone {others:.2f}",
        best == PLANTED_LAYER and weights[best] > 0.5 and others < 0.5,
    )


def noise(place: Workplace) -> Finding:
    """Vectors that know nothing stay at chance, and the interval is as wide as the binomial one.

    Catches any leak of labels into vectors or from test into train, and intervals over the wrong units.
    """
    record, _ = noise_cell(place)
    found = score_of(record, "single:0")
    deviation = math.sqrt(0.25 / found.n)
    # Coins do not know sentences, so the sentence bootstrap must give about the binomial interval.
    width = (found.high - found.low) / (2 * 1.96 * deviation)
    return Finding(
        f"{found.value:.3f} in [{found.low:.3f}, {found.high:.3f}]; chance ±{4 * deviation:.3f}; "
        f"width {width:.2f} of the binomial",
        abs(found.value - 0.5) < 4 * deviation and 0.7 < width < 1.4,
    )


def label_order(place: Workplace) -> Finding:
    """Every prediction stands beside the label of its own target, from the task's split to the table on disk.

    Catches labels, predictions or clusters that are sorted, shifted or shuffled on their way.
    """
    record, folder = _planted(place)
    table = read_predictions(folder)
    split = Upos(GRAMMAR).split(Split.TEST)
    gold = table["gold"].to_numpy()
    predicted = table[member_column(f"single:{PLANTED_LAYER}", "task", 0)].to_numpy()
    in_order = np.array_equal(gold, split.labels) and np.array_equal(table["cluster"].to_numpy(), split.clusters)
    right = float(np.mean(predicted == split.labels))
    recorded = score_of(record, f"single:{PLANTED_LAYER}").value
    return Finding(
        f"{'as in the task' if in_order else 'another order'}, {right:.4f} right, {recorded:.4f} recorded",
        in_order and right >= 0.99 and abs(right - recorded) < 1e-12,
    )


def misaligned_labels(place: Workplace) -> Finding:
    """Labels that were shifted against their words cannot be learned: good scores need aligned labels.

    Catches an instrument that scores well whatever the labels are, such as one that trains on test.
    """
    task = Misaligned(7)
    record, _ = place.once(
        "misaligned",
        lambda: measured(
            place.folder / "misaligned", Planted(Upos(GRAMMAR), 0, n_layers=1), task, mixes=("single",), control=False
        ),
    )
    # Counted here: whatever breaks the score of the probe may break that of the recorded baseline too.
    train, test = (task.split(which).labels.tolist() for which in (Split.TRAIN, Split.TEST))
    majority = test.count(Counter(train).most_common(1)[0][0]) / len(test)
    found = score_of(record, "single:0").value
    return Finding(f"{found:.3f}, majority {majority:.3f}", found < majority + 0.1)


def test_never_trains(place: Workplace) -> Finding:
    """The test split teaches nothing: its labels are coins, and the vectors have room to remember them all.

    Catches training on test, or on train and test together: the score would be near 1.
    """
    record, _ = _apart(place)
    found = score_of(record, "single:0")
    bound = 4 * math.sqrt(0.25 / found.n)
    return Finding(f"{found.value:.3f}; chance ±{bound:.3f}", abs(found.value - 0.5) < bound)


def dev_never_trains(place: Workplace) -> Finding:
    """The dev split teaches nothing either, for the same reason.

    Catches a leaked dev split, alone or beside train: dev accuracy would be near 1, and early stopping blind.
    """
    record, _ = _apart(place)
    found = record.training[0].dev_score
    bound = 4 * math.sqrt(0.25 / record.alignment["dev"]["words"])
    return Finding(f"dev accuracy {found:.3f}; chance ±{bound:.3f}", abs(found - 0.5) < bound)


def dev_selects(place: Workplace) -> Finding:
    """It is dev that decides when training stops: the signal is in dev, while test has coins.

    Catches selection on test: the recorded dev accuracy would be that of coins.
    """
    task = CoinFlips()
    extractor = Planted(task, 0, n_layers=1, silent=[Split.TEST])
    record, _ = place.once(
        "dev", lambda: measured(place.folder / "dev", extractor, task, mixes=("single",), control=False)
    )
    found, test = record.training[0].dev_score, score_of(record, "single:0").value
    return Finding(f"dev accuracy {found:.3f}, test {test:.3f}", found >= 0.99)


def baselines(place: Workplace) -> Finding:
    """The baselines in the record are the commonest label, of all words and of each word, counted here anew.

    Catches baselines that see test labels, or that were made for another split.
    """
    record, _ = _planted(place)
    task = Upos(GRAMMAR)
    train, test = task.split(Split.TRAIN), task.split(Split.TEST)
    labels = test.labels.tolist()
    overall = Counter(train.labels.tolist()).most_common(1)[0][0]
    expected = [float(np.mean([label == overall for label in labels]))]
    of_word: dict[str, Counter[int]] = {}
    for fold in (str.lower, str):
        for word, label in zip(train.corpus.words, train.labels.tolist(), strict=True):
            of_word.setdefault(f"{fold.__name__} {fold(word)}", Counter())[label] += 1
    known = [of_word.get(f"str {w}") or of_word.get(f"lower {w.lower()}") for w in test.corpus.words]
    # Counters keep the order of arrival; of equally common labels the smallest number is taken.
    guesses = [overall if seen is None else min(seen, key=lambda k, s=seen: (-s[k], k)) for seen in known]  # type: ignore[misc]
    expected.append(float(np.mean([guess == label for guess, label in zip(guesses, labels, strict=True)])))
    found = [next(b.value for b in record.baselines if b.extractor == name) for name in ("majority", "word_majority")]
    return Finding(
        f"{found[0]:.4f} and {found[1]:.4f}; counted {expected[0]:.4f} and {expected[1]:.4f}",
        bool(np.allclose(found, expected, atol=1e-12)),
    )


def noise_cell(place: Workplace) -> tuple[Record, Path]:
    """Coins and noise, with two seeds."""
    return place.once(
        "noise", lambda: measured(place.folder / "noise", Noise(), CoinFlips(), seeds=(0, 1), control=False)
    )


def _planted(place: Workplace) -> tuple[Record, Path]:
    """Parts of speech, planted in one of four layers."""
    task = Upos(GRAMMAR)
    return place.once("planted", lambda: measured(place.folder / "planted", Planted(task, PLANTED_LAYER), task))


def _apart(place: Workplace) -> tuple[Record, Path]:
    """Coins: heads and tails are planted in train, and left out of dev and test."""

    def make() -> tuple[Record, Path]:
        task = CoinFlips()
        extractor = Planted(task, 0, n_layers=1, dim=ENOUGH_TO_REMEMBER, silent=[Split.DEV, Split.TEST])
        return measured(place.folder / "apart", extractor, task, mixes=("single",), control=False)

    return place.once("apart", make)
