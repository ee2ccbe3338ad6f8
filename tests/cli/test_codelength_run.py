"""`codelength=true`: the record has bits and compression of every mix and seed, and the table shows them."""

from __future__ import annotations

import json
import math

import pytest
from small_cells import SMALL


@pytest.mark.slow
def test_codelength_is_scored_where_it_is_asked_for(embedbench, tmp_path):
    command = ("run", "extractor=random", "task=upos", "results=coded", *SMALL, "seeds=[0,1]")
    assert embedbench(*command).returncode == 0
    ended = embedbench(*command, "codelength=true")
    assert ended.returncode == 0, ended.stderr
    records = [json.loads(path.read_bytes()) for path in (tmp_path / "coded").rglob("record.json")]
    plain, coded = sorted(records, key=lambda record: len(record["scores"]))
    assert plain["identity"] != coded["identity"], "a cell with a code is another cell"
    assert "codelength" not in {s["metric"] for s in plain["scores"]}
    assert [s for s in coded["scores"] if s["split"] == "test"] == plain["scores"], "the code changes no other score"

    found = {(s["mix"], s["labels"], s["metric"]): s for s in coded["scores"] if s["split"] == "train"}
    assert set(found) == {
        (mix, labels, metric)
        for mix in ("scalar", "single:0", "mean")
        for labels in ("task", "control")
        for metric in ("codelength", "compression")
    }
    code, ratio = (found["single:0", "task", metric] for metric in ("codelength", "compression"))
    assert code["low"] == min(code["per_seed"]) < code["high"] == max(code["per_seed"])
    assert len(code["per_seed"]) == 2
    labels = 2 ** (ratio["per_seed"][0] * code["per_seed"][0] / code["n"])
    assert math.isclose(labels, round(labels)), "compression x codelength is n log2 K, in bits"

    shown = embedbench("table", "coded", "--metric", "codelength")
    assert "values are bits on train" in shown.stdout
