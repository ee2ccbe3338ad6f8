"""Generators that change sentences of a treebank: coordination inversion and odd man out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from embedbench.data.conllu import Token
from embedbench.errors import ConfigurationError, DataError
from embedbench.extractors.random_vectors import RandomVectors
from embedbench.mixing import Single
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.probes import Linear
from embedbench.probing.trainer import train_members
from embedbench.tasks.coordination_inversion import CoordinationInversion, coordination
from embedbench.tasks.odd_man_out import OddManOut
from embedbench.tasks.sources import treebank
from embedbench.types import ArrayVectors, Split

FILES = {"train": "grammar:train:240:5", "dev": "grammar:dev:200:5", "test": "grammar:test:200:5"}


def _tree(text: str) -> tuple[Token, ...]:
    """`form/UPOS/head/deprel`, separated by blanks."""
    return tuple(
        Token(form, form.lower(), upos, "_", {}, int(head), deprel)
        for form, upos, head, deprel in (word.split("/") for word in text.split())
    )


def test_two_clauses_are_swapped_and_nothing_else_changes() -> None:
    found = coordination(
        _tree(
            "It/PRON/2/nsubj rained/VERB/0/root ,/PUNCT/6/punct but/CCONJ/6/cc Ann/PROPN/6/nsubj sang/VERB/2/conj "
            "loudly/ADV/6/advmod !/PUNCT/2/punct"
        )
    )
    assert found is not None
    assert " ".join(found.original) == "it rained , but Ann sang loudly !"
    assert " ".join(found.inverted) == "Ann sang loudly , but it rained !"


@pytest.mark.parametrize(
    "text",
    [
        "It/PRON/2/nsubj rained/VERB/0/root and/CCONJ/4/cc poured/VERB/2/conj ./PUNCT/2/punct",
        "He/PRON/2/nsubj saw/VERB/0/root cats/NOUN/2/obj and/CCONJ/5/cc dogs/NOUN/3/conj",
        "He/PRON/2/nsubj ran/VERB/0/root ,/PUNCT/5/punct she/PRON/5/nsubj sat/VERB/2/conj",
        "I/PRON/2/nsubj ran/VERB/0/root and/CCONJ/5/cc she/PRON/5/nsubj sat/VERB/2/conj today/NOUN/2/obl",
        "And/CCONJ/3/cc he/PRON/3/nsubj ran/VERB/0/root and/CCONJ/6/cc she/PRON/6/nsubj sat/VERB/3/conj",
    ],
    ids=["no subject", "nouns", "no conjunction", "a word of the first clause at the end", "begins with and"],
)
def test_other_sentences_are_no_coordination(text) -> None:
    assert coordination(_tree(text)) is None


def test_half_is_odd_by_split_and_seed() -> None:
    task = OddManOut(files=FILES)
    for which in Split:
        counts = np.bincount(task.split(which).labels, minlength=2)
        assert counts.min() >= 5
        assert abs(int(counts[0]) - int(counts[1])) <= 1
    again = OddManOut(files=FILES)
    assert again.split(Split.TEST).corpus.fingerprint == task.split(Split.TEST).corpus.fingerprint
    other = OddManOut(files=FILES, seed=1).split(Split.TEST)
    assert not np.array_equal(other.labels, task.split(Split.TEST).labels)


@pytest.mark.parametrize("make", [CoordinationInversion, OddManOut])
def test_no_source_sentence_is_in_two_splits(make) -> None:
    same = make(files=dict.fromkeys(FILES, FILES["dev"]))
    with pytest.raises(DataError, match="finds no target"):
        same.split(Split.TEST)


def test_every_sentence_stands_beside_its_inversion() -> None:
    task = CoordinationInversion(files=FILES)
    exact = {tuple(t.form.casefold() for t in s.tokens) for s in treebank(FILES["test"])}
    split = task.split(Split.TEST)
    assert len(split) > 20
    assert [task.label_names[label] for label in split.labels[:3]] == ["original", "inverted", "original"]
    assert split.clusters.tolist() == [i // 2 for i in range(len(split))]
    folded = [tuple(word.casefold() for word in sentence) for sentence in split.corpus.sentences]
    for original, inverted in zip(folded[::2], folded[1::2], strict=True):
        assert original in exact
        assert inverted not in exact
        assert sorted(original) == sorted(inverted)


def test_a_bag_of_static_vectors_gets_exactly_half_of_the_inversions_right() -> None:
    task, extractor = CoordinationInversion(files=FILES), RandomVectors(size=20)
    splits = {which: task.split(which) for which in Split}
    bags = {
        which: np.stack([extractor.extract([s]).values.mean(axis=0) for s in split.corpus.sentences])
        for which, split in splits.items()
    }
    for bag in bags.values():
        np.testing.assert_allclose(bag[::2], bag[1::2], atol=1e-6)
    data = {
        which: ProbeData(ArrayVectors(extractor.extract(split.corpus.sentences).values), split, {"task": split.labels})
        for which, split in splits.items()
    }
    member = Member(Single(0), Linear())
    trained = train_members(data[Split.TRAIN], data[Split.DEV], [member], {"task": 2}, Training(min_updates=100))
    for which in (Split.DEV, Split.TEST):
        right = trained.predict(data[which])[0] == splits[which].labels
        # Sums of the same vectors in another order differ in the last bits, which decides a few near-ties.
        assert abs(float(right.mean()) - 0.5) < 0.05


def test_a_word_is_replaced_by_one_of_its_kind_and_frequency() -> None:
    task = OddManOut(files=FILES)
    trees = {
        which: {tuple(t.form for t in s.tokens): s.tokens for s in treebank(FILES[which.value])} for which in Split
    }
    words = Counter(t.form.casefold() for tokens in trees[Split.TRAIN].values() for t in tokens)
    known = {(t.form, t.upos, tuple(sorted(t.feats.items()))) for tokens in trees[Split.TRAIN].values() for t in tokens}
    replaced = 0
    for which in Split:
        split = task.split(which)
        for sentence, label in zip(split.corpus.sentences, split.labels, strict=True):
            if task.label_names[label] == "original":
                assert sentence in trees[which]
                continue
            # One word differs from some source sentence of the same split.
            [source] = [
                tokens
                for forms, tokens in trees[which].items()
                if len(forms) == len(sentence) and sum(a != b for a, b in zip(forms, sentence, strict=True)) == 1
            ][:1]
            [place] = [i for i, token in enumerate(source) if token.form != sentence[i]]
            old, new = source[place], sentence[place]
            assert old.upos in ("NOUN", "VERB")
            assert (new, old.upos, tuple(sorted(old.feats.items()))) in known
            assert words[old.form].bit_length() == words[new].bit_length()
            replaced += 1
    assert replaced > 50


@pytest.mark.parametrize("make", [CoordinationInversion, OddManOut])
def test_options_out_of_range_are_refused(make) -> None:
    with pytest.raises(ConfigurationError, match=r"shortest(=| is )9"):
        make(files=FILES, shortest=9, longest=8)
