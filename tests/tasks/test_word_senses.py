"""Senses of words: columns of a file, STREUSLE, and the baseline that knows the lemma."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.cells import limited
from embedbench.errors import DataError
from embedbench.scoring.baselines import lemma_majority
from embedbench.scoring.subsets import subsets
from embedbench.tasks.word_senses import WordSense
from embedbench.types import Split

TRAIN = "The\tthe\t_\nBanks\tbank\tmoney\n\na\ta\t_\nbank\tbank\tmoney\nbank\tbank\triver\nruns\trun\tflow\n\n"
TEST = "Bank\tbank\triver\nran\trun\tgo\nmice\tmouse\tanimal\n\n"


@pytest.fixture
def files(tmp_path):
    for split in Split:
        (tmp_path / f"{split}.tsv").write_text(TEST if split is Split.TEST else TRAIN, encoding="utf-8")
    return {split.value: str(tmp_path / f"{split}.tsv") for split in Split}


def told(task: WordSense, which: Split):
    split = task.split(which)
    words = split.corpus.words
    spans = [" ".join(words[start:end]) for start, end in split.spans[:, 0].tolist()]
    return list(zip(spans, [task.label_names[label] for label in split.labels], split.lemmas.tolist(), strict=True))


def test_the_columns_of_a_file_are_words_senses_and_lemmas(files):
    task = WordSense(files, lemma_column=1)
    assert told(task, Split.TEST) == [("Bank", "river", "bank"), ("ran", "go", "run"), ("mice", "animal", "mouse")]
    assert [word for word, _, _ in told(task, Split.TRAIN)] == ["Banks", "bank", "bank", "runs"]
    assert task.split(Split.TRAIN).clusters.tolist() == [0, 1, 1, 1]


def test_without_a_column_the_lemma_is_the_word_without_case(files):
    assert [lemma for _, _, lemma in told(WordSense(files), Split.TRAIN)] == ["banks", "bank", "bank", "runs"]


def test_the_commonest_sense_of_a_lemma_and_what_train_knows_of_it(files):
    task = WordSense(files, lemma_column=1)
    train, test = (task.split(which) for which in (Split.TRAIN, Split.TEST))
    money = task.label_names.index("money")
    flow = task.label_names.index("flow")
    assert lemma_majority(train, test).tolist() == [money, flow, money]
    # `ran` is not in train, but its lemma is.
    found = {name: np.flatnonzero(rows).tolist() for name, rows in subsets(train, test).items()}
    assert found == {"seen": [0, 1], "unseen": [2], "ambiguous": [0], "unambiguous": [1]}


def test_the_first_sentences_keep_their_lemmas(files):
    train = WordSense(files, lemma_column=1).split(Split.TRAIN)
    assert limited(train, 1).lemmas.tolist() == ["bank"]
    assert train.only(np.array([3, 0])).lemmas.tolist() == ["run", "bank"]


def test_a_sense_without_a_lemma_is_named_with_its_line(files, tmp_path):
    (tmp_path / "test.tsv").write_text("a\t_\t_\nbank\t_\tmoney\n\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"test\.tsv, line 2: the word 'bank' has the sense 'money' but no lemma"):
        WordSense(files, lemma_column=1).split(Split.TEST)


XML = """<corpus lang="en"><text id="d0"><sentence id="d0.s0">
<wf lemma="the" pos="DET">The</wf>
<instance id="d0.s0.t0" lemma="art_show" pos="NOUN">art show</instance>
<instance id="d0.s0.t1" lemma="open" pos="VERB">opened</instance>
</sentence><sentence id="d0.s1">
<instance id="d0.s1.t0" lemma="open" pos="VERB">Open</instance>
</sentence></text></corpus>
"""
KEYS = "d0.s0.t0 art_show%1:04:00::\nd0.s0.t1 open%2:30:01:: open%2:35:00::\nd0.s1.t0 open%2:35:00::\n"


@pytest.fixture
def framework(tmp_path):
    for split in Split:
        (tmp_path / f"{split}.data.xml").write_text(XML, encoding="utf-8")
        (tmp_path / f"{split}.gold.key.txt").write_text(KEYS, encoding="utf-8")
    return {split.value: str(tmp_path / f"{split}.data.xml") for split in Split}


def test_the_xml_of_the_evaluation_framework(framework, tmp_path):
    task = WordSense(framework)
    assert task.split(Split.TEST).corpus.sentences == (("The", "art", "show", "opened"), ("Open",))
    assert told(task, Split.TEST) == [
        ("art show", "art_show%1:04:00::", "art_show/NOUN"),
        ("opened", "open%2:30:01::", "open/VERB"),
        ("Open", "open%2:35:00::", "open/VERB"),
    ]
    before = task.fingerprint
    (tmp_path / "test.gold.key.txt").write_text(KEYS.replace("2:30:01", "2:30:02"), encoding="utf-8")
    assert WordSense(framework).fingerprint != before


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (
            "test.gold.key.txt",
            "d0.s0.t0 a\n",
            r"the instance 'd0.s0.t1' \(opened\) lacks its lemma, its pos or its sense",
        ),
        ("test.gold.key.txt", "d0.s0.t0\n", "line 1: the instance 'd0.s0.t0' has no sense"),
        ("test.data.xml", "<a>\n<b></a>", "line 2: this is not XML"),
        ("test.data.xml", "<a></a>", "holds no element `sentence`"),
    ],
)
def test_what_is_wrong_with_the_framework_is_said(framework, tmp_path, file, content, said):
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        WordSense(framework).split(Split.TEST)


def test_streusle_has_the_lemmas_of_its_expressions(data_folder):
    names = {split.value: str(data_folder / f"supersense/streusle.ud_{split}.conllulex.gz") for split in Split}
    task = WordSense(names)
    first = told(task, Split.DEV)[:4]
    assert first == [
        ("Buyer", "n.PERSON", "buyer"),
        ("Beware", "v.cognition", "beware"),
        ("Rusted out", "v.stative", "rust out"),
        ("cars", "n.ARTIFACT", "car"),
    ]
    train, test = task.split(Split.TRAIN), task.split(Split.TEST)
    assert len(train) == 13_313
    right = lemma_majority(train, test) == test.labels
    assert 0.6 < right.mean() < 0.85
    seen = subsets(train, test)["seen"]
    assert right[seen].mean() > right[~seen].mean()
