"""Pointers: legal spans, gradients, a planted answer found in any company, noise at chance."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from embedbench.errors import ContractError
from embedbench.mixing import Concat, Scalar, ScalarNormed, Single, mix_layers
from embedbench.probing.members import Training
from embedbench.probing.pointer import PointerGroup, best_spans, initial_pointer
from embedbench.probing.pointer_data import PointerData
from embedbench.probing.pointer_training import train_pointers
from embedbench.probing.probes import Pointer
from embedbench.probing.sentence_groups import SentenceMember
from embedbench.probing.standard import Standard
from embedbench.types import ArrayVectors, Corpus, TaskSplit

TRAINING = Training(max_epochs=3, min_updates=120, batch_size=256, network_learning_rate=1e-2)
DIM = 8


def questions(n_passages: int, seed: int, *, noise: bool = False) -> PointerData:
    """Two questions per passage; an answer is two words, marked in layer 1 as like the question, as start, as end."""
    rng = np.random.default_rng(seed)
    sentences, rows, clusters, vectors = [], [], [], []
    at = 0
    for passage in range(n_passages):
        length = int(rng.integers(10, 16))
        words = 0.3 * rng.normal(size=(length, 2, DIM))
        kinds = rng.permutation(3)[:2]
        places = rng.permutation(length // 3)[:2] * 3
        asked = 0.3 * rng.normal(size=(2, 3, 2, DIM))
        for kind, place, own in zip(kinds, places, asked, strict=True):
            words[[place, place + 1], 1, kind] += 3
            words[place, 1, 4] += 3
            words[place + 1, 1, 5] += 3
            own[:, 1, kind] += 3
        begin = at
        at += length
        sentences.append(["w"] * length)
        vectors.append(words)
        for place, own in zip(rng.permutation(places) if noise else places, asked, strict=True):
            start = int(rng.integers(0, length - 1)) if noise else int(place)
            rows.append([(begin, begin + length), (at, at + 3), (begin + start, begin + start + 2)])
            clusters.append(passage)
            sentences.append(["q"] * 3)
            vectors.append(own)
            at += 3
    split = TaskSplit(Corpus.of(sentences), np.array(rows), np.arange(len(rows)), np.array(clusters))
    return PointerData(ArrayVectors(np.concatenate(vectors).astype(np.float32)), split)


def right(data: PointerData, found: np.ndarray) -> np.ndarray:
    """The share of answers that every row has right, at both ends."""
    gold = data.split.spans[:, 2] - data.split.spans[:, 0, :1] - [0, 1]
    return np.asarray((found == gold).all(axis=2).mean(axis=1))


def test_the_best_legal_span_is_the_best_of_all() -> None:
    rng = np.random.default_rng(0)
    starts, ends = rng.normal(size=(2, 30, 9))
    starts[:, 7:] = ends[:, 7:] = -np.inf
    for longest in (1, 3, 20):
        found = best_spans(starts, ends, longest)
        for row in range(30):
            legal = [(s, e) for s in range(7) for e in range(s, min(s + longest, 7))]
            assert tuple(found[row]) == max(legal, key=lambda span: starts[row, span[0]] + ends[row, span[1]])
    assert best_spans(np.zeros((1, 4)), np.zeros((1, 4)), 3).tolist() == [[0, 0]]


@pytest.mark.parametrize("hidden", [0, 7])
@pytest.mark.parametrize("mix", [Single(1), Scalar(), ScalarNormed(), Concat()])
def test_probabilities_are_those_of_the_definition(mix, hidden) -> None:
    """Word by word and question by question: a linear or one-hidden-layer score of [word; question; word*question]."""
    data = questions(4, 1)
    standard = Standard(np.full((2, DIM), 0.1, np.float32), np.full((2, DIM), 1.5, np.float32))
    member = SentenceMember(mix)
    parameters = {name: value + 0.2 for name, value in initial_pointer(member, 2, DIM, hidden).items()}
    units = [2, 0, 3]
    batch = data.batch(units, standard)
    found = PointerGroup([member], parameters, 2).log_probabilities(batch)[0]
    values = torch.tensor((data.vectors.values - standard.mean) * standard.scale)
    learned = {"weights": parameters["mix"][0], "gamma": parameters["gamma"][0]} if mix.learned else {}
    mixed = mix_layers(values, mix, **learned)
    for row, target in enumerate(data.targets(units)):
        passage, question, answer = data.split.spans[target].tolist()
        asked = mixed[slice(*question)].mean(dim=0)
        words = mixed[slice(*passage)]
        asked_of_all = asked.expand(len(words), -1)
        if hidden:
            inputs = torch.cat([words, asked_of_all, words * asked], dim=1)
            inside = torch.relu(inputs @ parameters["weight0"][0].T + parameters["bias0"][0])
            scores = inside @ parameters["weight1"][0].T
        else:
            scores = torch.cat([words, words * asked], dim=1) @ parameters["weight0"][0].T
        expected = torch.log_softmax(scores, dim=0)
        torch.testing.assert_close(found[row, : len(words)], expected, atol=1e-4, rtol=1e-4)
        assert torch.isinf(found[row, len(words) :]).all()
        assert batch.answers[row].tolist() == [answer[0] - passage[0], answer[1] - passage[0] - 1]


def test_a_planted_answer_is_found_in_the_right_layer_and_in_any_company() -> None:
    train, dev, test = questions(80, 1), questions(20, 2), questions(40, 3)
    members = [
        SentenceMember(Single(1)),
        SentenceMember(Scalar()),
        SentenceMember(Single(0)),
        SentenceMember(Scalar(), 1),
    ]
    fitted = train_pointers(train, dev, members, Pointer(), TRAINING)
    found = fitted.predict(test)
    assert min(right(test, found)[[0, 1, 3]]) > 0.9
    assert right(test, found)[2] < 0.3
    weights = fitted.mix_weights[1]
    assert weights is not None
    assert weights.weights[1] > 0.7
    alone = train_pointers(train, dev, members[1:2], Pointer(), TRAINING).predict(test)
    np.testing.assert_array_equal(alone[0], found[1])
    short = dataclasses.replace(fitted, longest=1).predict(test)
    assert (short[..., 0] == short[..., 1]).all()


def test_a_hidden_layer_learns_too_and_noise_stays_at_chance() -> None:
    train, dev, test = questions(80, 1), questions(20, 2), questions(40, 3)
    fitted = train_pointers(train, dev, [SentenceMember(Single(1))], Pointer(hidden=32), TRAINING)
    assert right(test, fitted.predict(test))[0] > 0.9
    noise = [questions(40, seed, noise=True) for seed in (4, 5, 6)]
    lost = train_pointers(noise[0], noise[1], [SentenceMember(Single(1))], Pointer(), TRAINING)
    assert right(noise[2], lost.predict(noise[2]))[0] < 0.25


def test_targets_that_are_no_questions_are_refused() -> None:
    data = questions(3, 1)
    spans = data.split.spans.copy()
    spans[0, 2] = spans[0, 1]
    with pytest.raises(ContractError, match="the answer of target 0 lies outside of its passage"):
        PointerData(data.vectors, dataclasses.replace(data.split, spans=spans))
