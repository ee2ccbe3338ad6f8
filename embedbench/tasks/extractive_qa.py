"""Extractive question answering: which span of a passage answers a question (SQuAD's form, XQuAD)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from embedbench.data.locate import locate
from embedbench.data.squad import Article, read_squad
from embedbench.data.word_ranges import VERSION as WORDS_VERSION
from embedbench.data.word_ranges import plain_word, whole_words, word_ranges
from embedbench.errors import ConfigurationError, DataError
from embedbench.registry import register
from embedbench.tasks.answers import AskedQuestion
from embedbench.tasks.base import FileTask, LabelledSpans
from embedbench.types import Corpus, Split, TaskKind, TaskMeta, TaskSplit


@register("task", "xquad")
@dataclass(frozen=True)
class Xquad(FileTask):
    """The span of a passage that answers a question (XQuAD, Artetxe et al. 2020); any file of SQuAD 1.1's form.

    A passage is one sentence of the corpus and so is each of its questions: an extractor reads either without the
    other. The cluster of a question is its passage.

    XQuAD has one file per language. Splits that name the same file share out its articles, so that no article (and no
    passage) is in two of them. Who gets which is drawn by place, not by content: XQuAD's files hold the same articles
    in the same order, so that every language is tested on translations of the same passages. English XQuAD has 48
    articles of five passages.

    Attributes:
        dev_share: the part of the articles that is dev, where splits share a file.
        test_share: the part of the articles that is test.
        seed: of the drawing of articles.
    """

    name: str = "xquad"
    dev_share: float = 0.15
    test_share: float = 0.25
    seed: int = 0

    METRIC: ClassVar[str] = "answer_f1"
    KIND: ClassVar[TaskKind] = TaskKind.POINTER

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.dev_share > 0 and self.test_share > 0 and self.dev_share + self.test_share < 1):
            raise ConfigurationError(
                f"{self.label}.dev_share is {self.dev_share} and test_share {self.test_share}; expected shares above 0 "
                "that leave some for train"
            )

    @property
    def meta(self) -> TaskMeta:
        """Source, licence, citation, version, main metric."""
        return replace(super().meta, version=self.VERSION + WORDS_VERSION - 1)

    @property
    def label_names(self) -> tuple[str, ...]:
        """None: labels are numbers of questions."""
        return ()

    def articles(self, which: Split) -> list[Article]:
        """The articles of one split, in the order of the file."""
        path = locate(self.files[which])
        stat = path.stat()
        every = _read(str(path.resolve()), stat.st_size, stat.st_mtime_ns)
        sharing = [split for split in Split if self.files[split] == self.files[which]]
        if len(sharing) == 1:
            return list(every)
        # Articles of one name go together; two parts of an article are as bad as two articles are good.
        names = list(dict.fromkeys(article.title for article in every))
        shares = {Split.DEV: self.dev_share, Split.TEST: self.test_share}
        shares[Split.TRAIN] = 1 - sum(shares.values())
        ends = np.cumsum([0.0, *(shares[split] for split in sharing)])
        ends = np.rint(ends / ends[-1] * len(names)).astype(np.int64)
        if (np.diff(ends) < 1).any():
            raise ConfigurationError(
                f"{self.files[which]} has {len(names)} articles, too few to share them between {', '.join(sharing)}; "
                "give every split a file of its own"
            )
        place = sharing.index(which)
        drawn = np.random.default_rng(self.seed).permutation(len(names))[ends[place] : ends[place + 1]]
        chosen = {names[i] for i in drawn.tolist()}
        return [article for article in every if article.title in chosen]

    def questions(self, which: Split) -> tuple[AskedQuestion, ...]:
        """Every question of one split, with what its passage says in characters."""
        asked = []
        for passage in (passage for article in self.articles(which) for passage in article.passages):
            ranges = word_ranges(passage.text)
            for question in passage.questions:
                first = question.answers[0]
                _, _, whole = _answer_words(ranges, first.text, first.start)
                texts = tuple(answer.text for answer in question.answers)
                asked.append(AskedQuestion(passage.text, tuple(ranges), texts, whole))
        return tuple(asked)

    def labelled(self, which: Split) -> LabelledSpans:
        """Every question, with the words of its first answer."""
        sentences: list[list[str]] = []
        rows, clusters = [], []
        n_words = 0
        passages = [passage for article in self.articles(which) for passage in article.passages if passage.questions]
        for number, passage in enumerate(passages):
            ranges = word_ranges(passage.text)
            sentences.append([plain_word(passage.text[start:end]) for start, end in ranges])
            where = (n_words, n_words + len(ranges))
            n_words += len(ranges)
            for question in passage.questions:
                words = [plain_word(question.text[start:end]) for start, end in word_ranges(question.text)]
                first = question.answers[0]
                start, end, _ = _answer_words(ranges, first.text, first.start)
                rows.append((where, (n_words, n_words + len(words)), (where[0] + start, where[0] + end)))
                clusters.append(number)
                sentences.append(words)
                n_words += len(words)
        labels = tuple(map(str, range(len(rows))))
        return LabelledSpans(
            Corpus.of(sentences), np.array(rows, np.int64).reshape(-1, 3, 2), labels, np.array(clusters, np.int64)
        )

    def split(self, which: Split) -> TaskSplit:
        """Every question of one split.

        Raises:
            DataError: the file is missing or malformed.
            ConfigurationError: there are too few articles for the splits that share them.
        """
        kept = self._kept(which)
        assert kept.clusters is not None
        return TaskSplit(kept.corpus, kept.spans, np.array(kept.labels, np.int64), kept.clusters)


def _answer_words(ranges: list[tuple[int, int]], text: str, start: int) -> tuple[int, int, bool]:
    """The words of an answer; white space at its ends does not count."""
    start += len(text) - len(text.lstrip())
    try:
        return whole_words(ranges, start, start + len(text.strip()))
    except ValueError as error:
        raise DataError(f"the answer {text!r} has no word: {error}") from error


@lru_cache(maxsize=4)
def _read(path: str, _size: int, _mtime_ns: int) -> tuple[Article, ...]:
    # Size and time belong to the key, so that a file rewritten within one process is read again.
    return tuple(read_squad(Path(path)))
