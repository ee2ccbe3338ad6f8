"""The lines that read English-EWT go red when what they count with is broken, here in the running process."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.scored import trees
from embedbench.scoring import baselines, subsets
from embedbench.selftest import treebank
from embedbench.selftest.battery import Verdict, choose, run_check, workplace
from embedbench.selftest.checks import CHECKS
from embedbench.tasks.arcs import Deprel
from embedbench.tasks.tagging import Upos
from embedbench.types import Corpus

LINES = {check.name for check in CHECKS if check.name.startswith("ewt-")}


def _seen_in_any_case(corpus, asked, seen_in=subsets.seen_in):
    lower = Corpus.of([word.lower() for word in sentence] for sentence in corpus.sentences)
    return seen_in(lower, [tuple(map(str.lower, words)) for words in asked])


def _commonest_relation(place):
    return baselines.majority(*treebank._splits(place, Deprel))


BREAKS = {
    "the rarest label for the commonest": (
        {"embedbench.scoring.baselines._most_frequent": lambda labels: int(np.bincount(labels).argmin())},
        {"ewt-majority", "ewt-deprel-majority"},
    ),
    "nothing is looked up": (
        {"embedbench.scoring.baselines._most_frequent_by_key": lambda keys, labels: {}},
        {"ewt-word-majority", "ewt-deprel-by-dependent", "ewt-deprel-by-pair", "ewt-arc-by-distance"},
    ),
    "a pair without a way back": (
        {"embedbench.selftest.treebank._by_dependent": _commonest_relation},
        {"ewt-deprel-by-pair"},
    ),
    "case does not count": ({"embedbench.scoring.subsets.seen_in": _seen_in_any_case}, {"ewt-unseen"}),
    "ambiguous by two tags or more": ({"embedbench.scoring.subsets.LARGEST_SHARE": 1.0}, {"ewt-ambiguous"}),
    "a control label per word": (
        {"embedbench.probing.control.word_types": lambda split: [str(i) for i in range(len(split))]},
        {"ewt-control-ceiling"},
    ),
    "trees by chance": (
        {
            "embedbench.scored.trees._chain": trees._random_distances(1),
            "embedbench.scored.trees._first_verb": trees._first_word,
        },
        {"ewt-chain", "ewt-first-verb"},
    ),
}


def test_every_line_is_broken_by_one_of_them() -> None:
    assert set().union(*(red for _, red in BREAKS.values())) == LINES


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_count_goes_red(data_folder, monkeypatch, name) -> None:
    patches, red = BREAKS[name]
    for place, by in patches.items():
        monkeypatch.setattr(place, by)
    with workplace(data_folder) as here:
        # Read from here the treebank takes ten seconds; a few calls deeper it took two minutes, many of them in the
        # kernel: Python 3.11 seems to map and unmap a chunk of its stack at every call.
        _ = treebank._task(here, Upos).label_names
        lines = [run_check(check, here) for check in choose(CHECKS, sorted(red))]
    for line in lines:
        print(name, line.name, line.got)
    assert {line.name: line.verdict for line in lines} == dict.fromkeys(red, Verdict.FAIL)
    assert not any("Error" in line.got for line in lines), "it failed for another reason"
