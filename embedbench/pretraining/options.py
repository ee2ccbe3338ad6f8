"""The options of every family that can be trained; nothing heavy is imported here."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from embedbench.errors import ConfigurationError
from embedbench.models.bilm_options import BilmOptions


class Architecture(enum.StrEnum):
    """What is predicted from what; the names are what a user types."""

    cbow = "cbow"
    """A word from the mean of its neighbours."""
    skipgram = "skipgram"
    """A word from each neighbour."""


@dataclass(frozen=True)
class Word2VecTraining:
    """word2vec by gensim, saved as vectors.bin (extractor=word2vec; Mikolov et al. 2013).

    Attributes:
        architecture: what is predicted from what.
        dim: dimensions of a vector.
        window: largest distance of neighbours.
        negative: noise words per word.
        min_count: rarer words get no vector.
        vocabulary: only the most frequent words get a vector; 0: all.
        sample: frequent words are thinned out above this share of the text.
        learning_rate: the highest; it falls along a line.
        half: round to float16 and pack; the values read back are exactly those.

    Raises:
        ConfigurationError: a size below 1.
    """

    architecture: Architecture = Architecture.skipgram
    dim: int = 128
    window: int = 5
    negative: int = 5
    min_count: int = 5
    vocabulary: int = 0
    sample: float = 1e-3
    learning_rate: float = 0.025
    half: bool = False

    def __post_init__(self) -> None:
        if min(self.dim, self.window, self.negative, self.min_count) < 1 or self.vocabulary < 0:
            raise ConfigurationError(f"{self} cannot be; every size must be at least 1")


@dataclass(frozen=True)
class FastTextTraining(Word2VecTraining):
    """fastText by gensim, saved as model.bin (extractor=fasttext; Bojanowski et al. 2017).

    Attributes:
        min_n: characters of the smallest n-gram, word boundaries included.
        max_n: characters of the largest n-gram.
        buckets: rows that n-grams are hashed to.
    """

    min_n: int = 3
    max_n: int = 6
    buckets: int = 100_000


@dataclass(frozen=True)
class BilmTraining:
    """A character-CNN biLM, saved as options.json and weights.hdf5 (extractor=elmo).

    Attributes:
        projection: dimensions of one direction; a word vector has twice as many.
        cell: memory cells of one LSTM.
        n_layers: LSTM layers of each direction.
        character_dim: dimensions of one character.
        filters: numbers of convolution filters of width 1, 2, 3, …
        n_highway: highway layers above the convolutions.
        max_characters: bytes per word, two markers included.
        vocabulary: most frequent words that the softmax tells apart.
        min_count: rarer words are not among them.
        cutoffs: of the adaptive softmax (Grave et al. 2017): the first classes form its head.
        dropout: of the character layer and of every LSTM's output.
        words_per_batch: of one update.
        learning_rate: the highest.
        bf16: products of the LSTMs in bfloat16.
        threads: of the CPU. They decide in which order numbers are added, so they are part of the result; and these
            networks are so small that on a busy machine a second thread can be fifty times slower than none.
        half: save float16 instead of float32.

    Raises:
        ConfigurationError: a size below 1.
    """

    projection: int = 64
    cell: int = 256
    n_layers: int = 2
    character_dim: int = 16
    filters: Sequence[int] = (16, 32, 64, 64)
    n_highway: int = 1
    max_characters: int = 50
    vocabulary: int = 20_000
    min_count: int = 2
    cutoffs: Sequence[int] = (1000, 5000)
    dropout: float = 0.1
    words_per_batch: int = 256
    learning_rate: float = 8e-3
    bf16: bool = False
    threads: int = 1
    half: bool = False

    def __post_init__(self) -> None:
        # Configuration files have lists.
        object.__setattr__(self, "filters", tuple(self.filters))
        object.__setattr__(self, "cutoffs", tuple(self.cutoffs))
        sizes = (
            self.projection,
            self.cell,
            self.n_layers,
            self.character_dim,
            self.vocabulary,
            self.words_per_batch,
            self.threads,
        )
        if min(sizes) < 1 or not self.filters or min(self.filters) < 1 or not 0 <= self.dropout < 1:
            raise ConfigurationError(f"{self} cannot be; every size must be at least 1 and dropout below 1")

    def shape(self) -> BilmOptions:
        """The network's published description."""
        return BilmOptions(
            character_dim=self.character_dim,
            filters=tuple((width, number) for width, number in enumerate(self.filters, 1)),
            n_highway=self.n_highway,
            activation="relu",
            max_characters=self.max_characters,
            projection=self.projection,
            cell=self.cell,
            n_layers=self.n_layers,
            cell_clip=None,
            projection_clip=None,
            skip_connections=True,
        )


@dataclass(frozen=True)
class TransformerTraining:
    """The shape and training of a small transformer.

    Attributes:
        dim: of hidden states.
        n_layers: blocks.
        heads: of attention.
        feed_forward: hidden units of each block's feed-forward layer; 0: four times `dim`, or 8/3 where the layer is
            gated, which has as many parameters.
        vocabulary: pieces of the tokenizer.
        positions: pieces read at once, special ones included.
        dropout: of everything that the network's own configuration lets drop.
        pieces_per_batch: of one update, padding included.
        learning_rate: the highest.
        bf16: compute in bfloat16.
        threads: of the CPU. They decide in which order numbers are added, so they are part of the result; and these
            networks are so small that on a busy machine a second thread can be fifty times slower than none.
        half: save float16 instead of float32.

    Raises:
        ConfigurationError: sizes that do not fit together.
    """

    dim: int = 128
    n_layers: int = 4
    heads: int = 4
    feed_forward: int = 0
    vocabulary: int = 8000
    positions: int = 128
    dropout: float = 0.1
    pieces_per_batch: int = 2048
    learning_rate: float = 2e-3
    bf16: bool = False
    threads: int = 1
    half: bool = False

    def __post_init__(self) -> None:
        sizes = (self.dim, self.n_layers, self.heads, self.pieces_per_batch, self.threads)
        if min(sizes) < 1 or self.dim % self.heads or self.positions < 8 or self.vocabulary < 300:
            raise ConfigurationError(
                f"{self} cannot be; expected sizes of at least 1, dim a multiple of heads, positions of at least 8 and "
                "a vocabulary of at least 300 pieces"
            )


class MaskedNetwork(enum.StrEnum):
    """The encoder of a masked language model; the names are what a user types."""

    bert = "bert"
    """Learned positions, norms behind every sum (Devlin et al. 2019)."""
    modernbert = "modernbert"
    """Rotary positions, norms before every sum, gated feed-forward layers (Warner et al. 2024)."""


class CausalNetwork(enum.StrEnum):
    """The decoder of a causal language model; the names are what a user types."""

    gpt2 = "gpt2"
    """Learned positions (Radford et al. 2019)."""
    llama = "llama"
    """Rotary positions, gated feed-forward layers (Touvron et al. 2023)."""


@dataclass(frozen=True)
class MlmTraining(TransformerTraining):
    """A BERT-style masked language model with a lower-case WordPiece tokenizer (extractor=transformer).

    Attributes:
        network: which encoder.
        masked: share of the words that are predicted.
        next_sentence: learn too whether one half of the input follows the other; BERT only.

    Raises:
        ConfigurationError: sizes that do not fit together, or next sentences with another network than BERT.
    """

    network: MaskedNetwork = MaskedNetwork.bert
    masked: float = 0.15
    next_sentence: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.masked < 1:
            raise ConfigurationError(f"model.masked={self.masked} cannot be; expected a share between 0 and 1")
        if self.next_sentence and self.network is not MaskedNetwork.bert:
            raise ConfigurationError(
                f"model.next_sentence=true needs BERT's segments, which {self.network} has not; use model.network=bert"
            )


@dataclass(frozen=True)
class ClmTraining(TransformerTraining):
    """A GPT-style causal language model with a byte-level BPE tokenizer (extractor=transformer).

    Attributes:
        network: which decoder.
    """

    network: CausalNetwork = CausalNetwork.gpt2


ModelOptions = Word2VecTraining | BilmTraining | TransformerTraining
"""One family with its options."""

FAMILIES: dict[str, type[ModelOptions]] = {
    "word2vec": Word2VecTraining,
    "fasttext": FastTextTraining,
    "bilm": BilmTraining,
    "mlm": MlmTraining,
    "clm": ClmTraining,
}
"""What can be trained, by the name that a user types."""


def with_dim(options: ModelOptions, dim: int) -> ModelOptions:
    """The same options with word vectors of that many dimensions.

    Raises:
        ConfigurationError: the family cannot have that many.
    """
    if isinstance(options, BilmTraining):
        if dim % 2:
            raise ConfigurationError(f"dim={dim} cannot be for a biLM, which has two directions; give an even number")
        return replace(options, projection=dim // 2)
    return replace(options, dim=dim)
