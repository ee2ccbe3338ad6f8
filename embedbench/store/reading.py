"""Reading a complete store: any words, any layers, through memory maps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from embedbench.errors import ContractError
from embedbench.store.layout import ALIGNMENT_KINDS, Layout, StoreDtype, shard_path
from embedbench.store.shard import map_layers, read_alignment
from embedbench.store.widening import widen
from embedbench.types import Alignment

_OPEN_SHARDS = 256
"""Each map keeps a file descriptor; systems often allow 1,024."""


class LayeredStore:
    """Layered word vectors on disk; satisfies `WordVectors`. Made by `fill`.

    Layers are counted among the stored ones: with `layers=(0, 6)`, stored layer 1 is the extractor's layer 6.

    Attributes:
        folder: where the shards are.
        layout: what they hold.
    """

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.folder = folder
        self.layout = layout
        self._layers = lru_cache(maxsize=_OPEN_SHARDS)(self._map)

    def __reduce__(self) -> tuple[type[LayeredStore], tuple[Path, Layout]]:
        # Maps are opened anew in the process that gets a copy.
        return LayeredStore, (self.folder, self.layout)

    def __repr__(self) -> str:
        return f"LayeredStore({str(self.folder)!r}, {self.n_words} words, {self.n_layers} layers, {self.dim} dims)"

    @property
    def n_words(self) -> int:
        """The number of words."""
        return self.layout.n_words

    @property
    def n_layers(self) -> int:
        """The number of stored layers."""
        return len(self.layout.layers)

    @property
    def dim(self) -> int:
        """The number of dimensions."""
        return self.layout.dim

    @property
    def layers(self) -> tuple[int, ...]:
        """The extractor's index of each stored layer."""
        return self.layout.layers

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The names of the stored layers."""
        return self.layout.layer_names

    @property
    def nbytes(self) -> int:
        """The bytes of all vectors on disk."""
        return self.n_words * self.layout.bytes_per_word

    @cached_property
    def alignment(self) -> Alignment:
        """What happened between words and vectors, in positions of the whole corpus."""
        parts: dict[str, list[np.ndarray]] = {kind: [] for kind in ALIGNMENT_KINDS}
        for shard in range(self.layout.n_shards):
            start = self.layout.word_bounds[shard]
            for kind, positions in read_alignment(shard_path(self.folder, shard)).items():
                parts[kind].append(positions + start)
        return Alignment(**{kind: np.concatenate(arrays) for kind, arrays in parts.items()})

    def gather(self, positions: Int64[np.ndarray, "n"]) -> Float32[np.ndarray, "n layers dim"]:
        """The vectors at these word positions, in the order asked for; repeats are allowed.

        Raises:
            ContractError: a position is not in the corpus.
        """
        out = np.empty((len(positions), self.n_layers, self.dim), np.float32)
        raw = self._raw(out)
        if not len(positions):
            return out
        self._check(int(positions.min()), int(positions.max()) + 1)
        # Ascending reads touch every page once; ascending questions need no scattering.
        order = slice(None) if (np.diff(positions) >= 0).all() else np.argsort(positions, kind="stable")
        ascending = positions[order]
        for shard, first, last in self._shards_of(ascending):
            wanted = ascending[first:last] - self.layout.word_bounds[shard]
            rows = slice(first, last) if isinstance(order, slice) else order[first:last]
            span = int(wanted[-1] - wanted[0]) + 1
            consecutive = span == len(wanted) and bool((np.diff(wanted) == 1).all())
            picked = slice(int(wanted[0]), int(wanted[0]) + span) if consecutive else wanted
            for index, layer in enumerate(self._layers(shard)):
                raw[rows, index] = layer[picked]
        return self._numbers(out)

    def read(self, start: int, stop: int) -> Float32[np.ndarray, "n layers dim"]:
        """The vectors of the words `[start, stop)`.

        Raises:
            ContractError: the range is not within the corpus.
        """
        self._check(start, stop)
        return self.gather(np.arange(start, stop, dtype=np.int64))

    def read_layer(self, layer: int, start: int = 0, stop: int | None = None) -> Float32[np.ndarray, "n dim"]:
        """One stored layer of the words `[start, stop)`; only that layer is read from disk.

        Raises:
            ContractError: there is no such stored layer, or the range is not within the corpus.
        """
        stop = self.n_words if stop is None else stop
        self._check(start, stop)
        if not 0 <= layer < self.n_layers:
            raise ContractError(f"the store in {self.folder} has {self.n_layers} layers; there is no layer {layer}")
        out = np.empty((stop - start, self.dim), np.float32)
        raw = self._raw(out)
        bounds = self.layout.word_bounds
        shard = int(np.searchsorted(bounds, start, side="right")) - 1
        while start < stop:
            end = min(stop, int(bounds[shard + 1]))
            local = slice(start - int(bounds[shard]), end - int(bounds[shard]))
            if end > start:
                raw[len(out) - (stop - start) : len(out) - (stop - end)] = self._layers(shard)[layer][local]
            start, shard = end, shard + 1
        return self._numbers(out)

    def _map(self, shard: int) -> list[np.ndarray]:
        arrays = map_layers(shard_path(self.folder, shard), self.layout, shard)
        return [array.view("<i2") for array in arrays] if self._is_half else arrays

    @property
    def _is_half(self) -> bool:
        return self.layout.dtype is StoreDtype.float16

    def _raw(self, out: np.ndarray) -> np.ndarray:
        """The view of `out` into which stored elements are copied; `_numbers` makes numbers of them."""
        return out.view(np.int32) if self._is_half else out

    def _numbers(self, out: np.ndarray) -> np.ndarray:
        if self._is_half:
            widen(out)
        return out

    def _shards_of(self, ascending: Int64[np.ndarray, "n"]) -> Iterator[tuple[int, int, int]]:
        """Each shard that is touched, with the range of `ascending` that lies in it."""
        cuts = np.searchsorted(ascending, self.layout.word_bounds)
        for shard in np.flatnonzero(np.diff(cuts)):
            yield int(shard), int(cuts[shard]), int(cuts[shard + 1])

    def _check(self, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= self.n_words:
            raise ContractError(
                f"asked for words {start} to {stop - 1} of the store in {self.folder}, which holds words 0 to "
                f"{self.n_words - 1}"
            )
