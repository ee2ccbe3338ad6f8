from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pretraining_toy import Interrupting, toy_corpus, toy_sentences

from embedbench.errors import DataError
from embedbench.extractors.fasttext import FastText
from embedbench.extractors.word2vec import Word2Vec
from embedbench.fingerprint import file_fingerprint
from embedbench.pretraining.budget import Budget
from embedbench.pretraining.encoded_text import TrainingCorpus
from embedbench.pretraining.negative_sampling import NegativeSampling
from embedbench.pretraining.options import Architecture, FastTextTraining, Word2VecTraining
from embedbench.pretraining.static_training import _Passage, train_static

WORD2VEC = Word2VecTraining(dim=8, min_count=1, sample=0.0, learning_rate=0.05)
FASTTEXT = FastTextTraining(dim=8, min_count=1, buckets=50, learning_rate=0.05)
BUDGET = Budget(words=20_000, evaluations=5, patience=0)


@pytest.mark.parametrize("options", [WORD2VEC, replace(WORD2VEC, architecture=Architecture.cbow), FASTTEXT])
def test_interrupted_and_resumed_it_is_the_same_model_bit_for_bit(options: Word2VecTraining, tmp_path: Path) -> None:
    corpus = toy_corpus()
    whole = train_static(corpus, options, BUDGET, tmp_path / "whole", seed=2)
    with pytest.raises(KeyboardInterrupt):
        train_static(corpus, options, BUDGET, tmp_path / "cut", seed=2, progress=Interrupting(12_000))
    cut = train_static(corpus, options, BUDGET, tmp_path / "cut", seed=2)
    name = "model.bin" if options is FASTTEXT else "vectors.bin"
    assert file_fingerprint(cut.folder / name) == file_fingerprint(whole.folder / name)
    logs = [(m.folder / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines() for m in (whole, cut)]
    losses = [[json.loads(line)["held_out_loss"] for line in log] for log in logs]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 5


def test_neighbours_beat_frequencies_where_they_tell_something(tmp_path: Path) -> None:
    options = replace(WORD2VEC, architecture=Architecture.cbow, window=1, learning_rate=0.1)
    budget = replace(BUDGET, words=100_000)
    cards = [train_static(toy_corpus(), options, budget, tmp_path / f"m{seed}", seed=seed).card for seed in range(3)]
    assert {card.words_seen for card in cards} == {100_000}
    # Eight dimensions learn more or less by luck of the start: five seeds gained 0.08 to 0.19 nats.
    assert np.mean([card.held_out["loss"] for card in cards]) < cards[0].held_out["unigram_loss"] - 0.1
    assert "no perplexity" in cards[0].unit


def test_the_extractors_read_them(tmp_path: Path) -> None:
    budget = replace(BUDGET, words=2000)
    corpus = toy_corpus()
    plain = train_static(corpus, WORD2VEC, budget, tmp_path / "plain").folder
    packed = train_static(corpus, replace(WORD2VEC, half=True), budget, tmp_path / "packed").folder
    cache = str(tmp_path / "cache")
    sentence = [("The", "dog", "unseen")]
    full = Word2Vec(path=str(plain / "vectors.bin"), cache=cache).extract(sentence)
    half = Word2Vec(path=str(packed / "vectors.bin.gz"), cache=cache).extract(sentence)
    assert np.array_equal(half.values, full.values.astype(np.float16).astype(np.float32))
    assert full.alignment.out_of_vocabulary.tolist() == [2]
    ngrams = train_static(corpus, FASTTEXT, budget, tmp_path / "ngrams").folder
    values = FastText(path=str(ngrams / "model.bin"), cache=cache).extract(sentence).values
    assert np.abs(values).sum(axis=2).all()


def test_only_the_most_frequent_words_get_vectors(tmp_path: Path) -> None:
    model = train_static(toy_corpus(), replace(WORD2VEC, vocabulary=3), replace(BUDGET, words=500), tmp_path / "m")
    assert model.card.parameters == 3 * 8
    header, first = (model.folder / "vectors.bin").read_bytes()[:10].split(b"\n")[0], b"3 8"
    assert header == first


def test_no_frequent_word_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="occurs 100000 times"):
        train_static(toy_corpus(), replace(WORD2VEC, min_count=100_000), BUDGET, tmp_path / "m")


def test_passages_are_the_repeated_shuffled_text_cut_at_their_ends() -> None:
    corpus = TrainingCorpus.of([[(f"{k}a", f"{k}b", f"{k}c")[: 1 + k % 3] for k in range(30)]], held_out=0.1)
    n = corpus.train.n_words

    def words(start: int, end: int, seed: int = 0) -> list[str]:
        passage = _Passage(corpus.train, corpus.types, start, end, seed)
        return [word for sentence in passage for word in sentence]

    twice = words(0, 2 * n)
    text = sorted(corpus.types[k] for k in corpus.train.ids)
    assert sorted(twice[:n]) == sorted(twice[n:]) == text, "every repetition holds every word"
    assert twice[:n] != twice[n:], "in an order of its own"
    assert words(0, 2 * n) == twice
    assert words(0, 2 * n, seed=1) != twice
    for start, end in ((0, 7), (5, 13), (n - 3, n + 4), (11, 2 * n)):
        assert words(start, end) == twice[start:end]
    assert all(word.endswith("a") or twice[k - 1] == word[:-1] + chr(ord(word[-1]) - 1) for k, word in enumerate(twice))


def test_a_small_budget_is_a_sample_of_the_whole_corpus() -> None:
    """The first words of a corpus are its first books; networks draw sentences from everywhere, and so must this."""
    corpus = TrainingCorpus.of([[(f"w{k}",)] for k in range(1000)], held_out=0.1)
    seen = {int(word[1:]) for [word] in _Passage(corpus.train, corpus.types, 0, 100, 0)}
    assert len(seen) == 100
    assert min(seen) < 100 < 800 < max(seen)


def test_untrained_outputs_cost_one_bit_per_candidate() -> None:
    corpus = TrainingCorpus.of([toy_sentences(50)], held_out=0.2)
    rows, counts = np.arange(len(corpus.types)), np.maximum(corpus.counts, 1)
    loss = NegativeSampling.of(corpus.held_out, rows, counts, window=2, negative=4, cbow=True, sample=0.0)
    inputs = np.random.default_rng(0).normal(size=(len(rows), 3)).astype(np.float32)
    assert loss.measure(inputs, np.zeros_like(inputs)) == pytest.approx(5 * np.log(2))


def test_the_best_scores_without_neighbours_are_the_floor() -> None:
    """Scores that ignore the neighbours cannot beat the floor on the text that the frequencies come from."""
    corpus = TrainingCorpus.of([toy_sentences(400)], held_out=0.5)
    rows = np.arange(len(corpus.types))
    loss = NegativeSampling.of(corpus.train, rows, corpus.counts, window=1, negative=3, cbow=True, sample=0.0)
    rng = np.random.default_rng(0)
    ones = np.ones((len(rows), 1), np.float32)
    for _ in range(20):
        moved = loss.log_ratio[:, None] + rng.normal(scale=0.5, size=(len(rows), 1)).astype(np.float32)
        assert loss.measure(ones, moved) > loss.unigram()
    assert loss.measure(ones, loss.log_ratio[:, None]) == pytest.approx(loss.unigram(), rel=1e-5)


def test_examples_stay_inside_sentences_and_skip_unknown_words() -> None:
    corpus = TrainingCorpus.of([[("a", "x", "b")], [("c", "d")]], held_out=0.1)
    rows = np.array([0, -1, 1, 2, 3])
    loss = NegativeSampling.of(corpus.train, rows, np.ones(4, np.int64), window=5, negative=1, cbow=False, sample=0.0)
    assert sorted(zip(loss.predicted.tolist(), loss.given[:, 0].tolist(), strict=True)) == [(0, 1), (1, 0)]
