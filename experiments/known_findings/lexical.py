"""What the findings need to know of words: which are ambiguous, which are cut into several pieces, how layers lie."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from embedbench.cells import limited, load_splits
from embedbench.cli.cell_config import cell_of, places_of
from embedbench.cli.configuration import build, compose
from embedbench.pipeline import fill_stores
from embedbench.results.schema import Record
from embedbench.scoring.geometry import LayerGeometry, measure
from embedbench.types import Split, TaskSplit


def split_of(record: Record, preset: str, which: Split) -> TaskSplit:
    """The split of a task's preset, cut as the record's was."""
    limit = record.config.get("limit")
    return limited(build(compose([f"task={preset}"]).task).split(which), None if limit is None else int(limit))


def words_of_targets(split: TaskSplit) -> list[str]:
    """The first word of every target."""
    words = split.corpus.words
    return [words[start] for start in split.spans[:, 0, 0].tolist()]


def ambiguous(record: Record, preset: str) -> np.ndarray:
    """The test targets whose word has no label with 95 % of its occurrences in the whole train split."""
    train = build(compose([f"task={preset}"]).task).split(Split.TRAIN)
    labels: dict[str, Counter[int]] = defaultdict(Counter)
    for word, label in zip(words_of_targets(train), train.labels.tolist(), strict=True):
        labels[word][label] += 1
    mixed = {word for word, counts in labels.items() if max(counts.values()) < 0.95 * counts.total()}
    return np.array([word in mixed for word in words_of_targets(split_of(record, preset, Split.TEST))])


def in_several_pieces(record: Record, preset: str) -> np.ndarray:
    """The test targets whose word MiniLM's tokenizer cuts into several pieces."""
    from tokenizers import Tokenizer

    from embedbench.data.locate import locate

    folder = locate(build(compose(["extractor=minilm"]).extractor).model)
    tokenizer = Tokenizer.from_file(str(next(folder.rglob("tokenizer.json"))))
    words = words_of_targets(split_of(record, preset, Split.TEST))
    encoded = tokenizer.encode_batch(words, add_special_tokens=False)
    # The file may ask for padding, which is no piece of a word.
    return np.array([sum(one.attention_mask) > 1 for one in encoded])


def geometry(extractor: str, sentences: int) -> list[LayerGeometry]:
    """The measures of every layer over the first sentences of English-EWT's train split."""
    config = compose([f"extractor={extractor}", "task=upos", f"limit={sentences}"])
    cell = cell_of(config)
    store = fill_stores(cell, places_of(config))[Split.TRAIN]
    corpus = load_splits(cell)[Split.TRAIN].corpus
    values = store.gather(np.arange(store.n_words, dtype=np.int64))
    return [measure(values[:, layer], corpus) for layer in range(values.shape[1])]
