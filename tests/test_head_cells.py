"""Head selection through the whole instrument: the record, its baselines, and what a cell refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedbench.cells import Cell
from embedbench.errors import ConfigurationError, MissingExtraError
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.pipeline import Places, run_cell
from embedbench.probing import allennlp
from embedbench.probing.head_decoding import is_tree
from embedbench.probing.members import Training
from embedbench.probing.probes import Biaffine, Linear
from embedbench.reporting.querying import query
from embedbench.results.predictions import read_predictions
from embedbench.results.reading import read_records
from embedbench.results.schema import Status
from embedbench.tasks.head_columns import Heads
from embedbench.tasks.head_selection import HeadSelection
from embedbench.types import ControlKind, Split

FILES = {"train": "grammar:train:60:5", "dev": "grammar:dev:20:5", "test": "grammar:test:30:5"}
METRICS = {"uas", "las", "uas_greedy"}
CONLLU = """\
1	I	I	PRON	PRP	_	2	nsubj	_	_
2	saw	see	VERB	VBD	_	0	root	_	_
3	the	the	DET	DT	_	4	det	_	_
4	cat	cat	NOUN	NN	_	2	obj	_	_
5	now	now	ADV	RB	_	2	advmod:tmp	_	_
6	.	.	PUNCT	.	_	2	punct	_	_

"""


def cell_of(task, probe=None, **options) -> Cell:
    options = {"mixes": ("single", "scalar"), "seeds": (0, 1), "resamples": 99, **options}
    training = Training(max_epochs=2, min_updates=20, batch_size=128)
    return Cell(RandomVectors(size=6), task, probe or Biaffine(rank=4), training, **options)


def test_a_record_has_all_metrics_of_every_mix_and_of_the_baselines(tmp_path) -> None:
    places = Places(tmp_path / "results", tmp_path / "store")
    outcome = run_cell(cell_of(HeadSelection(files=FILES, left_out=())), places)
    record = outcome.record
    assert record.status is Status.DONE, record.error
    assert (record.probe, record.metric) == ("biaffine", "uas")
    mixes = ("single:0", "scalar")
    of_task, of_control = ({(s.mix, s.metric) for s in record.scores if s.labels == own} for own in ("task", "control"))
    assert of_task == {(mix, metric) for mix in mixes for metric in METRICS}
    assert of_control == of_task
    assert all(s.low <= s.value <= s.high and s.seeds == 2 and s.clusters == 30 for s in record.scores)
    value = {(s.mix, s.metric): s.value for s in record.scores if s.labels == "task"}
    assert value["scalar", "las"] <= value["scalar", "uas"]
    baselines = {"next_word", "previous_word", "first_word", "word_majority"}
    trivial = {(s.extractor, s.metric) for s in record.baselines if s.labels == "task"}
    assert trivial == {(b, n) for b in baselines for n in ("uas", "las")}
    assert {(s.extractor, s.metric) for s in record.baselines if s.labels == "control"} == {
        ("control_ceiling", n) for n in METRICS
    }
    predictions = read_predictions(outcome.folder)
    assert {"gold", "gold|las", "scalar|task|1", "scalar|las|1", "scalar|uas_greedy|1"} <= set(predictions.columns)
    assert {"gold|control", "scalar|control|1"} <= set(predictions.columns)
    assert (predictions["gold|control"] != predictions["gold"]).any()
    control = (predictions["scalar|control|1"] == predictions["gold|control"]).mean()
    recorded = next(s for s in record.scores if (s.labels, s.mix, s.metric) == ("control", "scalar", "uas"))
    assert recorded.per_seed[1] == pytest.approx(control)
    for (sentence,), rows in predictions.group_by("cluster"):
        found, own = rows["scalar|task|0"].to_numpy(), np.arange(len(rows))
        assert is_tree(np.where(found == 0, 0, own + found + 1)), sentence
    assert run_cell(cell_of(HeadSelection(files=FILES, left_out=())), places).skipped


def test_the_task_is_learned_alike_with_and_without_control(tmp_path) -> None:
    places, cell = Places(tmp_path / "results", tmp_path / "store"), cell_of(HeadSelection(files=FILES, left_out=()))
    both, alone = (run_cell(replace(cell, control=control), places).record for control in (True, False))
    beside = {(s.labels, s.mix, s.metric): s.value for s in both.scores}
    for score in alone.scores:
        assert score.labels == "task"
        assert score.value == pytest.approx(beside["task", score.mix, score.metric], abs=0.02)


def test_control_is_scored_word_by_word_on_the_scored_words(tmp_path) -> None:
    cell = cell_of(HeadSelection(files=FILES | {"dev": FILES["test"]}))
    record = run_cell(cell, Places(tmp_path / "results", tmp_path / "store")).record
    value = {(s.labels, s.mix, s.metric): s for s in record.scores}
    for mix in ("single:0", "scalar"):
        assert value["control", mix, "uas"].per_seed == value["control", mix, "uas_greedy"].per_seed
        assert value["control", mix, "las"].value <= value["control", mix, "uas"].value
    for member in record.training:
        own = value[member.labels, member.mix, "uas_greedy"].per_seed[member.seed]
        assert member.dev_score == pytest.approx(own), (member.labels, member.mix)


def test_a_task_without_control_heads_has_the_same_cells_whatever_is_asked(monkeypatch) -> None:
    asked, not_asked = (cell_of(HeadSelection(files=FILES), control=control) for control in (True, False))
    assert asked.learns_control
    assert not not_asked.learns_control
    monkeypatch.setattr(HeadSelection, "CONTROL", ControlKind.NONE)
    assert asked.identity == not_asked.identity
    monkeypatch.setattr(HeadSelection, "CONTROL", ControlKind.WORD_TYPE)
    with pytest.raises(ConfigurationError, match="does not fit its kind, head_selection: it is WORD_TYPE_HEAD or NONE"):
        cell_of(HeadSelection(files=FILES))


def test_heads_are_no_labels_in_a_query(tmp_path) -> None:
    run_cell(cell_of(HeadSelection(files=FILES), seeds=(0,)), Places(tmp_path / "results", tmp_path / "store"))
    frame = query(read_records(tmp_path / "results"), "SELECT gold, gold_label, predicted_label FROM predictions")
    assert len(frame)
    assert frame["gold_label"].null_count() == frame["predicted_label"].null_count() == len(frame)


def test_words_left_out_are_not_scored_but_stay_in_the_tree(tmp_path) -> None:
    (tmp_path / "hand.conllu").write_text(CONLLU, encoding="utf-8")
    task = HeadSelection(files={split.value: str(tmp_path / "hand.conllu") for split in Split})
    assert "advmod" in task.label_names
    assert "advmod:tmp" in replace(task, coarse=False).label_names
    heads = Heads.of(task.split(Split.TEST), task.label_names, task.left_out)
    assert heads.heads.tolist() == [1, 0, 1, -2, -3, -4]
    assert heads.choices.tolist() == [2, 0, 4, 2, 2, 2]
    assert heads.kept.tolist() == [True] * 5 + [False]
    record = run_cell(cell_of(task, resamples=9), Places(tmp_path / "results", tmp_path / "store")).record
    assert {s.n for s in (*record.scores, *record.baselines)} == {5}
    assert record.alignment["test"]["words whose head is not scored"] == 1
    by_hand = {(s.extractor, s.metric): s.value for s in record.baselines}
    # Of I, saw, the, cat, now: the next word heads I and the; the one before none; the first word is not the root.
    assert by_hand["next_word", "uas"] == by_hand["next_word", "las"] == pytest.approx(2 / 5)
    assert by_hand["previous_word", "uas"] == by_hand["first_word", "uas"] == 0
    assert by_hand["word_majority", "uas"] == by_hand["word_majority", "las"] == 1


def test_it_takes_the_default_biaffine_probe_in_place_of_another() -> None:
    task = HeadSelection(files=FILES)
    default, other, limited = (cell_of(task, probe) for probe in (Linear(), Biaffine(), Biaffine(rank=2)))
    assert {default.probe_name, other.probe_name, limited.probe_name} == {"biaffine"}
    assert default.identity == other.identity != limited.identity
    assert replace(default, control=False).identity != default.identity
    assert replace(default, seeds=(0,)).identity != default.identity


def test_without_allennlp_the_extra_is_named_before_any_work(monkeypatch) -> None:
    monkeypatch.setattr(allennlp, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"task head_selection, to decode trees, .*embedbench\[elmo\]"):
        cell_of(HeadSelection(files=FILES))


def test_trivial_trees_of_english_ewt(data_folder) -> None:
    """Next and previous words as heads, over 22,029 words that are no punctuation."""
    files = dict.fromkeys((s.value for s in Split), str(data_folder / "ud/en_ewt-ud-test.conllu.gz"))
    task = HeadSelection(files=files)
    heads = Heads.of(task.split(Split.TEST), task.label_names, task.left_out)
    last = np.isin(np.arange(len(heads.heads)), heads.offsets[1:] - 1)
    first = np.isin(np.arange(len(heads.heads)), heads.offsets[:-1])
    following = (np.where(last, 0, 1) == heads.heads)[heads.kept].mean()
    previous = (np.where(first, 0, -1) == heads.heads)[heads.kept].mean()
    assert 100 * (heads.heads[heads.offsets[:-1]] == 0).mean() == pytest.approx(27.4, abs=0.06)
    assert [int(heads.kept.sum()), round(100 * following, 2), round(100 * previous, 2)] == [22029, 31.89, 9.16]
