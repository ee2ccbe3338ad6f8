"""The probes: which network stands between mixed vectors and label scores. Options only; training is elsewhere."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from embedbench.errors import ConfigurationError
from embedbench.registry import register


class Pooling(enum.Enum):
    """The words of a span → one vector."""

    mean = "mean"
    """The mean over the words."""
    endpoint = "endpoint"
    """[first word; last word], twice as long."""
    attentive = "attentive"
    """A weighted mean whose weights are a softmax over one learned score per word (Lee et al. 2017, section 4)."""


@runtime_checkable
class Probe(Protocol):
    """Span vectors → label scores. A frozen dataclass whose fields are its typed options.

    A target's input is its span vectors side by side; with exactly two spans a and b it is [a; b; a*b]
    (Liu et al. 2019, section 3), followed by |a-b| where the probe has a true field `difference`. A probe whose
    attribute `rectified` is false has no ReLU behind its hidden layers.
    """

    @property
    def name(self) -> str:
        """The label in tables."""
        ...

    @property
    def pooling(self) -> Pooling:
        """How the words of a span become its vector."""
        ...

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """The widths of the hidden layers (ReLU between them); empty for a linear probe."""
        ...

    @property
    def dropout(self) -> float:
        """The probability that a hidden unit is dropped while training."""
        ...


@register("probe", "linear")
@dataclass(frozen=True)
class Linear:
    """Softmax regression: the least a label can be read out with.

    Attributes:
        pooling: how the words of a span become its vector.
        name: the label in tables.
    """

    pooling: Pooling = Pooling.mean
    name: str = "linear"

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """None."""
        return ()

    @property
    def dropout(self) -> float:
        """Zero: there is no hidden unit to drop."""
        return 0.0


@register("probe", "mlp")
@dataclass(frozen=True)
class MLP:
    """A multi-layer perceptron with ReLU; reads out more, and memorises more (Hewitt & Liang 2019).

    Attributes:
        hidden: units of every hidden layer.
        layers: hidden layers.
        dropout: the probability that a hidden unit is dropped while training.
        pooling: how the words of a span become its vector.
        name: the label in tables.

    Raises:
        ConfigurationError: `hidden` or `layers` is below 1, or `dropout` is not in [0, 1).
    """

    hidden: int = 256
    layers: int = 1
    dropout: float = 0.0
    pooling: Pooling = Pooling.mean
    name: str = "mlp"

    def __post_init__(self) -> None:
        if self.hidden < 1 or self.layers < 1:
            raise ConfigurationError(
                f"probe {self.name} has {self.layers} hidden layers of {self.hidden} units; both must be at least 1 "
                "(probe=linear has none)"
            )
        if not 0 <= self.dropout < 1:
            raise ConfigurationError(f"probe {self.name} has dropout {self.dropout}; it must be in [0, 1)")

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """`hidden`, repeated `layers` times."""
        return (self.hidden,) * self.layers


@register("probe", "low_rank")
@dataclass(frozen=True)
class LowRank:
    """Softmax regression through a bottleneck: scores are B·A·x with A of `rank` rows (Hewitt & Liang 2019, section 5).

    The smaller sibling of `linear`: the rank limits how many directions of the vectors the probe may read.

    Attributes:
        rank: rows of A.
        pooling: how the words of a span become its vector.
        name: the label in tables.

    Raises:
        ConfigurationError: `rank` is below 1.
    """

    rank: int = 16
    pooling: Pooling = Pooling.mean
    name: str = "low_rank"

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ConfigurationError(f"probe {self.name} has rank {self.rank}; it must be at least 1")

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """The bottleneck."""
        return (self.rank,)

    @property
    def rectified(self) -> bool:
        """No: nothing bends between the two matrices."""
        return False

    @property
    def dropout(self) -> float:
        """Zero: the rank is the only limit."""
        return 0.0


@register("probe", "graded")
@dataclass(frozen=True)
class Graded:
    """Softmax regression on the whole grades of a scale, from [a; b; a*b; |a-b|]; for graded tasks.

    Tai et al. (2015, section 4.2) and SentEval (Conneau & Kiela 2018) predict relatedness so: a grade of 3.3 is the
    distribution 0.7 on 3 and 0.3 on 4, and what is predicted is the mean grade of the softmax over the grades. The loss
    is the cross-entropy with that distribution, whose minimum and gradient are those of Tai's KL divergence (SentEval's
    code takes squared differences of the probabilities instead). It is preferred to least squares on the grade because
    it is the softmax regression of all other tasks, with the same schedule and learning rates; it is convex while there
    is no hidden layer; and what it predicts stays on the scale. The published features are [a*b; |a-b|]; a and b
    themselves are kept, so that without the difference the input is that of all other pairs, [a; b; a*b].

    Attributes:
        hidden: units of a hidden layer (ReLU); 0 for none, as SentEval has it.
        difference: whether |a-b| is part of the input.
        dropout: the probability that a hidden unit is dropped while training.
        pooling: how the words of a span become its vector.
        name: the label in tables.

    Raises:
        ConfigurationError: a value is out of its range.
    """

    hidden: int = 0
    difference: bool = True
    dropout: float = 0.0
    pooling: Pooling = Pooling.mean
    name: str = "graded"

    def __post_init__(self) -> None:
        if self.hidden < 0 or not 0 <= self.dropout < 1:
            raise ConfigurationError(
                f"probe {self.name} has {self.hidden} hidden units and dropout {self.dropout}; expected 0 or more "
                "units, and a dropout in [0, 1)"
            )

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """The hidden layer, if there is one."""
        return (self.hidden,) if self.hidden else ()


@register("probe", "pointer")
@dataclass(frozen=True)
class Pointer:
    """Where an answer starts and ends: softmax over a passage's words of [word; question; word*question].

    The question is the mean of its words' vectors. Two softmaxes over the words of the passage give the start and the
    end (as in Rajpurkar et al. 2016 and Devlin et al. 2019, section 4.2); the answer is the span with the largest
    product of both that is not longer than `longest`. Without a hidden layer the part of the question alone is the same
    for every word of a passage, and so of no effect: scores are u·word + v·(word*question).

    Attributes:
        hidden: units of a hidden layer (ReLU) on [word; question; word*question]; 0 for none.
        longest: words that an answer may have at most.
        name: the label in tables.

    Raises:
        ConfigurationError: a value is out of its range.
    """

    hidden: int = 0
    longest: int = 30
    name: str = "pointer"

    def __post_init__(self) -> None:
        if self.hidden < 0 or self.longest < 1:
            raise ConfigurationError(
                f"probe {self.name} has {self.hidden} hidden units and answers of up to {self.longest} words; "
                "expected at least 0 and 1"
            )


@dataclass(frozen=True)
class _OfLimitedRank:
    """What probes share that are linear maps of limited rank with a learning rate of their own.

    Attributes:
        rank: of the map, at most as many as the vectors have dimensions.
        learning_rate: of AdamW at the start of the schedule, in place of `training.learning_rate`.
        name: the label in tables.

    Raises:
        ConfigurationError: a value is out of its range.
    """

    rank: int = 128
    learning_rate: float = 1e-3
    name: str = ""

    def __post_init__(self) -> None:
        if self.rank < 1 or not 0 < self.learning_rate < float("inf"):
            raise ConfigurationError(
                f"probe {self.name} has rank {self.rank} and learning rate {self.learning_rate}; both must be above 0"
            )


@register("probe", "structural")
@dataclass(frozen=True)
class Structural(_OfLimitedRank):
    """A linear map of limited rank under which squared distance is distance in the tree; for tree tasks only."""

    name: str = "structural"


@register("probe", "biaffine")
@dataclass(frozen=True)
class Biaffine(_OfLimitedRank):
    """A bilinear score of limited rank for every word and every head it could have; for head_selection only."""

    name: str = "biaffine"


@register("probe", "crf")
@dataclass(frozen=True)
class CRF:
    """A conditional random field: softmax regression with learned transitions between the tags of a sentence.

    For tasks that tag every word of every sentence, such as ner, chunking and upos.

    Attributes:
        bio: forbid, when decoding, an `I-X` that does not follow a `B-X` or `I-X`; labels must be BIO tags.
        name: the label in tables.
    """

    bio: bool = False
    name: str = "crf"
