"""Edge probing: labelled spans and pairs of spans from JSON lines (Tenney et al. 2019, ICLR)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from embedbench.data.edge_probing import EdgeTarget, read_edge_probing
from embedbench.data.locate import locate
from embedbench.errors import DataError
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import POSITIVE_LABEL, Corpus, Split, TaskMeta


@register("task", "edge_probing")
@dataclass(frozen=True)
class EdgeProbing(FileTask):
    """Label of a span or of a pair of spans, from edge-probing JSON lines (Tenney et al. 2019).

    The one span, or the two in the order of the file, are the target's spans. A target has exactly one label; of
    multi-label data, one label at a time is asked for as a yes/no question.

    Attributes:
        attribute: of multi-label data, the label to ask for: `yes` where a target carries it, `no` where not. Empty:
            the label itself.
        metric: `relation_f1` is the published score of SemEval-2010 task 8; `binary_f1` suits yes/no questions.
    """

    name: str = "edge_probing"
    attribute: str = ""
    metric: str = "accuracy"

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric."""
        return dataclasses.replace(super().meta, metric=self.metric)

    def labelled(self, which: Split) -> LabelledSpans:
        """Every target, in the order of the file."""
        sentences = read_edge_probing(locate(self.files[which]))
        corpus = Corpus.of(sentence.words for sentence in sentences)
        spans: list[tuple[tuple[int, int], ...]] = []
        labels: list[str] = []
        for start, sentence in zip(corpus.offsets.tolist(), sentences, strict=False):
            for number, target in enumerate(sentence.targets, 1):
                where = f"{self.files[which]}, line {sentence.line}, target {number}"
                if spans and len(target.spans) != len(spans[0]):
                    raise DataError(
                        f"{where} has {len(target.spans)} spans, the first target has {len(spans[0])}; "
                        "expected as many in every target"
                    )
                spans.append(tuple((start + first, start + end) for first, end in target.spans))
                labels.append(self._label(target, where))
        if self.attribute and POSITIVE_LABEL not in labels:
            known = sorted(set(_labels(sentence.targets for sentence in sentences)))
            raise DataError(f"no target of {self.files[which]} has the label {self.attribute!r}; there are {known}")
        return LabelledSpans(corpus, np.array(spans, np.int64).reshape(len(spans), -1, 2), tuple(labels))

    def _label(self, target: EdgeTarget, where: str) -> str:
        if self.attribute:
            return POSITIVE_LABEL if self.attribute in target.labels else "no"
        if len(target.labels) != 1:
            raise DataError(
                f"{where} has {len(target.labels)} labels ({', '.join(target.labels) or 'none'}); expected exactly "
                "one: for multi-label data, set attribute to one of its labels"
            )
        return target.labels[0]


def _labels(targets: Iterator[tuple[EdgeTarget, ...]]) -> Iterator[str]:
    return (label for of_sentence in targets for target in of_sentence for label in target.labels)
