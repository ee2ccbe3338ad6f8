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


def write(results, extractor, task, wrong, *, gold=GOLD, seeds=(0, 1), mixes=("scalar",), kept=None, **changes):
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
    subsets = {"unseen": np.arange(len(gold)) % 20 < 4}
    columns = [{"task": gold}, members, subsets]
    if kept is not None:
        columns = [{name: column[kept] for name, column in part.items()} for part in columns]
    clusters = np.arange(len(gold)) // 4
    write_record(results, record, Predictions(clusters if kept is None else clusters[kept], *columns, targets=kept))


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


def coded(mix, per_seed, n=5000):
    value = float(np.mean(per_seed))
    one = score("x", mix, value, split="train", metric="codelength", n=n, seeds=len(per_seed))
    return dataclasses.replace(one, per_seed=tuple(per_seed))


def with_codes(results, extractor, wrong, *codes):
    write(results, extractor, "upos", wrong)
    (path,) = [path for path in results.rglob("record.json") if extractor in str(path)]
    record = read_records(path.parent).records[0]
    predictions = path.with_name("predictions.parquet").read_bytes()
    write_record(results, dataclasses.replace(record, scores=(*record.scores, *codes)))
    path.with_name("predictions.parquet").write_bytes(predictions)


def test_codes_are_compared_in_bits_seed_by_seed(tmp_path):
    with_codes(tmp_path, "both", 20, coded("scalar", (900.0, 1100.0)), coded("mean", (1.0, 2.0)))
    with_codes(tmp_path, "alone", 5, coded("scalar", (2000.0, 2100.0)))
    compared = compare_extractors(read_records(tmp_path), CompareOptions("both", "alone", bootstrap=FEW))
    (row,) = comparison_rows(compared).to_dicts()
    bits = {key: value for key, value in row.items() if key.endswith("_bits")}
    assert bits == {
        "first_bits": 1000.0,
        "second_bits": 2050.0,
        "difference_bits": -1050.0,
        "low_bits": -1100.0,
        "high_bits": -1000.0,
    }
    line = (
        "codelength of upos: both 1,000 bits, alone 2,050 bits; difference -1,050 bits (over seeds -1,100 to -1,000), "
        "-0.210 per train target; shorter is better"
    )
    assert line in as_text(comparison_sheet(compared), width=None, color=False)


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ((), "codelength of upos is not compared: alone has no codelength"),
        ((coded("scalar", (2.0, 3.0), n=4000),), "not of the same train labels"),
        ((coded("scalar", (2.0, 3.0, 4.0)),), "not of the same train labels"),
    ],
)
def test_codes_of_other_labels_are_not_compared(tmp_path, codes, said):
    with_codes(tmp_path, "both", 20, coded("scalar", (900.0, 1100.0)))
    with_codes(tmp_path, "alone", 5, *codes)
    compared = compare_extractors(read_records(tmp_path), CompareOptions("both", "alone", bootstrap=FEW))
    assert len(compared.rows) == 1, "predictions are compared all the same"
    assert any(said in note for note in compared.notes)
    assert comparison_rows(compared)["first_bits"].to_list() == [None]


def test_a_subset_is_compared_alone(tmp_path):
    write(tmp_path, "minilm", "upos", 20)
    write(tmp_path, "elmo", "upos", 5)
    options = CompareOptions("minilm", "elmo", subset="unseen", bootstrap=FEW)
    compared = compare_extractors(read_records(tmp_path), options)
    (row,) = compared.rows
    assert row.found.n == 80
    # Of targets 0, 1, 2 and 3 of every 20, seed 0 of minilm errs on the first and seed 1 on the second; so does elmo.
    assert (row.found.first, row.found.second) == (0.75, 0.75)
    assert "unseen targets only" in as_text(comparison_sheet(compared), width=None, color=False)
    missing = compare_extractors(read_records(tmp_path), dataclasses.replace(options, subset="seen"))
    assert not missing.rows
    assert any("no subset 'seen'; there are: unseen" in note for note in missing.notes)


def test_targets_with_words_that_only_one_knows_are_left_out_and_counted(tmp_path):
    known = {"minilm": np.arange(400), "elmo": np.arange(100, 400)}
    for extractor, wrong in (("minilm", 20), ("elmo", 5)):
        left = {"test": {"words": 1000, "targets_left_out": 400 - len(known[extractor])}}
        write(tmp_path, extractor, "pairs", wrong, kept=known[extractor], alignment=left)
    compared = compare_extractors(read_records(tmp_path), CompareOptions("minilm", "elmo", bootstrap=FEW))
    (row,) = compared.rows
    assert (row.found.n, row.left_out) == (300, (100, 0))
    assert row.found.difference == pytest.approx(0.15)
    said = "pairs: 300 targets that both know; left out are 100 that only minilm knows and 0 that only elmo knows"
    assert said in as_text(comparison_sheet(compared), width=None, color=False)
