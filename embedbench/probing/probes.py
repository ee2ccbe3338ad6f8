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
    (Liu et al. 2019, section 3).
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


@register("probe", "structural")
@dataclass(frozen=True)
class Structural:
    """A linear map of limited rank under which squared distance is distance in the tree; for tree tasks only.

    Attributes:
        rank: rows of the map, at most as many as the vectors have dimensions.
        learning_rate: of AdamW at the start of the schedule, in place of `training.learning_rate`.
        name: the label in tables.

    Raises:
        ConfigurationError: a value is out of its range.
    """

    rank: int = 128
    learning_rate: float = 1e-3
    name: str = "structural"

    def __post_init__(self) -> None:
        if self.rank < 1 or not 0 < self.learning_rate < float("inf"):
            raise ConfigurationError(
                f"probe {self.name} has rank {self.rank} and learning rate {self.learning_rate}; both must be above 0"
            )


@register("probe", "biaffine")
@dataclass(frozen=True)
class Biaffine:
    """A bilinear score of limited rank for every word and every head it could have; for head_selection only.

    Attributes:
        rank: of the bilinear form, at most as many as the vectors have dimensions.
        learning_rate: of AdamW at the start of the schedule, in place of `training.learning_rate`.
        name: the label in tables.

    Raises:
        ConfigurationError: a value is out of its range.
    """

    rank: int = 128
    learning_rate: float = 1e-3
    name: str = "biaffine"

    def __post_init__(self) -> None:
        if self.rank < 1 or not 0 < self.learning_rate < float("inf"):
            raise ConfigurationError(
                f"probe {self.name} has rank {self.rank} and learning rate {self.learning_rate}; both must be above 0"
            )


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
