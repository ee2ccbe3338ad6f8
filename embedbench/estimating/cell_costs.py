"""One estimate per cell: bytes of its stores, seconds of extraction and training, peak memory.

No store is filled and no record is written; tables of static vectors are opened, and so cached, where they are not.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedbench.cells import Cell, load_splits
from embedbench.estimating.arithmetic import training_seconds
from embedbench.estimating.experience import Experience, Likeness
from embedbench.estimating.timing import Timing, time_extraction
from embedbench.pipeline import Places, fitted, set_threads
from embedbench.probing.plan import plan_sentence_members
from embedbench.progress import SilentProgress
from embedbench.results.writing import cell_folder, finished
from embedbench.store.inspection import missing_shards
from embedbench.store.layout import Layout, StoreDtype, store_folder
from embedbench.types import Corpus, Extractor, FittedOnTrain, Split, TaskKind, TaskSplit

_WORDS_TO_FIT, _SECONDS_TO_FIT = 2_000, 10.0
"""An extractor that must see the train words sees a few first; all of them if that takes no longer than this."""
_CHUNK_COPIES = 2.5
"""A shard's vectors in float32 while they are computed, pooled and stored."""


@dataclass(frozen=True)
class CellCost:
    """What one cell will cost.

    Attributes:
        extractor: its label.
        task: the task's name.
        finished: the cell has its record; nothing will be done.
        words: whose vectors are missing.
        store_bytes: that will be written.
        extraction_seconds: starting the model included.
        training_seconds: of training and scoring; None where nothing tells.
        memory_bytes: the largest resident memory of the process.
        source: where the seconds of training come from.
    """

    extractor: str
    task: str
    finished: bool = False
    words: int = 0
    store_bytes: int = 0
    extraction_seconds: float = 0.0
    training_seconds: float | None = 0.0
    memory_bytes: int = 0
    source: str = ""


class Estimator:
    """Estimates the cells of one command, each store counted where it is first needed, each extractor timed once."""

    def __init__(self) -> None:
        self._counted: set[Path] = set()
        self._timings: dict[str, Timing] = {}
        self._experience: dict[Path, Experience] = {}

    def cost(self, cell: Cell, places: Places) -> CellCost:
        """The cost of a cell; its data are read, and its extractor runs on a few hundred words.

        Raises:
            EmbedbenchError: what would make the cell fail before any work: data, model or options that are missing.
        """
        set_threads(places.threads)
        names = (cell.extractor.name, cell.task.meta.name)
        done = finished(cell_folder(places.results, *names, cell.probe_name, cell.identity))
        if done is not None and done.identity == cell.identity:
            return CellCost(*names, finished=True)
        splits = load_splits(cell)
        extractor, seconds = _seen_train(cell.extractor, splits)
        words, store_bytes, largest = 0, 0, 0
        for split in splits.values():
            layout = Layout.of(extractor, split.corpus, StoreDtype(cell.store_dtype))
            folder = store_folder(places.store, extractor, split.corpus, dtype=StoreDtype(cell.store_dtype))
            if folder in self._counted:
                continue
            self._counted.add(folder)
            missing = missing_shards(folder, layout, verify=False, progress=SilentProgress())
            own = sum(map(layout.shard_words, missing))
            words, store_bytes = words + own, store_bytes + own * layout.bytes_per_word
            largest = max([largest, *map(layout.shard_words, missing)])
        timing = self._timing(extractor, splits) if words else Timing(0.0, 1.0, 0)
        n_layers, dim = len(extractor.layer_names), extractor.dim
        trained, memory, source = self._training(cell, places, splits, n_layers, dim)
        chunk = int(_CHUNK_COPIES * 4 * largest * n_layers * dim)
        return CellCost(
            *names,
            words=words,
            store_bytes=store_bytes,
            extraction_seconds=seconds + timing.start_seconds + words / timing.words_per_second if words else 0.0,
            training_seconds=trained,
            memory_bytes=max(_resident() + chunk, memory),
            source=source,
        )

    def _timing(self, extractor: Extractor, splits: Mapping[Split, TaskSplit]) -> Timing:
        if extractor.fingerprint not in self._timings:
            largest = max((split.corpus for split in splits.values()), key=lambda corpus: corpus.n_words)
            self._timings[extractor.fingerprint] = time_extraction(extractor, largest)
        return self._timings[extractor.fingerprint]

    def _training(
        self, cell: Cell, places: Places, splits: Mapping[Split, TaskSplit], n_layers: int, dim: int
    ) -> tuple[float | None, int, str]:
        """Seconds, peak memory, and where they come from."""
        if places.results not in self._experience:
            self._experience[places.results] = Experience(places.results)
        trains = Split.TRAIN in splits and cell.probe_name != "none"
        members = _n_members(cell, n_layers) if trains else 1
        split = splits[Split.TRAIN if trains else Split.TEST]
        wanted = Likeness(cell.extractor.name, cell.task.meta.name, cell.probe_name, split.corpus.n_words, members)
        held = _held_bytes(splits, n_layers, dim, cell.training.memory_bytes) if trains else 0
        lesson = self._experience[places.results].about(wanted)
        if lesson is not None:
            return lesson.seconds, max(lesson.memory_bytes, _resident() + held), lesson.source
        if not trains:
            return None, _resident(), "no record of this task; scoring without training takes seconds"
        if cell.task.meta.kind not in (TaskKind.CLASSIFICATION, TaskKind.GRADED):
            return None, _resident() + held, f"no record of probe {cell.probe_name} here"
        seconds = training_seconds(
            cell, targets=len(split), spans=split.spans.shape[1], layers=n_layers, dim=dim, members=members
        )
        return seconds, _resident() + held, "operations of the whole schedule; no record of this probe here"


def _seen_train(extractor: Extractor, splits: Mapping[Split, TaskSplit]) -> tuple[Extractor, float]:
    """The extractor after train, and the seconds that takes; after the first words of it where all would take long."""
    if (
        not isinstance(extractor, FittedOnTrain)
        or not getattr(extractor, "needs_train", True)
        or Split.TRAIN not in splits
    ):
        return fitted(extractor, splits), 0.0
    whole = splits[Split.TRAIN].corpus
    started = time.perf_counter()
    few = extractor.fitted(_first_words(whole))
    seconds = (time.perf_counter() - started) * max(whole.n_words / _WORDS_TO_FIT, 1.0)
    return (few, seconds) if seconds > _SECONDS_TO_FIT else (fitted(extractor, splits), seconds)


def _first_words(corpus: Corpus) -> Corpus:
    n = int((corpus.offsets < _WORDS_TO_FIT).sum())
    return Corpus(corpus.sentences[:n])


def _n_members(cell: Cell, n_layers: int) -> int:
    columns = ("task", "control") if cell.learns_control else ("task",)
    return len(plan_sentence_members(cell.mixes, cell.seeds, columns, n_layers)) * len(cell.training.grid)


def _held_bytes(splits: Mapping[Split, TaskSplit], n_layers: int, dim: int, most: int) -> int:
    """What training keeps in memory: the span vectors of train and dev, each up to `training.memory_bytes`."""
    return sum(
        min(4 * len(split) * split.spans.shape[1] * n_layers * dim, most)
        for which, split in splits.items()
        if which is not Split.TEST
    )


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
