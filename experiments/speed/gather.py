"""Reading: rows of the memory-mapped store, and of the bank that training reads, beside the memory's own speed.

- shuffled: batches of 1,024 random words, all layers, each word once, as mini-batches ask for them: `store.gather`.
- scan: the same words in corpus order, 2,048 at a time, as standardising and pooling read them.
- bank: the batches that training really reads, from the float32 bank in memory: `Bank.batch`.
- plain_fancy: numpy fancy indexing of one float16 memory map, a batch at a time, made float32 by `astype`.

Bytes are those asked for, as stored (read) plus those handed out (written), per second; memory bandwidth is that of a
large copy, read plus written, with the same threads. The files are in the page cache: they were read once before.

    python experiments/speed/gather.py --words 60000
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cell import cell_with_vectors
from inputs import parsed, parser, say, store_option
from machine import Limits, describe
from rounds import interleaved, share, timed

from embedbench.probing.bank import build_bank
from embedbench.probing.probes import Pooling
from embedbench.probing.standard import WORDS_PER_CHUNK, measure_standard, words_of_targets
from embedbench.types import Split

_BATCH = 1024


def main() -> None:
    """Prints the seconds of every round, and one JSON object."""
    options = parser(__doc__, words=60_000, treebank=False)
    store_option(options)
    chosen = parsed(options)
    with tempfile.TemporaryDirectory() as place:
        say(**_measured(chosen, Path(place)))


def _measured(chosen: argparse.Namespace, place: Path) -> dict[str, Any]:
    small = cell_with_vectors(chosen.words, chosen.store, "extractor=minilm", "task=upos", which=(Split.TRAIN,))
    store, split = small.stores[Split.TRAIN], small.splits[Split.TRAIN]
    n, shape = store.n_words, (store.n_words, store.n_layers, store.dim)
    whole = np.memmap(place / "plain.f2", np.float16, "w+", shape=shape)
    for start in range(0, n, WORDS_PER_CHUNK):
        whole[start : start + WORDS_PER_CHUNK] = store.read(start, min(start + WORDS_PER_CHUNK, n))
    words = words_of_targets(split)
    bank = build_bank(store, split, measure_standard(store, words), Pooling.mean, normed=False, memory_bytes=1 << 40)
    order, ascending = np.random.default_rng(0).permutation(n), np.arange(n)
    targets = np.random.default_rng(0).permutation(len(split))
    largest = 0.0

    def in_batches(read: Callable[[np.ndarray], object], rows: np.ndarray, size: int) -> Callable[[], float]:
        return lambda: timed(lambda: [read(rows[start : start + size]) for start in range(0, len(rows), size)][-1:])

    for start in range(0, n, _BATCH):
        rows = order[start : start + _BATCH]
        largest = max(largest, float(np.abs(store.gather(rows) - whole[rows].astype(np.float32)).max()))
    ways = {
        "shuffled": in_batches(store.gather, order, _BATCH),
        "scan": in_batches(store.gather, ascending, WORDS_PER_CHUNK),
        "bank": in_batches(bank.batch, targets, _BATCH),
        "plain_fancy": in_batches(lambda rows: whole[rows].astype(np.float32), order, _BATCH),
    }
    limits = Limits(())
    measured = interleaved(ways, chosen.rounds, moment=limits.measure)
    numbers = n * store.n_layers * store.dim
    stored, wide = numbers * store.layout.dtype.numpy.itemsize, numbers * 4
    moved = {"shuffled": stored + wide, "scan": stored + wide, "plain_fancy": stored + wide}
    moved["bank"] = 2 * 4 * len(split) * store.n_layers * store.dim
    rates = {way: measured.per_second(way, moved[way] / 1e9) for way in ways}
    shares = {way: share(rate, limits.bandwidth / 1e9) for way, rate in rates.items()}
    return {
        "script": "gather",
        "words": n,
        "bytes_moved": moved,
        "keys": {"gather_fraction_of_bandwidth": shares["shuffled"]},
        "why_not": {},
        "gb_per_s": rates,
        "fraction_of_bandwidth": shares,
        "checks": {"store_vs_plain_map": {"largest_difference": largest}},
        "tolerance": {"largest_difference": 0.0},
        "within_tolerance": largest == 0.0,
        **measured.account(),
        "limits": limits.found,
        "machine": describe(),
    }


if __name__ == "__main__":
    main()
