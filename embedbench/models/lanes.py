"""Sentences of different lengths in lanes that run side by side, one after the other in each, without padding."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64

_MOST = 192
"""Lanes beyond which a step's gates leave the caches of the processor."""
_FEWEST = 48
"""Lanes below which a step waits for the matrices to stream from memory; rather let short lanes end early."""


@dataclass(frozen=True, eq=False)
class Lanes:
    """Which word each lane reads at each step, the longest lane first; lanes that have ended are no longer computed.

    Attributes:
        running: how many lanes still run at each step; never grows.
        forward: [words] the word read at each step by each running lane, sentences read left to right.
        backward: [words] the same, every sentence read right to left.
        restarts: the lanes in which a sentence starts from the initial state, by step; none at step 0.
    """

    running: tuple[int, ...]
    forward: Int64[np.ndarray, "words"]
    backward: Int64[np.ndarray, "words"]
    restarts: dict[int, list[int]]

    @classmethod
    def balanced(cls, lengths: Sequence[int]) -> Lanes:
        """Every sentence starts from the initial state; lanes are as equal in length as sentences allow."""
        order = np.argsort(-np.asarray(lengths), kind="stable")
        if not len(order):
            return cls((), np.zeros(0, np.int64), np.zeros(0, np.int64), {})
        fitting = int(sum(lengths)) // max(int(lengths[order[0]]), 1)
        n = min(len(order), max(min(fitting, _MOST), _FEWEST))
        lanes: list[list[int]] = [[] for _ in range(n)]
        shortest = [(0, k) for k in range(n)]
        for sentence in order.tolist():
            words, lane = shortest[0]
            lanes[lane].append(sentence)
            heapq.heapreplace(shortest, (words + int(lengths[sentence]), lane))
        return cls._of(lengths, lanes, carry=False)

    @classmethod
    def carrying(cls, lengths: Sequence[int], n: int) -> Lanes:
        """Sentence i starts in the state where sentence i - n ended, in both directions."""
        lanes = [list(range(k, len(lengths), n)) for k in range(min(n, len(lengths)))]
        return cls._of(lengths, lanes, carry=True)

    @classmethod
    def _of(cls, lengths: Sequence[int], lanes: Sequence[Sequence[int]], *, carry: bool) -> Lanes:
        sizes = np.asarray(lengths, dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        lanes = sorted(lanes, key=lambda lane: -sum(sizes[k] for k in lane))
        totals = np.array([sum(sizes[k] for k in lane) for lane in lanes], dtype=np.int64)
        steps = np.arange(totals.max(initial=0))
        runs = totals[None, :] > steps[:, None]
        reads = np.zeros((2, len(steps), len(lanes)), dtype=np.int64)
        restarts: dict[int, list[int]] = {}
        for column, lane in enumerate(lanes):
            step = 0
            for sentence in lane:
                size, words = int(sizes[sentence]), starts[sentence] + np.arange(sizes[sentence])
                reads[0, step : step + size, column] = words
                reads[1, step : step + size, column] = words[::-1]
                if step and size and not carry:
                    restarts.setdefault(step, []).append(column)
                step += size
        return cls(tuple(runs.sum(axis=1).tolist()), reads[0][runs], reads[1][runs], restarts)

    def blocks(self, words: int) -> list[range]:
        """The steps in runs of at most so many words, at least one step each."""
        blocks, first, filled = [], 0, 0
        for step, running in enumerate(self.running):
            if step > first and filled + running > words:
                blocks.append(range(first, step))
                first, filled = step, 0
            filled += running
        return [*blocks, range(first, len(self.running))] if self.running else []

    def on(self, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """`forward` and `backward` on a device."""
        return torch.from_numpy(self.forward).to(device), torch.from_numpy(self.backward).to(device)
