"""A member: one independently trained (mix, probe, labels, seed); and what all members of a training share."""

from __future__ import annotations

import enum
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Real

from embedbench.errors import ConfigurationError, ContractError
from embedbench.mixing import Mix
from embedbench.probing.probes import Probe
from embedbench.types import TaskSplit, WordVectors

_FULL_RATE_WIDTH = 384


@runtime_checkable
class TrainedMember(Protocol):
    """What must be known of a member of any kind of probe to name what it learned."""

    @property
    def mix(self) -> Mix:
        """Layers → one vector."""
        ...

    @property
    def labels(self) -> str:
        """The label column it learned."""
        ...

    @property
    def seed(self) -> int:
        """Of its initial parameters and the order of its data."""
        ...


@dataclass(frozen=True)
class Member:
    """One independently trained probe.

    Attributes:
        mix: layers → one vector.
        probe: vectors → label scores.
        labels: the label column it learns: `task` or `control`.
        seed: of its initial parameters and of the order of its training targets; nothing else is random.
        rate_factor: of its learning rates but that of the mix.
        weight_decay: in place of the training's, unless it is None.
    """

    mix: Mix
    probe: Probe
    labels: str = "task"
    seed: int = 0
    rate_factor: float = 1.0
    weight_decay: float | None = None

    @property
    def label(self) -> str:
        """How messages name it, such as `scalar linear task seed 0`."""
        label = f"{self.mix.label} {self.probe.name} {self.labels} seed {self.seed}"
        if self.rate_factor == 1.0 and self.weight_decay is None:
            return label
        return f"{label}, rate x {self.rate_factor:g}, weight decay {self.weight_decay}"


@dataclass(frozen=True, eq=False)
class ProbeData:
    """One split as the probes see it.

    Attributes:
        vectors: layered vectors of the split's corpus, by word position.
        split: the targets' spans.
        labels: label columns by name (`task`, `control`); empty where only predictions are wanted. Whole numbers are
            classes; floating-point numbers are grades, counted from the lowest of their scale.

    Raises:
        ContractError: a column does not have one label per target, or the vectors are not the corpus's.
    """

    vectors: WordVectors
    split: TaskSplit
    labels: Mapping[str, Real[np.ndarray, "targets"]]

    def __post_init__(self) -> None:
        if self.vectors.n_words != self.split.corpus.n_words:
            raise ContractError(
                f"there are vectors of {self.vectors.n_words} words for a corpus of {self.split.corpus.n_words} words"
            )
        for name, column in self.labels.items():
            if len(column) != len(self.split):
                raise ContractError(f"label column {name!r} has {len(column)} labels for {len(self.split)} targets")


class Vary(enum.StrEnum):
    """What the seeds of a cell change; the names are what a user types."""

    both = "both"
    """Initial parameters and the order of the training targets."""
    initialisation = "initialisation"
    """Initial parameters alone (and a probe's dropout): all seeds see the targets in the order of seed 0."""
    order = "order"
    """The order alone: all seeds start from the parameters of seed 0."""


class Solver(enum.StrEnum):
    """How linear probes find their weights; the names are what a user types."""

    auto = "auto"
    """Over the full batch up to `full_batch_targets` train targets, where that is cheaper; else on mini-batches."""
    full_batch = "full_batch"
    """L-BFGS over all train targets, under the L2 penalty that is best on dev."""
    minibatch = "minibatch"
    """AdamW on mini-batches, stopped by dev; what all other probes do."""


@dataclass(frozen=True)
class Training:
    """How members are trained; the same for all of them.

    Linear probes on few targets are solved over the full batch (see `solver`). All else is trained on mini-batches: the
    learning rates decay along half a cosine to zero over all epochs, so that the noise of mini-batches dies out and the
    convex linear probe ends near its optimum. Convergence takes updates, not epochs: where an epoch has few batches, it
    passes over the data several times; where it has many, there are fewer epochs.

    Attributes:
        batch_size: whole targets per update.
        learning_rate: of linear probes (AdamW) with up to 384 inputs. An update moves a score by up to the rate times
            the sum of the inputs' sizes, so wider probes get it times 384 / inputs: left alone, [a; b; a*b] of 1,152
            inputs lost 0.8 points on English-EWT deprel.
        network_learning_rate: of probes with hidden layers or attention.
        mix_learning_rate: of `w` and `gamma` of the learned mixes.
        weight_decay: decoupled, on weight matrices only: never on biases, `w` or `gamma`.
        max_epochs: most epochs; the dev split is scored after each.
        patience: epochs without a better dev loss after which a member leaves the batch.
        min_updates: fewest updates in the schedule.
        enough_updates: with as many updates after fewer epochs (but at least half of `max_epochs`), the schedule ends.
        memory_bytes: span vectors beyond this size live in a temporary file, mapped into memory.
        rate_factors: learning rates to try, as factors of those above; with `weight_decays` they make a grid whose
            points all train, and of which the best on dev is kept.
        weight_decays: weight decays to try; empty for `weight_decay` alone.
        vary: what seeds change, to tell how much of their spread comes from where.
        solver: how linear probes find their weights.
        full_batch_targets: up to how many train targets `auto` solves over the full batch.
        penalties: L2 penalties that a full-batch solution tries, from strong to weak, times the number of train targets
            (scikit-learn's 1/C); the one with the least dev loss is kept. Where that is less than 5 % below the loss
            under the strongest penalty, the dev score chooses: the strongest within a standard error of the best.
        tolerance: the least gain that L-BFGS must promise to go on, as a fraction of the penalised loss. The loss then
            is a few times as far from its minimum: 0.2 to 0.3 % with 1e-4, on MiniLM's layers.
        by_loss: the dev loss alone chooses the penalty. Codelengths, which are losses, are always measured so.

    Raises:
        ConfigurationError: a value is out of its range.
    """

    batch_size: int = 1024
    learning_rate: float = 1e-2
    network_learning_rate: float = 1e-3
    mix_learning_rate: float = 1e-2
    weight_decay: float = 1e-4
    max_epochs: int = 8
    patience: int = 3
    min_updates: int = 1000
    enough_updates: int = 1500
    memory_bytes: int = 1 << 30
    rate_factors: Sequence[float] = (1.0,)
    weight_decays: Sequence[float] = ()
    vary: Vary = Vary.both
    solver: Solver = Solver.auto
    full_batch_targets: int = 65_536
    penalties: Sequence[float] = (
        *(10_000, 3_000, 1_000, 300, 100, 30, 10, 3, 1),
        *(0.3, 0.1, 0.03, 0.01, 0.003, 0.001),
    )
    tolerance: float = 1e-4
    by_loss: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "vary", Vary(self.vary))
        object.__setattr__(self, "solver", Solver(self.solver))
        above_zero = ("batch_size", "max_epochs", "patience", "memory_bytes", "tolerance")
        for name in (*above_zero, "learning_rate", "network_learning_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigurationError(f"training.{name} is {getattr(self, name)}; it must be above 0")
        for name in ("weight_decay", "mix_learning_rate", "min_updates", "enough_updates", "full_batch_targets"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigurationError(f"training.{name} is {getattr(self, name)}; it must not be negative")
        # Lists come from configuration files; what is compared and hashed is a tuple.
        for name, least in (("rate_factors", math.ulp(0.0)), ("weight_decays", 0.0), ("penalties", 0.0)):
            values = tuple(map(float, getattr(self, name)))
            object.__setattr__(self, name, values)
            if len(set(values)) < len(values) or not all(least <= v < math.inf for v in values):
                raise ConfigurationError(
                    f"training.{name} is {list(values)}; it lists distinct numbers "
                    f"{'above 0' if name == 'rate_factors' else 'from 0'}"
                )
        if not self.rate_factors:
            raise ConfigurationError("training.rate_factors is empty; [1.0] tries the one rate there is")
        if not self.penalties or list(self.penalties) != sorted(self.penalties, reverse=True):
            raise ConfigurationError(
                f"training.penalties is {list(self.penalties)}; it lists at least one penalty, from strong to weak"
            )
        if self.solver is Solver.full_batch and self.tuned:
            raise ConfigurationError(
                "training.rate_factors and training.weight_decays tune mini-batches, and training.solver=full_batch "
                "has none; training.penalties is its grid"
            )

    def initial_seed(self, seed: int) -> int:
        """The seed of the initial parameters of members of this seed."""
        return 0 if self.vary is Vary.order else seed

    def order(self, seed: int) -> np.random.Generator:
        """What shuffles the training targets of members of this seed; a stream apart from the initial parameters'."""
        own = 0 if self.vary is Vary.initialisation else seed
        stream = int.from_bytes(hashlib.sha256(f"order\0{own}".encode()).digest()[:16], "little")
        return np.random.Generator(np.random.PCG64(stream))

    @property
    def tuned(self) -> bool:
        """Whether there is more to try than the rate and the decay above."""
        return self.grid != ((1.0, self.weight_decay),)

    @property
    def grid(self) -> tuple[tuple[float, float], ...]:
        """Every (rate factor, weight decay) to try."""
        return tuple(
            (rate, decay) for rate in self.rate_factors for decay in self.weight_decays or (self.weight_decay,)
        )

    def rate(self, width: int, *, linear: bool) -> float:
        """The learning rate of a probe with this many inputs at the start of the schedule."""
        return self.learning_rate * min(1.0, _FULL_RATE_WIDTH / width) if linear else self.network_learning_rate

    def batches(self, n_targets: int) -> int:
        """How many batches one pass over this many train targets has."""
        return -(-n_targets // self.batch_size)

    def epochs(self, n_targets: int) -> int:
        """How many epochs the schedule has for this many train targets.

        >>> [Training().epochs(n) for n in (1_000, 204_577, 382_816, 5_000_000)]
        [8, 8, 5, 4]
        """
        enough = -(-self.enough_updates // self.batches(n_targets))
        return min(self.max_epochs, max(enough, -(-self.max_epochs // 2)))

    def passes(self, n_targets: int) -> int:
        """How many times one epoch goes over this many train targets."""
        batches = self.batches(n_targets)
        return max(1, -(-self.min_updates // (batches * self.max_epochs)))
