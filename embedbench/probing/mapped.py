"""Vectors in a temporary file that is mapped into memory, of which pieces are read as pieces."""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor


@dataclass(frozen=True, eq=False)
class MappedVectors:
    """Zeros at first, in a file without a name: even a killed process leaves nothing behind.

    Attributes:
        values: what the file holds; read when it is touched.
        memory: the map behind it.
    """

    values: Float32[Tensor, "layers rows dim"]
    memory: mmap.mmap

    @classmethod
    def of(cls, shape: tuple[int, int, int]) -> MappedVectors:
        """Room for so many vectors.

        Raises:
            OSError: the temporary folder is full or cannot be written.
        """
        n_bytes = 4 * shape[0] * shape[1] * shape[2]
        with tempfile.TemporaryFile(prefix="embedbench-") as file:
            file.truncate(n_bytes)
            if hasattr(
                os, "posix_fallocate"
            ):  # a full folder is told here; a write through the map would end the process
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            memory = mmap.mmap(file.fileno(), n_bytes)
        return cls(torch.frombuffer(memory, dtype=torch.float32).view(shape), memory)

    def rows(self, rows: Int64[np.ndarray, "chosen"]) -> Float32[Tensor, "layers chosen dim"]:
        """A copy of these rows, which ascend; all pieces are asked for before the first is waited for.

        Left alone, the system reads megabytes around every touched page, which for scattered rows is most of the file
        for each of them.
        """
        layers, n_rows, dim = self.values.shape
        found, index = torch.empty(layers, len(rows), dim), torch.from_numpy(rows)
        edges = np.flatnonzero(np.diff(rows) > 1) + 1
        pieces = np.stack([rows[np.concatenate([[0], edges])], rows[np.concatenate([edges - 1, [-1]])] + 1], axis=1)
        self._advise("MADV_RANDOM")
        try:
            for layer in range(layers):
                for start, end in (4 * dim * (layer * n_rows + pieces)).tolist():
                    aligned = start - start % mmap.ALLOCATIONGRANULARITY
                    self._advise("MADV_WILLNEED", aligned, end - aligned)
            for layer in range(layers):
                torch.index_select(self.values[layer], 0, index, out=found[layer])
        finally:
            self._advise("MADV_NORMAL")
        return found

    def _advise(self, option: str, *where: int) -> None:
        # Not every system takes advice, and none must follow it.
        if hasattr(mmap, option):
            with contextlib.suppress(OSError):
                self.memory.madvise(getattr(mmap, option), *where)
