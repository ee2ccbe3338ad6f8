"""A record survives JSON; what is not a record is named."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.errors import DataError, NumericalError
from embedbench.results.plain_json import from_json, from_text, to_json
from embedbench.results.schema import (
    Failure,
    MemberTraining,
    MixWeights,
    Phase,
    Record,
    Score,
    Status,
    of_subset,
    selectivity,
)

text = st.text(max_size=12)
number = st.floats(-1, 1)
count = st.integers(0, 10**6)


def columns(cls, **special):
    """Values for the fields of a dataclass, by the names of their types.

    Values, not objects: the type checks that tests run under draw random items, which Hypothesis forbids while drawing.
    """
    by_type = {
        "str": text,
        "int": count,
        "float": number,
        "float | None": st.none() | number,
        "tuple[float, ...]": st.lists(number, max_size=3).map(tuple),
    }
    fields = {f.name: special.get(f.name) or by_type[f.type] for f in dataclasses.fields(cls)}
    return st.fixed_dictionaries(fields)


@given(
    strings=st.fixed_dictionaries(
        dict.fromkeys(("identity", "extractor", "task", "probe", "metric", "started", "finished"), text)
    ),
    scores=st.lists(columns(Score), max_size=3),
    weights=st.lists(columns(MixWeights), max_size=2),
    training=st.lists(columns(MemberTraining), max_size=2),
    phases=st.lists(columns(Phase), max_size=2),
    config=st.dictionaries(text, st.none() | st.booleans() | count | text, max_size=2),
    alignment=st.dictionaries(text, st.dictionaries(text, count, max_size=2), max_size=2),
    names=st.lists(text, max_size=3),
    predictions=st.none() | st.just("predictions.parquet"),
)
@settings(max_examples=25, deadline=None)
def test_a_record_survives_json(strings, scores, weights, training, phases, config, alignment, names, predictions):
    record = Record(
        status=Status.DONE,
        **strings,
        scores=tuple(Score(**row) for row in scores),
        baselines=tuple(Score(**row) for row in scores[:1]),
        mix_weights=tuple(MixWeights(**row) for row in weights),
        training=tuple(MemberTraining(**row) for row in training),
        phases=tuple(Phase(**row) for row in phases),
        config=config,
        environment=config,
        alignment=alignment,
        layer_names=tuple(names),
        fingerprints=dict.fromkeys(names, "x"),
        predictions=predictions,
    )
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


def record_with(**changes) -> Record:
    values = {name: "x" for name in ("identity", "extractor", "task", "probe", "metric", "started", "finished")}
    return Record(**({"status": Status.DONE, **values} | changes))


def test_a_failure_survives_json_and_must_say_why():
    record = record_with(status=Status.FAILED, error=Failure("DataError", "no file", "Traceback …"))
    assert from_json(json.loads(json.dumps(to_json(record)))) == record
    with pytest.raises(DataError, match="this one is failed"):
        record_with(status=Status.FAILED)
    with pytest.raises(DataError, match="this one is done"):
        record_with(error=Failure("E", "m"))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_only_finite_scores_can_be_recorded(value):
    with pytest.raises(NumericalError, match=r"value of elmo, mix single:2, labels task"):
        Score("elmo", "single:2", "task", "test", "accuracy", value, 0.0, 1.0, 1, 1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("scores"), "lacks 'scores'"),
        (lambda r: r.update(colour="red"), "colour"),
        (lambda r: r.update(schema=2), r"schema 2, this one reads 1"),
        (lambda r: r.update(status="maybe"), "maybe"),
        (lambda r: r.update(task=7), "task of the record is 7"),
        (lambda r: r.update(scores=[{"extractor": "x"}]), "lacks 'per_seed'"),
        (lambda r: r["scores"][0].update(value=None), r"value of a Score is None"),
        (lambda r: r.pop("schema"), "no schema number"),
    ],
)
def test_what_is_not_a_record_is_refused_by_name(change, message):
    score = Score("elmo", "mean", "task", "test", "accuracy", 0.5, 0.4, 0.6, 1, 1, 1, (0.5,))
    plain = json.loads(json.dumps(to_json(record_with(scores=(score,)))))
    change(plain)
    with pytest.raises(DataError, match=message):
        from_json(plain)


@pytest.mark.parametrize("foreign", [[], "text", None, 3, {}])
def test_other_json_is_no_record(foreign):
    with pytest.raises(DataError, match="no schema number"):
        from_json(foreign)


def test_selectivity_is_task_minus_control_of_the_same_mix_split_and_metric():
    def score(mix, labels, value, split="test"):
        return Score("e", mix, labels, split, "accuracy", value, value, value, 1, 1, 1)

    record = record_with(
        scores=(
            score("scalar", "task", 0.95),
            score("scalar", "control", 0.70),
            score("mean", "task", 0.9),
            score("single:0", "control", 0.6),
            score("scalar", "control", 0.1, split="dev"),
        )
    )
    assert selectivity(record) == {("scalar", "test", "accuracy"): pytest.approx(0.25)}


def test_nothing_is_left_out_of_the_json():
    names = {field.name for field in dataclasses.fields(Record)}
    assert set(to_json(record_with())) == names


def test_a_record_from_before_subsets_is_read():
    score = Score("elmo", "mean", "task", "test", "accuracy", 0.5, 0.4, 0.6, 1, 1, 1, (0.5,))
    record = record_with(scores=(score,), baselines=(score,))
    plain = json.loads(json.dumps(to_json(record)))
    del plain["subset_scores"]
    for row in (*plain["scores"], *plain["baselines"]):
        del row["subset"]
    assert from_json(plain) == record
    assert of_subset(from_json(plain), "seen").scores == ()


def test_the_view_of_a_subset_has_its_scores_and_baselines_alone():
    whole = Score("elmo", "mean", "task", "test", "accuracy", 0.5, 0.4, 0.6, 9, 1, 1)
    seen = dataclasses.replace(whole, value=0.6, n=6, subset="seen")
    baseline = dataclasses.replace(seen, extractor="majority", mix="none", value=0.3)
    unseen = dataclasses.replace(seen, subset="unseen", n=3)
    record = record_with(scores=(whole,), subset_scores=(seen, baseline, unseen))
    view = of_subset(from_json(json.loads(json.dumps(to_json(record)))), "seen")
    assert (view.scores, view.baselines) == ((seen,), (baseline,))
    assert of_subset(record, "whole") is record
    assert of_subset(record, "ambiguous").scores == ()


def as_text(record):
    return json.dumps(to_json(record), ensure_ascii=False).encode()


def test_scores_on_subsets_are_read_when_they_are_asked_for():
    """The same record, also where strings hold what stands around them in the text."""
    odd = ', "subset_scores": ["x"], "mix_weights": ['
    seen = (Score("m", "mean", "task", "test", "accuracy", 0.5, 0.4, 0.6, 10, 5, 1, (0.5,), "seen"),)
    for subsets in (seen, ()):
        record = record_with(
            subset_scores=subsets, task=odd, label_names=(odd,), config={odd: {"subset_scores": [odd]}}
        )
        read = from_text(as_text(record))
        assert ("subset_scores" in vars(read)) == (not subsets), "left for later where there are any"
        assert of_subset(read, "seen").scores == tuple(s for s in subsets if s.mix != "none")
        assert from_text(as_text(record)) == record
        assert pickle.loads(pickle.dumps(from_text(as_text(record)))) == record
        assert dataclasses.replace(from_text(as_text(record)), task="t").subset_scores == subsets
    with pytest.raises(AttributeError, match="a record has no 'colour'"):
        _ = read.colour


@pytest.mark.parametrize(
    ("old", "new"), [(b'"subset": "seen"', b'"subset": "se'), (b'"subset": "seen"', b'"x": 1'), (b'"n": ', b'"n": x')]
)
def test_damaged_scores_on_subsets_are_said_at_the_latest_when_asked_for(old, new):
    seen = (Score("m", "mean", "task", "test", "accuracy", 0.5, 0.4, 0.6, 10, 5, 1, (0.5,), "seen"),)
    text = as_text(record_with(subset_scores=seen))
    start = text.index(b'"subset_scores"')
    with pytest.raises(DataError):
        _ = from_text(text[:start] + text[start:].replace(old, new, 1)).subset_scores
