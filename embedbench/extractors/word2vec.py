"""word2vec: vectors from a file, or trained on a corpus at first use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embedbench.data.locate import locate
from embedbench.errors import ConfigurationError, DataError
from embedbench.extractors.corpus_training import Training, gensim_version, train
from embedbench.extractors.static_table import TABLE_LAYER, Case, OutOfVocabulary, WordTable, look_up, open_table
from embedbench.extractors.table_cache import TableWriter, build_once, cache_folder, write_all
from embedbench.extractors.vector_files import (
    UnicodeErrors,
    VectorFormat,
    read_word2vec_binary,
    read_word2vec_text,
    recognise,
)
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.registry import register
from embedbench.types import LayeredWords, Sentence

_VERSION = 1


@register("extractor", "word2vec")
@dataclass(frozen=True)
class Word2Vec:
    """word2vec vectors from a file, or trained by gensim on a corpus at first use (Mikolov et al. 2013).

    The file is converted once into a memory-mapped table in the cache; so are trained vectors. Exactly one of `path`
    and `corpus` is given.

    Attributes:
        name: label in tables.
        path: word2vec text or binary file, plain or packed, or gensim's own KeyedVectors file.
        format: of that file; recognised by its first bytes.
        trust: allow gensim's own format. It is a pickle: opening it runs whatever code its author put there.
        unicode_errors: what to do with words of the file that are not UTF-8.
        corpus: raw text to train on, one sentence a line.
        comment: lines of the corpus that begin with this are no text; empty: every line is.
        tag_separator: the corpus is `word_TAG` text with this separator; empty: its words are taken whole.
        vector_size: dimensions of trained vectors.
        window: training: largest distance of context words.
        negative: training: noise words per word.
        epochs: training: passes over the corpus.
        sg: training: skip-gram instead of continuous bag of words.
        min_count: training: rarer words get no vector.
        seed: of the training, and of random vectors for unknown words.
        out_of_vocabulary: what an unknown word gets.
        case: how capital letters are looked up.
        cache: folder of the tables; empty = $EMBEDBENCH_CACHE, else ~/.cache/embedbench.

    Raises:
        ConfigurationError: both or neither of path and corpus are given, or a pickle without trust.
        DataError: the file is missing or damaged.
    """

    name: str = "word2vec"
    path: str | None = None
    format: VectorFormat = VectorFormat.auto
    trust: bool = False
    unicode_errors: UnicodeErrors = UnicodeErrors.strict
    corpus: str | None = None
    comment: str = ""
    tag_separator: str = ""
    vector_size: int = 100
    window: int = 5
    negative: int = 5
    epochs: int = 5
    sg: bool = False
    min_count: int = 5
    seed: int = 1
    out_of_vocabulary: OutOfVocabulary = OutOfVocabulary.zero
    case: Case = Case.fold
    cache: str = ""

    def __post_init__(self) -> None:
        if (self.path is None) == (self.corpus is None):
            given = "neither" if self.path is None else "both"
            raise ConfigurationError(
                f"extractor {self.name!r} needs either extractor.path=FILE (vectors) or extractor.corpus=FILE (text to "
                f"train on at first use), got {given}; or choose a preset such as extractor=word2vec_googlenews"
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
        """Of the file or of the corpus and how it is trained on, of the two policies and the seed of random vectors."""
        seed = self.seed if self.out_of_vocabulary is OutOfVocabulary.random else None
        return fingerprint("word2vec", _VERSION, self._key(), self.out_of_vocabulary.value, self.case.value, seed)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The table's vectors of these words.

        Raises:
            DataError: a word is unknown and the policy is `error`.
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
        )

    def _key(self) -> str:
        if self.corpus is not None:
            return self._training().key(locate(self.corpus), f"extractor {self.name!r}")
        assert self.path is not None
        path = locate(self.path)
        # gensim keeps large arrays of its own format in files beside it.
        beside = [file_fingerprint(p) for p in sorted(path.parent.glob(f"{path.name}.*.npy"))]
        return fingerprint(
            "file", _VERSION, file_fingerprint(path), beside, self.format.value, self.unicode_errors.value
        )

    def _table(self, *, verify: bool = True) -> WordTable:
        source = self.path or self.corpus or ""
        return open_table(
            build_once(cache_folder(self.cache), self._build, key=self._key(), source=source, verify=verify)
        )

    def _build(self, writer: TableWriter) -> None:
        if self.corpus is not None:
            vectors = train(locate(self.corpus), self._training(), f"extractor {self.name!r}")
            writer.add_rows(vectors.index_to_key, vectors.vectors)
            writer.finish()
            return
        assert self.path is not None
        path = locate(self.path)
        form = recognise(path) if self.format is VectorFormat.auto else self.format
        if form is VectorFormat.keyedvectors:
            self._build_from_gensim(writer, path)
        elif form is VectorFormat.text:
            write_all(writer, read_word2vec_text(path, self.unicode_errors))
        else:
            write_all(writer, read_word2vec_binary(path, self.unicode_errors))

    def _build_from_gensim(self, writer: TableWriter, path: Path) -> None:
        if not self.trust:
            raise ConfigurationError(
                f"{path} is a pickle (gensim's own format); opening it would run whatever code its author put there. "
                "Add extractor.trust=true if you made it or trust who did, or save it again with "
                "save_word2vec_format(..., binary=True)"
            )
        gensim_version(f"extractor {self.name!r}")
        from gensim.models import KeyedVectors

        loaded = KeyedVectors.load(str(path), mmap="r")
        vectors = getattr(loaded, "wv", loaded)
        if not isinstance(vectors, KeyedVectors):
            raise DataError(
                f"{path} holds a {type(loaded).__name__}; expected gensim KeyedVectors or a model with them"
            )
        writer.add_rows(vectors.index_to_key, vectors.vectors)
        writer.finish()
