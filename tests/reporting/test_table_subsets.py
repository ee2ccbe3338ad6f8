"""The comparison table of a subset: its scores, its baselines, its n, and never those of the whole."""

from __future__ import annotations

import dataclasses
import json

import pytest
from synthetic_records import cell, score

from embedbench.errors import ConfigurationError
from embedbench.reporting.options import Format, TableOptions
from embedbench.reporting.table import render_table


def in_subset(subset, n, *scores):
    return tuple(dataclasses.replace(one, subset=subset, n=n) for one in scores)


@pytest.fixture
def records():
    unseen = in_subset(
        "unseen",
        91,
        score("minilm", "scalar", 0.8),
        score("minilm", "scalar", 0.3, labels="control"),
        score("majority", "none", 0.4, seeds=1),
    )
    return [
        cell("minilm", "upos", 0.951, control=0.7, subset_scores=unseen),
        cell("minilm", "sentiment", 0.6),
        cell("random", "upos", 0.58, subset_scores=in_subset("unseen", 91, score("random", "scalar", 0.16))),
    ]


def test_a_subset_takes_the_place_of_the_whole(records):
    text = render_table(records, TableOptions(subset="unseen", selectivity=True))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "minilm – ▸80.0 ±1.0" in lines
    assert "random – 16.0 ±1.0" in lines
    assert "majority – 40.0 ±1.0" in lines
    assert "minilm 50.0 (30.0)" in lines, "selectivity on the same targets"
    assert "targets (n) in clusters: upos 91 in 100" in lines
    assert any("only targets whose word is unseen in train" in line for line in lines)
    assert any(line.startswith("no unseen targets were scored for minilm x sentiment") for line in lines)
    assert "95.1" not in text
    assert "word_majority" not in text, "it was not scored on the subset"


def test_rows_name_their_subset_and_the_whole_is_the_default(records):
    def rows(subset):
        return json.loads(render_table(records, TableOptions(format=Format.JSON, subset=subset)))

    assert {row["subset"] for row in rows("whole")} == {"whole"}
    assert rows("whole") == json.loads(render_table(records, TableOptions(format=Format.JSON)))
    unseen = {(row["extractor"], row["value"], row["n"], row["selectivity"]) for row in rows("unseen")}
    assert unseen == {("minilm", 0.8, 91, 0.5), ("random", 0.16, 91, None), ("majority", 0.4, 91, None)}
    assert len(rows("all")) == len(rows("whole")) + len(rows("unseen"))


def test_what_no_record_has_is_refused_by_name(records):
    with pytest.raises(ConfigurationError, match="no record here has the subset 'rare'; there are: unseen, whole"):
        render_table(records, TableOptions(subset="rare"))
    with pytest.raises(ConfigurationError, match="--subset all makes rows"):
        render_table(records, TableOptions(subset="all"))
