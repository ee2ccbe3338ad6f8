"""MLflow: one run per cell in a local database, or on a server that is named."""

from __future__ import annotations

import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedbench.errors import MissingExtraError
from embedbench.registry import register
from embedbench.results.reading import RECORD
from embedbench.results.schema import Record
from embedbench.tracking.told import called, figures, labels, options

_LOCAL = "sqlite:///"
_IDENTITY = "embedbench.identity"
_MOST_PARAMS, _MOST_METRICS, _LONGEST_PARAM = 100, 1_000, 6_000
"""What MLflow takes at once."""


@register("tracker", "mlflow")
@dataclass(frozen=True)
class MLflow:
    """Runs of an MLflow experiment: `mlflow ui --backend-store-uri sqlite:///tracking/mlflow.db`.

    Attributes:
        uri: the tracking store; None is MLFLOW_TRACKING_URI, and where that is not set either, a database in
            `tracking/`.
        experiment: its name.
    """

    uri: str | None = None
    experiment: str = "embedbench"

    def ready(self) -> None:
        """Imports the client.

        Raises:
            MissingExtraError: mlflow is not installed.
        """
        _mlflow()

    def track(self, record: Record, folder: Path) -> bool:
        """Makes a run with metrics (layers are steps), options as parameters, labels as tags and the record's file."""
        _mlflow()
        from mlflow.entities import Metric, Param, RunTag

        client = self._client()
        experiment = self._experiment(client)
        known = f"tags.`{_IDENTITY}` = '{record.identity}' and attributes.status = 'FINISHED'"
        if client.search_runs([experiment], filter_string=known, max_results=1):
            return False
        tags = {f"embedbench.{name}": value for name, value in labels(record).items()}
        run = client.create_run(experiment, run_name=called(record)).info.run_id
        now = int(time.time() * 1_000)
        metrics = [Metric(_allowed(figure.name), figure.value, now, figure.layer or 0) for figure in figures(record)]
        params = [Param(_allowed(name), _short(value)) for name, value in options(record.config).items()]
        client.log_batch(run, tags=[RunTag(name, value) for name, value in tags.items()])
        for start in range(0, len(metrics), _MOST_METRICS):
            client.log_batch(run, metrics=metrics[start : start + _MOST_METRICS])
        for start in range(0, len(params), _MOST_PARAMS):
            client.log_batch(run, params=params[start : start + _MOST_PARAMS])
        client.log_artifact(run, str(folder / RECORD))
        client.set_terminated(run)
        return True

    @property
    def _store(self) -> str:
        return self.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"{_LOCAL}tracking/mlflow.db"

    def _client(self) -> Any:
        from mlflow import MlflowClient

        if self._store.startswith(_LOCAL):
            self._database.parent.mkdir(parents=True, exist_ok=True)
        return MlflowClient(self._store)

    @property
    def _database(self) -> Path:
        return Path(self._store.removeprefix(_LOCAL))

    def _experiment(self, client: Any) -> str:
        from mlflow.exceptions import MlflowException

        found = client.get_experiment_by_name(self.experiment)
        if found is None:
            # Beside a local database; a server knows its own place.
            local = self._store.startswith(_LOCAL)
            place = self._database.resolve().with_name("mlflow-artifacts").as_uri() if local else None
            try:
                return str(client.create_experiment(self.experiment, place))
            except MlflowException:  # another process may have made it meanwhile
                found = client.get_experiment_by_name(self.experiment)
                if found is None:
                    raise
        return str(found.experiment_id)


def _allowed(name: str) -> str:
    """The name with `_` for what MLflow does not allow in names."""
    return re.sub(r"[^\w\-./ ]", "_", name, flags=re.ASCII)


def _short(value: str) -> str:
    """The value as far as MLflow takes it; where the whole is kept, it says."""
    hint = f"… ({len(value):,} characters, all of them in {RECORD})"
    return value if len(value) <= _LONGEST_PARAM else value[: _LONGEST_PARAM - len(hint)] + hint


def _mlflow() -> None:
    # Set before the import, which would otherwise report use to MLflow's makers; who set it otherwise has chosen so.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        import mlflow  # noqa: F401
    except ImportError:
        raise MissingExtraError(needed_by="tracker=mlflow", package="mlflow", extra="mlflow") from None
    for chatty in ("mlflow", "alembic"):  # they tell every table they make
        logging.getLogger(chatty).setLevel(logging.WARNING)
