"""Probes without training: a target gets the label of the nearest centroid, or of its nearest neighbours, in train.

Peters et al. (2018, section 5.3) tell word senses apart by the nearest mean vector of a lemma's senses, Wiedemann et
al. (2019) by the nearest occurrences of the lemma. What is near is decided in `sense_choice`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int64

from embedbench.errors import ConfigurationError
from embedbench.mixing import Mix, expand_mixes
from embedbench.probing.bank import Bank, build_bank
from embedbench.probing.fitted import TARGETS_PER_CHUNK, MixWeights
from embedbench.probing.members import ProbeData
from embedbench.probing.nearest_probes import Nearest, NearestNeighbours
from embedbench.probing.sense_choice import Centroids, Choice, Neighbours
from embedbench.probing.standard import Standard, measure_standard, words_of_targets
from embedbench.progress import Progress, SilentProgress
from embedbench.types import TaskSplit


@dataclass(frozen=True)
class NearestMember:
    """One probe that is not trained.

    Attributes:
        mix: layers → one vector; never a learned one.
        labels: the label column it tells.
        seed: nothing is random.
    """

    mix: Mix
    labels: str = "task"
    seed: int = 0


def plan_nearest(mixes: Sequence[str], columns: Sequence[str], n_layers: int) -> tuple[NearestMember, ...]:
    """A member for every label column and every mix that needs no training.

    >>> [(member.mix.label, member.labels) for member in plan_nearest(["scalar", "mean"], ["task", "control"], 2)]
    [('mean', 'task'), ('mean', 'control')]

    Raises:
        ConfigurationError: a mix is unknown, or all of them are learned.
    """
    fixed = [mix for mix in expand_mixes(mixes, n_layers) if not mix.learned]
    if not fixed:
        raise ConfigurationError(
            f"a probe that is not trained learns no mix, and mixes={list(mixes)} has no other: add single or mean"
        )
    return tuple(NearestMember(mix, labels) for labels in columns for mix in fixed)


@dataclass(frozen=True, eq=False)
class FittedNearest:
    """Members that know train, in the order in which they were handed in.

    Attributes:
        members: the members.
        standard: how train standardised the vectors; used for every other split.
        choices: of every member.
        dev_scores: accuracy of every member on dev.
        probe: what all of them are.
        memory_bytes: a larger bank of span vectors goes to a temporary file.
    """

    members: tuple[NearestMember, ...]
    standard: Standard
    choices: tuple[Choice, ...]
    dev_scores: tuple[float, ...]
    probe: Nearest
    memory_bytes: int

    @property
    def sizes(self) -> list[int]:
        """None: nothing is trained."""
        return [0] * len(self.members)

    @property
    def mix_weights(self) -> list[MixWeights | None]:
        """None for every member: no mix is learned."""
        return [None] * len(self.members)

    @property
    def epochs(self) -> tuple[int, ...]:
        """Zero for every member."""
        return (0,) * len(self.members)

    def predict(self, data: ProbeData, progress: Progress | None = None) -> Int64[np.ndarray, "members targets"]:
        """The label that every member gives every target.

        Raises:
            NumericalError: a vector is not finite.
        """
        progress = progress or SilentProgress()
        bank = _bank(data, self.standard, self.probe, self.memory_bytes, progress)
        predicted = np.zeros((len(self.members), len(data.split)), np.int64)
        lemmas = _lemmas(data.split)
        with progress.phase("choosing", len(self.members), "member") as advance:
            for mix, rows in _by_mix(self.members).items():
                for own, vectors in mixed_chunks(bank, mix, data.split):
                    for row in rows:
                        predicted[row, own] = self.choices[row].choose(vectors, lemmas[own])
                advance(len(rows))
        return predicted


def fit_nearest(
    train: ProbeData,
    dev: ProbeData,
    members: Sequence[NearestMember],
    probe: Nearest,
    memory_bytes: int,
    progress: Progress | None = None,
) -> FittedNearest:
    """Members that know the vectors and labels of train; dev is only scored, so that the best layer can be told.

    Raises:
        NumericalError: a vector is not finite.
    """
    progress = progress or SilentProgress()
    standard = measure_standard(train.vectors, words_of_targets(train.split), progress)
    if not probe.standardised:
        standard = Standard(np.zeros_like(standard.mean), np.ones_like(standard.scale))
    bank = _bank(train, standard, probe, memory_bytes, progress)
    lemmas = _lemmas(train.split)
    choices: dict[int, Choice] = {}
    with progress.phase("knowing train", len(members), "member") as advance:
        for mix, rows in _by_mix(members).items():
            vectors = np.concatenate([chunk for _, chunk in mixed_chunks(bank, mix, train.split)])
            for row in rows:
                labels = np.asarray(train.labels[members[row].labels], np.int64)
                choices[row] = (
                    Neighbours(vectors, labels, lemmas, probe.distance, probe.neighbours)
                    if isinstance(probe, NearestNeighbours)
                    else Centroids.of(vectors, labels, lemmas, probe.distance)
                )
            advance(len(rows))
    known = tuple(choices[row] for row in range(len(members)))
    fitted = FittedNearest(tuple(members), standard, known, (), probe, memory_bytes)
    gold = np.stack([np.asarray(dev.labels[member.labels]) for member in members])
    scores = (fitted.predict(dev, progress) == gold).mean(axis=1)
    return replace(fitted, dev_scores=tuple(scores.tolist()))


def mixed_chunks(bank: Bank, mix: Mix, split: TaskSplit) -> Iterator[tuple[slice, Float32[np.ndarray, "chunk width"]]]:
    """The mixed vectors of all targets, a chunk at a time: [a; b; a*b] of two spans."""
    coefficients = mix.coefficients(len(bank.values))
    used = np.flatnonzero(coefficients.any(axis=0)).tolist()
    for start in range(0, len(split), TARGETS_PER_CHUNK):
        own = slice(start, start + TARGETS_PER_CHUNK)
        layers = np.stack([bank.values[layer].numpy()[bank.first[own]] for layer in used])
        parts = np.einsum("sl,ltpd->tpsd", coefficients[:, used], layers)
        if split.spans.shape[1] == 2:
            half = parts.shape[1] // 2
            parts = np.concatenate([parts, parts[:, :half] * parts[:, half:]], axis=1)
        yield own, parts.reshape(len(parts), -1)


def _bank(data: ProbeData, standard: Standard, probe: Nearest, memory_bytes: int, progress: Progress) -> Bank:
    return build_bank(
        data.vectors, data.split, standard, probe.pooling, normed=False, memory_bytes=memory_bytes, progress=progress
    )


def _lemmas(split: TaskSplit) -> np.ndarray:
    """The lemma of every target; of a task without lemmas, None for all."""
    return np.full(len(split), None) if split.lemmas is None else np.asarray(split.lemmas)


def _by_mix(members: Sequence[NearestMember]) -> Mapping[Mix, list[int]]:
    """The rows of the members of every mix, which read the same vectors."""
    rows: dict[Mix, list[int]] = {}
    for row, member in enumerate(members):
        rows.setdefault(member.mix, []).append(row)
    return rows
