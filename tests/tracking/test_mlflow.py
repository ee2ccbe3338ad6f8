"""MLflow reads back what the tracker wrote, from a database on disk."""

from __future__ import annotations

import json

import pytest
from tracked_records import TOLD, finished_cell

from embedbench.tracking.mlflow import MLflow

pytest.importorskip("mlflow", reason="mlflow is not installed: pip install 'embedbench[mlflow]'")


@pytest.mark.filterwarnings("ignore")  # MLflow's own, in every version others
def test_the_client_reads_the_cells(tmp_path):
    from mlflow import MlflowClient

    store = f"sqlite:///{tmp_path}/new/folder/mlflow.db"
    tracker = MLflow(store, "trial")
    tracker.ready()
    record, folder = finished_cell(tmp_path / "results")
    assert tracker.track(record, folder)
    assert not tracker.track(record, folder), "it is there already"
    other, elsewhere = finished_cell(tmp_path / "results", "elmo", "f" * 32)
    assert tracker.track(other, elsewhere)

    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("trial")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert sorted(runs) == ["elmo x upos x linear", "minilm x upos x linear"]
    run = runs["minilm x upos x linear"]
    assert run.info.status == "FINISHED"
    assert run.data.tags["embedbench.extractor"] == "minilm"
    assert run.data.tags["embedbench.identity"] == record.identity
    for (name, layer), value in TOLD.items():
        history = {metric.step: metric.value for metric in client.get_metric_history(run.info.run_id, name)}
        assert history[layer or 0] == pytest.approx(value, abs=1e-12), name
    params = run.data.params
    assert (params["extractor.name"], params["seeds"], params["limit"]) == ("minilm", "[0, 1]", "null")
    assert len(params["extractor.note"]) == 6_000
    assert params["extractor.note"].endswith("(7,000 characters, all of them in record.json)")
    (kept,) = tmp_path.glob(f"new/folder/mlflow-artifacts/{run.info.run_id}/artifacts/record.json")
    assert json.loads(kept.read_text("utf-8"))["identity"] == record.identity
