"""Graded pairs and answers in passages through the whole instrument: the record, its baselines, which probe it has."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from embedbench.cells import Cell
from embedbench.errors import ConfigurationError
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import Graded, Linear, Pointer, Structural
from embedbench.results.predictions import read_predictions
from embedbench.results.schema import Status
from embedbench.scored.answers import overlapping_sentences, random_spans
from embedbench.scored.graded import word_overlap
from embedbench.tasks.extractive_qa import Xquad
from embedbench.tasks.graded_pairs import SentenceSimilarity, SickRelatedness
from embedbench.tasks.tagging import Upos
from embedbench.types import Corpus, Split, TaskSplit


@pytest.fixture
def graded(tmp_path) -> SickRelatedness:
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(30)]
    for split in Split:
        lines = ["sentence_A\tsentence_B\trelatedness_score"]
        for _ in range(60):
            first, second = rng.choice(words, 4), rng.choice(words, 4)
            same = int(rng.integers(0, 5))
            second[:same] = first[:same]
            lines.append(f"{' '.join(first)}\t{' '.join(second)}\t{1 + same}")
        (tmp_path / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return SickRelatedness(files={split.value: str(tmp_path / f"{split}.tsv") for split in Split})


@pytest.fixture
def asked(tmp_path) -> Xquad:
    rng = np.random.default_rng(1)
    articles = []
    for number in range(20):
        text = " ".join(f"w{i}" for i in rng.integers(0, 40, 12)) + ". It was new."
        word = text.split()[3]
        answers = [{"text": word, "answer_start": text.index(f"{word} ")}]
        qas = [{"id": str(number), "question": "What was new?", "answers": answers}]
        articles.append({"title": str(number), "paragraphs": [{"context": text, "qas": qas}]})
    (tmp_path / "q.json").write_text(json.dumps({"data": articles}), encoding="utf-8")
    return Xquad(files={split.value: str(tmp_path / "q.json") for split in Split})


def cell_of(task, probe=None, **options) -> Cell:
    options = {"mixes": ("single", "scalar"), "seeds": (0, 1), "resamples": 99, **options}
    training = Training(max_epochs=2, min_updates=20, batch_size=128)
    return Cell(RandomVectors(size=12), task, probe or Linear(), training, **options)


def done(tmp_path, cell):
    places = Places(tmp_path / "results", tmp_path / "store")
    outcome = run_cell(cell, places)
    assert outcome.record.status is Status.DONE, outcome.record.error
    assert run_cell(cell, places).skipped
    return outcome.record, read_predictions(outcome.folder)


def test_a_record_of_graded_pairs_has_both_correlations(tmp_path, graded) -> None:
    record, predictions = done(tmp_path, cell_of(graded))
    assert (record.probe, record.metric) == ("graded", "pearson")
    metrics = ("pearson", "spearman")
    assert [(s.metric, s.mix) for s in record.scores] == [(n, m) for n in metrics for m in ("single:0", "scalar")]
    assert [(s.extractor, s.metric) for s in record.baselines] == [("word_overlap", name) for name in metrics]
    assert record.baselines[0].value > 0.9
    gold, found = predictions["gold"].to_numpy(), predictions["single:0|task|1"].to_numpy()
    assert record.scores[0].per_seed[1] == pytest.approx(np.corrcoef(gold, found)[0, 1])
    assert found.min() >= 1
    assert found.max() <= 5


def test_a_record_of_answers_has_both_metrics_and_both_baselines(tmp_path, asked) -> None:
    record, predictions = done(tmp_path, cell_of(asked))
    assert (record.probe, record.metric) == ("pointer", "answer_f1")
    metrics = ("answer_f1", "exact_match")
    assert [(s.metric, s.mix) for s in record.scores] == [(n, m) for n in metrics for m in ("single:0", "scalar")]
    names = ("random_span", "overlapping_sentence")
    assert [(s.extractor, s.metric) for s in record.baselines] == [(b, n) for b in names for n in metrics]
    assert record.baselines[2].value == 0  # the sentence that is like the question is never the one with the answer
    assert {"gold", "gold|exact_match", "scalar|task|1", "scalar|exact_match|1"} <= set(predictions.columns)
    assert record.scores[0].value == pytest.approx(
        np.mean([predictions[f"single:0|task|{seed}"].mean() for seed in (0, 1)])
    )
    account = record.alignment["test"]
    assert (account["questions"], account["answers_that_cut_a_word"]) == (5, 0)
    limited, _ = done(tmp_path, cell_of(asked, limit=4))
    assert limited.alignment["test"]["questions"] == limited.scores[0].clusters == 2


def test_each_kind_has_the_probe_it_needs(graded, asked) -> None:
    for task, own, other in ((graded, Graded(), Graded(hidden=8)), (asked, Pointer(), Pointer(longest=3))):
        default, same, changed = (cell_of(task, probe) for probe in (Linear(), own, other))
        assert {default.probe_name, same.probe_name, changed.probe_name} == {own.name}
        assert default.identity == same.identity != changed.identity
        assert cell_of(task, Structural()).identity == default.identity
        assert replace(default, control=False).identity == default.identity
        assert replace(default, seeds=(0,)).identity != default.identity


def test_a_classification_cannot_have_a_pointer() -> None:
    files = {split.value: f"grammar:{split.value}:9" for split in Split}
    with pytest.raises(ConfigurationError, match="pointer is not for classes, and upos is a classification"):
        cell_of(Upos(files=files), Pointer())
    with pytest.raises(ConfigurationError, match="answers of up to 0 words; expected at least 0 and 1"):
        Pointer(longest=0)
    with pytest.raises(ConfigurationError, match="-1 hidden units"):
        Graded(hidden=-1)


def test_cosines_need_no_training(tmp_path, graded) -> None:
    task = SentenceSimilarity(
        files={"test": graded.files["test"]}, first="sentence_A", second="sentence_B", grade="relatedness_score"
    )
    record, _ = done(tmp_path, cell_of(task))
    assert (record.probe, record.metric, len(record.scores)) == ("none", "spearman", 1)
    # Words in common have the same random vector.
    assert record.scores[0].value > 0.8


def test_baselines_by_hand() -> None:
    corpus = Corpus.of([["A", "b", "c"], ["a", "c", "d", "d"]])
    spans = np.array([[[0, 3], [3, 7]]])
    assert word_overlap(TaskSplit(corpus, spans, np.zeros(1), np.zeros(1, np.int64))).tolist() == [2 / 4]
    passage = ["Ann", "saw", "Eve", ".", "Who", "saw", "the", "dog", "?", "She", "ran"]
    corpus = Corpus.of([passage, ["who", "saw", "it", "?"], ["nobody"]])
    spans = np.array([[[0, 11], [11, 15], [0, 1]], [[0, 11], [15, 16], [1, 3]]])
    split = TaskSplit(corpus, spans, np.arange(2), np.zeros(2, np.int64))
    assert overlapping_sentences(split).tolist() == [[4, 8], [0, 3]]
    drawn = random_spans(split, split, 400)
    lengths = drawn[..., 1] - drawn[..., 0] + 1
    assert set(np.unique(lengths).tolist()) == {1, 2}
    assert (drawn.min(), drawn.max()) == (0, 10)
    assert abs(lengths.mean() - 1.5) < 0.1
