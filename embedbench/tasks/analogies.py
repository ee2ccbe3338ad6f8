"""Word analogies: a is to b as c is to what? Nothing is trained."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from embedbench.data.analogies import AnalogyQuestion, all_questions, read_bats, read_word2vec_questions
from embedbench.data.locate import locate
from embedbench.errors import ConfigurationError, DataError
from embedbench.registry import register
from embedbench.tasks.sources import words
from embedbench.tasks.suites import Entries, SuiteTask, Unknown
from embedbench.types import Split, TaskKind, TaskSplit


class Format(enum.Enum):
    """The two kinds of analogy files."""

    word2vec = "word2vec"
    """`: section` lines and four words a line."""
    bats = "bats"
    """A table of pairs; every two pairs of a relation are a question, and any of the listed answers is right."""


class Rule(enum.Enum):
    """How the answer is found among the candidates d."""

    add = "add"
    """3CosAdd: the largest cos(d, b - a + c) of unit vectors (Mikolov et al. 2013; Levy & Goldberg 2014, eq. 3)."""
    mul = "mul"
    """3CosMul: the largest cos(d, b) cos(d, c) / (cos(d, a) + 0.001), cosines moved to 0..1 (ibid., eq. 4)."""


@register("task", "analogies")
@dataclass(frozen=True)
class Analogies(SuiteTask):
    """Word analogies by 3CosAdd or 3CosMul, question words excluded (Mikolov et al. 2013; Gladkova et al. 2016).

    Candidates are all words of the questions and their answers, or exactly those of `vocabulary`; then a question with
    another word is left out, which makes it the common-vocabulary mode: every extractor answers the same questions out
    of the same words. Words are compared as written. Every word is a sentence of its own.

    A target has the spans (a, b, c, first right answer); its label is the number of the pair (c, answers).

    Attributes:
        format: of the file.
        rule: how the answer is found.
        sections: only sections that begin with one of these; empty: all.
        vocabulary: the words of this treebank or text are the candidates; empty: those of the questions.
        vocabulary_size: only that many of its most frequent words; 0: all.
        unknown: what happens to questions with a word that the extractor does not know.
        name: the name in tables.
    """

    format: Format = Format.word2vec
    rule: Rule = Rule.add
    sections: Sequence[str] = ()
    vocabulary: str = ""
    vocabulary_size: int = 0
    unknown: Unknown = Unknown.skip
    name: str = "analogies"

    METRIC: ClassVar[str] = "accuracy"
    KIND: ClassVar[TaskKind] = TaskKind.ANALOGY

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.vocabulary_size < 0 or (self.vocabulary_size and not self.vocabulary):
            raise ConfigurationError(
                f"analogies.vocabulary_size is {self.vocabulary_size}; it needs a vocabulary, and to be 0 or more"
            )

    @property
    def specs(self) -> tuple[str, ...]:
        """The file of questions, and that of the vocabulary if there is one."""
        return (*super().specs, *([self.vocabulary] if self.vocabulary else []))

    @property
    def label_names(self) -> tuple[str, ...]:
        """None: labels are numbers of pairs."""
        return ()

    @property
    def omitted(self) -> Mapping[str, int]:
        """Questions that are no target: how many, by reason."""
        return self._built[2]

    def answers(self) -> tuple[tuple[int, ...], ...]:
        """By label: the sentences that hold a right answer."""
        return self._built[1]

    def split(self, which: Split) -> TaskSplit:
        """Every question.

        Raises:
            ConfigurationError: another split than test is asked for.
            DataError: the file is missing or malformed, or no question is left.
        """
        self.check_split(which)
        return self._built[0]

    @cached_property
    def _built(self) -> tuple[TaskSplit, tuple[tuple[int, ...], ...], Mapping[str, int]]:
        path = locate(self.files[Split.TEST])
        questions = all_questions(read_bats(path)) if self.format is Format.bats else read_word2vec_questions(path)
        questions = [q for q in questions if not self.sections or q.section.startswith(tuple(self.sections))]
        allowed = self._vocabulary()
        kept: list[tuple[AnalogyQuestion, tuple[str, ...]]] = []
        outside = pointless = 0
        for question in questions:
            asked = {question.first, question.second, question.third.word}
            # A word of the question is never a candidate.
            right = tuple(a for a in question.third.answers if a not in asked)
            if not right:
                pointless += 1
                continue
            if allowed is not None:
                right = tuple(a for a in right if a in allowed)
                if not right or not asked <= allowed.keys():
                    outside += 1
                    continue
            kept.append((question, right))
        if not kept:
            raise DataError(
                f"task {self.label} has no question left of {self.files[Split.TEST]}: {outside} have a word "
                f"outside the vocabulary, {pointless} have no answer but a word of the question; check sections and "
                "vocabulary"
            )
        found = (w for q, right in kept for w in (q.first, q.second, q.third.word, *right))
        entries = Entries.of(found if allowed is None else allowed)
        columns = [
            entries.spans(column)
            for column in zip(*((q.first, q.second, q.third.word, right[0]) for q, right in kept), strict=True)
        ]
        numbers: dict[tuple[int, ...], int] = {}
        labels = [numbers.setdefault(tuple(entries.index[a] for a in right), len(numbers)) for _, right in kept]
        spans = np.stack(columns, axis=1)
        split = TaskSplit(entries.corpus, spans, np.array(labels, np.int64), entries.corpus.sentence_of(spans[:, 0, 0]))
        return split, tuple(numbers), {"questions_outside_vocabulary": outside, "questions_without_answer": pointless}

    def _vocabulary(self) -> dict[str, int] | None:
        if not self.vocabulary:
            return None
        counts = Counter(words(self.vocabulary).words)
        # Of equally frequent words the one that comes first in the text.
        return dict(counts.most_common(self.vocabulary_size or None))
