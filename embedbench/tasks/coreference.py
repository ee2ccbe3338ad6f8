"""Coreference of a pronoun and a name (GAP)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from embedbench.data.gap import read_gap
from embedbench.data.locate import locate
from embedbench.data.tokenisation import VERSION as TOKENISATION
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import POSITIVE_LABEL, Corpus, Split


@register("task", "gap")
@dataclass(frozen=True)
class Gap(FileTask):
    """Whether a name is what an ambiguous pronoun means (GAP, Webster et al. 2018), by F1.

    Two targets per text, name A and name B; the spans are the pronoun and the name. The two are judged apart, as in
    the official score, which is the F1 of `yes` over all of them. The text, mostly several sentences, is one sentence
    of the corpus, because the pronoun may be in another sentence than the name; it is also the cluster. As published,
    `development` trains, `validation` stops and `test` tests.
    """

    name: str = "gap"

    METRIC: ClassVar[str] = "binary_f1"

    @property
    def fingerprint(self) -> str:
        """Of the files' bytes, the version and the rules that part words."""
        return fingerprint(super().fingerprint, TOKENISATION)

    def labelled(self, which: Split) -> LabelledSpans:
        """Every pronoun with each of its two names."""
        texts = read_gap(locate(self.files[which]))
        corpus = Corpus.of(text.words for text in texts)
        spans = [[text.pronoun, name] for text in texts for name in text.names]
        starts = np.repeat(corpus.offsets[:-1], 2)[:, None, None]
        labels = [POSITIVE_LABEL if coreferent else "no" for text in texts for coreferent in text.coreferent]
        return LabelledSpans(corpus, starts + np.array(spans, np.int64), tuple(labels))
