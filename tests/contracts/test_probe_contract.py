"""What every registered probe keeps to: it learns a planted answer, alone and in company, and repeats itself."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embedbench.mixing import Scalar, Single
from embedbench.probing.members import Member, ProbeData, Training
from embedbench.probing.probes import Pooling, Probe
from embedbench.probing.trainer import train_members
from embedbench.registry import components, load_components
from embedbench.types import ArrayVectors, Corpus, TaskSplit

load_components()
# Probes that read whole sentences or passages have tests of their own.
PROBES = sorted(name for name, probe in components("probe").items() if isinstance(probe.target(), Probe))


@pytest.fixture(params=PROBES)
def probe(request: pytest.FixtureRequest) -> Probe:
    return components("probe")[request.param].target()


def planted(n: int, seed: int) -> ProbeData:
    """Spans of one to three words; the label is written into layer 1 of every word."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    lengths = rng.integers(1, 4, n)
    ends = np.cumsum(lengths)
    values = rng.normal(size=(int(ends[-1]), 2, 6)).astype(np.float32)
    values[np.arange(len(values)), 1, np.repeat(labels, lengths)] += 8
    spans = np.stack([ends - lengths, ends], axis=1)[:, None]
    split = TaskSplit(Corpus.of([["w"] * int(ends[-1])]), spans, labels, np.arange(n))
    return ProbeData(ArrayVectors(values), split, {"task": labels})


def test_it_satisfies_the_protocol_and_is_frozen(probe: Probe) -> None:
    assert isinstance(probe, Probe)
    assert dataclasses.is_dataclass(probe)
    assert type(probe).__dataclass_params__.frozen
    assert hash(probe) == hash(dataclasses.replace(probe))
    assert probe.name


@pytest.mark.parametrize("pooling", list(Pooling))
def test_it_learns_a_planted_label_and_repeats_itself(probe: Probe, pooling: Pooling) -> None:
    probe = dataclasses.replace(probe, pooling=pooling)
    members = [Member(Single(1), probe), Member(Scalar(), probe)]
    training = Training(max_epochs=4, min_updates=60, batch_size=128, network_learning_rate=2e-2)
    train, dev, test = planted(400, 1), planted(100, 2), planted(200, 3)
    first = train_members(train, dev, members, {"task": 3}, training).predict(test)
    again = train_members(train, dev, members, {"task": 3}, training).predict(test)
    assert ((first == test.labels["task"]).mean(axis=1) >= 0.95).all()
    np.testing.assert_array_equal(first, again)
