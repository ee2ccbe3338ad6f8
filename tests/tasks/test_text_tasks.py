"""Tasks over raw text, tables, tags and word pairs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from embedbench.errors import ConfigurationError
from embedbench.tasks.ner import Ner
from embedbench.tasks.texts import Pairs, Sentiment
from embedbench.tasks.word_similarity import WordSimilarity
from embedbench.tasks.words_in_sentences import BigramShift, WordContent
from embedbench.types import ControlKind, Split, TaskKind


def _write(folder, name, contents):
    for split in Split:
        (folder / f"{split}.{name}").write_text(contents, encoding="utf-8")
    return {split.value: str(folder / f"{split}.{name}") for split in Split}


@pytest.fixture
def text(tmp_path):
    lines = [" ".join(f"w{(i * j) % 17}" for j in range(1, 3 + i % 30)) for i in range(1, 201)]
    return _write(tmp_path, "txt", "\n".join(lines) + "\n")


def test_bigram_shift_swaps_one_pair_in_half_of_the_sentences(text) -> None:
    task = BigramShift(files=text)
    source = [line.split() for line in Path(text["train"]).read_text(encoding="utf-8").splitlines()]
    # w0 fills every sentence of a multiple of 17: nothing in it can be swapped.
    source = [s for s in source if 5 <= len(s) <= 28 and len(set(s)) > 1]
    split = task.split(Split.TRAIN)
    assert len(split) == len(source)
    swaps = 0
    for before, after, label in zip(source, split.corpus.sentences, split.labels.tolist(), strict=True):
        changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        assert sorted(before) == sorted(after), "a bag of words cannot tell"
        if task.label_names[label] == "swapped":
            assert len(changed) == 2
            assert changed[1] == changed[0] + 1
            swaps += 1
        else:
            assert changed == []
    assert swaps == len(source) // 2


def test_bigram_shift_is_drawn_per_split_and_by_seed(text) -> None:
    task = BigramShift(files=text)
    assert not np.array_equal(task.split(Split.TRAIN).labels, task.split(Split.DEV).labels)
    again = BigramShift(files=text)
    assert again.split(Split.DEV).corpus.fingerprint == task.split(Split.DEV).corpus.fingerprint
    assert (
        BigramShift(files=text, seed=1).split(Split.DEV).corpus.fingerprint != again.split(Split.DEV).corpus.fingerprint
    )


def test_bigram_shift_never_swaps_a_word_with_itself_in_other_case(tmp_path) -> None:
    files = _write(tmp_path, "txt", "So so so SO end\n" * 40)
    task = BigramShift(files=files)
    shifted = {s for s in task.split(Split.TRAIN).corpus.sentences if s[-1] != "end"}
    assert shifted == {("So", "so", "so", "end", "SO")}


def test_word_content_uses_sentences_with_exactly_one_target_once(tmp_path) -> None:
    lines = ["the cat"] * 6 + ["The dog"] * 5 + ["the cat dog", "the cat Cat", "the emu"] + ["the fox"] * 4
    task = WordContent(files=_write(tmp_path, "txt", "\n".join(lines)), n_words=2, skip=1, fewest=5)
    assert task.label_names == ("cat", "dog")
    split = task.split(Split.TEST)
    assert Counter(task.label_names[i] for i in split.labels) == {"cat": 6, "dog": 5}
    assert len(split.corpus.sentences) == len(lines), "the corpus stays whole, so its store is shared"


def test_word_content_replaces_targets_that_are_never_alone(tmp_path) -> None:
    lines = ["the united states"] * 9 + ["the cat"] * 6 + ["the dog"] * 5
    task = WordContent(files=_write(tmp_path, "txt", "\n".join(lines)), n_words=2, skip=1, fewest=5)
    assert task.label_names == ("cat", "dog")


def test_word_content_says_how_many_words_can_be_had(tmp_path) -> None:
    files = _write(tmp_path, "txt", "a b\n" * 9 + "a c\n" * 9)
    with pytest.raises(ConfigurationError, match=r"wants 3 words.*only 2 can be had after the 1 most frequent"):
        WordContent(files=files, n_words=3, skip=1).split(Split.TRAIN)


def test_ner_keeps_every_word_in_order(tmp_path) -> None:
    files = _write(tmp_path, "conll", "Ann\tB-PER\nsaw\tO\n\nNew\tB-LOC\nYork\tI-LOC\n\n")
    task = Ner(files=files)
    split = task.split(Split.TEST)
    assert split.spans[:, 0].tolist() == [[0, 1], [1, 2], [2, 3], [3, 4]]
    assert [task.label_names[i] for i in split.labels] == ["B-PER", "O", "B-LOC", "I-LOC"]
    assert (task.meta.metric, task.meta.control) == ("span_f1", ControlKind.WORD_TYPE)


def test_sentiment_is_over_whole_sentences(tmp_path) -> None:
    task = Sentiment(files=_write(tmp_path, "tsv", "label\tsentence\n1\ta fine film\n0\tdull\n"))
    split = task.split(Split.TRAIN)
    assert split.spans.tolist() == [[[0, 3]], [[3, 4]]]
    assert [task.label_names[i] for i in split.labels] == ["1", "0"]
    assert split.clusters.tolist() == [0, 1]


def test_pairs_point_to_sentences_that_stand_in_the_corpus_once(tmp_path) -> None:
    table = "s1\ts2\tgold\na b\tc\tyes\nc\ta b\tno\nd e f\tc\tno\n"
    task = Pairs(files=_write(tmp_path, "tsv", table), first="s1", second="s2", target="gold")
    split = task.split(Split.DEV)
    assert split.corpus.sentences == (("a", "b"), ("c",), ("d", "e", "f"))
    assert split.spans.tolist() == [[[0, 2], [2, 3]], [[2, 3], [0, 2]], [[3, 6], [2, 3]]]
    assert split.clusters.tolist() == [0, 1, 2]


def test_word_similarity_has_graded_labels_and_only_a_test_split(tmp_path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text("car\tautomobile\t9.5\nice cream\tcar\t1\n", encoding="utf-8")
    task = WordSimilarity(files={"test": str(path)})
    split = task.split(Split.TEST)
    assert split.corpus.sentences == (("car",), ("automobile",), ("ice", "cream"), ("car",))
    assert split.spans.tolist() == [[[0, 1], [1, 2]], [[2, 4], [4, 5]]]
    assert split.labels.tolist() == [9.5, 1.0]
    assert split.clusters.tolist() == [0, 2]
    assert (task.meta.kind, task.meta.metric, task.splits) == (TaskKind.SIMILARITY, "spearman", (Split.TEST,))
    with pytest.raises(ConfigurationError, match="has only a test split, not train"):
        task.split(Split.TRAIN)
    with pytest.raises(ConfigurationError, match="got files for train; it needs exactly one, for test"):
        WordSimilarity(files={"train": str(path)})


def test_provenance_names_known_data_sets_and_says_when_there_is_none(tmp_path) -> None:
    known = Sentiment(files={s.value: f"/data/sentiment/sst_binary.{s.value}.tsv.gz" for s in Split}).meta
    assert "sst" in known.source.lower()
    assert "Socher" in known.citation
    own = Sentiment(files=_write(tmp_path, "tsv", "label\tsentence\n1\ta\n")).meta
    assert "user's own file" in own.licence
    assert Ner(files={s.value: f"grammar:{s.value}:9" for s in Split}).meta.licence == "Apache-2.0"
