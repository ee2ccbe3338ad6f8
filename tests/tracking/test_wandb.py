"""What Weights & Biases would send lies on disk, and nothing is sent."""

from __future__ import annotations

import json
import struct
import time

import pytest
from tracked_records import TOLD, finished_cell

from embedbench.tracking.wandb import WeightsAndBiases

pytest.importorskip("wandb", reason="wandb is not installed: pip install 'embedbench[wandb]'")


def logged(content):
    """The entries of a file in the format of LevelDB's log, as `.wandb` files are behind seven bytes of their own."""
    at, entry = 7, b""
    while at + 7 <= len(content):
        if (left := -at % 32_768) and left < 7:  # no header fits into the rest of a block
            at += left
            continue
        _checksum, length, kind = struct.unpack_from("<IHB", content, at)
        entry += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # the whole, or its last part
            yield entry
            entry = b""


def key_of(item):
    return item.key or ".".join(item.nested_key)


def written(run):
    """The history rows, the summary and the configuration of an offline run."""
    from wandb.proto import wandb_internal_pb2

    (path,) = run.glob("run-*.wandb")
    rows, summary, config = [], {}, {}
    for entry in logged(path.read_bytes()):
        part = wandb_internal_pb2.Record.FromString(entry)
        if part.HasField("history"):
            rows.append({key_of(item): json.loads(item.value_json) for item in part.history.item})
        for item in part.summary.update:
            summary[key_of(item)] = json.loads(item.value_json)
        for item in part.run.config.update:
            config[item.key] = json.loads(item.value_json)
    return rows, summary, config


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # its own, in every version others
def test_an_offline_run_holds_the_cell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record, folder = finished_cell(tmp_path / "results")
    tracker = WeightsAndBiases(str(tmp_path / "told"), "trial")
    tracker.ready()
    assert tracker.track(record, folder)
    assert not tracker.track(record, folder), "it is there already"
    (run,) = (tmp_path / "told" / "wandb").glob(f"offline-run-*-{record.identity}")
    until = time.monotonic() + 30
    while "peak_memory_bytes" not in written(run)[1] and time.monotonic() < until:
        time.sleep(0.1)  # its own process writes
    rows, summary, config = written(run)
    for (name, layer), value in TOLD.items():
        found = summary[name] if layer is None else next(row[name] for row in rows if row["layer"] == layer)
        assert found == pytest.approx(value, abs=1e-12), name
    assert config["extractor"] == dict(record.config["extractor"])
    assert config["cell"]["identity"] == record.identity
    assert not (run / "files" / "record.json").is_symlink(), "a run outlives its results folder"
    assert json.loads((run / "files" / "record.json").read_text("utf-8"))["identity"] == record.identity
