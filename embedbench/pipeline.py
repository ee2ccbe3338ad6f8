"""One cell from task to record: store → members → scores. Nothing is computed twice, and nothing finished is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedbench.allocation import return_freed_memory
from embedbench.cells import Cell, load_splits
from embedbench.environment import environment
from embedbench.errors import ConfigurationError
from embedbench.measuring import Stopwatch
from embedbench.outcomes import Outcome, failed, now, phases_of
from embedbench.pinning import pinned
from embedbench.progress import Progress, SilentProgress
from embedbench.results.predictions import Predictions
from embedbench.results.schema import Record, Status
from embedbench.results.superseding import remove_failures
from embedbench.results.writing import cell_folder, finished, write_record
from embedbench.scored.answers import measure_answers
from embedbench.scored.classes import measure_classes
from embedbench.scored.graded import measure_graded
from embedbench.scored.heads import measure_heads
from embedbench.scored.scores import Scored
from embedbench.scored.similarity import score_similarities
from embedbench.scored.suites import score_suite
from embedbench.scored.trees import measure_trees
from embedbench.store import StoreDtype, fill, store_folder
from embedbench.store.building import Workers
from embedbench.store.rounding import read_rounding
from embedbench.store.this_process import ThisProcess
from embedbench.types import (
    SUITES,
    TREES,
    Extractor,
    FittedOnTrain,
    Split,
    TaskKind,
    TaskSplit,
    WordVectors,
)

if TYPE_CHECKING:
    from embedbench.store import LayeredStore

_SILENT = SilentProgress()
_HERE = ThisProcess()


@dataclass(frozen=True)
class Places:
    """Where a cell reads and writes.

    Attributes:
        results: records go below it.
        store: word vectors are kept below it.
        max_store_bytes: refuse to fill a larger store; None sets no cap.
        threads: torch threads; None leaves torch's own choice.
    """

    results: Path
    store: Path
    max_store_bytes: int | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.threads is not None and self.threads < 1:
            raise ConfigurationError(f"runtime.threads is {self.threads}; it must be at least 1, or null for all cores")


@dataclass
class _Work:
    """What is known of a cell while it runs; a failure is recorded with what there is."""

    cell: Cell
    config: Mapping[str, Any]
    watch: Stopwatch = field(default_factory=Stopwatch)
    started: str = field(default_factory=now)


def run_cell(
    cell: Cell, places: Places, *, config: Mapping[str, Any] | None = None, progress: Progress = _SILENT
) -> Outcome:
    """The record of the cell: read if it is finished, computed and written otherwise.

    A failure is recorded too, and returned rather than raised, so that a sweep goes on; interrupts are raised.
    """
    work = _Work(cell, config or {}, Stopwatch(begins=progress.stage))
    try:
        identity = cell.identity
        # Better to know before the work than after it that nothing can be kept.
        places.results.mkdir(parents=True, exist_ok=True)
        names = (cell.extractor.name, cell.task.meta.name)
        folder = cell_folder(places.results, *names, cell.probe_name, identity)
        done = finished(folder)
        if done is not None and (done.identity, done.extractor, done.task) == (identity, *names):
            remove_failures(places.results, done, work.config)
            return Outcome(done, folder, skipped=True)
        try:
            record, predictions = _measure(work, identity, places, progress)
        finally:
            return_freed_memory()
        write_record(places.results, record, predictions)
        remove_failures(places.results, record, work.config)
    except Exception as error:
        called = (cell.extractor.name, cell.task.meta.name, cell.probe_name)
        return failed(called, work.config, error, places.results, watch=work.watch, started=work.started)
    return Outcome(record, folder)


def fill_stores(
    cell: Cell, places: Places, progress: Progress = _SILENT, workers: Workers = _HERE
) -> dict[Split, LayeredStore]:
    """The stores of every split of the cell's task, filled by the workers where they are not."""
    splits = load_splits(cell)
    return _stores(fitted(cell.extractor, splits), cell, splits, places, progress, workers)


def fitted(extractor: Extractor, splits: Mapping[Split, TaskSplit]) -> Extractor:
    """The extractor, after it saw the training words if it is one that must.

    Raises:
        ConfigurationError: it must, and the task has no train split.
    """
    if not isinstance(extractor, FittedOnTrain) or not getattr(extractor, "needs_train", True):
        return extractor
    if Split.TRAIN not in splits:
        raise ConfigurationError(
            f"extractor {extractor.name} is made from the words of a train split, and this task has none; "
            "choose another extractor for it"
        )
    return extractor.fitted(splits[Split.TRAIN].corpus)


def _stores(
    extractor: Extractor,
    cell: Cell,
    splits: Mapping[Split, TaskSplit],
    places: Places,
    progress: Progress,
    workers: Workers = _HERE,
) -> dict[Split, LayeredStore]:
    dtype = StoreDtype(cell.store_dtype)
    return {
        which: fill(
            extractor,
            split.corpus,
            store_folder(places.store, extractor, split.corpus, dtype=dtype),
            dtype=dtype,
            max_bytes=places.max_store_bytes,
            progress=progress,
            workers=workers,
        )
        for which, split in splits.items()
    }


_Measure = Callable[[Cell, Mapping[Split, TaskSplit], Mapping[Split, WordVectors], Stopwatch, Progress], Scored]

_TRAINED: dict[TaskKind, _Measure] = {
    **dict.fromkeys(TREES, measure_trees),
    TaskKind.HEAD_SELECTION: measure_heads,
    TaskKind.GRADED: measure_graded,
    TaskKind.POINTER: measure_answers,
}
"""How the cells are measured that train probes on something other than classes."""


def _measure(work: _Work, identity: str, places: Places, progress: Progress) -> tuple[Record, Predictions]:
    cell, watch = work.cell, work.watch
    set_threads(places.threads)
    with watch.phase("data"):
        splits = load_splits(cell)
        extractor = fitted(cell.extractor, splits)
    with watch.phase("extraction"):
        stores = _stores(extractor, cell, splits, places, progress)
    if cell.task.meta.kind is TaskKind.SIMILARITY:
        with watch.phase("scoring"):
            scored = score_similarities(cell, splits[Split.TEST], stores[Split.TEST])
    elif cell.task.meta.kind in SUITES:
        with watch.phase("scoring"):
            scored = score_suite(cell, splits[Split.TEST], stores[Split.TEST])
    else:
        measure = _TRAINED.get(cell.task.meta.kind, measure_classes)
        scored = measure(cell, splits, stores, watch, progress)
    return _record(work, identity, extractor, splits, stores, scored), scored.predictions


def _record(
    work: _Work,
    identity: str,
    extractor: Extractor,
    splits: Mapping[Split, TaskSplit],
    stores: Mapping[Split, LayeredStore],
    scored: Scored,
) -> Record:
    cell = work.cell
    return Record(
        status=Status.DONE,
        identity=identity,
        extractor=cell.extractor.name,
        task=cell.task.meta.name,
        probe=cell.probe_name,
        metric=cell.task.meta.metric,
        layer_names=extractor.layer_names,
        label_names=tuple(cell.task.label_names),
        scores=scored.scores,
        baselines=scored.baselines,
        subset_scores=scored.subset_scores,
        mix_weights=scored.mix_weights,
        training=scored.training,
        trials=scored.trials,
        alignment={
            which.value: {
                "words": splits[which].corpus.n_words,
                **stores[which].alignment.counts(),
                **(scored.account if which is Split.TEST else {}),
            }
            for which in stores
        },
        config=dict(work.config),
        environment=environment(),
        fingerprints={
            "extractor": extractor.fingerprint,
            "task": cell.task.fingerprint,
            **{f"corpus.{which.value}": splits[which].corpus.fingerprint for which in splits},
            **pinned(cell.extractor),
            **pinned(cell.task),
        },
        phases=phases_of(work.watch),
        precision=read_rounding(stores[Split.TEST].folder),
        limit=cell.limit,
        cluster=cell.task.meta.cluster.value if cell.task.meta.cluster else "",
        started=work.started,
        finished=now(),
    )


def set_threads(threads: int | None) -> None:
    """Uses that many torch threads; None keeps torch's own choice."""
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
