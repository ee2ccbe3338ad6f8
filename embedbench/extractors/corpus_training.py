"""Static vectors trained by gensim on a corpus: once, deterministically, then kept in the cache of tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from embedbench.data.raw_text import read_sentences
from embedbench.errors import DataError, MissingExtraError
from embedbench.fingerprint import file_fingerprint, fingerprint

_VERSION = 1

_GENSIM_SENTENCE_WORDS = 10_000
"""gensim drops, without a word, what follows the 10,000th word of a sentence (MAX_WORDS_IN_BATCH)."""


def gensim_version(needed_by: str) -> str:
    """The installed version of gensim, without importing it; its numbers belong to its version.

    Raises:
        MissingExtraError: gensim is not installed.
    """
    try:
        return version("gensim")
    except PackageNotFoundError as error:
        raise MissingExtraError(needed_by=needed_by, package="gensim", extra="static") from error


@dataclass(frozen=True)
class Training:
    """How vectors are trained; the names and meanings are gensim's."""

    vector_size: int
    window: int
    negative: int
    epochs: int
    sg: bool
    min_count: int
    seed: int
    comment: str
    """Corpus lines that begin with this are no text."""
    tag_separator: str
    """Corpus words are cut at their last separator; empty: they are left alone."""
    subwords: tuple[int, int, int] | None = None
    """Smallest and largest n-gram and the number of buckets, for fastText."""

    def key(self, corpus: Path, needed_by: str) -> str:
        """The fingerprint of what determines the trained vectors: text, options, gensim and code version."""
        options = [*self.__dict__.items()]
        return fingerprint("trained", _VERSION, file_fingerprint(corpus), options, gensim_version(needed_by))


@dataclass(frozen=True)
class _Sentences:
    """The sentences of a file, read anew for every epoch, so that memory does not grow with the file."""

    corpus: Path
    training: Training

    def __iter__(self) -> Iterator[list[str]]:
        for sentence in read_sentences(
            self.corpus, comment=self.training.comment, tag_separator=self.training.tag_separator
        ):
            for start in range(0, len(sentence), _GENSIM_SENTENCE_WORDS):
                yield list(sentence[start : start + _GENSIM_SENTENCE_WORDS])


def train(corpus: Path, training: Training, needed_by: str) -> Any:
    """The trained gensim KeyedVectors (FastTextKeyedVectors where subwords are asked for).

    One worker thread, because gensim is deterministic only then.

    Raises:
        DataError: no word of the corpus occurs often enough.
        MissingExtraError: gensim is not installed.
    """
    gensim_version(needed_by)
    from gensim.models import FastText, Word2Vec

    options: dict[str, Any] = {
        "vector_size": training.vector_size,
        "window": training.window,
        "negative": training.negative,
        "epochs": training.epochs,
        "sg": int(training.sg),
        "min_count": training.min_count,
        "seed": training.seed,
        "workers": 1,
    }
    model: Any
    if training.subwords is None:
        model = Word2Vec(**options)
    else:
        min_n, max_n, buckets = training.subwords
        model = FastText(**options, min_n=min_n, max_n=max_n, bucket=buckets)
    sentences = _Sentences(corpus, training)
    model.build_vocab(sentences)
    if not len(model.wv):
        raise DataError(f"no word of {corpus} occurs {training.min_count} times; lower extractor.min_count")
    model.train(sentences, total_examples=model.corpus_count, epochs=training.epochs)
    return model.wv
