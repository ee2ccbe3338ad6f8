"""Control heads: one rule per word type, the same in every split and order; memorisers learn them, noise does not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from embedbench.mixing import Single
from embedbench.probing.control_heads import Hangs, control_heads
from embedbench.probing.head_data import HeadData
from embedbench.probing.head_training import train_heads
from embedbench.probing.members import Training
from embedbench.probing.probes import Biaffine
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.scored.heads import greedy_columns
from embedbench.tasks.head_columns import Heads
from embedbench.types import ArrayVectors, Corpus, Split, TaskSplit

RELATIONS = 3


def flat_trees(sentences: list[list[str]]) -> tuple[TaskSplit, Heads]:
    """Every word on the first of its sentence, which is the root; relations go round."""
    corpus = Corpus.of(sentences)
    words = np.arange(corpus.n_words)
    first = corpus.offsets[:-1][corpus.sentence_of(words)]
    spans = np.stack([np.stack([at, at + 1], axis=1) for at in (words, first)], axis=1)
    split = TaskSplit(corpus, spans, words % RELATIONS, corpus.sentence_of(words))
    return split, Heads.of(split, ("a", "b", "c"), ("b",))


def drawn(sentences: dict[Split, list[list[str]]], seed: int = 0) -> dict[Split, Heads]:
    made = {which: flat_trees(own) for which, own in sentences.items()}
    splits = {which: split for which, (split, _) in made.items()}
    return control_heads(splits, {which: heads for which, (_, heads) in made.items()}, RELATIONS, seed)


def rule_of(heads: Heads, word: int) -> set[Hangs]:
    """The rules that could have hung a word where it hangs: several when it is itself the first or the last."""
    sentence = heads.sentences[word]
    first, last = heads.offsets[sentence], heads.offsets[sentence + 1] - 1
    possible = {Hangs.ON_ROOT: word, Hangs.ON_FIRST: first, Hangs.ON_LAST: last}
    return {rule for rule, place in possible.items() if place == word + heads.heads[word]}


sentences = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6), min_size=1, max_size=8)


@settings(deadline=None)
@given(train=sentences, test=sentences, seed=st.integers(0, 5))
def test_a_type_hangs_by_one_rule_everywhere_whatever_the_order(train, test, seed) -> None:
    control = drawn({Split.TRAIN: train, Split.TEST: test}, seed)
    rules: dict[str, set[Hangs]] = {}
    relations: dict[str, int] = {}
    for which, own in ((Split.TRAIN, train), (Split.TEST, test)):
        heads, words = control[which], [word for sentence in own for word in sentence]
        assert (np.abs(heads.heads) < np.diff(heads.offsets)[heads.sentences]).all(), "a head outside its sentence"
        for place, word in enumerate(words):
            rules[word] = rules.get(word, set(Hangs)) & rule_of(heads, place)
            assert rules[word], f"{word!r} hangs by several rules"
            assert relations.setdefault(word, int(heads.relations[place])) == heads.relations[place]
    backwards = drawn({Split.TRAIN: train[::-1], Split.TEST: test}, seed)
    np.testing.assert_array_equal(backwards[Split.TEST].heads, control[Split.TEST].heads)


def test_rules_are_drawn_equally_often_and_by_the_seed() -> None:
    many = [["the", f"type{i}", "sat"] for i in range(3000)]
    by_seed = []
    for seed in (0, 1):
        control = drawn({Split.TRAIN: many}, seed)[Split.TRAIN]
        by_seed.append(np.array([rule_of(control, 3 * i + 1).pop() for i in range(3000)]))
        assert chisquare(np.bincount(by_seed[-1], minlength=3)).pvalue > 1e-4
    assert np.isclose((by_seed[0] == by_seed[1]).mean(), 1 / 3, atol=0.04)


def test_a_first_or_last_word_hangs_on_the_root_instead_of_itself_and_the_scored_words_stay() -> None:
    control = drawn({Split.TRAIN: [[f"w{i}"] for i in range(20)] + [["x", "y", "z"]]})[Split.TRAIN]
    assert not control.heads[:20].any()
    assert control.choices[:20].tolist() == [0] * 20
    assert control.kept.tolist() == [place % RELATIONS != 1 for place in range(23)]


def test_it_is_learned_from_types_and_ends_of_sentences_and_not_without_either() -> None:
    rng = np.random.default_rng(3)
    names = [f"t{i}" for i in range(30)]
    texts = {
        which: [list(rng.choice(names, rng.integers(4, 9))) for _ in range(n)]
        for which, n in ((Split.TRAIN, 300), (Split.DEV, 60), (Split.TEST, 60))
    }
    control = drawn(texts)
    types, ends = {}, {}
    for which, text in texts.items():
        heads = control[which]
        of_type = np.eye(len(names), dtype=np.float32)[[names.index(word) for own in text for word in own]]
        at_end = np.zeros((len(of_type), 2), np.float32)
        at_end[heads.offsets[:-1], 0] = at_end[heads.offsets[1:] - 1, 1] = 1
        types[which], ends[which] = of_type, at_end

    def learned(vectors: dict[Split, np.ndarray]) -> float:
        data = {
            which: HeadData(ArrayVectors(own[:, None]), {"control": control[which]}) for which, own in vectors.items()
        }
        training = Training(max_epochs=6, min_updates=300, batch_size=256)
        member = [SentenceMember(Single(0), labels="control")]
        probe = Biaffine(rank=16, learning_rate=1e-2)
        fitted = train_heads(data[Split.TRAIN], data[Split.DEV], member, probe, RELATIONS, training)
        found = greedy_columns(fitted.predict(data[Split.TEST]), 1, control[Split.TEST])
        return float((found[0] == control[Split.TEST].heads).mean())

    assert learned({which: np.concatenate([types[which], ends[which]], axis=1) for which in texts}) > 0.97
    assert learned(types) < 0.6
    assert learned(ends) < 0.6
