"""What training reads, made once: standardised span vectors of train and dev, from which subsets of train are taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int64

from embedbench.allocation import keep_freed_memory
from embedbench.probing.bank import Bank
from embedbench.probing.fitted import BankKey, as_trained, bank_key, make_bank
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.standard import Standard, measure_standard, words_of_targets
from embedbench.progress import Progress


@dataclass(frozen=True, eq=False)
class Prepared:
    """Train and dev, ready for training.

    Attributes:
        train: what members learn from.
        dev: what decides when each member stops.
        standard: measured on all of train; it needs no labels.
        banks: of train and dev, by what members have in common.
    """

    train: ProbeData
    dev: ProbeData
    standard: Standard
    banks: Mapping[BankKey, tuple[Bank, Bank]]

    def trained_on(self, targets: Int64[np.ndarray, "chosen"]) -> Prepared:
        """The same with these train targets only, in this order; no vector is copied."""
        banks = {key: (train.of(targets), dev) for key, (train, dev) in self.banks.items()}
        return replace(self, train=chosen_targets(self.train, targets), banks=banks)


def prepare(
    train: ProbeData, dev: ProbeData, members: Sequence[Member], training: Training, progress: Progress
) -> Prepared:
    """Everything that training these members reads.

    Raises:
        NumericalError: a vector is not finite.
    """
    keep_freed_memory()
    standard = measure_standard(train.vectors, words_of_targets(train.split), progress)
    keys = sorted({bank_key(as_trained(member, train.vectors.n_layers)) for member in members}, key=str)
    memory = training.memory_bytes
    return Prepared(
        train,
        dev,
        standard,
        {
            key: (make_bank(train, standard, key, memory, progress), make_bank(dev, standard, key, memory, progress))
            for key in keys
        },
    )


def chosen_targets(data: ProbeData, targets: Int64[np.ndarray, "chosen"]) -> ProbeData:
    """The data of these targets only, in this order."""
    labels = {name: column[targets] for name, column in data.labels.items()}
    return ProbeData(data.vectors, data.split.only(targets), labels)
