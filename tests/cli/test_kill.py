"""kill -9 in the middle of a cell: the rerun completes, with the same numbers bit for bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CELL = (
    "run",
    "extractor=minilm",
    "task=upos",
    "task.files={train: 'grammar:train:1200:1', dev: 'grammar:dev:60:1', test: 'grammar:test:80:1'}",
    "mixes=[scalar,single]",
    "seeds=[0]",
    "training.min_updates=100",
    "resamples=199",
)


def run_until(folder: Path, reached, results: str) -> None:
    """Starts the cell and kills it as soon as `reached(stderr so far)` holds."""
    with open(folder / "stderr.txt", "w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "embedbench", *CELL, f"results={results}"],
            cwd=folder,
            env={**os.environ, "EMBEDBENCH_CACHE": str(folder / "cache")},
            stderr=said,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 300
        while not reached((folder / "stderr.txt").read_text("utf-8")):
            assert process.poll() is None, "the cell ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL


def numbers(folder: Path, results: str) -> tuple[list[object], list[object], bytes]:
    path = next((folder / results).rglob("record.json"))
    record = json.loads(path.read_text("utf-8"))
    return record["scores"], record["mix_weights"], (path.parent / "predictions.parquet").read_bytes()


@pytest.mark.slow
def test_a_cell_killed_while_extracting_and_while_probing_ends_with_the_same_numbers(embedbench, tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for folder in (killed, whole):
        folder.mkdir()

    run_until(killed, lambda _: any((killed / "cache").rglob("shard-00000.safetensors")), "results")
    shards = {p: p.stat().st_mtime_ns for p in (killed / "cache").rglob("shard-*.safetensors")}
    assert shards
    run_until(killed, lambda said: "pooling spans" in said, "results")
    assert not list((killed / "results").rglob("record.json"))
    assert all(path.stat().st_mtime_ns == written for path, written in shards.items()), "a finished shard was rebuilt"

    for folder in (killed, whole):
        ended = embedbench(*CELL, "results=results", cwd=folder, EMBEDBENCH_CACHE=str(folder / "cache"))
        assert ended.returncode == 0, ended.stderr
    assert numbers(killed, "results") == numbers(whole, "results")
    assert not list(killed.rglob("*.partial"))
    assert not list(killed.rglob("*.tmp"))
