"""CRF tagging heads through the whole instrument: the record, control labels, and what a cell refuses."""

from __future__ import annotations

import pytest

from embedbench.cells import Cell
from embedbench.errors import ConfigurationError
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import CRF, Biaffine
from embedbench.results.schema import Status
from embedbench.tasks.arcs import Deprel
from embedbench.tasks.ner import Ner

FILES = {"train": "grammar:train:60:5", "dev": "grammar:dev:20:5", "test": "grammar:test:30:5"}


def cell_of(task, probe, **options) -> Cell:
    options = {"mixes": ("single",), "seeds": (0,), "resamples": 99, **options}
    return Cell(RandomVectors(size=6), task, probe, Training(max_epochs=2, min_updates=20, batch_size=128), **options)


def test_a_record_has_task_and_control_and_the_usual_baselines(tmp_path) -> None:
    record = run_cell(cell_of(Ner(files=FILES), CRF(bio=True)), Places(tmp_path / "results", tmp_path / "store")).record
    assert record.status is Status.DONE, record.error
    assert (record.probe, record.metric) == ("crf", "span_f1")
    assert {(s.mix, s.labels) for s in record.scores} == {("single:0", "task"), ("single:0", "control")}
    assert {s.extractor for s in record.baselines} == {"majority", "word_majority", "control_ceiling"}


def test_what_it_cannot_do_is_said(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="no online code"):
        cell_of(Ner(files=FILES), CRF(), codelength=True)
    with pytest.raises(ConfigurationError, match="biaffine is not for classes"):
        cell_of(Ner(files=FILES), Biaffine())
    record = run_cell(cell_of(Deprel(files=FILES), CRF()), Places(tmp_path / "results", tmp_path / "store")).record
    assert record.error is not None
    assert "tags every word of every sentence" in record.error.message
