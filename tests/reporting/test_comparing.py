"""`compare` of records on disk: the same targets or nothing, the same seeds or nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from synthetic_records import cell, failed, score

from embedbench.errors import ConfigurationError
from embedbench.registry import load_components
from embedbench.reporting.comparing import CompareOptions, compare_extractors, comparison_rows, comparison_sheet
from embedbench.reporting.formats import as_markdown, as_text
from embedbench.results.predictions import Predictions, member_column
from embedbench.results.reading import read_records
from embedbench.results.writing import write_record
from embedbench.scoring.intervals import Bootstrap

load_components()
GOLD = np.arange(400) % 3
FEW = Bootstrap(resamples=199)


def write(results, extractor, task, wrong, *, gold=GOLD, seeds=(0, 1), mixes=("scalar",), **changes):
    """A cell on disk whose predictions are wrong on every `wrong`-th target."""
    members = {}
    for seed in seeds:
        for mix in mixes:
            guess = gold.copy()
            guess[seed::wrong] = (guess[seed::wrong] + 1) % 3
            members[member_column(mix, "task", seed)] = guess
    value = float(np.mean([(m == gold).mean() for m in members.values()]))
    scores = tuple(score(extractor, mix, value) for mix in mixes)
    record = cell(extractor, task, value, scores=scores, baselines=(), **changes)
    write_record(results, record, Predictions(np.arange(len(gold)) // 4, {"task": gold}, members))


def test_the_table(tmp_path):
    write(tmp_path, "minilm", "upos", 20)
    write(tmp_path, "elmo", "upos", 5)
    write(tmp_path, "minilm", "ner", 20)
    write(tmp_path, "elmo", "ner", 19)
    compared = compare_extractors(read_records(tmp_path), CompareOptions("minilm", "elmo", bootstrap=FEW))
    by_task = {row.task: row for row in compared.rows}
    assert by_task["upos"].found.difference == pytest.approx(0.15)
    assert by_task["upos"].p_holm == pytest.approx(2 * by_task["upos"].found.p)
    assert by_task["ner"].p_holm > 0.05
    text = as_text(comparison_sheet(compared), width=None, color=False)
    heading = " ".join(text.splitlines()[0].split())
    assert heading == "task minilm elmo difference 95 % interval p p (Holm) detectable clusters seeds"
    upos = next(line for line in text.splitlines() if line.strip().startswith("upos"))
    assert upos.split()[:4] == ["upos", "95.0", "80.0", "+15.00*"]
    assert upos.split()[-2:] == ["100", "2"]
    assert "| upos | 95.0 | 80.0 | +15.00\\* |" in as_markdown(comparison_sheet(compared))
    frame = comparison_rows(compared)
    assert frame.filter(task="upos")["difference"].item() == pytest.approx(0.15)


def test_two_mixes_of_one_extractor(tmp_path):
    write(tmp_path, "minilm", "upos", 20, mixes=("scalar", "mean"))
    found = read_records(tmp_path)
    options = CompareOptions("minilm", "minilm", mix="scalar", second_mix="mean", bootstrap=FEW)
    (row,) = compare_extractors(found, options).rows
    assert (row.mixes, row.found.p) == (("scalar", "mean"), 1.0)
    with pytest.raises(ConfigurationError, match="compared with itself"):
        compare_extractors(found, CompareOptions("minilm", "minilm"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gold": GOLD[::-1].copy()}, "not tested on the same targets"),
        ({"gold": GOLD[:200]}, "not tested on the same targets"),
        ({"seeds": (0, 2)}, "the seeds 0, 1 and 0, 2"),
        ({"mixes": ("mean",)}, "another mix"),
        ({"fingerprints": {"task": "other"}}, "different versions of the task"),
    ],
)
def test_what_is_not_the_same_is_not_compared(tmp_path, changes, said):
    write(tmp_path, "minilm", "upos", 20)
    write(tmp_path, "elmo", "upos", 5, **changes)
    options = CompareOptions("minilm", "elmo", mix="scalar" if "mixes" in changes else None, bootstrap=FEW)
    compared = compare_extractors(read_records(tmp_path), options)
    assert compared.rows == ()
    expected = "elmo has no score of the mix scalar" if "mixes" in changes else said
    assert any(note.startswith("not compared: upos") and expected in note for note in compared.notes)
    assert "nothing could be compared" in as_text(comparison_sheet(compared), width=None, color=False)


def test_a_missing_side_is_said(tmp_path):
    write(tmp_path, "minilm", "upos", 20)
    write_record(tmp_path, dataclasses.replace(failed("elmo", "upos", "gone"), identity="f"))
    found = read_records(tmp_path)
    compared = compare_extractors(found, CompareOptions("minilm", "elmo"))
    assert "elmo has no finished cell" in compared.notes[-1]
    with pytest.raises(ConfigurationError, match="'gpt'; there are: elmo, minilm"):
        compare_extractors(found, CompareOptions("minilm", "gpt"))
