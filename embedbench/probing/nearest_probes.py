"""The probes that are not trained: a target gets the label of what lies nearest to it. Options only."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from embedbench.errors import ConfigurationError
from embedbench.probing.probes import Pooling
from embedbench.registry import register


class Distance(enum.Enum):
    """How far two vectors are apart."""

    euclidean = "euclidean"
    """The length of the difference."""
    cosine = "cosine"
    """One minus the cosine; the lengths of the vectors have no part."""


@dataclass(frozen=True)
class Nearest:
    """What probes share that are not trained: a target gets the label of what lies nearest to it in train.

    Where the task knows lemmas, a target chooses among the labels that train gives its lemma; a lemma with one label
    leaves no choice, and a lemma that train does not have chooses among all labels. Vectors are those of every other
    probe: [a; b; a*b] of two spans, standardised. A learned mix has nothing to learn from here and is left out, and
    there is one member where others have one per seed: nothing is random.

    Attributes:
        distance: between vectors.
        standardised: whether vectors are standardised first, as for every other probe; published figures are not.
        pooling: how the words of a span become its vector; not `attentive`, which is learned.
        name: the label in tables.

    Raises:
        ConfigurationError: the pooling is a learned one.
    """

    distance: Distance = Distance.euclidean
    standardised: bool = True
    pooling: Pooling = Pooling.mean
    name: str = ""

    def __post_init__(self) -> None:
        if self.pooling is Pooling.attentive:
            raise ConfigurationError(f"probe {self.name} learns nothing, so it cannot pool by attention: set pooling")


@register("probe", "nearest_centroid")
@dataclass(frozen=True)
class NearestCentroid(Nearest):
    """The label whose mean train vector is nearest, among those of the lemma where the task has lemmas; not trained.

    Peters et al. (2018, section 5.3) tell word senses apart so. Of equally near ones, as all senses of a word are to a
    static vector, the commonest in train wins.
    """

    name: str = "nearest_centroid"


@register("probe", "nearest_neighbours")
@dataclass(frozen=True)
class NearestNeighbours(Nearest):
    """The label of most of the nearest train targets, of the same lemma where the task has lemmas; not trained.

    As Wiedemann et al. (2019, section 3.1) tell word senses apart. Of labels with as many votes, the first one wins.

    Attributes:
        neighbours: how many vote; fewer where train has fewer.

    Raises:
        ConfigurationError: `neighbours` is below 1, or the pooling is a learned one.
    """

    neighbours: int = 1
    name: str = "nearest_neighbours"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neighbours < 1:
            raise ConfigurationError(f"probe {self.name} has {self.neighbours} neighbours; expected at least 1")
