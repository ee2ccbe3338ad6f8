"""Thousands of records: the table in seconds, in a fraction of the memory."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
from synthetic_records import cell, score

from embedbench.results.plain_json import to_json
from embedbench.results.writing import write_record

SCRIPT = """
import pathlib, re, sys, time
start = time.process_time()
from embedbench.cli import main
code = main(["table", sys.argv[1], "--format", sys.argv[2]])
# Not ru_maxrss: that keeps the parent's peak across fork and exec, here the whole test process.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
sys.stderr.write(f"{code} {time.process_time() - start} {peak}")
"""


def like_a_real_one(extractor, task):
    """As many scores as a cell of twelve layers with control and four subsets has: about 30 kB."""
    one = cell(extractor, task, 0.9, control=0.7, layers=(0.8,) * 12, dev=(0.8,) * 12)
    subsets = tuple(
        dataclasses.replace(score(extractor, f"single:{k}", 0.5), subset=subset)
        for subset in ("seen", "unseen", "ambiguous", "unambiguous")
        for k in range(20)
    )
    return dataclasses.replace(one, subset_scores=subsets)


@pytest.mark.slow
def test_the_table_of_two_thousand_records(tmp_path):
    write_record(tmp_path, like_a_real_one("extractor0", "task0"))
    plain = json.dumps(to_json(like_a_real_one("EXTRACTOR", "TASK")))
    assert 20_000 < len(plain) < 40_000
    for n in range(1, 2000):
        folder = tmp_path / f"e{n % 50}" / f"t{n // 50}" / "linear-0"
        folder.mkdir(parents=True)
        text = plain.replace("EXTRACTOR", f"extractor{n % 50}").replace("TASK", f"task{n // 50}")
        (folder / "record.json").write_text(text)
    for form in ("rich", "json"):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), form]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        code, _seconds, peak = done.stderr.split()
        assert code == "0"
        assert float(peak) < 1024, "MiB"
        assert "extractor49" in done.stdout
