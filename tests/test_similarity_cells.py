"""Graded similarity from the file to the record: gensim's numbers, with unknown words left out, at zero, or kept."""

from __future__ import annotations

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from embedbench.cells import Cell
from embedbench.extractors.static_table import Case, OutOfVocabulary
from embedbench.extractors.word2vec import Word2Vec
from embedbench.pipeline import Places, run_cell
from embedbench.probing.members import Training
from embedbench.probing.probes import Linear
from embedbench.reporting.table import render_table
from embedbench.results.predictions import read_predictions
from embedbench.results.schema import LEFT_OUT, Status
from embedbench.tasks.context_similarity import ContextSimilarity
from embedbench.tasks.suites import Unknown
from embedbench.tasks.word_similarity import WordSimilarity


def outcome_of(tmp_path, extractor, task):
    cell = Cell(extractor, task, Linear(), Training(), ("single",), (0, 1), resamples=99, store_dtype="float32")
    return run_cell(cell, Places(tmp_path / "results", tmp_path / "store"))


def table_of(tmp_path, words, **options) -> tuple[KeyedVectors, Word2Vec]:
    """Random vectors of these words, as gensim and as we read them."""
    vectors = KeyedVectors(8)
    vectors.add_vectors(words, np.random.default_rng(5).normal(size=(len(words), 8)).astype(np.float32))
    path = tmp_path / "table.txt"
    vectors.save_word2vec_format(str(path), binary=False)
    extractor = Word2Vec(path=str(path), case=Case.exact, cache=str(tmp_path / "cache"), **options)
    return KeyedVectors.load_word2vec_format(str(path)), extractor


@pytest.mark.parametrize("policy", [OutOfVocabulary.zero, OutOfVocabulary.mean, OutOfVocabulary.random])
@pytest.mark.parametrize(("unknown", "dummy"), [(Unknown.skip, False), (Unknown.wrong, True)])
def test_word_similarity_is_gensims_whatever_vector_unknown_words_got(tmp_path, unknown, dummy, policy) -> None:
    path = datapath("wordsim353.tsv")
    task = WordSimilarity(files={"test": path}, comment="#", unknown=unknown)
    known = sorted({word for (word,) in task.split(task.splits[0]).corpus.sentences})[::2]
    vectors, extractor = table_of(tmp_path, known, out_of_vocabulary=policy)
    outcome = outcome_of(tmp_path, extractor, task)
    _, expected, missing = vectors.evaluate_word_pairs(path, case_insensitive=False, dummy4unknown=dummy)
    score, account = outcome.record.scores[0], outcome.record.alignment["test"]
    assert score.value == pytest.approx(expected.statistic, abs=1e-6)
    assert account["pairs"] == 353
    assert account["pairs_with_unknown_word"] > 150
    assert account[LEFT_OUT] == (0 if dummy else account["pairs_with_unknown_word"]) == 353 - score.n
    if not dummy:
        assert 100 * account[LEFT_OUT] / 353 == pytest.approx(missing)
    assert len(read_predictions(outcome.folder)) == score.n


def test_kept_unknown_words_are_scored_with_the_vector_they_got(tmp_path) -> None:
    (tmp_path / "pairs.txt").write_text("a b 3\na gone 2\na c 1\n".replace(" ", "\t"), encoding="utf-8")
    _, extractor = table_of(tmp_path, ["a", "b", "c"], out_of_vocabulary=OutOfVocabulary.zero)
    task = WordSimilarity(files={"test": str(tmp_path / "pairs.txt")}, unknown=Unknown.keep)
    outcome = outcome_of(tmp_path, extractor, task)
    assert (outcome.record.scores[0].n, outcome.record.alignment["test"]["pairs_with_unknown_word"]) == (3, 1)
    assert read_predictions(outcome.folder)["single:0|task|0"][1] == 0


def test_the_table_says_how_many_pairs_were_left_out(tmp_path) -> None:
    (tmp_path / "pairs.txt").write_text("a b 3\na gone 2\na c 1\nd gone 1\n".replace(" ", "\t"), encoding="utf-8")
    files = {"test": str(tmp_path / "pairs.txt")}
    _, extractor = table_of(tmp_path, ["a", "b", "c", "d"])
    record = outcome_of(tmp_path, extractor, WordSimilarity(files=files)).record
    shown = render_table([record])
    assert "left out of word_similarity for a word that the extractor does not know: 2 by word2vec" in shown
    wrong = outcome_of(tmp_path, extractor, WordSimilarity(files=files, unknown=Unknown.wrong)).record
    assert "left out" not in render_table([wrong])


def test_only_the_marked_words_of_a_context_must_be_known(tmp_path) -> None:
    row = "{}\tcat\tn\tdog\tn\tthe {} sat\ta {} sat\t{}" + "\t1" * 10 + "\n"
    mark = "<b> {} </b>".format
    rows = [("cat", "dog", 9.0), ("cat", "saw", 1.0), ("cat", "gone", 5.0)]
    text = "".join(row.format(i, mark(a), mark(b), score) for i, (a, b, score) in enumerate(rows, 1))
    (tmp_path / "scws.txt").write_text(text, encoding="utf-8")
    _, extractor = table_of(tmp_path, ["cat", "dog", "saw"])
    record = outcome_of(tmp_path, extractor, ContextSimilarity(files={"test": str(tmp_path / "scws.txt")})).record
    assert (record.scores[0].n, record.alignment["test"]["pairs_with_unknown_word"]) == (2, 1)


def test_a_table_that_knows_no_pair_is_refused(tmp_path) -> None:
    (tmp_path / "pairs.txt").write_text("a\tb\t3\nc\ta\t1\n", encoding="utf-8")
    _, extractor = table_of(tmp_path, ["a"])
    record = outcome_of(tmp_path, extractor, WordSimilarity(files={"test": str(tmp_path / "pairs.txt")})).record
    assert record.status is Status.FAILED
    assert record.error is not None
    assert "every one of the 2 targets has a word that word2vec does not know" in record.error.message
