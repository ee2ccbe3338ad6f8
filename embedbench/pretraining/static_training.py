"""Training of word2vec and fastText by gensim: the same budget, checkpoints and held-out text as the networks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from embedbench.errors import DataError
from embedbench.extractors.corpus_training import gensim_version
from embedbench.fingerprint import fingerprint
from embedbench.pretraining.budget import Budget, budget_key
from embedbench.pretraining.card import ModelCard, machine, package_versions
from embedbench.pretraining.checkpoint import Checkpoint, TrainingLog
from embedbench.pretraining.encoded_text import EncodedText, TrainingCorpus
from embedbench.pretraining.negative_sampling import NegativeSampling
from embedbench.pretraining.options import Architecture, FastTextTraining, Word2VecTraining
from embedbench.pretraining.static_writing import write_fasttext, write_word2vec
from embedbench.pretraining.workplace import PretrainedModel, train_once
from embedbench.progress import Progress, SilentProgress

VERSION = 2
"""Counts up whenever the same options give other vectors."""

_LEAST_RATE = 1e-4


def train_static(
    corpus: TrainingCorpus,
    options: Word2VecTraining,
    budget: Budget,
    folder: Path,
    *,
    seed: int = 0,
    command: str = "",
    progress: Progress | None = None,
) -> PretrainedModel:
    """The word2vec or fastText vectors of that corpus, options, budget and seed.

    One worker thread, because gensim is deterministic only then. A finished model is not trained again; a killed
    training goes on where its newest checkpoint lies.

    Raises:
        ConfigurationError: the folder holds something else.
        DataError: no word occurs often enough.
        MissingExtraError: gensim is not installed.
    """
    family = "fasttext" if isinstance(options, FastTextTraining) else "word2vec"
    gensim = gensim_version(f"pretrain model={family}")
    key = fingerprint(family, VERSION, gensim, corpus.fingerprint, asdict(options), budget_key(budget), seed)
    listener = progress or SilentProgress()

    def train(result: Path, work: Path) -> ModelCard:
        training = _StaticRun(corpus, options, budget, seed, work, key, listener)
        training.run()
        model = training.model
        if isinstance(options, FastTextTraining):
            write_fasttext(model, result, half=options.half)
        else:
            write_word2vec(model, result, half=options.half)
        loss, floor = training.best, training.loss.unigram()
        return ModelCard(
            family=family,
            key=key,
            data=corpus.description,
            corpus_words=corpus.train.n_words,
            words_seen=training.words,
            steps=training.chunk,
            parameters=training.parameters,
            training_parameters=int(model.syn1neg.size),
            dim=options.dim,
            seconds=training.seconds,
            machine=machine("cpu", 1),
            seed=seed,
            stopped_early=training.stopped_early,
            held_out={"loss": loss, "unigram_loss": floor, "vocabulary": float(len(model.wv))},
            unit=f"nats per {'word' if options.architecture is Architecture.cbow else 'pair of neighbours'} and its "
            f"{options.negative} noise words; these models give no probabilities, so no perplexity",
            options=asdict(options),
            command=command,
            versions=package_versions("embedbench", "gensim", "numpy"),
        )

    return train_once(folder, key, train)


class _StaticRun:
    """The training itself, in chunks of the budget: after each one the loss is measured and the state kept."""

    def __init__(
        self,
        corpus: TrainingCorpus,
        options: Word2VecTraining,
        budget: Budget,
        seed: int,
        work: Path,
        key: str,
        progress: Progress,
    ) -> None:
        self._corpus, self._options, self._budget, self._progress = corpus, options, budget, progress
        self._checkpoint, self._log, self._seed = Checkpoint(work, key), TrainingLog(work), seed
        self.model = _model(corpus, options, seed)
        numbers = {word: k for k, word in enumerate(corpus.types)}
        self._rows = np.full(len(corpus.types), -1, dtype=np.int64)
        known = [numbers[word] for word in self.model.wv.index_to_key]
        self._rows[known] = np.arange(len(known))
        self.loss = NegativeSampling.of(
            corpus.held_out,
            self._rows,
            corpus.counts[known],
            window=options.window,
            negative=options.negative,
            cbow=options.architecture is Architecture.cbow,
            sample=options.sample,
        )
        self.words = self.chunk = self._bad = 0
        self.seconds, self.best = 0.0, float("inf")
        self.stopped_early = False

    @property
    def parameters(self) -> int:
        return sum(int(array.size) for name, array in self._state().items() if name != "syn1neg")

    def run(self) -> None:
        self._resume()
        total, chunks = self._budget.words, self._budget.evaluations
        with self._progress.phase("train", total, "words") as advance:
            advance(self.words)
            while self.chunk < chunks and not self.stopped_early:
                start, end = (total * k // chunks for k in (self.chunk, self.chunk + 1))
                began = time.monotonic()
                self.words += self._train(start, end)
                self.chunk += 1
                self.seconds += time.monotonic() - began
                advance(end - start)
                self._evaluate()
                self._write()

    def _train(self, start: int, end: int) -> int:
        high, low = self._options.learning_rate, _LEAST_RATE
        rates = [high - (high - low) * at / self._budget.words for at in (start, end)]
        text = _Passage(self._corpus.train, self._corpus.types, start, end, self._seed)
        self.model.train(
            text, total_words=max(end - start, 1), epochs=1, start_alpha=rates[0], end_alpha=max(rates[1], low)
        )
        return end - start

    def _evaluate(self) -> None:
        inputs, outputs = self.model.wv.vectors, self.model.syn1neg
        loss = self.loss.measure(inputs, outputs)
        if not np.isfinite(loss):
            raise DataError("the vectors became infinite; lower the learning rate")
        # Vectors keep improving for probes while this loss flattens: only a loss that rises counts against it.
        self._bad = 0 if loss < self.best else self._bad + 1
        self.best = min(self.best, loss)
        self.stopped_early = 0 < self._budget.patience <= self._bad and self.chunk < self._budget.evaluations
        rate = self.words / max(self.seconds, 1e-9)
        row = {"words": self.words, "step": self.chunk, "held_out_loss": loss, "seconds": round(self.seconds, 3)}
        self._log.add({**row, "words_per_second": round(rate, 1)})
        self._progress.note(f"{self.words:,} words: held-out loss {loss:.4f}, {rate:,.0f} words/s")

    def _state(self) -> dict[str, Any]:
        wv = self.model.wv
        names = ("vectors_vocab", "vectors_ngrams") if hasattr(wv, "vectors_ngrams") else ("vectors",)
        return {"syn1neg": self.model.syn1neg, **{name: getattr(wv, name) for name in names}}

    def _write(self) -> None:
        kind, keys, place, gauss, cached = self.model.random.get_state()
        self._checkpoint.write(
            {
                "arrays": {name: torch.from_numpy(array) for name, array in self._state().items()},
                "random": [kind, torch.from_numpy(keys.astype(np.int64)), int(place), int(gauss), float(cached)],
                "place": [self.words, self.chunk, self._bad],
                "seconds": self.seconds,
                "best": self.best,
                "stopped": self.stopped_early,
                "train_count": int(self.model.train_count),
                "log_lines": self._log.n_lines,
            }
        )

    def _resume(self) -> None:
        state = self._checkpoint.read()
        if state is None:
            self._log.rewind(0)
            return
        for name, array in self._state().items():
            array[...] = state["arrays"][name].numpy()
        if hasattr(self.model.wv, "adjust_vectors"):
            self.model.wv.adjust_vectors()
        kind, keys, place, gauss, cached = state["random"]
        self.model.random.set_state((kind, keys.numpy().astype(np.uint32), place, gauss, cached))
        self.model.train_count = state["train_count"]
        self.words, self.chunk, self._bad = state["place"]
        self.seconds, self.best, self.stopped_early = state["seconds"], state["best"], state["stopped"]
        self._log.rewind(state["log_lines"])
        self._progress.note(f"resumed after {self.words:,} words")


class _Passage:
    """The words [start, end) of the endlessly repeated training text, in sentences; the ones at its ends are cut.

    Every repetition has its own order of sentences, by seed and repetition alone: a budget below the size of the corpus
    is a sample of the whole corpus, as it is for the networks, not its first books.
    """

    def __init__(self, text: EncodedText, types: Sequence[str], start: int, end: int, seed: int) -> None:
        self._text, self._types, self._start, self._end, self._seed = text, types, start, end, seed

    def __iter__(self) -> Iterator[list[str]]:
        text, at = self._text, self._start
        while at < self._end:
            repetition, inside = divmod(at, text.n_words)
            order = np.random.default_rng([self._seed, repetition]).permutation(text.n_sentences)
            ends = np.cumsum(text.lengths[order])
            for number in range(int(np.searchsorted(ends, inside, side="right")), text.n_sentences):
                sentence = order[number]
                last = int(text.offsets[sentence + 1])
                words = text.ids[last - (int(ends[number]) - inside) : last][: self._end - at]
                yield [self._types[k] for k in words]
                at, inside = at + len(words), inside + len(words)
                if at >= self._end:
                    return


def _model(corpus: TrainingCorpus, options: Word2VecTraining, seed: int) -> Any:
    from gensim.models import FastText, Word2Vec

    common: dict[str, Any] = {
        "vector_size": options.dim,
        "window": options.window,
        "negative": options.negative,
        "min_count": options.min_count,
        "sample": options.sample,
        "sg": int(options.architecture is Architecture.skipgram),
        "alpha": options.learning_rate,
        "min_alpha": _LEAST_RATE,
        "seed": seed,
        "workers": 1,
    }
    model: Any
    if isinstance(options, FastTextTraining):
        model = FastText(**common, min_n=options.min_n, max_n=options.max_n, bucket=options.buckets)
    else:
        model = Word2Vec(**common)
    counts = corpus.counts
    # Words of equal frequency stay in the order of the text, on every machine.
    ranked = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k] >= options.min_count]
    kept = ranked[: options.vocabulary or None]
    if not kept:
        raise DataError(f"no word of the corpus occurs {options.min_count} times; lower model.min_count")
    model.build_vocab_from_freq({corpus.types[k]: int(counts[k]) for k in kept}, corpus_count=corpus.train.n_sentences)
    return model
