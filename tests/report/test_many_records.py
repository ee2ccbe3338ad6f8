"""Two thousand records make a page in seconds, in little memory, and of a size that can be sent."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys

import pytest
from many_records import clone
from written_records import write_cell

pytestmark = pytest.mark.slow


def test_two_thousand_records(tmp_path):
    layers = {"layer_names": tuple(f"block{k}" for k in range(7))}
    for extractor, right in (("minilm", 20), ("word2vec", 60), ("elmo", 22), ("fasttext", 64)):
        for task in ("upos", "deprel", "chunking", "ner", "wic"):
            write_cell(tmp_path / "few", extractor, task, range(right), n=3_000, **layers)
    for path in (tmp_path / "few").rglob("record.json"):
        plain = json.loads(path.read_bytes())
        plain["config"]["extractor"] = {"name": plain["extractor"], "model": "x" * 200}
        plain["scores"] += [{**plain["scores"][0], "mix": f"single:{k}"} for k in range(2, 7)]
        path.write_text(json.dumps(plain))
    assert clone(tmp_path / "few", tmp_path / "many", 2_000) == 2_000
    page = tmp_path / "report.html"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "embedbench", "report", str(tmp_path / "many"), "-o", str(page)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "2,000 records" in told
    # CPU time: the machine may be busy with other things.
    assert (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime) < 15
    assert after.ru_maxrss < 1 << 20, "kilobytes"
    assert page.stat().st_size < 5_000_000
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])
    assert len(data["cells"]) == 2_000
    assert sum(rival[2] is not None for verdict in data["verdicts"] for rival in verdict["rivals"]) > 300
