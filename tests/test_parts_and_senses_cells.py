"""Senses without training, and parts of a task as subsets, through the whole instrument: what the record holds."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from embedbench.cells import Cell
from embedbench.errors import ConfigurationError
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.nearest_probes import NearestCentroid, NearestNeighbours
from embedbench.probing.probes import Linear
from embedbench.reporting.options import Format, TableOptions
from embedbench.reporting.table import render_table
from embedbench.results.schema import Status
from embedbench.tasks.coreference import Gap
from embedbench.tasks.edge_probing import EdgeProbing
from embedbench.tasks.word_senses import WordSense
from embedbench.types import Split


@pytest.fixture
def senses(tmp_path) -> WordSense:
    """The word before a target tells its sense, which a vector of the target alone does not see."""
    rng = np.random.default_rng(0)
    for split in Split:
        rows = []
        for _ in range(80):
            lemma, sense = rng.integers(0, 4), int(rng.random() < 0.3)
            rows += [f"cue{sense}\t_", f"word{lemma}\t{lemma}.{sense}", ""]
        (tmp_path / f"{split}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return WordSense({split.value: str(tmp_path / f"{split}.tsv") for split in Split})


@dataclass(frozen=True)
class SeesTheWordBefore(RandomVectors):
    """Layer 0 is the word's own vector, layer 1 that of the word before."""

    name: str = "sees_before"

    @property
    def layer_names(self):
        return ("own", "before")

    def extract(self, sentences):
        own = super().extract(sentences)
        before = np.roll(own.values, 1, axis=0)
        return replace(own, values=np.concatenate([own.values, before], axis=1))


def cell_of(task, probe, extractor=None, **options) -> Cell:
    options = {"mixes": ("single", "scalar"), "seeds": (0, 1), "resamples": 99, **options}
    training = Training(max_epochs=2, min_updates=20, batch_size=128)
    return Cell(extractor or RandomVectors(size=12), task, probe, training, **options)


def record_of(cell, tmp_path):
    outcome = run_cell(cell, Places(tmp_path / "results", tmp_path / "store"))
    assert outcome.record.status is Status.DONE, outcome.record.error
    return outcome.record


@pytest.mark.parametrize("probe", [NearestCentroid(), NearestNeighbours(neighbours=3)])
def test_a_sense_is_found_where_its_layer_tells_it_and_not_below_the_commonest_otherwise(probe, senses, tmp_path):
    record = record_of(cell_of(senses, probe, SeesTheWordBefore(size=12)), tmp_path)
    assert (record.probe, record.mix_weights) == (probe.name, ())
    task = {score.mix: score for score in record.scores if score.labels == "task"}
    assert list(task) == ["single:0", "single:1"], "the learned mix is left out"
    assert task["single:1"].value == 1.0
    assert task["single:1"].per_seed == (1.0,), "nothing is random"
    below = {score.extractor: score.value for score in record.baselines if score.labels == "task"}
    assert set(below) == {"majority", "word_majority", "lemma_majority"}
    assert task["single:0"].value <= below["lemma_majority"] + 1e-9 < 0.9
    assert [(one.mix, one.epochs) for one in record.training][:2] == [("single:0", 0), ("single:1", 0)]


def test_the_identity_of_what_is_not_trained_knows_no_training(senses):
    cell = cell_of(senses, NearestCentroid())
    assert replace(cell, seeds=(5,), training=Training()).identity == cell.identity
    assert replace(cell, probe=NearestCentroid(standardised=False)).identity != cell.identity
    assert replace(cell, probe=NearestNeighbours()).identity != cell.identity
    with pytest.raises(ConfigurationError, match="nearest_centroid gives no probabilities"):
        replace(cell, codelength=True)


def test_gap_has_its_genders_and_their_ratio(tmp_path):
    rng = np.random.default_rng(3)
    for split in Split:
        lines = ["ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\tURL"]
        for number in range(40):
            pronoun = ("He", "She")[number % 2]
            names = ["Ann", "Bob", "Cy"][number % 3], "Dee"
            first = bool(rng.random() < (0.9 if pronoun == "He" else 0.5))
            text = f"{names[0]} saw {names[1]}. {pronoun} left {number}."
            at = [str(text.index(word)) for word in (pronoun, *names)]
            truth = ("TRUE", "FALSE") if first else ("FALSE", "TRUE")
            cells = [f"t-{number}", text, pronoun, at[0], names[0], at[1], truth[0], names[1], at[2], truth[1], "u"]
            lines.append("\t".join(cells))
        (tmp_path / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    task = Gap({split.value: str(tmp_path / f"{split}.tsv") for split in Split})
    record = record_of(cell_of(task, Linear()), tmp_path)
    parts = {(s.subset, s.mix): s for s in record.subset_scores if s.subset in ("feminine", "masculine")}
    assert {score.n for score in parts.values()} == {40}
    [bias] = [s for s in record.scores if (s.metric, s.mix) == ("gender_bias", "single:0")]
    both = [np.array(parts[gender, "single:0"].per_seed) for gender in ("feminine", "masculine")]
    np.testing.assert_allclose(bias.per_seed, both[0] / both[1])
    below = {(s.extractor, s.metric) for s in record.baselines}
    assert {("nearest_name", "binary_f1"), ("random_name", "gender_bias")} <= below
    assert ("majority", "gender_bias") not in below, "undefined: it never says yes"
    text = render_table([record], TableOptions(metric="gender_bias"))
    assert f"{bias.value:.2f}" in text
    assert "feminine F1 / masculine F1 (1 is fair)" in text
    assert "only targets of feminine" in render_table([record], TableOptions(subset="feminine"))


def test_every_question_is_a_subset_unless_test_never_says_yes(tmp_path):
    rng = np.random.default_rng(4)
    for split in Split:
        lines = []
        for number in range(60):
            labels = [name for name in ("alive", "moved") if rng.random() < 0.5]
            labels += ["never"] if split is Split.TRAIN and number == 0 else []
            target = {"span1": [0, 1], "span2": [1, 2], "label": labels}
            lines.append(json.dumps({"text": f"{split}{number} b", "targets": [target]}))
        (tmp_path / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = {split.value: str(tmp_path / f"{split}.jsonl") for split in Split}
    task = EdgeProbing(files, name="roles", multilabel=True, metric="binary_f1")
    for probe in (Linear(), NearestCentroid()):
        record = record_of(cell_of(task, probe), tmp_path)
        own = {s.subset: s for s in record.subset_scores if s.mix == "single:0"}
        assert set(own) >= {"alive", "moved", "unseen"}
        assert "never" not in own
        assert (own["alive"].n, own["alive"].clusters) == (60, 60)
        rows = json.loads(render_table([record], TableOptions(subset="all", format=Format.JSON)))
        assert {"whole", "alive", "moved"} <= {row["subset"] for row in rows}
        whole = {s.labels: s for s in record.scores if s.mix == "single:0"}
        assert {labels: score.n for labels, score in whole.items()} == {"task": 180, "control": 180}
        [ceiling] = [s for s in record.baselines if s.labels == "control"]
        assert (ceiling.extractor, ceiling.n) == ("control_ceiling", 180)
    coded = record_of(replace(cell_of(task, Linear()), codelength=True), tmp_path)
    for labels in ("task", "control"):
        length, shorter = (
            next(s for s in coded.scores if (s.labels, s.metric, s.mix) == (labels, name, "single:0"))
            for name in ("codelength", "compression")
        )
        # Three answers about each of 60 pairs, of two kinds: a bit each without any model.
        np.testing.assert_allclose(np.multiply(length.per_seed, shorter.per_seed), 180)
