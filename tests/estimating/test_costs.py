"""Estimates of toy cells: sizes exactly, seconds by their source, stores once."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from embedbench.cells import Cell
from embedbench.environment import environment
from embedbench.estimating.cell_costs import Estimator
from embedbench.estimating.experience import Experience, Likeness
from embedbench.estimating.timing import time_extraction
from embedbench.extractors.one_hot import OneHot
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import Linear
from embedbench.results.schema import MemberTraining, Phase, Record, Status
from embedbench.results.writing import write_record
from embedbench.tasks.tagging import Upos
from embedbench.types import Corpus, LayeredWords, Split

FILES = {"train": "grammar:train:30:1", "dev": "grammar:dev:10:1", "test": "grammar:test:10:1"}


@dataclass(frozen=True)
class Slow:
    """Half a millisecond a word, a quarter of a second to start."""

    name: str = "slow"
    layer_names: tuple[str, ...] = ("one", "two")
    dim: int = 8
    fingerprint: str = "slow"

    def extract(self, sentences):
        words = [word for sentence in sentences for word in sentence]
        time.sleep(0.0005 * len(words))
        values = np.array([[[len(word)] * self.dim] * 2 for word in words], np.float32)
        return LayeredWords(values.reshape(len(words), 2, self.dim))


def cell_of(extractor, **changes) -> Cell:
    training = Training(min_updates=10, max_epochs=2)
    return Cell(extractor, Upos(files=FILES), Linear(), training, ("single",), (0, 1), **{"resamples": 50, **changes})


@pytest.fixture
def places(tmp_path) -> Places:
    return Places(tmp_path / "results", tmp_path / "store")


def test_sizes_are_exact_stores_count_once_and_nothing_is_written(places):
    estimator, cell = Estimator(), cell_of(Slow())
    words = sum(cell.task.split(which).corpus.n_words for which in cell.task.splits)
    cost = estimator.cost(cell, places)
    assert (cost.words, cost.store_bytes) == (words, words * 2 * 8 * 2)
    assert 0.0005 * words <= cost.extraction_seconds < 0.1 * words
    assert cost.training_seconds > 0
    assert "operations" in cost.source
    assert cost.memory_bytes > 10_000_000
    again = estimator.cost(dataclasses.replace(cell, seeds=(2,)), places)
    assert (again.words, again.store_bytes, again.extraction_seconds) == (0, 0, 0.0)
    assert not list(Path(places.store).rglob("*"))
    assert not places.results.exists()


def test_a_finished_cell_costs_nothing_and_teaches_about_another(places):
    cell = cell_of(Slow())
    assert run_cell(cell, places).record.error is None
    assert Estimator().cost(cell, places).finished
    other = Estimator().cost(dataclasses.replace(cell, seeds=(0, 1, 2, 3)), places)
    assert not other.finished
    assert other.words == 0  # the store is there
    assert other.source == "record of slow x upos, times 2"


def test_an_extractor_that_must_see_train_sees_it(places):
    cell = cell_of(OneHot())
    cost = Estimator().cost(cell, places)
    assert cost.store_bytes == cost.words * 2 * OneHot().fitted(cell.task.split(Split.TRAIN).corpus).dim


def record(extractor, task, probe, *, seconds, words=1000, members=10, **changes) -> Record:
    values = {
        "status": Status.DONE,
        "identity": f"{extractor}{task}{probe}".encode().hex() * 2,
        "metric": "accuracy",
        "started": "",
        "finished": "2026",
        "phases": (Phase("extraction", 99.0, 5), Phase("probing", seconds - 1, 7), Phase("scoring", 1.0, 6)),
        "training": tuple(MemberTraining("mean", "task", k, 1, 0.5) for k in range(members)),
        "alignment": {"train": {"words": words}, "test": {"words": 3}},
        "environment": environment(),
    }
    return Record(extractor=extractor, task=task, probe=probe, **(values | changes))


def test_the_most_alike_record_counts_and_is_scaled(tmp_path):
    for found in (
        record("a", "upos", "linear", seconds=2.0),
        record("b", "upos", "linear", seconds=3.0),
        record("b", "arc", "linear", seconds=50.0),
        record("a", "upos", "mlp", seconds=70.0),
        record("a", "ner", "crf", seconds=9.0, environment={"processor": "another"}),
    ):
        write_record(tmp_path, found)
    experience = Experience(tmp_path)
    lesson = experience.about(Likeness("a", "upos", "linear", 2000, 5))
    assert (lesson.seconds, lesson.memory_bytes) == (2.0, 7)
    assert experience.about(Likeness("c", "arc", "linear", 1000, 10)).seconds == 50.0
    assert experience.about(Likeness("a", "xpos", "mlp", 1000, 20)).seconds == 140.0
    assert experience.about(Likeness("a", "ner", "crf", 1000, 10)) is None  # another processor
    assert Experience(tmp_path / "absent").about(Likeness("a", "upos", "linear", 1, 1)) is None


def test_a_run_of_half_a_second_is_believed_and_starting_is_apart():
    corpus = Corpus.of([[f"w{k}"] * 10 for k in range(200)])
    timing = time_extraction(Slow(), corpus)
    assert timing.words_per_second < 2000
