"""Coreference of a pronoun and a name (GAP)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Int64

from embedbench.data.gap import read_gap
from embedbench.data.locate import locate
from embedbench.data.tokenisation import VERSION as TOKENISATION
from embedbench.fingerprint import fingerprint
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import FEMININE, MASCULINE, POSITIVE_LABEL, Corpus, Split, TaskSplit

RANDOM_NAMES = 20
"""Draws of the baseline of random names, which are its seeds."""


@register("task", "gap")
@dataclass(frozen=True)
class Gap(FileTask):
    """Whether a name is what an ambiguous pronoun means (GAP, Webster et al. 2018), by F1.

    Two targets per text, name A and name B; the spans are the pronoun and the name. The two are judged apart, as in
    the official score, which is the F1 of `yes` over all of them. The text, mostly several sentences, is one sentence
    of the corpus, because the pronoun may be in another sentence than the name; it is also the cluster. As published,
    `development` trains, `validation` stops and `test` tests. The groups `feminine` and `masculine` are told by the
    pronoun; F1 of the one divided by F1 of the other, the published bias, is the metric `gender_bias`.

    Baselines are the published ones that need no parser, with the two names given: a name at random, and the name
    fewer words away from the pronoun.
    """

    name: str = "gap"

    METRIC: ClassVar[str] = "binary_f1"
    FURTHER_METRICS: ClassVar[tuple[str, ...]] = ("gender_bias",)

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
        groups = [FEMININE if text.feminine else MASCULINE for text in texts for _ in text.names]
        return LabelledSpans(corpus, starts + np.array(spans, np.int64), tuple(labels), groups=groups)

    def own_baselines(self, train: TaskSplit, test: TaskSplit) -> Mapping[str, Int64[np.ndarray, "draws targets"]]:
        """`nearest_name`, the name with fewer words between it and the pronoun, and `random_name`; A of equals."""
        pronoun, name = test.spans[:, 0], test.spans[:, 1]
        between = np.maximum(pronoun[:, 0] - name[:, 1], name[:, 0] - pronoun[:, 1]).reshape(-1, 2)
        draws = np.random.default_rng(0).integers(0, 2, (RANDOM_NAMES, len(between)))
        return {
            "nearest_name": self._only(between.argmin(axis=1)[None]),
            "random_name": self._only(draws),
        }

    def _only(self, chosen: Int64[np.ndarray, "draws texts"]) -> Int64[np.ndarray, "draws targets"]:
        """Labels that say `yes` to the chosen name of every text, 0 or 1, and `no` to the other."""
        yes, no = (self.label_names.index(label) for label in (POSITIVE_LABEL, "no"))
        return np.where(chosen[..., None] == np.arange(2), yes, no).reshape(len(chosen), -1).astype(np.int64)
