"""kill -9 in the middle of a cell: the rerun completes, with the same numbers bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from killing import run_until

CELL = (
    "run",
    "extractor=minilm",
    "task=upos",
    "task.files={train: 'grammar:train:600:1', dev: 'grammar:dev:60:1', test: 'grammar:test:80:1'}",
    "mixes=[scalar,'single:2']",
    "seeds=[0]",
    "training.min_updates=100",
    "resamples=199",
)


def numbers(folder: Path, results: str) -> tuple[list[object], list[object], bytes]:
    path = next((folder / results).rglob("record.json"))
    record = json.loads(path.read_text("utf-8"))
    return record["scores"], record["mix_weights"], (path.parent / "predictions.parquet").read_bytes()


@pytest.mark.slow
def test_a_cell_killed_while_extracting_and_while_probing_ends_with_the_same_numbers(embedbench, tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for folder in (killed, whole):
        folder.mkdir()

    run_until((*CELL, "results=results"), killed, lambda _: any((killed / "cache").rglob("shard-00000.safetensors")))
    shards = {p: p.stat().st_mtime_ns for p in (killed / "cache").rglob("shard-*.safetensors")}
    assert shards
    run_until((*CELL, "results=results"), killed, lambda said: "pooling spans" in said)
    assert not list((killed / "results").rglob("record.json"))
    assert all(path.stat().st_mtime_ns == written for path, written in shards.items()), "a finished shard was rebuilt"

    for folder in (killed, whole):
        ended = embedbench(*CELL, "results=results", cwd=folder, EMBEDBENCH_CACHE=str(folder / "cache"))
        assert ended.returncode == 0, ended.stderr
    assert numbers(killed, "results") == numbers(whole, "results")
    assert not list(killed.rglob("*.partial"))
    assert not list(killed.rglob("*.tmp"))
