"""The grid trains as members, dev chooses, and a chosen member equals itself trained alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from embedbench.errors import ConfigurationError
from embedbench.mixing import Scalar, Single
from embedbench.probing.members import Member, Training
from embedbench.probing.probes import MLP, Linear
from embedbench.probing.trainer import train_members
from embedbench.probing.tuning import train_tuned
from embedbench.progress import SilentProgress

LABELS = {"task": 4, "control": 4}
PLAIN = Training(batch_size=256, max_epochs=5, min_updates=120)
GRID = dataclasses.replace(PLAIN, rate_factors=(1e-4, 1.0, 3.0), weight_decays=(1e-4, 0.3))
MEMBERS = [Member(mix, probe, seed=seed) for mix in (Single(1), Scalar()) for probe in (Linear(),) for seed in (0, 1)]


@pytest.fixture
def worlds(make_world):
    return make_world(600, 1), make_world(300, 2), make_world(300, 3)


def test_dev_chooses_one_point_per_mix_and_a_useless_rate_is_never_it(worlds):
    fitted, trials = train_tuned(worlds[0], worlds[1], MEMBERS, LABELS, GRID, SilentProgress())
    assert len(fitted.members) == len(MEMBERS)
    assert len(trials) == 2 * 6
    for mix in ("single:1", "scalar"):
        own = [trial for trial in trials if trial.mix == mix]
        (chosen,) = [trial for trial in own if trial.chosen]
        assert chosen.dev_loss == min(trial.dev_loss for trial in own)
        assert chosen.rate_factor > 1e-4
        points = {(m.rate_factor, m.weight_decay) for m in fitted.members if m.mix.label == mix}
        assert points == {(chosen.rate_factor, chosen.weight_decay)}, "all seeds share it"
    found = (fitted.predict(worlds[2]) == worlds[2].labels["task"]).mean(axis=1)
    assert (found > 0.95).all(), found


@pytest.mark.parametrize("probe", [Linear(), MLP(hidden=8)], ids=lambda p: p.name)
def test_a_tried_member_equals_the_same_rate_and_decay_alone(worlds, probe):
    members = [Member(Single(1), probe), Member(Scalar(), probe)]
    tried = [dataclasses.replace(m, rate_factor=r, weight_decay=d) for m in members for r, d in GRID.grid]
    together = train_members(worlds[0], worlds[1], tried, LABELS, PLAIN)
    for row, member in enumerate(tried):
        rate = {"learning_rate": PLAIN.learning_rate, "network_learning_rate": PLAIN.network_learning_rate}
        training = dataclasses.replace(
            PLAIN,
            weight_decay=member.weight_decay,
            **{name: value * member.rate_factor for name, value in rate.items()},
        )
        alone = train_members(worlds[0], worlds[1], [dataclasses.replace(member, rate_factor=1.0)], LABELS, training)
        for name, value in alone.parameters[0].items():
            torch.testing.assert_close(together.parameters[row][name], value, rtol=1e-4, atol=1e-5)


def test_without_a_grid_nothing_changes(worlds):
    plain = train_members(worlds[0], worlds[1], MEMBERS, LABELS, PLAIN)
    same, trials = train_tuned(worlds[0], worlds[1], MEMBERS, LABELS, PLAIN, SilentProgress())
    assert trials == ()
    np.testing.assert_array_equal(same.predict(worlds[2]), plain.predict(worlds[2]))


@pytest.mark.parametrize("changes", [{"rate_factors": (0.0,)}, {"rate_factors": ()}, {"weight_decays": (0.1, 0.1)}])
def test_a_grid_that_makes_no_sense_is_refused(changes):
    with pytest.raises(ConfigurationError, match="training"):
        dataclasses.replace(PLAIN, **changes)
