"""Documents as clusters of treebank tasks: what they are, what is refused, and that older cells keep their identity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from treebank_of_documents import written

from embedbench.cli.main import main
from embedbench.errors import DataError
from embedbench.scoring.baselines import word_majority
from embedbench.scoring.intervals import Bootstrap, estimates
from embedbench.scoring.metric import MetricContext
from embedbench.scoring.metrics import Accuracy
from embedbench.tasks.arcs import Arc, Deprel
from embedbench.tasks.base import TreebankTask
from embedbench.tasks.clauses import SubjNumber
from embedbench.tasks.contract import check_task
from embedbench.tasks.head_selection import HeadSelection
from embedbench.tasks.shape import TreeDepth
from embedbench.tasks.tagging import Upos
from embedbench.tasks.trees import TreeDistance
from embedbench.types import ClusterUnit, Split

BEFORE = {
    "upos": "fa1b8a594f839b7f1aaac64247805b32",
    "deprel": "e2d02c8f2de663190501b4ca29c326b4",
    "arc": "72f056c085aae7650049161991353c83",
    "tree_distance": "c1c7b5bca47a1c2cf59462c3b815e1bf",
    "head_selection": "14b852e3b8299a41d0b4fe6958de493a",
    "tree_depth": "2a1774bc7a21762d23807c335fe865f4",
    "subj_number": "070b09fcb5a0d5ac27d934a6a931e10f",
}
"""Fingerprints of tasks over files that hold their split's name, by the version before the option (commit b02d5f2)."""


@pytest.mark.parametrize("kind", [Upos, Deprel, Arc, TreeDistance, HeadSelection, TreeDepth, SubjNumber])
def test_sentences_leave_the_fingerprint_as_it_was(tmp_path, kind) -> None:
    files = {split.value: str(tmp_path / f"{split.value}.conllu") for split in Split}
    for split, path in files.items():
        Path(path).write_bytes(f"{split}\n".encode())
    task = kind(files=files)
    assert task.fingerprint == replace(task, clusters=ClusterUnit.sentence).fingerprint == BEFORE[task.name]
    assert replace(task, clusters=ClusterUnit.document).fingerprint != task.fingerprint


@pytest.mark.parametrize("kind", [Upos, Deprel, TreeDistance, HeadSelection, TreeDepth, SubjNumber])
def test_a_cluster_is_the_document_of_its_targets(tmp_path, kind) -> None:
    files = written(tmp_path)
    split = kind(files=files).split(Split.TEST)
    whole = kind(files=files, clusters=ClusterUnit.document).split(Split.TEST)
    # Documents are numbered as they come; `a` goes on after others. The two without an id are two.
    expected = np.array([0, 0, 1, 2, 0, 3, 0, 0, 1, 4, 0, 3])
    np.testing.assert_array_equal(split.clusters, split.sentences)
    np.testing.assert_array_equal(whole.clusters, expected[split.sentences])
    np.testing.assert_array_equal(whole.spans, split.spans)
    np.testing.assert_array_equal(whole.labels, split.labels)


def test_the_task_keeps_its_promises(tmp_path) -> None:
    for kind in (Upos, TreeDistance, HeadSelection):
        checks = check_task(kind(files=written(tmp_path), clusters=ClusterUnit.document))
        assert [check for check in checks if not check.passed and check.name != "dev and test are not in train"] == []


def test_sentences_without_a_document_are_refused(tmp_path) -> None:
    files = written(tmp_path, documents=None)
    task = Upos(files=files, clusters=ClusterUnit.document)
    with pytest.raises(DataError, match=r"test.conllu: 12 of 12 sentences have no document.*task.clusters=sentence"):
        task.split(Split.TEST)
    files = written(tmp_path / "later", first=2)
    with pytest.raises(DataError, match=r"2 of 12 sentences have no document, as no '# newdoc' stands above them"):
        Upos(files=files, clusters=ClusterUnit.document).split(Split.TEST)


def test_sentences_of_the_grammar_are_documents_of_their_own() -> None:
    grammar = {split.value: f"grammar:{split.value}:30:5" for split in Split}
    split = TreeDistance(files=grammar, clusters=ClusterUnit.document).split(Split.TEST)
    np.testing.assert_array_equal(split.clusters, split.sentences)


def test_a_task_from_outside_may_have_options_without_a_default(tmp_path) -> None:
    @dataclass(frozen=True)
    class Mine(TreebankTask):
        wanted: str

        def labelled(self, which):
            tags = [t.upos == self.wanted for _, tokens in self.trees(which) for t in tokens]
            return self.spans_of(which, [(i,) for i in range(len(tags))], list(map(str, tags)))

    task = Mine(written(tmp_path), "NOUN", clusters=ClusterUnit.document)
    assert len(set(task.split(Split.TEST).clusters.tolist())) == 5


def test_the_option_is_told_with_its_choices(capsys) -> None:
    assert main(["list", "tasks", "upos"]) == 0
    told = next(line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("clusters"))
    assert "sentence | document" in told
    assert "scores are the same, intervals are not" in told


def test_documents_widen_the_interval_of_a_real_treebank(data_folder) -> None:
    files = {split.value: str(data_folder / f"ud/en_ewt-ud-{split}.conllu.gz") for split in Split}
    task = Upos(files=files)
    train, halves, values = task.split(Split.TRAIN), [], []
    for unit, clusters in ((ClusterUnit.sentence, 2077), (ClusterUnit.document, 316)):
        test = replace(task, clusters=unit).split(Split.TEST)
        guess = word_majority(train, test)[None]
        [found] = estimates(Accuracy(), test.labels, [guess], MetricContext(test.clusters), Bootstrap(resamples=999))
        assert found.clusters == clusters
        values.append(found.value)
        halves.append((found.high - found.low) / 2)
    assert values[0] == values[1] == pytest.approx(0.8666, abs=1e-4)
    # 9,999 resamples say 0.0050 and 0.0078; so few as here move the ends of an interval by a few percent.
    assert halves == pytest.approx([0.0050, 0.0078], rel=0.1)
