"""SQL over records: the same numbers as in the records, and files opened only where they are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from cells_on_disk import GOLD, write_cell
from synthetic_records import failed

from embedbench.errors import ConfigurationError, DataError
from embedbench.reporting.querying import query, query_sheet
from embedbench.results.frames import COLUMNS
from embedbench.results.reading import read_records
from embedbench.results.writing import write_record


@pytest.fixture
def results(tmp_path):
    config = {"limit": 7, "probe": {"pooling": "mean"}, "seeds": [0, 1]}
    write_cell(tmp_path, "a", "upos", 20, config=config, label_names=("X", "Y", "Z"))
    write_cell(tmp_path, "b", "upos", 5, config=config | {"limit": None}, label_names=("X", "Y", "Z"))
    write_record(tmp_path, failed("c", "upos", "no weights"))
    return read_records(tmp_path)


def test_scores_and_cells_join(results):
    found = query(
        results,
        """SELECT s.extractor, s.value, c."config.limit", c."config.probe.pooling", c."config.seeds"
           FROM scores s JOIN cells c ON s.identity = c.identity
           WHERE s.mix = 'scalar' AND NOT s.baseline ORDER BY s.value DESC""",
    )
    assert found.rows() == [("a", 0.95, 7, "mean", "[0, 1]"), ("b", 0.8, None, "mean", "[0, 1]")]


def test_every_cell_is_there_the_failed_too(results):
    found = query(results, "select extractor, status, error from cells order by extractor")
    assert found.rows()[2] == ("c", "failed", "no weights")


def test_predictions_have_a_row_per_target_and_member(results):
    found = query(
        results,
        """SELECT extractor, seed, COUNT(*) AS n, SUM(CASE WHEN gold = predicted THEN 1 ELSE 0 END) AS good
           FROM predictions GROUP BY extractor, seed ORDER BY extractor, seed""",
    )
    assert found["n"].to_list() == [len(GOLD)] * 4
    assert found["good"].to_list() == [380, 380, 320, 320]
    one = query(
        results, "SELECT gold, gold_label, predicted_label FROM predictions WHERE extractor = 'a' AND target = 0"
    )
    assert one.rows() == [(0.0, "X", "Y"), (0.0, "X", "X")]


def test_columns_are_those_that_the_help_lists(results):
    for name, columns in COLUMNS.items():
        found = query(results, f"SELECT * FROM {name} LIMIT 1")
        assert tuple(found.columns)[: len(columns)] == tuple(columns)


def test_predictions_are_left_alone_unless_they_are_asked_for(results, tmp_path):
    for path in tmp_path.rglob("predictions.parquet"):
        path.unlink()
    assert query(results, "SELECT COUNT(*) AS n FROM cells").item() == 3
    with pytest.raises(DataError, match="predictions are missing"):
        query(results, "SELECT COUNT(*) AS n FROM predictions")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT nope FROM scores", r"wrong: .*nope.*--help` lists the columns of scores"),
        ("SELEC value FROM scores", "wrong: .*SELEC"),
        ("SELECT 1", "names none of the tables scores, cells, weights, training, predictions"),
    ],
)
def test_a_wrong_statement_is_told(results, sql, said):
    with pytest.raises(ConfigurationError, match=said):
        query(results, sql)


def test_the_sheet_says_when_it_holds_not_all(results):
    found = query(results, "SELECT target, gold FROM predictions")
    sheet = query_sheet(found)
    assert (len(sheet.rows), sheet.notes) == (
        500,
        (f"500 of {4 * len(GOLD):,} rows; add LIMIT, or --format csv or json for all",),
    )
    assert np.isclose(found["gold"].mean(), GOLD.mean())
