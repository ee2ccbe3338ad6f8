"""`embedbench capacity` sizes probes against words learnt by heart."""

from __future__ import annotations

import json

import pytest
from small_cells import SMALL

SWEEP = ("capacity", "extractor=random", "task=upos", *SMALL, "--ranks", "2,8", "--hidden", "16", "--mix", "single:0")


def test_a_row_per_probe_smallest_first_and_finished_cells_are_read(embedbench, tmp_path):
    ended = embedbench(*SWEEP, "results=sized", "--format", "json")
    assert ended.returncode == 0, ended.stderr
    rows = json.loads(ended.stdout)
    # Eight rows and their way back to the labels are more than 16 dimensions to the labels directly.
    assert [row["probe"] for row in rows] == ["rank_2", "linear", "rank_8", "mlp_16"]
    n_labels = len(json.loads(next((tmp_path / "sized").rglob("record.json")).read_bytes())["label_names"])
    # A·x of 16 dimensions, a bias per row of A, B, and a bias per label.
    assert rows[0]["parameters"] == 2 * 16 + 2 + 2 * n_labels + n_labels
    assert rows[1]["parameters"] == 17 * n_labels
    for row in rows:
        assert row["selectivity"] == pytest.approx(row["value"] - row["control"])
        assert row["low"] <= row["value"] <= row["high"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "sized").rglob("record.json")}
    table = embedbench(*SWEEP, "results=sized")
    assert table.returncode == 0, table.stderr
    assert "selectivity" in table.stdout
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "sized").rglob("record.json")} == before


def test_head_selections_are_sized_by_the_rank_of_their_own_probe(embedbench):
    options = ("treebank@task.files=grammar_small", "limit=30", "seeds=[0]", "training.max_epochs=1", "resamples=9")
    sweep = ("capacity", "extractor=random", "extractor.size=8", "task=head_selection", *options, "--ranks", "2,4")
    ended = embedbench(*sweep, "results=heads", "--format", "json")
    assert ended.returncode == 0, ended.stderr
    rows = json.loads(ended.stdout)
    assert [row["probe"] for row in rows] == ["rank_2", "rank_4"]
    assert rows[0]["parameters"] < rows[1]["parameters"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("probe=mlp",), "chooses probe itself"),
        (("task=word_similarity_gensim",), "has no control task"),
        (("task=tree_distance",), "has no control task"),
        (("--ranks", "0"), "a size below 1"),
    ],
)
def test_wrong_usage_is_said(embedbench, arguments, said):
    ended = embedbench("capacity", "extractor=random", *arguments)
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
