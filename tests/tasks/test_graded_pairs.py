"""Graded pairs: the real tables, who belongs together, and a grade that is no grade."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.errors import ConfigurationError, DataError
from embedbench.tasks.graded_pairs import SentenceSimilarity, SickRelatedness, StsBenchmark, Words, linked
from embedbench.types import Split

HEADER = "sentence_A\tsentence_B\trelatedness_score\n"


def sick(tmp_path, rows, **options) -> SickRelatedness:
    path = tmp_path / "pairs.tsv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return SickRelatedness(files={split.value: str(path) for split in Split}, **options)


def test_pairs_that_hang_together_are_one_cluster(tmp_path) -> None:
    split = sick(tmp_path, "a b\tc\t3.5\nd\te\t1\nf\tc\t5\ng\tf\t2\n").split(Split.TEST)
    assert split.clusters.tolist() == [0, 1, 0, 0]
    assert split.labels.tolist() == [3.5, 1.0, 5.0, 2.0]
    assert split.corpus.sentences == (("a", "b"), ("c",), ("d",), ("e",), ("f",), ("g",))
    assert split.spans[2].tolist() == [[5, 6], [2, 3]]
    assert linked(np.array([[0, 0], [1, 2]]), 3).tolist() == [0, 1]


@pytest.mark.parametrize("grade", ["5.5", "0.9", "nan", "high"])
def test_a_grade_outside_of_the_scale_is_refused_with_its_line(tmp_path, grade) -> None:
    with pytest.raises(DataError, match=r"pairs.tsv, line 3: .*grade"):
        sick(tmp_path, f"a\tb\t3\nc\td\t{grade}\n").split(Split.TRAIN)


def test_a_scale_has_two_ends(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="lowest is 5 and highest 5; expected two grades or more"):
        sick(tmp_path, "a\tb\t3\n", lowest=5)


def test_words_are_cut_as_the_file_needs(tmp_path) -> None:
    assert Words.white_space.of("A man, isn't it?") == ("A", "man,", "isn't", "it?")
    assert Words.running_text.of("A man, isn't it?") == ("A", "man", ",", "is", "n't", "it", "?")
    task = sick(tmp_path, "a b.\tc\t3\n")
    assert task.fingerprint != sick(tmp_path, "a b.\tc\t3\n", words=Words.running_text).fingerprint


def test_the_real_tables_keep_their_counts(data_folder) -> None:
    for task, name, sizes, scale in (
        (SickRelatedness, "sick", (4500, 500, 4927), (1, 5)),
        (StsBenchmark, "stsb", (5749, 1500, 1379), (0, 5)),
    ):
        made = task(files={s.value: str(data_folder / f"pairs/{name}.{s.value}.tsv.gz") for s in Split})
        splits = [made.split(which) for which in Split]
        assert tuple(map(len, splits)) == sizes
        assert made.meta.scale == scale == (min(s.labels.min() for s in splits), max(s.labels.max() for s in splits))
    cosine = SentenceSimilarity(files={"test": str(data_folder / "pairs/stsb.test.tsv.gz")}).split(Split.TEST)
    np.testing.assert_array_equal(cosine.spans, splits[2].spans)
    np.testing.assert_array_equal(cosine.labels, splits[2].labels)
