"""The CRF tagging head: parity with trying all sequences and with allennlp-light; tags that only transitions tell."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
import torch

from embedbench.errors import ConfigurationError, MissingExtraError
from embedbench.mixing import Scalar, Single
from embedbench.probing import allennlp
from embedbench.probing.crf import best_sequences, bio_penalties, log_likelihoods
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.probes import CRF, Linear
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.probing.tag_training import train_taggers
from embedbench.probing.trainer import train_members
from embedbench.types import ArrayVectors, Corpus, TaskSplit

BIO = ("B-X", "B-Y", "I-X", "I-Y", "O")
QUICK = Training(max_epochs=4, min_updates=80, batch_size=256, learning_rate=5e-2)


def random_transitions(rng, n_labels, members=1):
    shapes = {"transitions": (n_labels, n_labels), "start_transitions": (n_labels,), "end_transitions": (n_labels,)}
    return {n: torch.from_numpy(rng.normal(size=(members, *s)).astype(np.float32)) for n, s in shapes.items()}


def score(emissions, tags, transitions) -> float:
    steps = sum(float(transitions["transitions"][a, b]) for a, b in pairwise(tags))
    ends = float(transitions["start_transitions"][tags[0]] + transitions["end_transitions"][tags[-1]])
    return sum(float(emissions[word, tag]) for word, tag in enumerate(tags)) + steps + ends


def test_likelihoods_and_best_tags_are_those_of_trying_all_sequences() -> None:
    rng = np.random.default_rng(0)
    n_labels, lengths, members = 3, [1, 4, 2], 2
    emissions = torch.from_numpy(rng.normal(size=(members, 3, 4, n_labels)).astype(np.float32))
    tags = torch.from_numpy(rng.integers(0, n_labels, (members, 3, 4)))
    present = torch.arange(4)[None] < torch.tensor(lengths)[:, None]
    transitions = random_transitions(rng, n_labels, members)
    found = log_likelihoods(emissions, tags, present, transitions)
    from allennlp_light.modules.conditional_random_field import ConditionalRandomField

    decoded = [best_sequences(emissions[:, s, :length], transitions) for s, length in enumerate(lengths)]
    for member in range(members):
        own = {name: value[member] for name, value in transitions.items()}
        for sentence, length in enumerate(lengths):
            words = emissions[member, sentence, :length]
            scores = {seq: score(words, seq, own) for seq in product(range(n_labels), repeat=length)}
            gold = tuple(tags[member, sentence, :length].tolist())
            expected = scores[gold] - np.logaddexp.reduce(list(scores.values()))
            assert float(found[member, sentence]) == pytest.approx(expected, abs=1e-5)
            assert tuple(decoded[sentence][member].tolist()) == max(scores, key=scores.__getitem__)
        module = ConditionalRandomField(n_labels)
        module.load_state_dict(own, strict=False)
        by_allennlp = module.viterbi_tags(emissions[member], present)
        assert [tags for tags, _ in by_allennlp] == [rows[member].tolist() for rows in decoded]
        whole = float(module(emissions[member], tags[member], present).detach())
        assert float(found[member].sum()) == pytest.approx(whole, abs=1e-4)


def test_bio_constraints_forbid_what_they_say() -> None:
    """The best sequence among the well-formed ones, by trying all."""
    rng = np.random.default_rng(1)
    transitions, penalties = random_transitions(rng, 5), bio_penalties(BIO)
    none = {name: value[0] for name, value in transitions.items()}
    constrained = {name: value + penalties[name] for name, value in transitions.items()}

    def formed(tags) -> bool:
        names = ["O", *(BIO[tag] for tag in tags)]
        return all(not b.startswith("I-") or (a != "O" and a[2:] == b[2:]) for a, b in pairwise(names))

    changed = 0
    for _ in range(12):
        words = torch.from_numpy(3 * rng.normal(size=(4, 5)).astype(np.float32))
        sequences = {seq: score(words, seq, none) for seq in product(range(5), repeat=4)}
        best = max((seq for seq in sequences if formed(seq)), key=sequences.__getitem__)
        assert tuple(best_sequences(words[None], constrained)[0].tolist()) == best
        changed += best != max(sequences, key=sequences.__getitem__)
    assert changed > 2
    with pytest.raises(ConfigurationError, match="'NOUN' is neither"):
        bio_penalties(("NOUN", "O"))


def ambiguous(seed, n=80) -> ProbeData:
    """Spans of three words. A span's first word tells its type; the two after it look alike whatever the type is."""
    rng = np.random.default_rng(seed)
    sentences, tags = [], []
    for _ in range(n):
        own = ["O"]
        for kind in rng.choice(["X", "Y"], int(rng.integers(1, 4))):
            own += [f"B-{kind}", f"I-{kind}", f"I-{kind}", "O"]
        sentences.append(["w"] * len(own))
        tags += [BIO.index(tag) for tag in own]
    seen = np.array([0, 1, 2, 2, 3])[tags]
    values = rng.normal(size=(len(tags), 2, 6)) * np.array([1, 0.1])[:, None]
    values[np.arange(len(tags)), 1, seen] += 1
    labels, corpus = np.array(tags, np.int64), Corpus.of(sentences)
    starts = np.arange(len(tags))
    split = TaskSplit(corpus, np.stack([starts, starts + 1], 1)[:, None], labels, corpus.sentence_of(starts))
    return ProbeData(ArrayVectors(values.astype(np.float32)), split, {"task": labels, "control": labels[::-1].copy()})


def test_transitions_resolve_what_emissions_cannot() -> None:
    train, dev, test = (ambiguous(seed) for seed in (1, 2, 3))
    gold = test.labels["task"]
    members = [SentenceMember(mix, seed) for mix in (Single(0), Single(1), Scalar()) for seed in (0, 1)]
    for probe in (CRF(), CRF(bio=True)):
        fitted = train_taggers(train, dev, members, probe, BIO, QUICK)
        right = (fitted.predict(test) == gold).mean(axis=1)
        assert right[2:].min() > 0.98, right
        assert right[:2].max() < 0.6, "layer 0 is noise"
        assert fitted.dev_scores[2] > 0.98
    linear = train_members(train, dev, [Member(Single(1), Linear())], {"task": 5}, QUICK).predict(test)
    assert (linear == gold).mean() < 0.9, "half of the inner words are told by nothing but the word before"


def test_constraints_hold_of_the_task_and_not_of_the_control() -> None:
    train, dev, test = (ambiguous(seed, 20) for seed in (1, 2, 3))
    members = [SentenceMember(Single(0), 0, labels) for labels in ("task", "control")]
    brief = Training(max_epochs=1, min_updates=0, batch_size=2048)
    rows = train_taggers(train, dev, members, CRF(bio=True), BIO, brief).predict(test)
    free = train_taggers(train, dev, members, CRF(), BIO, brief).predict(test)

    def ill_formed(row) -> int:
        names = np.array(BIO)[row]
        first = np.isin(np.arange(len(row)), test.split.corpus.offsets[:-1])
        before = np.where(first, "O", np.roll(names, 1))
        return sum(b[:1] == "I" and (a == "O" or a[2:] != b[2:]) for a, b in zip(before, names, strict=True))

    assert ill_formed(rows[0]) == 0 < ill_formed(free[0]), "one update has learned no transitions"
    np.testing.assert_array_equal(rows[1], free[1])


def test_a_member_gives_the_result_it_would_give_alone() -> None:
    train, dev, test = (ambiguous(seed, 20) for seed in (1, 2, 3))
    brief = Training(max_epochs=2, min_updates=10, batch_size=64)
    members = [SentenceMember(m, 0, c) for m in (Single(1), Scalar()) for c in ("task", "control")]
    together = train_taggers(train, dev, members, CRF(), BIO, brief)
    for row, member in enumerate(members):
        alone = train_taggers(train, dev, [member], CRF(), BIO, brief)
        assert alone.dev_losses[0] == pytest.approx(together.dev_losses[row], rel=1e-4)
        np.testing.assert_array_equal(alone.predict(test)[0], together.predict(test)[row])


def test_targets_that_are_no_sentences_are_refused() -> None:
    data = ambiguous(1, 4)
    split = data.split
    part = TaskSplit(split.corpus, split.spans[1:], split.labels[1:], split.clusters[1:])
    with pytest.raises(ConfigurationError, match="tags every word of every sentence"):
        train_taggers(ProbeData(data.vectors, part, {}), data, [SentenceMember(Single(1))], CRF(), BIO, QUICK)


def test_without_allennlp_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setattr(allennlp, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"probe=crf needs .*embedbench\[elmo\]"):
        bio_penalties(BIO)
