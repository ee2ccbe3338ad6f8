"""Scores and paired differences, from the records of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from verdict import Effect

from embedbench.errors import DataError
from embedbench.reporting.units import CODE_METRICS
from embedbench.results.predictions import member_column, read_predictions
from embedbench.results.reading import read_records
from embedbench.results.schema import Record, Score, Status
from embedbench.scoring.intervals import Bootstrap
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.scoring.paired import compare

STATIC, LARGE, BILM = "small_word2vec", "minilm", "small_bilm"
"""The extractors of most cells."""


class Evidence:
    """What a folder of results says."""

    def __init__(self, folder: Path) -> None:
        self._results = read_records(folder)
        self.more = folder.with_name(f"{folder.name}_books")
        """Where the further cells are: finding 9 with more text."""

    @cached_property
    def _cells(self) -> dict[tuple[str, str, str], tuple[Record, Path]]:
        pairs = zip(self._results.records, self._results.folders, strict=True)
        done = [(record, folder) for record, folder in pairs if record.status is Status.DONE]
        # Of several cells of one name the newest counts; the cell with codelength is asked for by its own name.
        done.sort(key=lambda pair: pair[0].finished)
        return {
            (r.extractor, r.task, r.probe + ("+codelength" if r.config.get("codelength") else "")): (r, f)
            for r, f in done
        }

    def record(self, extractor: str, task: str, probe: str = "linear") -> Record:
        """The newest finished record.

        Raises:
            DataError: there is none.
        """
        return self._cell(extractor, task, probe)[0]

    def score(
        self, extractor: str, task: str, mix: str, *, labels: str = "task", probe: str = "linear", name: str = ""
    ) -> Score:
        """The score of a mix on test.

        Raises:
            DataError: there is none.
        """
        record = self.record(extractor, task, probe)
        # A code is of the train labels.
        split = "train" if name in CODE_METRICS else "test"
        for score in record.scores:
            if (score.mix, score.labels, score.split) == (mix, labels, split) and score.metric == (
                name or record.metric
            ):
                return score
        raise DataError(f"{extractor} x {task} has no {name or record.metric} of {mix} on {labels} labels")

    def best_layer(self, extractor: str, task: str, probe: str = "linear") -> str:
        """The mix `single:K` that dev chose; on test where a task has no training to be chosen by."""
        record = self.record(extractor, task, probe)
        singles = sorted({score.mix for score in record.scores if score.mix.startswith("single:")})
        if record.training:
            return max(
                singles,
                key=lambda mix: np.mean([m.dev_score for m in record.training if (m.mix, m.labels) == (mix, "task")]),
            )
        return max(singles, key=lambda mix: self.score(extractor, task, mix, probe=probe).value)

    def difference(
        self,
        task: str,
        first: tuple[str, str],
        second: tuple[str, str],
        mask: np.ndarray | None = None,
        probe: str = "linear",
    ) -> Effect:
        """First minus second, in points, with a paired bootstrap over sentences; `mask` keeps some targets."""
        return self.pooled_difference([(task, first, second, mask)], probe)

    def pooled_difference(
        self,
        questions: Sequence[tuple[str, tuple[str, str], tuple[str, str], np.ndarray | None]],
        probe: str = "linear",
    ) -> Effect:
        """The same over the targets of several tasks on the sentences of one corpus, each target counting once.

        Args:
            questions: task, first, second and mask, as of `difference`; the tasks have one metric.
            probe: of all cells.
        """
        parts, names, shift = [], list[str](), 0
        for task, first, second, mask in questions:
            (gold, clusters, one), (other_gold, _, other) = (
                self._predictions(task, *side, probe) for side in (first, second)
            )
            if not np.array_equal(gold, other_gold):
                raise DataError(f"{first[0]} and {second[0]} were tested on different targets of {task}")
            kept = np.ones(len(gold), bool) if mask is None else mask
            record = self.record(first[0], task, probe)
            # Labels of different tasks are different labels.
            parts.append((gold[kept] + shift, clusters[kept], one[:, kept] + shift, other[:, kept] + shift))
            names += record.label_names
            shift = len(names)
        gold, clusters, one, other = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
        _, units = np.unique(clusters, return_inverse=True)
        context = MetricContext(units.astype(np.int64), tuple(names))
        found = compare(metric(record.metric), gold, one, other, context, Bootstrap(resamples=2000))
        return Effect(100 * (found.first - found.second), 100 * found.low, 100 * found.high)

    def predictions(self, task: str, extractor: str, mix: str) -> np.ndarray:
        """What the seeds of a mix predicted [seeds, targets]."""
        return self._predictions(task, extractor, mix, "linear")[2]

    def gold(self, task: str, extractor: str) -> np.ndarray:
        """The gold labels of the targets."""
        _, folder = self._cell(extractor, task, "linear")
        return read_predictions(folder)["gold"].to_numpy()

    def _cell(self, extractor: str, task: str, probe: str) -> tuple[Record, Path]:
        try:
            return self._cells[extractor, task, probe]
        except KeyError:
            raise DataError(f"there is no finished cell {extractor} x {task} with probe {probe}") from None

    def _predictions(
        self, task: str, extractor: str, mix: str, probe: str
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        record, folder = self._cell(extractor, task, probe)
        frame = read_predictions(folder)
        prefix = member_column(mix, "task", 0)[:-1]
        seeds: Sequence[str] = sorted(column for column in frame.columns if column.startswith(prefix))
        if not seeds:
            raise DataError(f"{record.extractor} x {task} has no predictions of {mix}")
        rows = np.stack([frame[column].to_numpy() for column in seeds])
        return frame["gold"].to_numpy(), frame["cluster"].to_numpy(), rows
