"""Edge probing: labelled spans and pairs of spans from JSON lines (Tenney et al. 2019, ICLR)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from embedbench.data.edge_probing import EdgeSentence, EdgeTarget, read_edge_probing
from embedbench.data.locate import locate
from embedbench.errors import ConfigurationError, DataError
from embedbench.registry import register
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import POSITIVE_LABEL, ControlKind, Corpus, Split, TaskMeta


@register("task", "edge_probing")
@dataclass(frozen=True)
class EdgeProbing(FileTask):
    """Label of a span or of a pair of spans, from edge-probing JSON lines (Tenney et al. 2019).

    The one span, or the two in the order of the file, are the target's spans; each has exactly one label. Multi-label
    data (SPR2) asks yes/no questions instead: whether one label applies, or of every label of train whether it does.
    In the latter case every (spans, label) is a target and every label has a probe of its own, as each has its own
    sigmoid in the original; with `binary_f1` over all these targets together, the score is the original's micro-F1.

    Attributes:
        attribute: the only label to ask for: `yes` where it applies, `no` where not.
        multilabel: whether every label is asked for.
        metric: `relation_f1` is the official score of SemEval-2010 task 8; `binary_f1` suits yes/no questions.
    """

    name: str = "edge_probing"
    attribute: str = ""
    multilabel: bool = False
    metric: str = "accuracy"

    CONTROL: ClassVar[ControlKind] = ControlKind.WORD_TYPE
    VERSION: ClassVar[int] = 2  # 2: it has a control, which cells that were finished before did not learn

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.attribute and self.multilabel:
            raise ConfigurationError(
                f"{self.label} is asked for the attribute {self.attribute!r} and, by multilabel, for all of them; "
                "expected one of the two"
            )

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric."""
        return dataclasses.replace(super().meta, metric=self.metric)

    def labelled(self, which: Split) -> LabelledSpans:
        """Every target, in the order of the file; of several questions, every question about it in turn."""
        sentences = _read(self.files[which])
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
                labels += self._labels(target, where)
        rows = np.array(spans, np.int64).reshape(len(spans), -1, 2)
        if not self.multilabel:
            return LabelledSpans(corpus, rows, tuple(labels))
        return LabelledSpans(
            corpus, np.repeat(rows, len(self._asked), axis=0), tuple(labels), questions=self._asked * len(spans)
        )

    def _labels(self, target: EdgeTarget, where: str) -> list[str]:
        """The label, or the answer to every question."""
        if self._asked:
            if unknown := sorted(set(target.labels) - self._known):
                raise DataError(f"{where} has the label {unknown[0]!r}, which no target of train has")
            return [POSITIVE_LABEL if name in target.labels else "no" for name in self._asked]
        if len(target.labels) != 1:
            raise DataError(
                f"{where} has {len(target.labels)} labels ({', '.join(target.labels) or 'none'}); expected exactly "
                "one: for multi-label data, set multilabel=true, or attribute to one of its labels"
            )
        return list(target.labels)

    @cached_property
    def _known(self) -> frozenset[str]:
        train = _read(self.files[Split.TRAIN])
        return frozenset(label for sentence in train for target in sentence.targets for label in target.labels)

    @cached_property
    def _asked(self) -> tuple[str, ...]:
        """The labels that are asked for one by one; none where the label itself is."""
        if self.attribute and self.attribute not in self._known:
            raise ConfigurationError(
                f"no target of {self.files[Split.TRAIN]} has the label {self.attribute!r}; there are "
                f"{', '.join(sorted(self._known))}"
            )
        return (self.attribute,) if self.attribute else tuple(sorted(self._known)) if self.multilabel else ()


def _read(spec: str) -> list[EdgeSentence]:
    return read_edge_probing(locate(spec))
