"""Treebank tasks on a treebank small enough to know every answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedbench.errors import ConfigurationError, DataError
from embedbench.tasks.arcs import Arc, Deprel, HeadDistance
from embedbench.tasks.clauses import ObjNumber, PastPresent, SubjNumber
from embedbench.tasks.shape import SentenceLength, TreeDepth
from embedbench.tasks.sources import words
from embedbench.tasks.tagging import Feats, Upos, Xpos
from embedbench.types import Split

_SENTENCES = [
    # The dogs that he saw have chased a cat .
    """1 The the DET DT _ 2 det
2 dogs dog NOUN NNS Number=Plur 7 nsubj
3 that that PRON WDT PronType=Rel 5 obj
4 he he PRON PRP Number=Sing 5 nsubj
5 saw see VERB VBD Tense=Past|VerbForm=Fin 2 acl:relcl
6 have have AUX VBP Tense=Pres|VerbForm=Fin 7 aux
7 chased chase VERB VBN Tense=Past|VerbForm=Part 0 root
8 a a DET DT _ 9 det
9 cat cat NOUN NN Number=Sing 7 obj
10 . . PUNCT . _ 7 punct""",
    # Ann slept
    """1 Ann Ann PROPN NNP Number=Sing 2 nsubj
2 slept sleep VERB VBD Tense=Past|VerbForm=Fin 0 root""",
    # Ann and Bob will see dogs
    """1 Ann Ann PROPN NNP Number=Sing 5 nsubj
2 and and CCONJ CC _ 3 cc
3 Bob Bob PROPN NNP Number=Sing 1 conj
4 will will AUX MD VerbForm=Fin 5 aux
5 see see VERB VB VerbForm=Inf 0 root
6 dogs dog NOUN NNS Number=Plur 5 obj""",
    # It is red
    """1 It it PRON PRP Number=Sing 3 nsubj
2 is be AUX VBZ Tense=Pres|VerbForm=Fin 3 cop
3 red red ADJ JJ Degree=Pos 0 root""",
]


def _conllu(*sentences: str) -> str:
    rows = ["\n".join(f"{row}\t_\t_".replace(" ", "\t") for row in s.split("\n")) for s in sentences]
    return "\n\n".join(rows) + "\n\n"


@pytest.fixture
def files(tmp_path):
    for split in Split:
        (tmp_path / f"{split}.conllu").write_text(_conllu(*_SENTENCES), encoding="utf-8")
    return {split.value: str(tmp_path / f"{split}.conllu") for split in Split}


def _rows(task, which=Split.TRAIN):
    """Each target as its words and its label's name."""
    split = task.split(which)
    texts = [tuple(" ".join(split.corpus.words[a:b]) for a, b in spans) for spans in split.spans.tolist()]
    return [(*text, task.label_names[label]) for text, label in zip(texts, split.labels.tolist(), strict=True)]


def test_tags_are_those_of_the_words(files) -> None:
    assert _rows(Upos(files=files))[:3] == [("The", "DET"), ("dogs", "NOUN"), ("that", "PRON")]
    assert _rows(Xpos(files=files))[10:12] == [("Ann", "NNP"), ("slept", "VBD")]


def test_a_feature_labels_only_the_words_that_carry_it(files) -> None:
    assert _rows(Feats(files=files, feature="Tense")) == [
        ("saw", "Past"), ("have", "Pres"), ("chased", "Past"), ("slept", "Past"), ("is", "Pres"),
    ]  # fmt: skip
    assert Feats(files=files, feature="Tense").meta.name == "feats_Tense"


def test_a_feature_that_no_word_carries_is_an_error(files) -> None:
    with pytest.raises(DataError, match=r"no word of .*train\.conllu carries what task feats_Animacy asks for"):
        Feats(files=files, feature="Animacy").split(Split.TRAIN)


def test_deprel_spans_are_dependent_then_head_without_roots(files) -> None:
    rows = _rows(Deprel(files=files))
    assert rows[:4] == [
        ("The", "dogs", "det"),
        ("dogs", "chased", "nsubj"),
        ("that", "saw", "obj"),
        ("he", "saw", "nsubj"),
    ]
    assert ("saw", "dogs", "acl:relcl") in rows
    assert ("saw", "dogs", "acl") in _rows(Deprel(files=files, coarse=True))
    assert len(rows) == 10 + 2 + 6 + 3 - 4


def test_arc_pairs_every_arc_with_a_word_that_is_neither_itself_nor_its_head(files) -> None:
    task = Arc(files=files)
    split = task.split(Split.TRAIN)
    positive, negative = split.spans[::2, :, 0], split.spans[1::2, :, 0]
    assert task.label_names == ("arc", "none")
    assert split.labels.tolist() == [0, 1] * len(positive)
    gold = Deprel(files=files).split(Split.TRAIN).spans[:, :, 0].tolist()
    two_words = split.corpus.offsets[1]
    assert positive.tolist() == [pair for pair in gold if pair[0] not in (two_words, two_words + 1)]
    assert (positive[:, 0] == negative[:, 0]).all()
    assert (negative[:, 1] != negative[:, 0]).all()
    assert (negative[:, 1] != positive[:, 1]).all()
    of = split.corpus.sentence_of
    assert (of(negative[:, 1]) == of(negative[:, 0])).all()


def test_arc_draws_every_other_word_equally_often(tmp_path) -> None:
    rows = ["1 w w X X _ 0 root", *(f"{i} w w X X _ 1 dep" for i in range(2, 6))]
    for split in Split:
        (tmp_path / f"{split}.conllu").write_text(_conllu(*["\n".join(rows)] * 600), encoding="utf-8")
    spans = Arc(files={s.value: str(tmp_path / f"{s}.conllu") for s in Split}).split(Split.TRAIN).spans
    drawn = spans[1::2, :, 0].reshape(600, 4, 2) % 5
    for dependent in range(4):
        others, counts = np.unique(drawn[:, dependent, 1], return_counts=True)
        assert others.tolist() == [i for i in range(1, 5) if i != dependent + 1]
        # 600 draws of 3 words: 200 each, standard deviation 11.5; five of them are allowed.
        assert np.abs(counts - 200).max() < 58


def test_arc_negatives_depend_on_the_seed_only(files) -> None:
    one, same, other = Arc(files=files), Arc(files=files), Arc(files=files, seed=14)
    assert np.array_equal(one.split(Split.TRAIN).spans, same.split(Split.TRAIN).spans)
    assert not np.array_equal(one.split(Split.TRAIN).spans, other.split(Split.TRAIN).spans)
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_head_distance_bins(files) -> None:
    assert _rows(HeadDistance(files=files))[:5] == [
        ("The", "+1"), ("dogs", "+3..5"), ("that", "+2"), ("he", "+1"), ("saw", "-3..5"),
    ]  # fmt: skip
    assert set(HeadDistance(files=files, signed=False).label_names) == {"1", "2", "3..5"}


@given(st.integers(-60, 60).filter(bool), st.lists(st.integers(2, 40), unique=True).map(sorted), st.booleans())
def test_every_distance_has_exactly_the_bin_that_holds_it(distance, more, signed) -> None:
    task = HeadDistance(files={"train": "", "dev": "", "test": ""}, edges=(1, *more), signed=signed)
    name = task.bin_of(distance)
    if signed:
        assert name[0] == ("+" if distance > 0 else "-")
        name = name[1:]
    low, _, high = name.partition("..")
    assert int(low) <= abs(distance)
    assert ".." not in name or not high or abs(distance) <= int(high)
    assert ".." in name or abs(distance) == int(low)


def test_head_distance_refuses_edges_that_leave_distances_out(files) -> None:
    with pytest.raises(ConfigurationError, match=r"head_distance.edges is \[2, 4\]"):
        HeadDistance(files=files, edges=(2, 4))


def test_tree_depth_counts_arcs_to_the_deepest_word(files) -> None:
    # chased > dogs > saw > he; slept > Ann; see > Ann > Bob > and; red > It
    assert [row[-1] for row in _rows(TreeDepth(files=files))] == ["03", "..01", "03", "..01"]
    assert [row[-1] for row in _rows(TreeDepth(files=files, lowest=0, highest=2))] == ["02..", "01", "02..", "01"]


def test_sentence_length_leaves_other_lengths_out(files) -> None:
    rows = _rows(SentenceLength(files=files, edges=(3, 5, 11)))
    assert [row[-1] for row in rows] == ["05..10", "05..10", "03..04"]


def test_tense_is_that_of_the_root_or_its_finite_auxiliary(files) -> None:
    assert _rows(PastPresent(files=files)) == [
        ("The dogs that he saw have chased a cat .", "Pres"), ("Ann slept", "Past"), ("It is red", "Pres"),
    ]  # fmt: skip


def test_subject_number_skips_pronouns_and_coordination(files) -> None:
    assert _rows(SubjNumber(files=files)) == [
        ("The dogs that he saw have chased a cat .", "Plur"),
        ("Ann slept", "Sing"),
    ]
    assert _rows(SubjNumber(files=files, pronouns=True))[-1] == ("It is red", "Sing")


def test_object_number_is_of_the_root_clause(files) -> None:
    assert [row[-1] for row in _rows(ObjNumber(files=files))] == ["Sing", "Plur"]


def test_tasks_over_one_file_share_one_corpus(files) -> None:
    corpora = [task(files=files).split(Split.DEV).corpus for task in (Upos, Deprel, Arc, TreeDepth, PastPresent)]
    assert all(corpus is corpora[0] for corpus in corpora)


def test_a_rewritten_file_is_read_again(files, tmp_path) -> None:
    before, print_before = words(files["train"]), Upos(files=files).fingerprint
    (tmp_path / "train.conllu").write_text(_conllu(_SENTENCES[1]), encoding="utf-8")
    assert words(files["train"]).n_words == 2 != before.n_words
    assert Upos(files=files).fingerprint != print_before


def test_the_fingerprint_covers_bytes_and_options_but_not_paths_or_names(files, tmp_path) -> None:
    moved = tmp_path / "moved.conllu"
    moved.write_bytes((tmp_path / "train.conllu").read_bytes())
    assert Upos(files=files | {"train": str(moved)}, name="other").fingerprint == Upos(files=files).fingerprint
    assert Deprel(files=files, coarse=True).fingerprint != Deprel(files=files).fingerprint
    assert Upos(files=files).fingerprint != Xpos(files=files).fingerprint


def test_a_label_that_train_lacks_still_has_a_name(files, tmp_path) -> None:
    (tmp_path / "train.conllu").write_text(_conllu(_SENTENCES[1], _SENTENCES[3]), encoding="utf-8")
    task = Upos(files=files)
    trained = {task.label_names[i] for i in task.split(Split.TRAIN).labels}
    assert "DET" not in trained
    assert "DET" in task.label_names


def test_files_must_name_every_split(files) -> None:
    with pytest.raises(ConfigurationError, match="task upos got files for dev, train; it needs exactly one for each"):
        Upos(files={key: files[key] for key in ("train", "dev")})


def test_a_treebank_task_refuses_raw_text(files, tmp_path) -> None:
    (tmp_path / "novel.txt").write_text("It was red\n")
    with pytest.raises(ConfigurationError, match=r"novel\.txt is not a treebank"):
        Upos(files=files | {"dev": str(tmp_path / "novel.txt")}).split(Split.DEV)


def test_a_missing_file_says_where(files, tmp_path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.conllu"):
        Upos(files=files | {"test": str(tmp_path / "nowhere.conllu")}).split(Split.TEST)


def test_one_label_alone_is_refused(files, tmp_path) -> None:
    for split in Split:
        (tmp_path / f"{split}.conllu").write_text(_conllu(_SENTENCES[1]), encoding="utf-8")
    with pytest.raises(DataError, match="task past_present found only the label 'Past'"):
        PastPresent(files=files).split(Split.TRAIN)
