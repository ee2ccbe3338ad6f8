"""fastText: vectors from Facebook's .bin format, or trained on a corpus; unknown words are built from n-grams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from embedbench.data.locate import locate
from embedbench.errors import ConfigurationError
from embedbench.extractors.corpus_training import Training, gensim_version, train
from embedbench.extractors.fasttext_files import load_facebook
from embedbench.extractors.static_table import TABLE_LAYER, Case, OutOfVocabulary, WordTable, look_up, open_table
from embedbench.extractors.table_cache import TableWriter, build_once, cache_folder, edition, map_tensors, read_words
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.registry import register
from embedbench.types import LayeredWords, Sentence

_VERSION = 1


@register("extractor", "fasttext")
@dataclass(frozen=True)
class FastText:
    """fastText vectors from a Facebook .bin file, or trained by gensim on a corpus (Bojanowski et al. 2017).

    An unknown word gets the mean of the vectors of its character n-grams; it still counts as out of vocabulary. The
    policy below is for words without any n-gram, or for all unknown words with `subwords=false`. Word and n-gram
    vectors are memory-mapped. A text file (.vec) holds no n-grams: read it with extractor=word2vec.

    Attributes:
        name: label in tables.
        path: Facebook's binary model, plain or packed.
        corpus: raw text to train on, one sentence a line.
        comment: lines of the corpus that begin with this are no text; empty: every line is.
        tag_separator: the corpus is `word_TAG` text with this separator; empty: its words are taken whole.
        subwords: build unknown words from their n-grams.
        vector_size: dimensions of trained vectors.
        window: training: largest distance of context words.
        negative: training: noise words per word.
        epochs: training: passes over the corpus.
        sg: training: skip-gram instead of continuous bag of words.
        min_count: training: rarer words get no vector of their own.
        min_n: training: characters of the smallest n-gram, word boundaries included.
        max_n: training: characters of the largest n-gram.
        buckets: training: rows that n-grams are hashed to. gensim's 2,000,000 would make 800 MB at 100 dimensions.
        seed: of the training, and of random vectors for unknown words.
        out_of_vocabulary: what an unknown word gets that cannot be built.
        case: how capital letters are looked up.
        cache: folder of the tables; empty = $EMBEDBENCH_CACHE, else ~/.cache/embedbench.

    Raises:
        ConfigurationError: both or neither of path and corpus are given.
        DataError: the file is missing, damaged or not Facebook's format.
    """

    name: str = "fasttext"
    path: str | None = None
    corpus: str | None = None
    comment: str = ""
    tag_separator: str = ""
    subwords: bool = True
    vector_size: int = 100
    window: int = 5
    negative: int = 5
    epochs: int = 5
    sg: bool = False
    min_count: int = 5
    min_n: int = 3
    max_n: int = 6
    buckets: int = 100_000
    seed: int = 1
    out_of_vocabulary: OutOfVocabulary = OutOfVocabulary.zero
    case: Case = Case.fold
    cache: str = ""

    def __post_init__(self) -> None:
        if (self.path is None) == (self.corpus is None):
            given = "neither" if self.path is None else "both"
            raise ConfigurationError(
                f"extractor {self.name!r} needs either extractor.path=FILE (a Facebook .bin model) or "
                f"extractor.corpus=FILE (text to train on at first use), got {given}"
            )

    @property
    def layer_names(self) -> tuple[str, ...]:
        """One layer."""
        return TABLE_LAYER

    @property
    def dim(self) -> int:
        """Dimensions of the vectors."""
        return self.vector_size if self.path is None else self._table(verify=False).dim

    @property
    def fingerprint(self) -> str:
        """Of the file or of the corpus and how it is trained on, of the policies and the seed of random vectors."""
        seed = self.seed if self.out_of_vocabulary is OutOfVocabulary.random else None
        return fingerprint(
            "fasttext", _VERSION, self._key(), self.subwords, self.out_of_vocabulary.value, self.case.value, seed
        )

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The vectors of these words, unknown ones built from their n-grams.

        Raises:
            DataError: a word is unknown, cannot be built, and the policy is `error`.
        """
        return look_up(
            self._table(), sentences, out_of_vocabulary=self.out_of_vocabulary, case=self.case, seed=self.seed
        )

    def _training(self) -> Training:
        return Training(
            vector_size=self.vector_size,
            window=self.window,
            negative=self.negative,
            epochs=self.epochs,
            sg=self.sg,
            min_count=self.min_count,
            seed=self.seed,
            comment=self.comment,
            tag_separator=self.tag_separator,
            subwords=(self.min_n, self.max_n, self.buckets),
        )

    def _key(self) -> str:
        needed_by = f"extractor {self.name!r}"
        if self.corpus is not None:
            return self._training().key(locate(self.corpus), needed_by)
        assert self.path is not None
        return fingerprint("facebook", _VERSION, file_fingerprint(locate(self.path)), gensim_version(needed_by))

    def _table(self, *, verify: bool = True) -> WordTable:
        source = self.path or self.corpus or ""
        folder = build_once(cache_folder(self.cache), self._build, key=self._key(), source=source, verify=verify)
        return _with_ngrams(folder, edition(folder)) if self.subwords else open_table(folder)

    def _build(self, writer: TableWriter) -> None:
        needed_by = f"extractor {self.name!r}"
        if self.corpus is not None:
            vectors = train(locate(self.corpus), self._training(), needed_by)
        else:
            assert self.path is not None
            vectors = load_facebook(locate(self.path), needed_by)
        writer.add_rows(vectors.index_to_key, vectors.vectors)
        has_ngrams = vectors.bucket > 0 and vectors.max_n > 0
        if has_ngrams:
            writer.notes.update(min_n=int(vectors.min_n), max_n=int(vectors.max_n))
        writer.finish(vectors.vectors_ngrams if has_ngrams else None)


@lru_cache(maxsize=16)
def _with_ngrams(folder: Path, _edition: tuple[int, int]) -> WordTable:
    """The finished table, with unknown words built from its n-grams where it has any."""
    table, ngrams = open_table(folder), map_tensors(folder).get("ngrams")
    if ngrams is None:
        return table
    _, notes = read_words(folder)
    return replace(table, compose=_composer(ngrams, min_n=notes["min_n"], max_n=notes["max_n"]))


def _composer(
    ngrams: Float32[np.ndarray, "buckets dim"], *, min_n: int, max_n: int
) -> Callable[[str], Float32[np.ndarray, "dim"] | None]:
    from gensim.models.fasttext import ft_ngram_hashes

    def compose(word: str) -> Float32[np.ndarray, "dim"] | None:
        hashes = ft_ngram_hashes(word, min_n, max_n, len(ngrams))
        if not hashes:
            return None
        # One row after the other, as gensim adds them, so that the bits agree.
        total = np.zeros(ngrams.shape[1], np.float32)
        for row in hashes:
            total += ngrams[row]
        mean: Float32[np.ndarray, "dim"] = total / np.float32(len(hashes))
        return mean

    return compose
