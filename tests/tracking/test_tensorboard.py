"""TensorBoard reads back what the tracker wrote."""

from __future__ import annotations

import json

import pytest
from tracked_records import TOLD, finished_cell

from embedbench.tracking.tensorboard import TensorBoard

pytest.importorskip("tensorboard", reason="tensorboard is not installed: pip install 'embedbench[tensorboard]'")


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    return events


def test_event_accumulator_reads_the_cell(tmp_path):
    record, folder = finished_cell(tmp_path / "results")
    board = TensorBoard(str(tmp_path / "board"))
    board.ready()
    assert board.track(record, folder)
    run = tmp_path / "board" / folder.relative_to(tmp_path / "results")
    events = read(run)
    for (name, layer), value in TOLD.items():
        found = {event.step: event.value for event in events.Scalars(name)}
        assert found[layer or 0] == pytest.approx(value, rel=1e-6), name  # events hold float32
    assert [event.step for event in events.Scalars("test/accuracy/single")] == [0, 1]
    (text,) = events.Tensors("config/text_summary")
    config = json.loads(text.tensor_proto.string_val[0].decode().removeprefix("```json\n").removesuffix("\n```"))
    assert config == dict(record.config)
    assert "_hparams_/session_start_info" in events.summary_metadata
    assert not list(run.parent.glob(".*"))


def test_a_cell_is_told_once_and_a_torn_one_again(tmp_path):
    record, folder = finished_cell(tmp_path / "results")
    board = TensorBoard(str(tmp_path / "board"))
    torn = (tmp_path / "board" / folder.relative_to(tmp_path / "results")).with_name(f".{folder.name}.partial")
    torn.mkdir(parents=True)
    (torn / "events.out.tfevents.0").write_text("torn")
    assert board.track(record, folder)
    before = {path: path.read_bytes() for path in (tmp_path / "board").rglob("events*")}
    assert len(before) == 1
    assert not board.track(record, folder)
    assert {path: path.read_bytes() for path in (tmp_path / "board").rglob("events*")} == before
