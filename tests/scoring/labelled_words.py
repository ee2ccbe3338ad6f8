"""Splits written by hand, and words and tags of a real treebank read independently of the package."""

from __future__ import annotations

import gzip
import lzma

import numpy as np

from embedbench.types import Corpus, TaskSplit


def tokens(sentences, labels) -> TaskSplit:
    corpus = Corpus.of(sentences)
    spans = np.stack([np.arange(corpus.n_words), np.arange(corpus.n_words) + 1], axis=1)[:, None, :]
    return TaskSplit(corpus, spans, np.array(labels), corpus.sentence_of(np.arange(corpus.n_words)))


def pairs(words, labels) -> TaskSplit:
    """One sentence per target, its first and second word as spans."""
    corpus = Corpus.of([w.split() for w in words])
    starts = corpus.offsets[:-1]
    spans = np.stack([np.stack([starts, starts + 1], axis=1), np.stack([starts + 1, starts + 2], axis=1)], axis=1)
    return TaskSplit(corpus, spans, np.array(labels), np.arange(len(words)))


def read_upos(path):
    """Words and tags of a CoNLL-U file, read independently of the package."""
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    sentences, tags, current = [], [], []
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in [*lines, "\n"]:
            cells = line.rstrip("\n").split("\t")
            if len(cells) == 10 and cells[0].isdigit():
                current.append(cells[1])
                tags.append(cells[3])
            elif not line.strip() and current:
                sentences.append(current)
                current = []
    return sentences, tags


def english_ewt(data_folder) -> tuple[TaskSplit, TaskSplit, list[str]]:
    """Train and test of UD English-EWT with its universal parts of speech, and their names by index."""
    files = {s: next(data_folder.glob(f"ud/en_ewt-ud-{s}.conllu*")) for s in ("train", "test")}
    train, test = (read_upos(files[s]) for s in ("train", "test"))
    names = sorted(set(train[1]))
    number = {tag: i for i, tag in enumerate(names)}
    return *(tokens(words, [number[t] for t in tags]) for words, tags in (train, test)), names
