"""Word in context, edge probing, supersenses, chunks, GAP, BLiMP: labels and spans against hand-made files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from embedbench.errors import ConfigurationError, DataError
from embedbench.tasks.acceptability import Blimp
from embedbench.tasks.chunking import Chunking
from embedbench.tasks.coreference import Gap
from embedbench.tasks.edge_probing import EdgeProbing
from embedbench.tasks.supersenses import AdpositionFunction, AdpositionRole, Supersense
from embedbench.tasks.word_in_context import WordInContextTask
from embedbench.types import Split


def _write(folder, ending, content):
    for split in Split:
        (folder / f"{split}.{ending}").write_text(content, encoding="utf-8")
    return {split.value: str(folder / f"{split}.{ending}") for split in Split}


def _said(split) -> list[tuple[str, ...]]:
    """The words of every span of every target."""
    words = split.corpus.words
    return [tuple(" ".join(words[a:b]) for a, b in target) for target in split.spans.tolist()]


def _labels(task, which=Split.TEST) -> list[str]:
    return [task.label_names[label] for label in task.split(which).labels]


WIC = "plant\tN\t0-1\tPlants grow .\tA steel plant .\nplant\tN\t1-0\tThe plant\tplants\nrun\tV\t0-0\trun\tran home\n"


def test_wic_points_to_the_word_in_both_sentences(tmp_path) -> None:
    files = _write(tmp_path, "data.txt", WIC)
    _write(tmp_path, "gold.txt", "F\nT\nT\n")
    task = WordInContextTask(files=files)
    split = task.split(Split.TEST)
    assert _said(split) == [("Plants", "steel"), ("plant", "plants"), ("run", "ran")]
    assert _labels(task) == ["different", "same", "same"]
    assert split.clusters.tolist() == [0, 0, 1], "items of one target word go together"
    assert len(split.corpus.sentences) == 6
    before = task.fingerprint
    (tmp_path / "test.gold.txt").write_text("T\nT\nT\n", encoding="utf-8")
    assert WordInContextTask(files=files).fingerprint != before, "the labels are part of the data"


@pytest.mark.parametrize(
    ("data", "gold", "said"),
    [
        (WIC, "F\nT\n", r"test\.data\.txt has more lines than .*test\.gold\.txt, which has 2"),
        (WIC, "F\nT\nT\nT\n", r"test\.gold\.txt has more lines than .*test\.data\.txt, which has 3"),
        (WIC, "F\nX\nT\n", r"test\.gold\.txt, line 2: expected T or F, found 'X'"),
        ("a\tN\t0-2\ta b\tc d\n", "T\n", r"line 1: there is no word with index 2 among the 2 words of 'c d'"),
        ("a\tN\t0\ta b\tc d\n", "T\n", r"expected two word indices such as 2-5, found '0'"),
        ("a\tN\t0-0\ta  b\tc d\n", "T\n", r"word 2 of 'a  b' is empty"),
    ],
)
def test_wic_says_what_is_wrong(tmp_path, data, gold, said) -> None:
    files = _write(tmp_path, "data.txt", data)
    _write(tmp_path, "gold.txt", gold)
    with pytest.raises(DataError, match=said):
        WordInContextTask(files=files).split(Split.TEST)


def _edges(*targets: tuple[list[int], list[int], object]) -> str:
    items = [{"span1": a, "span2": b, "label": label} for a, b, label in targets]
    return json.dumps({"text": "the cat saw a dog", "targets": items}) + "\n"


def test_edge_probing_keeps_spans_and_labels(tmp_path) -> None:
    task = EdgeProbing(files=_write(tmp_path, "jsonl", _edges(([0, 2], [3, 5], "A"), ([2, 3], [0, 2], "B")) * 2))
    assert _said(task.split(Split.DEV))[2:] == [("the cat", "a dog"), ("saw", "the cat")]
    assert _labels(task) == ["A", "B", "A", "B"]
    assert task.split(Split.DEV).clusters.tolist() == [0, 0, 1, 1]
    assert EdgeProbing(files=task.files, metric="relation_f1").meta.metric == "relation_f1"


def test_multilabel_data_asks_every_label_about_every_pair(tmp_path) -> None:
    files = _write(tmp_path, "jsonl", _edges(([2, 3], [0, 2], ["moved", "alive"]), ([2, 3], [3, 5], [])))
    with pytest.raises(DataError, match=r"line 1, target 1 has 2 labels \(moved, alive\).*multilabel=true"):
        EdgeProbing(files=files).split(Split.TEST)
    one = EdgeProbing(files=files, attribute="alive")
    assert _labels(one) == ["yes", "no"]
    task = EdgeProbing(files=files, multilabel=True)
    split = task.split(Split.TEST)
    assert split.questions is not None
    assert split.questions.tolist() == ["alive", "moved"] * 2
    assert _labels(task) == ["yes", "yes", "no", "no"]
    assert _said(split) == [("saw", "the cat")] * 2 + [("saw", "a dog")] * 2
    with pytest.raises(ConfigurationError, match="has the label 'dead'; there are alive, moved"):
        EdgeProbing(files=files, attribute="dead").split(Split.TEST)
    (tmp_path / "dev.jsonl").write_text(_edges(([2, 3], [0, 2], ["new"])), encoding="utf-8")
    with pytest.raises(DataError, match=r"dev\.jsonl, line 1, target 1 has the label 'new'"):
        EdgeProbing(files=files, multilabel=True).split(Split.DEV)


def test_edge_probing_refuses_another_number_of_spans(tmp_path) -> None:
    alone = json.dumps({"text": "a b", "targets": [{"span1": [0, 1], "label": "A"}]}) + "\n"
    files = _write(tmp_path, "jsonl", _edges(([0, 2], [3, 5], "A")) + alone)
    with pytest.raises(DataError, match="line 2, target 1 has 1 spans, the first target has 2"):
        EdgeProbing(files=files).split(Split.TEST)


def _lex(*rows: tuple[str, str, str, str, str]) -> str:
    lines = [
        f"{i}\t{form}\t_\tX\t_\t_\t{i - 1}\tdep\t_\t_\t{group}\t{category}\t_\t{ss}\t{ss2}\t_\t_\t_\t_"
        for i, (form, group, category, ss, ss2) in enumerate(rows, 1)
    ]
    return "# sent_id = s-1\n" + "\n".join(lines) + "\n8.1\t" + "\t".join("_" * 18) + "\n\n"


LEX = _lex(
    ("I", "_", "PRON", "_", "_"),
    ("have", "1:1", "V.LVC.full", "v.stative", "_"),
    ("bad", "_", "ADJ", "_", "_"),
    ("experience", "1:2", "_", "_", "_"),
    ("New", "2:1", "N", "n.LOCATION", "_"),
    ("York", "2:2", "_", "_", "_"),
    ("because", "3:1", "P", "p.Explanation", "p.Source"),
    ("of", "3:2", "_", "_", "_"),
    ("their", "_", "PRON.POSS", "p.Possessor", "p.Gestalt"),
    ("his", "_", "PRON.POSS", "`$", "`$"),
    ("sells", "_", "V", "v.possession", "_"),
)


def test_supersenses_are_those_of_expressions_without_a_gap(tmp_path) -> None:
    files = _write(tmp_path, "conllulex", LEX)
    task = Supersense(files=files)
    assert list(zip(_said(task.split(Split.TEST)), _labels(task), strict=True)) == [
        (("New York",), "n.LOCATION"),
        (("sells",), "v.possession"),
    ]
    role, function = AdpositionRole(files=files), AdpositionFunction(files=files)
    assert _said(role.split(Split.TEST)) == [("because of",), ("their",)]
    assert _labels(role) == ["p.Explanation", "p.Possessor"]
    assert _labels(function) == ["p.Source", "p.Gestalt"]


def test_plain_conllu_has_no_supersenses(tmp_path) -> None:
    row = "1\ta\t_\tX\t_\t_\t0\troot\t_\t_\n\n"
    with pytest.raises(DataError, match=r"line 1: sentence 1: expected 19 columns .*found 10"):
        Supersense(files=_write(tmp_path, "conllulex", row)).split(Split.TEST)
    broken = LEX.replace("2:2", "2:3")
    with pytest.raises(DataError, match="sentence s-1: expected position 2 of the multiword expression 2, found 3"):
        Supersense(files=_write(tmp_path, "conllulex", broken)).split(Split.TEST)


def test_chunking_takes_dev_from_the_end_of_train(tmp_path) -> None:
    files = _write(tmp_path, "txt", "".join(f"w{i} N B-NP\nv{i} V B-VP\n\n" for i in range(10)))
    apart = Chunking(files=files)
    assert [len(apart.split(s)) for s in Split] == [20, 20, 20]
    task = Chunking(files=files | {"dev": files["train"]}, dev_share=0.3)
    assert [len(task.split(s)) for s in Split] == [14, 6, 20]
    assert task.split(Split.TRAIN).corpus.words[-1] == "v6"
    assert task.split(Split.DEV).corpus.words[:2] == ("w7", "v7")
    assert _labels(task, Split.DEV) == ["B-NP", "B-VP"] * 3
    with pytest.raises(ConfigurationError, match=r"dev_share is 1\.5"):
        Chunking(files=files, dev_share=1.5)


GAP_HEADER = "ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\tURL\n"
GAP_ROW = "t-1\tAnn Lee's aunt didn't see Eve. She left.\tShe\t31\tAnn Lee\t0\tTRUE\tEve\t26\tFALSE\thttp://x\n"


def test_gap_pairs_the_pronoun_with_both_names(tmp_path) -> None:
    task = Gap(files=_write(tmp_path, "tsv", GAP_HEADER + GAP_ROW))
    split = task.split(Split.TEST)
    assert split.corpus.sentences[0][:6] == ("Ann", "Lee", "'s", "aunt", "did", "n't")
    assert _said(split) == [("She", "Ann Lee"), ("She", "Eve")]
    assert _labels(task) == ["yes", "no"]
    assert split.clusters.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\t31\t", "\t30\t", r"line 2: expected 'She' at character 30, found ' She left\.'"),
        ("\tTRUE\t", "\tyes\t", "line 2: expected TRUE or FALSE, found 'yes'"),
        ("\tEve\t26\t", "\tLee\t4\t", "the mentions 'She', 'Ann Lee', 'Lee' overlap"),
    ],
)
def test_gap_says_what_is_wrong(tmp_path, old, new, said) -> None:
    with pytest.raises(DataError, match=said):
        Gap(files=_write(tmp_path, "tsv", GAP_HEADER + GAP_ROW.replace(old, new))).split(Split.TEST)


def _pair(paradigm: str, phenomenon: str, number: int) -> str:
    good, bad = f"A dog {number} barks in {paradigm}.", f"A dog {number} bark in {paradigm}."
    item = {"UID": paradigm, "linguistics_term": phenomenon, "sentence_good": good, "sentence_bad": bad}
    return json.dumps(item) + "\n"


@pytest.fixture
def pairs(tmp_path):
    paradigms = [(f"p{k}", "binding" if k < 6 else "ellipsis") for k in range(10)]
    return _write(tmp_path, "jsonl", "".join(_pair(*p, n) for p in paradigms for n in range(4)))


def test_blimp_holds_whole_paradigms_out(pairs) -> None:
    task = Blimp(files=pairs, pairs=3)
    shown = {which: {s[-2] for s in task.split(which).corpus.sentences} for which in Split}
    assert [len(shown[which]) for which in Split] == [7, 1, 2]
    assert len(set.union(*shown.values())) == 10, "no paradigm is in two splits"
    test = task.split(Split.TEST)
    assert len(test) == 2 * 2 * 3
    assert _labels(task)[:2] == ["acceptable", "unacceptable"]
    assert test.clusters.tolist()[:4] == [0, 0, 1, 1]
    assert any(
        Blimp(files=pairs, seed=seed).paradigms(f"p{k}" for k in range(10))[Split.TEST]
        != task.paradigms(f"p{k}" for k in range(10))[Split.TEST]
        for seed in range(3)
    )


def test_blimp_can_be_one_phenomenon(pairs) -> None:
    task = Blimp(files=pairs, phenomena=["binding"])
    assert {s[-2] for which in Split for s in task.split(which).corpus.sentences} == {f"p{k}" for k in range(6)}
    with pytest.raises(ConfigurationError, match="has no phenomenon islands; it has binding, ellipsis"):
        Blimp(files=pairs, phenomena=["islands"]).split(Split.TEST)


def test_blimp_leaves_out_pairs_without_a_difference(pairs, tmp_path) -> None:
    same = _pair("p1", "binding", 0).replace("A dog 0 bark in", "A dog 0 barks in")
    (tmp_path / "train.jsonl").write_text(
        same + "".join(_pair(f"p{k}", "binding", 0) for k in range(4)), encoding="utf-8"
    )
    task = Blimp(files=dict.fromkeys(pairs, str(tmp_path / "train.jsonl")), pairs=1)
    assert sum(len(task.split(which)) for which in Split) == 2 * 4
    assert all(len(set(task.split(which).corpus.sentences)) == len(task.split(which)) for which in Split)


def test_gap_has_genders_and_names_that_need_no_vector(tmp_path) -> None:
    other = "t-2\tHe saw Bob and Al Roe.\tHe\t0\tBob\t7\tFALSE\tAl Roe\t15\tTRUE\thttp://x\n"
    task = Gap(files=_write(tmp_path, "tsv", GAP_HEADER + GAP_ROW + other))
    split = task.split(Split.TEST)
    assert split.groups.tolist() == ["feminine", "feminine", "masculine", "masculine"]
    found = task.own_baselines(split, split)
    said = np.array(task.label_names)[found["nearest_name"]].tolist()
    assert said == [["no", "yes", "yes", "no"]]  # `Eve .` is one word away, and `saw`
    drawn = (found["random_name"] == task.label_names.index("yes")).reshape(20, 2, 2)
    assert (drawn.sum(axis=2) == 1).all()
    assert 0.2 < drawn[..., 0].mean() < 0.8
