"""Word in Context: whether a word has the same meaning in two sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedbench.data.locate import locate
from embedbench.data.wic import gold_path, read_wic
from embedbench.fingerprint import file_fingerprint, fingerprint
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import Corpus, Split


@register("task", "wic")
@dataclass(frozen=True)
class WordInContextTask(FileTask):
    """Whether a word means the same in two sentences (WiC, Pilehvar & Camacho-Collados 2019).

    The two spans are the two uses of the word; the two sentences of an item are two sentences of the corpus, each seen
    on its own. A static vector is the same on both sides where the word form is, so it cannot tell. Accuracy, as
    published (both labels are equally frequent). Items of one target word form a cluster. The gold labels of
    `X.data.txt` are read from `X.gold.txt` beside it.
    """

    name: str = "wic"

    @property
    def fingerprint(self) -> str:
        """Of the items' and the labels' bytes and the version."""
        gold = [file_fingerprint(locate(gold_path(locate(self.files[split])))) for split in sorted(self.files)]
        return fingerprint(super().fingerprint, gold)

    def labelled(self, which: Split) -> LabelledSpans:
        """Every item."""
        path = locate(self.files[which])
        items = read_wic(path, locate(gold_path(path)))
        corpus = Corpus.of(sentence for item in items for sentence in item.sentences)
        positions = np.array([item.positions for item in items], np.int64)
        starts = corpus.offsets[:-1].reshape(-1, 2) + positions
        targets: dict[tuple[str, str], int] = {}
        clusters = [targets.setdefault((item.target, item.pos), len(targets)) for item in items]
        return LabelledSpans(
            corpus,
            np.stack([starts, starts + 1], axis=-1),
            tuple("same" if item.same else "different" for item in items),
            np.array(clusters, np.int64),
        )
