"""GloVe: vectors from its text format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedbench.data.locate import locate
from embedbench.errors import ConfigurationError
from embedbench.extractors.static_table import TABLE_LAYER, Case, OutOfVocabulary, WordTable, look_up, open_table
from embedbench.extractors.table_cache import TableWriter, build_once, cache_folder, write_all
from embedbench.extractors.vector_files import read_glove
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.registry import register
from embedbench.types import LayeredWords, Sentence

_VERSION = 1


@register("extractor", "glove")
@dataclass(frozen=True)
class Glove:
    """GloVe vectors from a text file without header (Pennington et al. 2014).

    The file is converted once into a memory-mapped table in the cache; every line's number of values is checked.

    Attributes:
        name: label in tables.
        path: the file, plain or packed.
        size: the number of dimensions to expect; None takes it from the first line.
        spaces_in_words: whether words of the file may contain spaces (some of glove.840B do); needs `size`.
        seed: of random vectors for unknown words.
        out_of_vocabulary: what an unknown word gets.
        case: how capital letters are looked up.
        cache: folder of the tables; empty = $EMBEDBENCH_CACHE, else ~/.cache/embedbench.

    Raises:
        ConfigurationError: no path, or spaces_in_words without size.
        DataError: the file is missing or damaged; file and line are named.
    """

    name: str = "glove"
    path: str | None = None
    size: int | None = None
    spaces_in_words: bool = False
    seed: int = 1
    out_of_vocabulary: OutOfVocabulary = OutOfVocabulary.zero
    case: Case = Case.fold
    cache: str = ""

    def __post_init__(self) -> None:
        if self.path is None:
            raise ConfigurationError(
                f"extractor {self.name!r} needs extractor.path=FILE, a GloVe text file; "
                "or choose a preset such as extractor=glove_twitter"
            )

    @property
    def layer_names(self) -> tuple[str, ...]:
        """One layer."""
        return TABLE_LAYER

    @property
    def dim(self) -> int:
        """Dimensions of the vectors."""
        return self.size if self.size is not None else self._table(verify=False).dim

    @property
    def fingerprint(self) -> str:
        """Of the file, how it is read, the two policies and the seed of random vectors."""
        seed = self.seed if self.out_of_vocabulary is OutOfVocabulary.random else None
        return fingerprint("glove", _VERSION, self._key(), self.out_of_vocabulary.value, self.case.value, seed)

    def extract(self, sentences: Sequence[Sentence]) -> LayeredWords:
        """The table's vectors of these words.

        Raises:
            DataError: a word is unknown and the policy is `error`.
        """
        return look_up(
            self._table(), sentences, out_of_vocabulary=self.out_of_vocabulary, case=self.case, seed=self.seed
        )

    def _key(self) -> str:
        assert self.path is not None
        return fingerprint("glove", _VERSION, file_fingerprint(locate(self.path)), self.size, self.spaces_in_words)

    def _table(self, *, verify: bool = True) -> WordTable:
        assert self.path is not None
        return open_table(
            build_once(cache_folder(self.cache), self._build, key=self._key(), source=self.path, verify=verify)
        )

    def _build(self, writer: TableWriter) -> None:
        assert self.path is not None
        write_all(writer, read_glove(locate(self.path), dim=self.size, spaces_in_words=self.spaces_in_words))
