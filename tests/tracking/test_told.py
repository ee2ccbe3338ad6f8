"""What trackers are told of a record."""

from __future__ import annotations

import pytest
from tracked_records import TOLD, finished_cell

from embedbench.tracking.told import called, figures, labels, options


def test_figures_are_the_records(tmp_path):
    record, _ = finished_cell(tmp_path)
    told = {(figure.name, figure.layer): figure.value for figure in figures(record)}
    assert len(told) == len(figures(record)), "no name and layer comes twice"
    for key, value in TOLD.items():
        assert told[key] == pytest.approx(value, abs=1e-12), key
    scores = [score for score in (*record.scores, *record.baselines)]
    assert sum("test/accuracy" in name and "selectivity" not in name for name, _ in told) == 3 * len(scores)


def test_options_are_flat_and_whole(tmp_path):
    record, _ = finished_cell(tmp_path)
    assert options(record.config) == {
        "extractor.name": "minilm",
        "extractor.note": "x" * 7_000,
        "seeds": "[0, 1]",
        "limit": "null",
    }
    assert called(record) == "minilm x upos x linear"
    assert labels(record)["identity"] == record.identity
