"""What two records of a cell differ in: nothing where they are equal, every number where they are not."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest
from synthetic_records import cell, score

from embedbench.reporting.differences import differences


@pytest.fixture
def record():
    return cell("minilm", "upos", 0.951, control=0.7, layers=(0.9, 0.94), dev=(0.95, 0.93))


def test_equal_records_have_no_difference(record):
    frame = pl.DataFrame({"target": [0, 1], "gold": [1, 2], "scalar|task|0": [1, 1]})
    again = dataclasses.replace(record, identity="other", finished="2030", started="2029")
    found = differences(record, again, [frame, frame])
    assert found.lines == ()
    # Six scores and baselines of six numbers and a value per seed, two weights with gamma, four members of three.
    n_scores = sum(6 + len(s.per_seed) for s in (*record.scores, *record.baselines))
    assert (found.numbers, found.predictions) == (n_scores + 2 * 3 + 4 * 3, 6)


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        ("scores", {"value": 0.9510001}, "value: 0.951 and 0.9510001 (by +1e-07)"),
        ("scores", {"low": 0.9}, "low: "),
        ("scores", {"per_seed": (0.951, 0.951, 0.952)}, "per_seed[2]: 0.951 and 0.952"),
        ("scores", {"per_seed": (0.951,)}, "per_seed: "),
        ("scores", {"n": 999}, "n: 1000 and 999 (by -1)"),
        ("baselines", {"high": 0.2}, "high: "),
        ("mix_weights", {"weights": (0.3, 0.7)}, "weights[0]: 0.25 and 0.3"),
        ("training", {"epochs": 6}, "epochs: 5 and 6"),
    ],
)
def test_every_number_counts(record, part, change, said):
    first, *rest = getattr(record, part)
    changed = dataclasses.replace(record, **{part: (dataclasses.replace(first, **change), *rest)})
    lines = differences(record, changed).lines
    assert any(said in line for line in lines)
    assert all(line.startswith(part) for line in lines)


def test_what_is_there_only_once(record):
    fewer = dataclasses.replace(record, scores=record.scores[1:], fingerprints={"task": "other"})
    assert differences(record, fewer).lines == (
        "fingerprints task: data-of-upos and other",
        "scores minilm/scalar/task/test/accuracy/whole: only in the first",
    )
    more = dataclasses.replace(record, subset_scores=(dataclasses.replace(score("m", "mean", 0.1), subset="seen"),))
    assert differences(record, more).lines == ("subset_scores m/mean/task/test/accuracy/seen: only in the second",)


def test_a_tolerance_leaves_the_last_digits_out(record):
    first, *rest = record.scores
    changed = dataclasses.replace(record, scores=(dataclasses.replace(first, value=0.9511), *rest))
    assert differences(record, changed, tolerance=1e-3).lines == ()
    assert len(differences(record, changed, tolerance=1e-5).lines) == 1


def test_predictions_are_counted_where_they_differ(record):
    one = pl.DataFrame({"target": [0, 1, 2], "mean|task|0": [0.5, 0.25, float("nan")], "gold": [0, 1, 2]})
    other = one.with_columns(pl.Series("mean|task|0", [0.5, 0.75, float("nan")]))
    assert differences(record, record, [one, one]).lines == ()
    assert differences(record, record, [one, other]).lines == (
        "predictions mean|task|0: 1 of 3 differ, by at most 0.5",
    )
    assert differences(record, record, [one, other.head(2)]).lines == ("predictions: 3 and 2 targets",)
    assert "only in the first" in differences(record, record, [one, other.drop("gold")]).lines[-1]
