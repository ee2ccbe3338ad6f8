"""Tree tasks through the whole instrument: the record, its baselines, and which probe a cell has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from embedbench.cells import Cell
from embedbench.errors import ConfigurationError
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import Linear, Structural
from embedbench.results.predictions import read_predictions
from embedbench.results.schema import Status
from embedbench.tasks.tagging import Upos
from embedbench.tasks.trees import TreeDistance, WordDepth

FILES = {"train": "grammar:train:60:5", "dev": "grammar:dev:20:5", "test": "grammar:test:30:5"}


def cell_of(task, probe=None, **options) -> Cell:
    options = {"mixes": ("single", "scalar"), "seeds": (0, 1), "resamples": 99, **options}
    training = Training(max_epochs=2, min_updates=20, batch_size=128)
    return Cell(RandomVectors(size=6), task, probe or Structural(rank=4), training, **options)


@pytest.mark.parametrize(
    ("task", "metrics", "baselines"),
    [
        (TreeDistance(files=FILES), ("uuas", "dspr"), {"chain", "random_tree"}),
        (WordDepth(files=FILES), ("nspr", "root_accuracy"), {"first_word", "first_verb"}),
    ],
)
def test_a_record_has_both_metrics_of_every_mix_and_of_the_baselines(tmp_path, task, metrics, baselines) -> None:
    places = Places(tmp_path / "results", tmp_path / "store")
    outcome = run_cell(cell_of(task), places)
    record = outcome.record
    assert record.status is Status.DONE, record.error
    assert (record.probe, record.metric) == ("structural", metrics[0])
    assert {(s.mix, s.metric) for s in record.scores} == {(m, n) for m in ("single:0", "scalar") for n in metrics}
    assert all(s.low <= s.value <= s.high and s.seeds == 2 and s.clusters == 30 for s in record.scores)
    assert {(s.extractor, s.metric) for s in record.baselines} == {(b, n) for b in baselines for n in metrics}
    assert {(t.mix, t.seed) for t in record.training} == {(m, s) for m in ("single:0", "scalar") for s in (0, 1)}
    predictions = read_predictions(outcome.folder)
    assert len(predictions) == record.alignment["test"]["words"] == record.scores[0].n
    assert {"gold", f"gold|{metrics[1]}", "scalar|task|1", f"scalar|{metrics[1]}|1"} <= set(predictions.columns)
    assert run_cell(cell_of(task), places).skipped


def test_a_tree_task_takes_the_default_structural_probe_in_place_of_another() -> None:
    task = TreeDistance(files=FILES)
    default, other, limited = (cell_of(task, probe) for probe in (Linear(), Structural(), Structural(rank=2)))
    assert {default.probe_name, other.probe_name, limited.probe_name} == {"structural"}
    assert default.identity == other.identity != limited.identity
    assert replace(default, control=False).identity == default.identity
    assert replace(default, seeds=(0,)).identity != default.identity


def test_a_classification_cannot_have_a_structural_probe() -> None:
    with pytest.raises(ConfigurationError, match="upos is a classification; choose another, such as probe=linear"):
        cell_of(Upos(files=FILES))


def test_trees_of_a_limited_split_stay_whole(tmp_path) -> None:
    outcome = run_cell(cell_of(TreeDistance(files=FILES), limit=10), Places(tmp_path / "results", tmp_path / "store"))
    assert outcome.record.status is Status.DONE, outcome.record.error
    assert outcome.record.scores[0].clusters == 10
