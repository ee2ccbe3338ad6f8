"""Spans read off BIO tags, for many sequences at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, Int64, Shaped

from embedbench.errors import DataError


@dataclass(frozen=True, eq=False)
class BioLabels:
    """The labels of a BIO task as columns, by label index.

    Attributes:
        tags: the label names.
        begins: whether the label is `B-…`.
        types: the number of the span type; -1 for `O`.
    """

    tags: Shaped[np.ndarray, "labels"]
    begins: Bool[np.ndarray, "labels"]
    types: Int64[np.ndarray, "labels"]

    @classmethod
    def of(cls, label_names: tuple[str, ...]) -> BioLabels:
        """The columns of these labels.

        Raises:
            DataError: a label is not `O`, `B-TYPE` or `I-TYPE`.
        """
        for name in label_names:
            if name != "O" and (name[:2] not in ("B-", "I-") or len(name) < 3):
                raise DataError(f"span_f1 reads BIO tags, but the label {name!r} is neither O nor B-TYPE nor I-TYPE")
        if not label_names:
            raise DataError("span_f1 reads BIO tags, but the task has no label names")
        numbers = {t: i for i, t in enumerate(sorted({name[2:] for name in label_names if name != "O"}))}
        return cls(
            tags=np.array(label_names, dtype=object),
            begins=np.array([name.startswith("B-") for name in label_names]),
            types=np.array([-1 if name == "O" else numbers[name[2:]] for name in label_names], dtype=np.int64),
        )

    def matches(
        self,
        gold: Int[np.ndarray, "targets"],
        predicted: Int[np.ndarray, "targets"],
        sequence: Int64[np.ndarray, "targets"],
    ) -> tuple[Int64[np.ndarray, "hits"], Int64[np.ndarray, "found"], Int64[np.ndarray, "wanted"]]:
        """The targets where a right, a predicted and a gold span begin; targets are in sequence order."""
        new = np.diff(sequence, prepend=-1) != 0
        wanted, wanted_end = self.spans(gold, new)
        found, found_end = self.spans(predicted, new)
        _, in_gold, in_found = np.intersect1d(wanted, found, assume_unique=True, return_indices=True)
        same_end = wanted_end[in_gold] == found_end[in_found]
        start = wanted[in_gold]
        return start[same_end & (self.types[gold[start]] == self.types[predicted[start]])], found, wanted

    def spans(
        self, labels: Int[np.ndarray, "targets"], new: Bool[np.ndarray, "targets"]
    ) -> tuple[Int64[np.ndarray, "spans"], Int64[np.ndarray, "spans"]]:
        """First and last target of every span, counted as conlleval does; `new` is where a sequence begins."""
        types = self.types[labels]
        # A span goes on exactly when this tag is I-X and the tag before, in the same sequence, is B-X or I-X.
        goes_on = (types >= 0) & ~self.begins[labels] & ~new & (types == np.concatenate([[-1], types[:-1]]))
        starts = np.flatnonzero((types >= 0) & ~goes_on)
        ends = np.flatnonzero((types >= 0) & ~np.concatenate([goes_on[1:], [False]]))
        return starts, ends
