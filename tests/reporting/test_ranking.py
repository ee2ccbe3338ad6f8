"""Extractors ranked over the tasks that all of them have."""

from __future__ import annotations

import pytest
from cells_on_disk import write_cell

from embedbench.errors import ConfigurationError
from embedbench.registry import load_components
from embedbench.reporting.ranking import RankOptions, rank_extractors, ranking_rows, ranking_sheet
from embedbench.results.reading import read_records
from embedbench.scoring.intervals import Bootstrap

load_components()
FEW = Bootstrap(resamples=199)


@pytest.fixture
def results(tmp_path):
    for task in ("t1", "t2", "t3", "t4", "t5", "t6"):
        write_cell(tmp_path, "best", task, 20)
        write_cell(tmp_path, "near", task, 19)
        write_cell(tmp_path, "far", task, 3)
    write_cell(tmp_path, "best", "alone", 20)
    return read_records(tmp_path)


def test_neighbours_that_are_not_separated_are_a_warning(results):
    options = RankOptions(bootstrap=FEW)
    ranked = rank_extractors(results, options)
    assert ranked.extractors == ("best", "near", "far")
    assert ranked.ranks.mean.tolist() == [1.0, 2.0, 3.0]
    sheet = ranking_sheet(ranked, FEW)
    assert any(note.startswith("warning") and note.endswith("chance: best and near") for note in sheet.notes)
    assert "left out, since not every extractor has it: alone" in sheet.notes
    assert ranking_rows(ranked)["separated_from_next"].to_list() == [False, True, None]


def test_without_predictions_only_tasks_are_drawn_and_that_is_said(results, tmp_path):
    for path in tmp_path.rglob("predictions.parquet"):
        path.unlink()
    ranked = rank_extractors(results, RankOptions(bootstrap=FEW))
    assert sum("are not resampled" in note for note in ranked.notes) == 6
    assert ranked.ranks.separated[0, 1], "by tasks alone the order is always the same"


def test_what_cannot_be_ranked_is_refused(results, tmp_path):
    with pytest.raises(ConfigurationError, match="1 extractors have 7 tasks in common"):
        rank_extractors(results, RankOptions(extractors=("best",)))
    write_cell(tmp_path, "best", "t1", 10, probe="mlp", identity="other")
    with pytest.raises(ConfigurationError, match="best stands with several probes on t1; choose one"):
        rank_extractors(read_records(tmp_path), RankOptions())
