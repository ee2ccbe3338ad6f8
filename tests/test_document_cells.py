"""Cells whose clusters are documents: the scores of cells whose clusters are sentences, with other intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from treebank_of_documents import written

from embedbench.cells import Cell
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import Linear
from embedbench.report.answers import read_answers
from embedbench.report.options import ReportOptions
from embedbench.report.shown import shown_cells
from embedbench.report.verdicts import verdicts
from embedbench.reporting.comparing import CompareOptions, compare_extractors
from embedbench.reporting.options import TableOptions
from embedbench.reporting.table import render_table
from embedbench.results.predictions import read_predictions
from embedbench.results.reading import read_records
from embedbench.results.schema import Status
from embedbench.scoring.intervals import Bootstrap
from embedbench.tasks.base import TreebankTask
from embedbench.tasks.head_selection import HeadSelection
from embedbench.tasks.tagging import Upos
from embedbench.tasks.trees import TreeDistance, WordDepth
from embedbench.types import ClusterUnit


@dataclass(frozen=True)
class Nominal(TreebankTask):
    """Nominal words in a row as spans, which go on from sentence to sentence where nobody ends them."""

    name: str = "nominal"

    METRIC: ClassVar[str] = "span_f1"

    def labelled(self, which):
        rows, labels = [], []
        for start, tokens in self.trees(which):
            inside = False
            for i, token in enumerate(tokens):
                nominal = token.upos in ("NOUN", "ADJ", "PROPN", "PUNCT", "DET")
                labels.append(("I-N" if inside else "B-N") if nominal else "O")
                rows.append((start + i,))
                inside = nominal
        return self.spans_of(which, rows, labels)


def cell_of(task, seed=0, **options) -> Cell:
    training = Training(max_epochs=2, min_updates=20, batch_size=128)
    options = {"mixes": ("mean",), "seeds": (0, 1), "resamples": 199, **options}
    return Cell(RandomVectors(size=24, seed=seed, name=f"random{seed}"), task, Linear(), training, **options)


def values(record) -> dict[tuple[str, ...], tuple[object, ...]]:
    """Everything of the scores but intervals and clusters."""
    scores = (*record.scores, *record.baselines, *record.subset_scores)
    return {
        (s.extractor, s.mix, s.labels, s.split, s.metric, s.subset): (s.value, s.per_seed, s.n, s.seeds) for s in scores
    }


def ran(folder, task, **options):
    """The outcomes of the task by sentences and by documents."""
    places = Places(folder / "results", folder / "store")
    found = [run_cell(cell_of(one, **options), places) for one in (task, replace(task, clusters=ClusterUnit.document))]
    assert [outcome.record.status for outcome in found] == [Status.DONE, Status.DONE], found[1].record.error
    return found


@pytest.mark.parametrize("kind", [Upos, Nominal, TreeDistance, WordDepth, HeadSelection])
def test_scores_are_the_same_and_intervals_are_not(tmp_path, kind) -> None:
    files = written(tmp_path, size=30)
    options = {"codelength": True} if kind in (Upos, Nominal) else {}
    by_sentence, by_document = ran(tmp_path, kind(files=files), **options)
    one, other = by_sentence.record, by_document.record
    assert values(one) == values(other)
    assert any(s.value > 0.1 for s in one.scores)
    assert (one.cluster, other.cluster) == ("sentence", "document")
    tested = [[s for s in record.scores if s.split == "test"] for record in (one, other)]
    assert {s.clusters for s in tested[0]} == {30}
    assert {s.clusters for s in tested[1]} == {8}
    assert any((a.low, a.high) != (b.low, b.high) for a, b in zip(*tested, strict=True))
    # What was sent in a code is sentences, whatever the statistics draw.
    assert {s.clusters for record in (one, other) for s in record.scores if s.split == "train"} <= {30}

    frames = [read_predictions(outcome.folder) for outcome in (by_sentence, by_document)]
    assert "sentence" not in frames[0].columns
    assert frames[1]["sentence"].equals(frames[0]["cluster"].alias("sentence"))
    assert frames[1].drop("cluster", "sentence").equals(frames[0].drop("cluster"))


@pytest.mark.parametrize("kind", [Upos, Nominal, WordDepth])
def test_two_cells_of_documents_are_compared_as_the_record_scores_them(tmp_path, kind) -> None:
    task = kind(files=written(tmp_path, size=30), clusters=ClusterUnit.document)
    places = Places(tmp_path / "results", tmp_path / "store")
    records = [run_cell(cell_of(task, seed), places).record for seed in (0, 1)]
    options = CompareOptions("random0", "random1", bootstrap=Bootstrap(resamples=99))
    [row] = compare_extractors(read_records(places.results), options).rows
    main = [next(s.value for s in r.scores if s.metric == r.metric and s.labels == "task") for r in records]
    assert (row.found.first, row.found.second) == pytest.approx(main)
    assert row.found.clusters == 8
    shown = shown_cells(read_records(places.results))
    answers = {name: read_answers(cells) for name, cells in shown.by_task.items()}
    [verdict] = verdicts(shown, answers, ReportOptions(resamples=99))
    assert verdict.rivals[0].p == pytest.approx(row.found.p, abs=0.15)


def test_cells_of_other_clusters_are_not_compared(tmp_path) -> None:
    task = Upos(files=written(tmp_path, size=30))
    places = Places(tmp_path / "results", tmp_path / "store")
    run_cell(cell_of(task), places)
    run_cell(cell_of(replace(task, clusters=ClusterUnit.document), 1), places)
    compared = compare_extractors(read_records(places.results), CompareOptions("random0", "random1"))
    assert compared.rows == ()
    assert (
        "not compared: upos, probe linear: the clusters of one cell are sentences and those of the other documents; "
        "run both with the same task.clusters"
    ) in compared.notes


def test_the_table_says_what_clusters_are(tmp_path) -> None:
    files = written(tmp_path, size=30)
    places = Places(tmp_path / "results", tmp_path / "store")
    run_cell(cell_of(WordDepth(files=files)), places)
    run_cell(cell_of(Upos(files=files, clusters=ClusterUnit.document)), places)
    lines = render_table(read_records(places.results).records, TableOptions(mix="mean"))
    n = read_records(places.results).records[0].scores[0].n
    assert "(bootstrap over clusters: sentences; documents for upos)" in lines
    assert f"targets (n) in clusters: upos {n} in 8, word_depth {n} in 30" in lines
