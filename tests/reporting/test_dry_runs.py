"""Cells of the first sentences only never stand beside cells of all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from synthetic_records import cell
from synthetic_records import failed as failed_cell

from embedbench.outcomes import failed
from embedbench.reporting.comparing import CompareOptions, compare_extractors
from embedbench.reporting.options import TableOptions
from embedbench.reporting.selection import choose
from embedbench.results.plain_json import from_json, to_json
from embedbench.results.reading import Results

NEWER = "2026-01-02T00:00:00+00:00"


def test_a_newer_dry_run_does_not_stand_in_for_the_whole():
    whole = cell("minilm", "upos", 0.9)
    dry = cell("minilm", "upos", 0.5, limit=100, identity="dry", finished=NEWER)
    other = cell("elmo", "upos", 0.6, limit=100, identity="other")
    chosen = choose([whole, dry, other], TableOptions())
    assert [(record.extractor, record.limit) for record in chosen.records] == [("minilm", None)]
    assert any("2 cells of dry runs" in note and "elmo x upos, minilm x upos" in note for note in chosen.notes)


def test_dry_runs_alone_are_shown_and_said_to_be_dry_runs_of_one_limit():
    records = [cell(name, "upos", 0.5, limit=limit, identity=f"{name}{limit}") for name, limit in
               (("minilm", 100), ("minilm", 200), ("elmo", 100), ("random", 200))]  # fmt: skip
    chosen = choose([*records, cell("minilm", "arc", 0.5)], TableOptions())
    assert {(r.extractor, r.task, r.limit) for r in chosen.records} == {
        ("minilm", "upos", 200),
        ("random", "upos", 200),
        ("minilm", "arc", None),
    }
    failure = failed_cell("elmo", "upos", "no weights")
    assert failure in choose([*records, failure], TableOptions()).records
    assert any("DRY RUN on the first 200 sentences" in note and "minilm x upos" in note for note in chosen.notes)


def test_a_dry_run_is_not_compared_with_the_whole():
    records = (cell("a", "upos", 0.5), cell("b", "upos", 0.5, limit=50))
    compared = compare_extractors(Results(records, (), (Path("a"), Path("b"))), CompareOptions("a", "b"))
    assert not compared.rows
    assert any("1 cells of dry runs" in note for note in compared.notes)
    assert any("b has no finished cell" in note for note in compared.notes)


def test_the_limit_survives_the_disk_and_older_records_have_it_in_their_configuration():
    record = cell("minilm", "upos", 0.5, limit=7)
    plain = json.loads(json.dumps(to_json(record)))
    assert from_json(plain) == record
    older = json.loads(json.dumps(to_json(cell("minilm", "upos", 0.5, config={"limit": 9}))))
    del older["limit"]
    assert from_json(older).limit == 9


@pytest.mark.parametrize(("limit", "recorded"), [(30, 30), (None, None), ("many", None)])
def test_a_failed_dry_run_is_marked_too(tmp_path, limit, recorded):
    outcome = failed(("minilm", "upos", "linear"), {"limit": limit}, ValueError("broken"), tmp_path)
    assert outcome.record.limit == recorded
