"""Linear probes at their optimum: L-BFGS over the whole train split, under the L2 penalty that is best on dev.

Softmax regression of fixed vectors is convex: one minimum, whatever the seed, the learning rate or the order of the
data. So members that differ in their seed alone are solved once. The penalties are tried from strong to weak, each from
the minimum of the one before, until dev loss rises; where it hardly fell, all are tried and the dev score chooses.

With a learned mix in front the problem is not convex, and a strong penalty drives the mix into a corner from which
softmax lets it return only slowly. So its probe is first solved with equal shares of the layers, which is convex again;
mix and probe then go on together from there. That search knows no seed: it finds the penalty, and all seeds are solved
under it, each from the probe of the equal shares and from shares of its own, and tell whether they meet.

Of convex problems the search needs rough minima only; what it finds best is solved to the tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float32
from torch import Tensor

from embedbench.probing.dev import DevSplit, MemberOutcome
from embedbench.probing.groups import Shape, initial_parameters
from embedbench.probing.members import Member, Solver, Training
from embedbench.probing.objective import EqualShares, Objective
from embedbench.probing.penalty_path import MOST_PASSES, PenaltyPath, Problem
from embedbench.probing.prepared import Prepared
from embedbench.probing.probes import is_linear
from embedbench.progress import Progress

_SPREAD = 0.5
"""The standard deviation of the mix weights (before the softmax) that a seed starts from."""


def solved_at_once(member: Member, training: Training, n_targets: int) -> bool:
    """Whether a member is solved over the full batch rather than trained on mini-batches."""
    if not is_linear(member.probe) or training.solver is Solver.minibatch:
        return False
    # A rate or decay of its own is what only mini-batches know.
    untuned = not training.tuned and member.rate_factor == 1.0 and member.weight_decay is None
    return training.solver is Solver.full_batch or (untuned and n_targets <= training.full_batch_targets)


def solve_members(
    prepared: Prepared, members: Sequence[Member], n_labels: Mapping[str, int], training: Training, progress: Progress
) -> dict[Member, MemberOutcome]:
    """Every member at its optimum under the best of the penalties.

    The penalty of a learned mix is searched once, from equal shares, for all its seeds: it depends on no seed, so
    a seed's answer does not depend on which others are asked for.

    Raises:
        NumericalError: a loss is not finite.
    """
    fixed = list(dict.fromkeys(replace(member, seed=0) for member in members if not member.mix.learned))
    learned = list(dict.fromkeys(_own_start(member, training) for member in members if member.mix.learned))
    seedless = {member: replace(member, seed=0) for member in learned}
    searching = list(dict.fromkeys(seedless.values()))
    objective = Objective(prepared, n_labels)
    path = PenaltyPath(objective, DevSplit(prepared.dev, prepared.banks), training)
    equal = {member: _in_equal_shares(member, objective) for member in searching}
    n_searches, n_answers = len(fixed) + 2 * len(searching), len(fixed) + len(learned)
    n_steps = n_searches * len(training.penalties) + n_answers
    with progress.phase("solving", n_steps, "member-penalty") as advance:
        rough = {m: _from_zero(m, objective, n_labels) for m in (*fixed, *equal.values())}
        path.follow(list(rough.values()), advance, rough=True)
        no_preference = torch.zeros(1, objective.shape[0])
        searches = {m: path.going_on(m, rough[equal[m]], mix=no_preference) for m in searching}
        path.follow(list(searches.values()), advance, rough=False)
        starts = [path.going_on(m, rough[m]) for m in fixed]
        for member, search in seedless.items():
            shares = _own_shares(member, objective)
            starts.append(path.going_on(member, rough[equal[search]], mix=shares, searched=searches[search]))
        outcomes = path.solve(starts, advance)
    if path.cut:
        progress.note(
            f"solving: {len(path.cut)} members were stopped after {MOST_PASSES} passes under one penalty, such as "
            f"{path.cut[0].label}"
        )
    found = {}
    for member in members:
        found[member] = outcomes[_own_start(member, training) if member.mix.learned else replace(member, seed=0)]
    return found


def _own_start(member: Member, training: Training) -> Member:
    """The member that stands for all that start from the same shares."""
    return replace(member, seed=training.initial_seed(member.seed))


def _in_equal_shares(member: Member, objective: Objective) -> Member:
    gamma, _ = objective.mix_scale(member, torch.zeros(objective.shape[0]))
    return replace(member, seed=0, mix=EqualShares(member.mix, float(gamma)))


def _from_zero(member: Member, objective: Objective, n_labels: Mapping[str, int]) -> Problem:
    layers, dim, spans = objective.shape
    start = initial_parameters(member, Shape(layers, dim, spans, n_labels[member.labels]))
    return Problem(member, {name: torch.zeros_like(value) for name, value in start.items()})


def _own_shares(member: Member, objective: Objective) -> Float32[Tensor, "1 layers"]:
    """The mix weights (before the softmax) that a seed starts from."""
    generator = torch.Generator().manual_seed(member.seed)
    return _SPREAD * torch.randn(1, objective.shape[0], generator=generator)
