"""The classification tasks on the real data sets: published sizes and published baselines."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from embedbench.data.bio import read_tagged
from embedbench.scoring.baselines import by_question, majority
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import metric
from embedbench.tasks.acceptability import Blimp
from embedbench.tasks.chunking import Chunking
from embedbench.tasks.contract import check_task
from embedbench.tasks.coordination_inversion import CoordinationInversion
from embedbench.tasks.coreference import Gap
from embedbench.tasks.edge_probing import EdgeProbing
from embedbench.tasks.odd_man_out import OddManOut
from embedbench.tasks.supersenses import AdpositionFunction, AdpositionRole, Supersense
from embedbench.tasks.word_in_context import WordInContextTask
from embedbench.types import Split

# With every function type-checked, reading takes a while.
pytestmark = pytest.mark.slow


def _make(task, folder, pattern, names=("train", "dev", "test"), **options):
    files = {s.value: str(folder / pattern.format(name)) for s, name in zip(Split, names, strict=True)}
    return task(files=files, **options)


@pytest.mark.parametrize(
    ("task", "pattern", "options", "sizes", "n_labels"),
    [
        # Items and pairs as the data sets state them; 20 proto-roles are asked about each of SPR2's span pairs.
        (WordInContextTask, "wic/{}.data.txt", {}, (5428, 638, 1400), 2),
        (EdgeProbing, "edge_probing/semeval2010t8.{}.jsonl.gz", {"metric": "relation_f1"}, (6851, 1149, 2717), 19),
        (EdgeProbing, "edge_probing/dpr.{}.jsonl.gz", {}, (1787, 379, 949), 2),
        (EdgeProbing, "edge_probing/spr2.{}.jsonl.gz", {"multilabel": True}, (98500, 12600, 11640), 2),
        (Supersense, "supersense/streusle.ud_{}.conllulex.gz", {}, (13313, 1677, 1658), 40),
        (AdpositionRole, "supersense/streusle.ud_{}.conllulex.gz", {}, (4532, 459, 482), 46),
        (AdpositionFunction, "supersense/streusle.ud_{}.conllulex.gz", {}, (4532, 459, 482), 38),
    ],
)
def test_sizes(data_folder, task, pattern, options, sizes, n_labels) -> None:
    made = _make(task, data_folder, pattern, **options)
    assert (tuple(len(made.split(s)) for s in Split), len(made.label_names)) == (sizes, n_labels)
    assert [c for c in check_task(made) if not c.passed] == []
    assert "user's own" not in made.meta.licence


def test_wic_is_balanced(data_folder) -> None:
    task = _make(WordInContextTask, data_folder, "wic/{}.data.txt")
    for which in Split:
        assert np.bincount(task.split(which).labels).tolist() == [len(task.split(which)) // 2] * 2


def test_gap_has_two_names_per_text(data_folder) -> None:
    names = ("development", "validation", "test")
    task = _make(Gap, data_folder, "coref/gap-{}.tsv.gz", names)
    yes = {which: (task.split(which).labels == task.label_names.index("yes")).reshape(-1, 2) for which in Split}
    # How often it is name A, name B, neither; 4,000, 908 and 4,000 pairs as published.
    assert {w: (*y.sum(axis=0).tolist(), int((~y.any(axis=1)).sum())) for w, y in yes.items()} == {
        Split.TRAIN: (874, 925, 201),
        Split.DEV: (187, 205, 62),
        Split.TEST: (918, 855, 227),
    }
    assert [c for c in check_task(task) if not c.passed] == []


def test_gap_is_balanced_and_names_that_need_no_vector_say_little(data_folder) -> None:
    """About 45 % of names are meant; the nearer name is a better guess where the pronoun is masculine."""
    task = _make(Gap, data_folder, "coref/gap-{}.tsv.gz", ("development", "validation", "test"))
    split = task.split(Split.TRAIN)
    assert dict(zip(*np.unique(split.groups, return_counts=True), strict=True)) == {"feminine": 2000, "masculine": 2000}
    context = MetricContext(split.clusters, task.label_names, split.groups)
    found = {
        (name, measure): float(np.mean([metric(measure).value(split.labels, row, context) for row in rows]))
        for name, rows in task.own_baselines(split, split).items()
        for measure in ("binary_f1", "gender_bias")
    }
    assert found["nearest_name", "binary_f1"] == pytest.approx(0.485, abs=5e-4)
    assert found["nearest_name", "gender_bias"] == pytest.approx(0.939, abs=5e-4)
    assert found["random_name", "binary_f1"] == pytest.approx(0.476, abs=0.01)
    assert found["random_name", "gender_bias"] == pytest.approx(1.0, abs=0.05)


def test_conll2000_has_its_published_baseline(data_folder) -> None:
    """The chunk tag most frequent with each part of speech: F1 77.07 (Tjong Kim Sang & Buchholz 2000)."""
    files = [data_folder / f"chunking/conll2000.{name}.txt.gz" for name in ("train", "test")]
    (train_pos, test_pos) = ([t for s in read_tagged(f, tag_column=1, bio=False) for t in s.tags] for f in files)
    names = ("train", "train", "test")
    task = _make(Chunking, data_folder, "chunking/conll2000.{}.txt.gz", names)
    parts = [task.split(which) for which in Split]
    assert [len(part.corpus.sentences) for part in parts] == [8042, 894, 2012]
    counts = defaultdict(Counter)
    for pos, label in zip(train_pos, np.concatenate([parts[0].labels, parts[1].labels]).tolist(), strict=True):
        counts[pos][label] += 1
    predicted = np.array([counts[pos].most_common(1)[0][0] for pos in test_pos])
    value = metric("span_f1").value(parts[2].labels, predicted, MetricContext(parts[2].clusters, task.label_names))
    assert 100 * value == pytest.approx(77.07, abs=0.005)


def test_proto_roles_by_majority(data_folder) -> None:
    """Micro-F1 over all roles of the most frequent answer of every role; yes throughout has 2 p / (1 + p)."""
    task = _make(EdgeProbing, data_folder, "edge_probing/spr2.{}.jsonl.gz", multilabel=True, metric="binary_f1")
    train, test = task.split(Split.TRAIN), task.split(Split.TEST)
    f1, context = metric("binary_f1"), MetricContext(test.clusters, task.label_names)
    assert 100 * f1.value(test.labels, by_question(majority, train, test), context) == pytest.approx(74.07, abs=0.005)
    share = 4315 / 11640
    yes = np.full(len(test), task.label_names.index("yes"))
    assert f1.value(test.labels, yes, context) == pytest.approx(2 * share / (1 + share))


def test_blimp_has_67_paradigms_of_which_no_two_splits_share_one(data_folder) -> None:
    task = _make(Blimp, data_folder, "acceptability/blimp.jsonl.xz", pairs=1000)
    sizes = [len(task.split(which)) for which in Split]
    assert sum(sizes) == 2 * (67_000 - 7)
    assert [round(size / 2000) for size in sizes] == [47, 7, 13]
    assert np.bincount(task.split(Split.TEST).labels).tolist() == [sizes[2] // 2] * 2


@pytest.mark.parametrize(("task", "fewest"), [(CoordinationInversion, (1244, 156, 170)), (OddManOut, (6000, 900, 900))])
def test_generated_sentences_of_ewt(data_folder, task, fewest) -> None:
    made = _make(task, data_folder, "ud/en_ewt-ud-{}.conllu.gz")
    assert all(len(made.split(which)) >= least for which, least in zip(Split, fewest, strict=True))
    details = {c.name: c.detail for c in check_task(made)}
    assert details["report: sentences of test that occur verbatim in train"].startswith("0 of")
