"""Every registered task keeps the contract of tasks, on the grammar or on a tiny file of its own format."""

from __future__ import annotations

import dataclasses
import json
from functools import cache

import numpy as np
import pytest

from embedbench.registry import components, load_components
from embedbench.tasks.analogies import Rule
from embedbench.tasks.contract import check_task
from embedbench.tasks.suites import Unknown
from embedbench.tasks.tagging import Upos
from embedbench.tasks.word_groups import Clustering
from embedbench.types import Corpus, Split, Task, TaskKind, TaskMeta, TaskSplit

load_components()
_GRAMMAR = {"train": "grammar:train:120:5", "dev": "grammar:dev:40:5", "test": "grammar:test:40:5"}
_TABLE = "label\tsentence\tother\nyes\ta b c\td\nno\tb\tc d\n"
_EDGES = (
    '{"text": "a b c", "targets": [{"span1": [0, 1], "span2": [1, 3], "label": "yes"}]}\n'
    '{"text": "d e", "targets": [{"span1": [0, 1], "span2": [1, 2], "label": "no"}]}\n'
)
_GAP = (
    "ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\tURL\n"
    "t-1\tAnn saw Eve. She left.\tShe\t13\tAnn\t0\tTRUE\tEve\t8\tFALSE\thttp://nowhere\n"
)
_LEX = "".join(
    f"{i}\t{form}\t_\tX\t_\t_\t{i - 1}\tdep\t_\t_\t{group}\t{category}\t_\t{role}\t{function}\t_\t_\t_\t_\n"
    for i, (form, group, category, role, function) in enumerate(
        [
            ("Ann", "_", "N", "n.PERSON", "_"),
            ("got", "1:1", "V", "v.social", "_"),
            ("up", "1:2", "_", "_", "_"),
            ("at", "_", "P", "p.Time", "p.Time"),
            ("out", "2:1", "P", "p.Goal", "p.Source"),
            ("of", "2:2", "_", "_", "_"),
        ],
        start=1,
    )
)
_SENSES = "The\t_\nbank\tmoney\nAnn\tperson\n\na\t_\nbank\triver\n\n"
_BLIMP = "".join(
    f'{{"UID": "p{i}", "linguistics_term": "t", "sentence_good": "It {i} is.", "sentence_bad": "It {i} be."}}\n'
    for i in range(5)
)
_GRADED = "one\ttwo\tgrade\na b\tc d\t1.5\ne\tc d\t4\n"
_SQUAD = json.dumps(
    {
        "data": [
            {
                "title": title,
                "paragraphs": [
                    {
                        "context": f"Ann saw {title}. She left.",
                        "qas": [{"id": title, "question": "Who?", "answers": [{"text": title, "answer_start": 8}]}],
                    }
                ],
            }
            for title in ("Eve", "Bob", "Cleo", "Dan", "Fay", "Gus", "Hal", "Ida")
        ]
    }
)
_TAGGED = "a N B-NP\nb N I-NP\n\nc V O\n\nd N B-NP\n\n"
_WIC = "plant\tN\t0-1\tplants grow\tthe plant\nrun\tV\t1-0\tthey run\trunning fast\n"
_OTHER_OPTION = {
    "blimp": {"seed": 99},
    "coordination_inversion": {"shortest": 7},
    "odd_man_out": {"seed": 99},
    "edge_probing": {"attribute": "yes"},
    "supersense": {"multiword": False},
    "word_sense": {"none": "person"},
    "adposition_role": {"multiword": False},
    "adposition_function": {"multiword": False},
    "chunking": {"dev_share": 0.4},
    "feats": {"feature": "Tense"},
    "deprel": {"coarse": True},
    "arc": {"seed": 99},
    "head_distance": {"signed": False},
    "tree_depth": {"highest": 4},
    "sentence_length": {"edges": (4, 8, 20)},
    "bigram_shift": {"seed": 99},
    "word_content": {"fewest": 2},
    "subj_number": {"pronouns": True},
    "obj_number": {"pronouns": True},
    "ner": {"tag_column": 1},
    "sentiment": {"text": "other"},
    "pairs": {"first": "other"},
    "sick_relatedness": {"highest": 6},
    "stsb": {"highest": 6},
    "sentence_similarity": {"first": "two"},
    "xquad": {"seed": 99},
    "word_similarity": {"header": True},
    "tree_distance": {"left_out": ("DET",)},
    "head_selection": {"left_out": ("det",)},
    "word_depth": {"left_out": ("DET",)},
    "analogies": {"rule": Rule.mul},
    "categorisation": {"clustering": Clustering.agglomerative},
    "outlier": {"unknown": Unknown.wrong},
    "context_similarity": {"unknown": Unknown.wrong},
}
_OPTIONS = {
    "word_content": {"n_words": 8, "skip": 20, "fewest": 3},
    "pairs": {"first": "sentence", "second": "other", "target": "label"},
    "sick_relatedness": {"first": "one", "second": "two", "grade": "grade"},
    "stsb": {"first": "one", "second": "two", "grade": "grade"},
    "sentence_similarity": {"first": "one", "second": "two", "grade": "grade"},
}
_NO_OPTION = {"upos", "xpos", "past_present", "wic", "gap"}
_CONTENTS = {
    "sentiment": ("tsv", _TABLE),
    "pairs": ("tsv", _TABLE),
    "edge_probing": ("jsonl", _EDGES),
    "gap": ("tsv", _GAP),
    "supersense": ("conllulex", _LEX),
    "word_sense": ("tsv", _SENSES),
    "adposition_role": ("conllulex", _LEX),
    "adposition_function": ("conllulex", _LEX),
    "chunking": ("txt", _TAGGED),
    "blimp": ("jsonl", _BLIMP),
    "wic": ("data.txt", _WIC),
    "sick_relatedness": ("tsv", _GRADED),
    "stsb": ("tsv", _GRADED),
    "xquad": ("json", _SQUAD),
}
_SUITES = {
    "sentence_similarity": _GRADED,
    "word_similarity": "cup\tmug\t8\ncup\tsky\t1.5\n",
    "analogies": ": family\nman woman king queen\nman woman boy girl\n",
    "categorisation": ",category,word\n0,pet,cat\n1,pet,dog\n2,tool,saw\n",
    "outlier": "category,outliers,words\npets,\"['saw', 'tree']\",\"['cat', 'dog']\"\n",
    "context_similarity": ("1\tcup\tn\tmug\tn\ta <b> cup </b>\tthe <b> mug </b> of\t8" + "\t1" * 10 + "\n") * 2,
}
_OWN_FILES = {*_CONTENTS, *_SUITES}
NAMES = [n for n, c in components("task").items() if c.target.__module__.startswith("embedbench.")]


def _files(name: str, folder) -> dict[str, str]:
    if name in _CONTENTS:
        ending, content = _CONTENTS[name]
        for split in Split:
            # Names of equal length, so that dev and test are not in train and offsets stay.
            of_split = content.replace("Ann", {"train": "Ann", "dev": "Amy", "test": "Joe"}[split])
            (folder / f"{split}.{ending}").write_text(of_split, encoding="utf-8")
            if name == "wic":
                (folder / f"{split}.gold.txt").write_text("T\nF\n", encoding="utf-8")
        return {split.value: str(folder / f"{split}.{ending}") for split in Split}
    if name in _SUITES:
        (folder / "suite.txt").write_text(_SUITES[name], encoding="utf-8")
        return {"test": str(folder / "suite.txt")}
    return _GRAMMAR


@pytest.fixture(scope="module", params=NAMES)
def task(request, tmp_path_factory):
    name = request.param
    return components("task")[name].target(files=_files(name, tmp_path_factory.mktemp(name)), **_OPTIONS.get(name, {}))


def test_every_promise_is_kept(task) -> None:
    assert isinstance(task, Task)
    assert [check for check in check_task(task) if not check.passed] == []


def test_a_new_object_gives_the_same_targets_and_fingerprint(task) -> None:
    twin = dataclasses.replace(task)
    assert twin == task
    assert twin.fingerprint == task.fingerprint
    assert twin.label_names == task.label_names
    for which in reversed(task.splits):
        one, other = task.split(which), twin.split(which)
        assert one.corpus.fingerprint == other.corpus.fingerprint
        for column in ("spans", "labels", "clusters"):
            assert np.array_equal(getattr(one, column), getattr(other, column))


def test_another_option_is_another_fingerprint(request, task) -> None:
    name = request.node.callspec.params["task"]
    assert (name in _OTHER_OPTION) != (name in _NO_OPTION), "say here which option of a new task changes its targets"
    prints = {task.fingerprint}
    if name in _OTHER_OPTION:
        prints.add(dataclasses.replace(task, **_OTHER_OPTION[name]).fingerprint)
    if task.files == _GRAMMAR:
        prints.add(dataclasses.replace(task, files=_GRAMMAR | {"test": "grammar:test:40:6"}).fingerprint)
    assert len(prints) == 1 + (name in _OTHER_OPTION) + (task.files == _GRAMMAR)
    assert dataclasses.replace(task, name="renamed").fingerprint == task.fingerprint
    assert dataclasses.replace(task, name="renamed").meta.name == "renamed"


def test_the_fingerprint_needs_no_parsing(task, monkeypatch) -> None:
    twin = dataclasses.replace(task)
    monkeypatch.setattr(type(twin), "split", lambda *_: pytest.fail("split"))
    monkeypatch.setattr(type(twin), "labelled", lambda *_: pytest.fail("labelled"), raising=False)
    assert twin.fingerprint == task.fingerprint


@pytest.mark.parametrize("name", [n for n in NAMES if n not in _OWN_FILES])
def test_generated_splits_share_no_sentence(name) -> None:
    task = components("task")[name].target(files=_GRAMMAR, **_OPTIONS.get(name, {}))
    seen: set[tuple[str, ...]] = set()
    for which in task.splits:
        sentences = set(task.split(which).corpus.sentences)
        assert not seen & sentences
        seen |= sentences


def test_every_registered_task_has_a_summary_line() -> None:
    for name, component in components("task").items():
        assert component.summary, name
        assert len(component.summary) <= 120, name


@cache
def _split(words: int = 4) -> TaskSplit:
    corpus = Corpus.of([["a", "b"], ["c", "d"]])
    starts = np.arange(words, dtype=np.int64)
    spans = np.stack([starts, starts + 1], axis=-1)[:, None, :]
    return TaskSplit(corpus, spans, starts % 2, corpus.sentence_of(starts))


@dataclasses.dataclass
class _Planted:
    """A task with one fault, planted in its dev split."""

    fault: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    label_names: tuple[str, ...] = ("even", "odd")
    splits: tuple[Split, ...] = tuple(Split)
    metric: str = "accuracy"
    restless: bool = False
    fingerprint: str = "0" * 32
    reads: int = 0

    @property
    def meta(self) -> TaskMeta:
        return TaskMeta("planted", "here", "none", "none", 1, self.metric, TaskKind.CLASSIFICATION)

    def split(self, which: Split) -> TaskSplit:
        self.reads += 1
        if self.restless:
            return dataclasses.replace(_split(), labels=np.roll(_split().labels, self.reads % 2))
        return dataclasses.replace(_split(), **self.fault) if which is Split.DEV else _split()


_CROSSING = np.array([[[0, 1]], [[1, 3]], [[2, 3]], [[3, 4]]])


@pytest.mark.parametrize(
    ("planted", "check", "detail"),
    [
        ({"fault": {"spans": _CROSSING}}, "each span lies in one sentence", "dev: target 1 crosses"),
        (
            {"fault": {"clusters": np.array([0, 0, 0, 1])}},
            "targets of one sentence are in one cluster",
            "dev: target 3 is in cluster 1, target 2",
        ),
        ({"fault": {"labels": np.array([0, 1, 2, 0])}}, "labels fit the task", "dev: target 2 has label 2"),
        ({"fault": {"labels": np.array([0.0, 1.0, 1.0, 0.0])}}, "labels fit the task", "dev: labels are float64"),
        ({"label_names": ("even", "odd", "never")}, "label names are different, and used", "unused: ['never']"),
        ({"label_names": ("same", "same")}, "label names are different, and used", "2 labels"),
        ({"splits": (Split.TRAIN, Split.TEST)}, "the splits fit the kind of task", "train, test"),
        ({"metric": " "}, "the metadata is complete", "empty: metric"),
        ({"restless": True}, "the same split twice is the same", "train differs"),
        ({"fingerprint": "mine"}, "the fingerprint is 32 hexadecimal digits, and stable", "mine"),
    ],
)
def test_the_contract_finds_planted_faults(planted, check, detail) -> None:
    assert [c for c in check_task(_Planted()) if not c.passed] == []
    failed = {c.name: c.detail for c in check_task(_Planted(**planted)) if not c.passed}
    assert set(failed) == {check}
    assert detail in failed[check]


def test_reports_give_balance_duplicates_and_leakage() -> None:
    reports = {c.name: c.detail for c in check_task(_Planted()) if c.name.startswith("report")}
    assert reports["report: label balance of dev"] == "most even 50.0%, least even 50.0%"
    assert reports["report: repeated sentences of train"] == "0 of 2 (0.0%)"
    assert reports["report: repeated targets of train"] == (
        "0 of 4 (0.0%); in sentences of 5 words or more: 0; with contradictory labels: 0"
    )
    assert reports["report: sentences of test that occur verbatim in train"] == "2 of 2 (100.0%); of 5 words or more: 0"


@pytest.mark.parametrize(
    ("files", "detail"),
    [
        ({"test": "grammar:train:30:5"}, "of test occur in train"),
        ({"dev": "grammar:train:30:5"}, "of dev occur in train"),
        ({"train": "grammar:train:40:5", "test": "grammar:train:30:5"}, "of test occur in train"),
    ],
)
def test_a_task_with_test_or_dev_in_train_is_refused(files, detail) -> None:
    clean = {"train": "grammar:train:30:5", "dev": "grammar:dev:10:5", "test": "grammar:test:10:5"}
    assert [c for c in check_task(Upos(clean)) if not c.passed] == []
    failed = {c.name: c.detail for c in check_task(Upos({**clean, **files})) if not c.passed}
    assert set(failed) == {"dev and test are not in train"}
    assert detail in failed["dev and test are not in train"]


def test_sentences_that_are_shared_by_other_pairs_are_no_leak() -> None:
    """As in SICK: every sentence of test is in train, beside another one."""
    sentences = [tuple(f"{letter}{i}" for i in range(6)) for letter in "abcd"]

    @dataclasses.dataclass
    class PairTask(_Planted):
        def split(self, which: Split) -> TaskSplit:
            first, second = (0, 1) if which is Split.TRAIN else (0, 2)
            corpus = Corpus.of([sentences[first], sentences[second], sentences[3], sentences[first]])
            spans = np.array([[[0, 6], [6, 12]], [[12, 18], [18, 24]]])
            spans = spans if which is Split.TRAIN else spans[:, ::-1]
            return TaskSplit(corpus, spans, np.array([0, 1]), np.array([0, 2]))

    found = {c.name: c for c in check_task(PairTask())}["dev and test are not in train"]
    assert found.passed
    assert found.detail.startswith("0 of 2 targets of dev occur in train")


def test_a_task_that_cannot_be_read_fails_in_one_sentence() -> None:
    def split(_which):
        raise KeyError("no such column")

    task = _Planted()
    task.split = split
    failed = [c for c in check_task(task) if not c.passed]
    assert failed == [("every split can be read", False, "KeyError: 'no such column'")]
