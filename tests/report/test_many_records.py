"""Two thousand records make a page in little memory, and of a size that can be sent."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest
from written_records import write_cell

pytestmark = pytest.mark.slow

SPEED = Path(__file__).resolve().parents[2] / "experiments" / "speed"


def test_two_thousand_records(tmp_path):
    # The script that measures how long it takes; time is not asserted, since machines are busy with other things.
    script = runpy.run_path(str(SPEED / "many_records.py"))
    layers = {"layer_names": tuple(f"block{k}" for k in range(7))}
    for extractor, right in (("minilm", 20), ("word2vec", 60), ("elmo", 22), ("fasttext", 64)):
        for task in ("upos", "deprel", "chunking", "ner", "wic"):
            write_cell(tmp_path / "few", extractor, task, range(right), n=3_000, **layers)
    for path in (tmp_path / "few").rglob("record.json"):
        plain = json.loads(path.read_bytes())
        del plain["checksum"]
        plain["config"]["extractor"] = {"name": plain["extractor"], "model": "x" * 200}
        plain["scores"] += [{**plain["scores"][0], "mix": f"single:{k}"} for k in range(2, 7)]
        path.write_text(json.dumps(plain))
    assert script["clone"](tmp_path / "few", tmp_path / "many", 2_000) == 2_000
    page = tmp_path / "report.html"
    cost = script["measured"](["report", str(tmp_path / "many"), "-o", str(page)])
    assert b"2,000 records" in cost.stdout
    assert cost.peak_mib < 1024
    assert page.stat().st_size < 5_000_000
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])
    assert len(data["cells"]) == 2_000
    assert sum(rival[2] is not None for verdict in data["verdicts"] for rival in verdict["rivals"]) > 300
