"""A flipped bit in a record or its predictions is told, and the cell runs again."""

from __future__ import annotations

import json
import random

import numpy as np
import polars as pl
import pytest
from synthetic_records import cell, score

from embedbench.errors import DataError
from embedbench.files import walking
from embedbench.results import predictions as predictions_module
from embedbench.results.plain_json import from_text, to_json, to_text
from embedbench.results.predictions import Predictions, read_predictions
from embedbench.results.reading import read_record, read_records
from embedbench.results.running import FOLDER, running_cells
from embedbench.results.writing import finished, write_record


@pytest.fixture
def folder(tmp_path):
    gold = np.arange(60) % 3
    found = Predictions(np.arange(60) // 2, {"task": gold}, {"scalar|task|0": gold})
    return write_record(
        tmp_path, cell("minilm", "upos", 0.873, layers=(0.5, 0.75), subset_scores=(score("m", "s", 0.5),)), found
    )


def test_no_flipped_bit_makes_another_record(folder):
    whole = (folder / "record.json").read_bytes()
    record = from_text(whole)
    rng = random.Random(0)
    places = [*range(len(whole) - 40, len(whole)), *(rng.randrange(len(whole)) for _ in range(600))]
    accepted = 0
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.randrange(8)
        try:
            found = from_text(bytes(changed))
            assert found == record, f"bit in byte {place}"
            assert found.subset_scores == record.subset_scores
            accepted += 1
        except DataError:
            continue
    assert accepted <= 2, "only the line end carries nothing"


def test_a_changed_record_says_how_to_accept_it(folder):
    path = folder / "record.json"
    path.write_bytes(path.read_bytes().replace(b"0.873", b"0.973"))
    with pytest.raises(DataError, match=r"record\.json: its checksum does not fit .* delete the entry `checksum`"):
        read_record(path)
    assert finished(folder) is None
    plain = json.loads(path.read_bytes())
    del plain["checksum"]
    path.write_text(json.dumps(plain))
    assert read_record(path).scores[0].value == 0.973


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c[:40] + bytes([c[40] ^ 1]) + c[41:], lambda _: b""])
def test_damaged_predictions_are_told_and_the_cell_is_not_finished(folder, change):
    assert finished(folder) is not None
    path = folder / "predictions.parquet"
    path.write_bytes(change(path.read_bytes()))
    assert finished(folder) is None
    with pytest.raises(DataError, match=r"predictions\.parquet is damaged: its checksum"):
        read_predictions(folder)


def test_predictions_that_no_record_vouches_for_are_read_by_another_process_first(folder, tmp_path, monkeypatch):
    plain = json.loads((folder / "record.json").read_bytes())
    del plain["checksum"]
    (folder / "record.json").write_text(json.dumps(plain), encoding="utf-8")
    assert read_predictions(folder).height == 60
    crashing = tmp_path / "walker.py"
    crashing.write_text("import os\nprint('ready', flush=True)\ninput()\nos.abort()\n", encoding="utf-8")
    monkeypatch.setattr(walking, "_WALKER", crashing)
    walking._walker.cache_clear()
    with pytest.raises(DataError, match=r"predictions\.parquet is damaged: the library that reads it crashes"):
        read_predictions(folder)
    walking._walker.cache_clear()


def test_a_table_that_stands_for_more_than_memory_is_refused_also_in_a_folder(tmp_path, monkeypatch):
    pl.DataFrame({"target": pl.zeros(100_000, pl.Int8, eager=True)}).write_parquet(tmp_path / "predictions.parquet")
    monkeypatch.setattr(predictions_module, "_FREE_CELLS", 10)
    with pytest.raises(DataError, match=r"100,000 rows of 1 columns; at most [\d,]+ numbers are read"):
        read_predictions(tmp_path)
    pl.DataFrame({"target": ["text"]}).write_parquet(tmp_path / "predictions.parquet")
    with pytest.raises(DataError, match="1 rows of 1 columns"):
        read_predictions(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda r: r["scores"][0].update(n="many"), "the n of a Score is 'many'"),
        (lambda r: r["scores"][0].update(mix=["scalar"]), "the mix of a Score is"),
        (lambda r: r["scores"][0].update(per_seed="0.5"), "the per_seed of a Score is '0.5'; it must be a list"),
        (lambda r: r["scores"][0].update(per_seed=[True]), "the per_seed of a Score"),
        (lambda r: r["training"][0].update(epochs=1.5), "the epochs of a MemberTraining is 1.5"),
        (lambda r: r["mix_weights"][0].update(gamma=None), "the gamma of a MixWeights is None"),
        (lambda r: r.update(layer_names="abc"), "the layer_names of the record"),
        (lambda r: r.update(config=[]), "the config of the record is"),
        (lambda r: r.update(config={"x": 1e999}), "no number of JSON|expected finite ones"),
        (lambda r: r.update(alignment={"test": {"words": "9"}}), "the alignment of the record"),
        (lambda r: r.update(limit="9"), "the limit of the record is '9'"),
        (lambda r: r.update(predictions="../../etc/passwd"), "the predictions of the record are in"),
        (lambda r: r.update(schema=True), "no schema number"),
        (lambda r: r.update(task="\ud800"), "half a character"),
        (lambda r: r.update(finished=7), "the finished of the record is 7"),
    ],
)
def test_a_value_of_another_kind_is_named_when_it_is_read(change, told):
    plain = json.loads(json.dumps(to_json(cell("minilm", "upos", 0.8, layers=(0.5, 0.75), dev=(0.5,)))))
    change(plain)
    with pytest.raises(DataError, match=told):
        from_text(json.dumps(plain).encode())


def test_the_file_of_scores_that_are_read_late_is_named(tmp_path):
    record = cell("minilm", "upos", 0.8, subset_scores=(score("m", "s", 0.5),))
    text = to_text(record, None).rpartition(b', "checksum"')[0] + b"}"
    (tmp_path / "record.json").write_bytes(text.replace(b'"subset": "whole"}], "mix', b'"subset": 7}], "mix'))
    (found,) = read_records(tmp_path).records
    with pytest.raises(DataError, match=r"subsets of .*record\.json are malformed: the subset of a Score is 7"):
        _ = found.subset_scores


def test_files_of_running_cells_with_other_kinds_are_left_out(tmp_path):
    (tmp_path / FOLDER).mkdir()
    whole = {"extractor": "e", "task": "t", "started": "s", "host": "h", "process": 1}
    changes = [{}, {"task": 7}, {"process": "1"}, {"process": 10**40}, {"process": -1}, {"started": None}]
    for number, change in enumerate(changes):
        (tmp_path / FOLDER / f"{number}.json").write_text(json.dumps(whole | change))
    (tmp_path / FOLDER / "deep.json").write_text("[" * 100_000)
    assert [cell.task for cell in running_cells(tmp_path)] == ["t"]
