"""`embedbench conditional` finds what is new in an extractor, and nothing where nothing is new."""

from __future__ import annotations

import json

import pytest
from small_cells import SMALL

CELL = (
    *SMALL[:1],
    "training.max_epochs=8",
    "resamples=199",
    "seeds=[0,1]",
    "control=false",
    "mixes=[single]",
    "results=added",
)
WORDS = "extractor.parts.baseline.size=16"


def added(embedbench, *arguments):
    ended = embedbench("conditional", *arguments, *CELL, "--mix", "single:0", "--format", "json")
    assert ended.returncode == 0, ended.stderr
    (row,) = json.loads(ended.stdout)
    return row


@pytest.mark.slow
def test_word_identity_is_new_to_a_few_random_dimensions(embedbench, tmp_path):
    row = added(embedbench, "random", "one_hot", "task=upos", WORDS)
    assert (row["first"], row["second"]) == ("random+one_hot", "random+zeros_like_one_hot")
    assert row["low"] > 0.05, row
    assert row["p"] < 0.05
    records = [json.loads(path.read_bytes()) for path in (tmp_path / "added").rglob("record.json")]
    assert len(records) == 2
    sizes = {record["config"]["extractor"]["parts"]["baseline"]["size"] for record in records}
    assert sizes == {16}, "an option of a part holds on both sides"


@pytest.mark.slow
def test_the_same_vectors_again_add_nothing_and_finished_cells_are_read(embedbench, tmp_path):
    arguments = ("random", "random", "task=upos", WORDS, "extractor.parts.extra.size=16", "codelength=true")
    row = added(embedbench, *arguments)
    assert row["low"] <= 0 <= row["high"], row
    assert row["difference_bits"] == pytest.approx(row["first_bits"] - row["second_bits"])
    # One-sided: on 571 words a second copy may cost bits (it doubles every step and halves the decay), never save any.
    assert row["difference_bits"] > -0.02 * row["second_bits"], row
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "added").rglob("record.json")}
    assert added(embedbench, *arguments) == row
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "added").rglob("record.json")} == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("random", "task=upos"), "'task=upos' stands where the extra extractor must"),
        (("random", "random", "task=word_similarity_gensim"), "trains no probe"),
        (("random", "nope", "task=upos"), "nope"),
    ],
)
def test_wrong_usage_is_said(embedbench, arguments, said):
    ended = embedbench("conditional", *arguments)
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
