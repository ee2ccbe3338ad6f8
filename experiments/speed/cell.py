"""One probing cell of UD English-EWT, cut to so many words, with its vectors in a store that is kept between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from inputs import ewt

from embedbench.cells import Cell, limited
from embedbench.cli.cell_config import cell_of
from embedbench.cli.configuration import compose
from embedbench.pipeline import fitted
from embedbench.probing.members import ProbeData
from embedbench.probing.questions import asked_once, label_columns
from embedbench.registry import load_components
from embedbench.store import LayeredStore, fill, store_folder
from embedbench.types import Split, TaskSplit


@dataclass(frozen=True, eq=False)
class SmallCell:
    """A cell, the targets of its first words, and their vectors."""

    cell: Cell
    splits: Mapping[Split, TaskSplit]
    stores: Mapping[Split, LayeredStore]

    def probe_data(self, which: Split) -> ProbeData:
        """What `train_members` takes."""
        split = self.splits[which]
        return ProbeData(self.stores[which], asked_once(split), dict(label_columns(split)))


def ewt_files() -> str:
    """The override that reads UD English-EWT below $EMBEDBENCH_DATA."""
    files = ", ".join(f"{split}: '{ewt(split)}'" for split in ("train", "dev", "test"))
    return f"task.files={{{files}}}"


def cell_with_vectors(words: int, store: Path, *overrides: str, which: tuple[Split, ...]) -> SmallCell:
    """The first `words` words of train, a quarter as many of the other splits, and the vectors of all of them.

    Args:
        words: of train.
        store: where vectors are kept.
        overrides: of `embedbench run`.
        which: the splits to fill.
    """
    load_components()
    cell = cell_of(compose([*overrides, ewt_files()]))
    splits, stores = {}, {}
    for name in which:
        whole = cell.task.split(name)
        wanted = words if name is Split.TRAIN else -(-words // 4)
        sentences = int(np.searchsorted(whole.corpus.offsets, min(wanted, whole.corpus.n_words)))
        splits[name] = limited(whole, sentences)
    extractor = fitted(cell.extractor, splits)
    for name, split in splits.items():
        folder = store_folder(store, extractor, split.corpus)
        if not folder.is_dir():
            print(f"filling the store of {name} ({split.corpus.n_words} words)", flush=True)
        stores[name] = fill(extractor, split.corpus, folder)
    return SmallCell(cell, splits, stores)
