"""What lies nearest: among the labels that train gives a target's lemma, or among all where it gives none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int64, Shaped

from embedbench.probing.nearest_probes import Distance

_PAIRS_PER_CHUNK = 1 << 14
"""Differences of (target, centroid) held at a time: 25 MB of 384 dimensions."""


_FEW = 1000
"""Train targets whose distances are all written down."""


@runtime_checkable
class Choice(Protocol):
    """What one member knows of train, and the label that it gives a target."""

    def choose(
        self, vectors: Float32[np.ndarray, "targets width"], lemmas: Shaped[np.ndarray, "targets"]
    ) -> Int64[np.ndarray, "targets"]:
        """The label of every target; a lemma of None, or one that train does not have, leaves all labels open."""
        ...


@dataclass(frozen=True, eq=False)
class Centroids:
    """The mean train vector of every (lemma, label), and of every label.

    Attributes:
        of_senses: of every (lemma, label) of train, sorted by lemma; the label of most targets first.
        labels: the label of each of these.
        first: where those of each lemma begin, and the end of all.
        numbers: the number of each lemma.
        of_labels: of every label of train.
        all_labels: the label of each of these; that of most targets first.
        distance: what is near.
    """

    of_senses: Float32[np.ndarray, "senses width"]
    labels: Int64[np.ndarray, "senses"]
    first: Int64[np.ndarray, "lemmas_plus_one"]
    numbers: dict[Any, int]
    of_labels: Float32[np.ndarray, "labels width"]
    all_labels: Int64[np.ndarray, "labels"]
    distance: Distance

    @classmethod
    def of(
        cls,
        vectors: Float32[np.ndarray, "targets width"],
        labels: Int64[np.ndarray, "targets"],
        lemmas: Shaped[np.ndarray, "targets"],
        distance: Distance,
    ) -> Centroids:
        """The centroids of train targets."""
        numbers = _numbered(lemmas)
        known = np.array([numbers.get(lemma, -1) for lemma in lemmas.tolist()], np.int64)
        rows = np.flatnonzero(known >= 0)
        senses, own = _by_frequency(np.stack([known[rows], labels[rows]]))
        all_labels, of_label = _by_frequency(np.stack([np.zeros_like(labels), labels]))
        return cls(
            _means(vectors[rows], own, senses.shape[1]),
            senses[1],
            np.searchsorted(senses[0], np.arange(len(numbers) + 1)).astype(np.int64),
            numbers,
            _means(vectors, of_label, all_labels.shape[1]),
            all_labels[1],
            distance,
        )

    def choose(
        self, vectors: Float32[np.ndarray, "targets width"], lemmas: Shaped[np.ndarray, "targets"]
    ) -> Int64[np.ndarray, "targets"]:
        """The label of the nearest centroid; of equally near ones, as of a static vector, the commonest in train."""
        from sklearn.metrics import pairwise_distances_argmin

        known = np.array([self.numbers.get(lemma, -1) for lemma in lemmas.tolist()], np.int64)
        chosen = np.zeros(len(vectors), np.int64)
        rows = np.flatnonzero(known >= 0)
        chosen[rows] = self._among_senses(vectors[rows], known[rows])
        rows = np.flatnonzero(known < 0)
        if len(rows):
            nearest = pairwise_distances_argmin(vectors[rows], self.of_labels, metric=self.distance.value)
            chosen[rows] = self.all_labels[nearest]
        return chosen

    def _among_senses(
        self, vectors: Float32[np.ndarray, "targets width"], lemmas: Int64[np.ndarray, "targets"]
    ) -> Int64[np.ndarray, "targets"]:
        """Few senses belong to a lemma, so the distance is taken of these pairs and of no others."""
        first, counts = self.first[lemmas], np.diff(self.first)[lemmas]
        target = np.repeat(np.arange(len(lemmas)), counts)
        place = np.arange(len(target)) - np.repeat(np.cumsum(counts) - counts, counts)
        distances = np.full((len(lemmas), int(counts.max(initial=0)) or 1), np.inf)
        for start in range(0, len(target), _PAIRS_PER_CHUNK):
            own = slice(start, start + _PAIRS_PER_CHUNK)
            senses = first[target[own]] + place[own]
            distances[target[own], place[own]] = self._distances(vectors[target[own]], self.of_senses[senses])
        return np.asarray(self.labels[first + distances.argmin(axis=1)])

    def _distances(
        self, one: Float32[np.ndarray, "pairs width"], other: Float32[np.ndarray, "pairs width"]
    ) -> Float32[np.ndarray, "pairs"]:
        from sklearn.metrics.pairwise import paired_distances

        return np.asarray(paired_distances(one, other, metric=self.distance.value), np.float32)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The train targets themselves.

    Attributes:
        vectors: of the targets.
        labels: of the targets.
        lemmas: of the targets; None where there are none.
        distance: what is near.
        neighbours: how many vote.
    """

    vectors: Float32[np.ndarray, "targets width"]
    labels: Int64[np.ndarray, "targets"]
    lemmas: Shaped[np.ndarray, "targets"]
    distance: Distance
    neighbours: int

    def choose(
        self, vectors: Float32[np.ndarray, "targets width"], lemmas: Shaped[np.ndarray, "targets"]
    ) -> Int64[np.ndarray, "targets"]:
        """The label of most of the nearest neighbours; the first of labels with as many votes."""
        asked: dict[Any, list[int]] = {}
        for target, lemma in enumerate(lemmas.tolist()):
            asked.setdefault(lemma if lemma in self._rows else None, []).append(target)
        chosen = np.zeros(len(vectors), np.int64)
        for lemma, targets in asked.items():
            rows = slice(None) if lemma is None else self._rows[lemma]
            labels = self.labels[rows]
            if (labels == labels[0]).all():
                chosen[targets] = labels[0]
                continue
            nearest = labels[self._nearest(vectors[targets], self.vectors[rows])]
            chosen[targets] = [np.bincount(votes).argmax() for votes in nearest]
        return chosen

    def _nearest(
        self, asked: Float32[np.ndarray, "asked width"], known: Float32[np.ndarray, "known width"]
    ) -> Int64[np.ndarray, "asked neighbours"]:
        """Which of the known vectors are nearest to each that is asked for."""
        from sklearn.metrics import pairwise_distances
        from sklearn.neighbors import NearestNeighbors

        n, metric = min(self.neighbours, len(known)), self.distance.value
        if len(known) <= _FEW:
            # The search below costs milliseconds before it begins, and there are thousands of lemmas.
            distances = pairwise_distances(asked, known, metric=metric)
            return np.asarray(distances.argsort(axis=1, kind="stable")[:, :n], np.int64)
        search = NearestNeighbors(n_neighbors=n, algorithm="brute", metric=metric).fit(known)
        return np.asarray(search.kneighbors(asked, return_distance=False), np.int64)

    @cached_property
    def _rows(self) -> dict[Any, Int64[np.ndarray, "_"]]:
        """The train targets of every lemma."""
        rows: dict[Any, list[int]] = {}
        for row, lemma in enumerate(self.lemmas.tolist()):
            if lemma is not None:
                rows.setdefault(lemma, []).append(row)
        return {lemma: np.array(own, np.int64) for lemma, own in rows.items()}


def _numbered(lemmas: Shaped[np.ndarray, "targets"]) -> dict[Any, int]:
    """A number for every lemma, in the order of the targets."""
    return {lemma: number for number, lemma in enumerate(dict.fromkeys(x for x in lemmas.tolist() if x is not None))}


def _by_frequency(
    keys: Int64[np.ndarray, "2 targets"],
) -> tuple[Int64[np.ndarray, "2 different"], Int64[np.ndarray, "targets"]]:
    """The different (lemma, label), by lemma, then from the commonest, then by label; and which each target has."""
    different, own, counts = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    order = np.lexsort((different[1], -counts, different[0]))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return different[:, order], place[own.ravel()].astype(np.int64)


def _means(
    vectors: Float32[np.ndarray, "targets width"], groups: Int64[np.ndarray, "targets"], n_groups: int
) -> Float32[np.ndarray, "groups width"]:
    """The mean vector of every group, each with one target at least; added up in double precision."""
    from scipy.sparse import csr_array

    n = len(groups)
    members = csr_array((np.ones(n), (groups, np.arange(n))), shape=(n_groups, n))
    counts = np.bincount(groups, minlength=n_groups)[:, None]
    return np.asarray((members @ vectors.astype(np.float64)) / counts, np.float32)
