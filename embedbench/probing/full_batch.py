"""Linear probes at their optimum: L-BFGS over the whole train split, under the L2 penalty that is best on dev.

Softmax regression of fixed vectors is convex: one minimum, whatever the seed, the learning rate or the order of the
data. So members that differ in their seed alone are solved once. The penalties are tried from strong to weak, each from
the minimum of the one before, until dev loss rises.

With a learned mix in front the problem is not convex, and a strong penalty drives the mix into a corner from which
softmax lets it return only slowly. So its probe is first solved with equal shares of the layers, which is convex again;
mix and probe then go on together from there, every seed from shares of its own, and tell whether they meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from embedbench.probing.descent import Descent
from embedbench.probing.dev import DevSplit, MemberOutcome, check_finite
from embedbench.probing.groups import Parameters, Shape, initial_parameters
from embedbench.probing.members import Member, Solver, Training
from embedbench.probing.objective import EqualShares, Objective
from embedbench.probing.prepared import Prepared
from embedbench.probing.probes import is_linear
from embedbench.progress import Advance, Progress

_RISES = 2
"""So many penalties in a row without a better dev loss end the search; the curve has one minimum, but for noise."""

_CLEAR_RISE = 1.02
"""Times the best dev loss: what is above that is no noise, and ends the search at once."""

_ROUGH = 10
"""Times the tolerance: how exact a minimum must be to tell whether its penalty is the best."""

_MOST_PASSES = 300
"""Under one penalty; a probe that needs more is left where it is, and said so."""

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

    Raises:
        NumericalError: a loss is not finite.
    """
    fixed = list(dict.fromkeys(replace(member, seed=0) for member in members if not member.mix.learned))
    learned = list(dict.fromkeys(_own_start(member, training) for member in members if member.mix.learned))
    objective = Objective(prepared, n_labels)
    path = _Path(objective, DevSplit(prepared.dev, prepared.banks), training)
    equal = {member: _in_equal_shares(member, objective) for member in learned}
    first = [*fixed, *dict.fromkeys(equal.values())]
    with progress.phase("solving", (len(first) + len(learned)) * len(training.penalties), "member-penalty") as advance:
        outcomes = path.follow(
            [_from_zero(m, objective, n_labels) for m in first], _ROUGH * training.tolerance, advance
        )
        path.polish(outcomes)
        starts = [_from_equal(m, outcomes[equal[m]], objective, training) for m in learned]
        outcomes |= path.follow(starts, training.tolerance, advance)
    if path.cut:
        progress.note(
            f"solving: {len(path.cut)} members were stopped after {_MOST_PASSES} passes under one penalty, such as "
            f"{path.cut[0].label}"
        )
    found = {}
    for member in members:
        found[member] = outcomes[_own_start(member, training) if member.mix.learned else replace(member, seed=0)]
    return found


@dataclass
class _Problem:
    """One member on its way down: where it starts, and which penalty of the list it is under."""

    member: Member
    start: Parameters
    number: int = 0
    rises: int = 0
    passes: int = 0
    descent: Descent | None = None

    def parameters(self, objective: Objective) -> Parameters:
        """Where value and gradient are wanted next, as a group of one."""
        assert self.descent is not None
        pieces = torch.split(self.descent.point, [value.numel() for value in self.start.values()])
        found = {name: piece.view(value.shape) for (name, value), piece in zip(self.start.items(), pieces, strict=True)}
        if "mix" in found:
            found["gamma"] = objective.mix_scale(self.member, found["mix"][0])[0]
        return found

    def flat_gradient(self, gradients: Parameters, objective: Objective) -> Tensor:
        """The gradient by everything that descends; gamma follows the mix."""
        if "mix" in self.start:
            at = self.parameters(objective)["mix"][0]
            through_gamma = gradients["gamma"] * objective.mix_scale(self.member, at)[1]
            gradients = gradients | {"mix": gradients["mix"] + through_gamma}
        return torch.cat([gradients[name].flatten() for name in self.start])


class _Path:
    """From penalty to penalty: all members descend together, then dev says which go on."""

    def __init__(self, objective: Objective, dev: DevSplit, training: Training) -> None:
        self._objective, self._dev, self._training = objective, dev, training
        self.cut: list[Member] = []

    def follow(self, problems: Sequence[_Problem], tolerance: float, advance: Advance) -> dict[Member, MemberOutcome]:
        """The best point of every member on its path."""
        outcomes = {problem.member: MemberOutcome({}) for problem in problems}
        penalties, running = self._training.penalties, list(problems)
        for problem in running:
            advance(problem.number)
        while running:
            advance(0, f"members training: {len(running)}")
            self._descend(running, tolerance, outcomes)
            own = {problem.member: problem for problem in running}
            for group in self._objective.groups(*self._points(running)):
                for member, loss, score in zip(group.members, *self._dev.measure(group), strict=True):
                    problem, outcome = own[member], outcomes[member]
                    problem.rises += 1 if loss <= _CLEAR_RISE * outcome.loss else _RISES
                    check_finite(member, float(loss), outcome.epochs, "dev")
                    if loss < outcome.loss:
                        outcome.loss, outcome.score, outcome.best_epoch = float(loss), float(score), outcome.epochs
                        outcome.parameters = {n: v.clone() for n, v in problem.parameters(self._objective).items()}
                        outcome.penalty = penalties[problem.number]
                        problem.rises = 0
                    problem.number += 1
                    done = problem.rises >= _RISES or problem.number == len(penalties)
                    advance(1 + (len(penalties) - problem.number if done else 0))
                    if done:
                        problem.number = len(penalties)
            running = [problem for problem in running if problem.number < len(penalties)]
        return outcomes

    def polish(self, outcomes: Mapping[Member, MemberOutcome]) -> None:
        """Brings every member from its best point to the minimum there, to within the tolerance."""
        penalties = self._training.penalties
        problems = [
            _Problem(member, outcome.parameters, number=penalties.index(outcome.penalty or 0.0))
            for member, outcome in outcomes.items()
        ]
        self._descend(problems, self._training.tolerance, outcomes)
        for group in self._objective.groups(*self._points(problems)):
            for row, (member, loss, score) in enumerate(zip(group.members, *self._dev.measure(group), strict=True)):
                outcome = outcomes[member]
                outcome.loss, outcome.score, outcome.best_epoch = float(loss), float(score), outcome.epochs
                outcome.parameters = {name: value[row : row + 1].clone() for name, value in group.parameters.items()}

    def _descend(
        self, problems: Sequence[_Problem], tolerance: float, outcomes: Mapping[Member, MemberOutcome]
    ) -> None:
        """Brings every problem to its minimum under its present penalty."""
        for problem in problems:
            penalty, problem.passes = self._training.penalties[problem.number] / self._objective.n_targets, 0
            if problem.descent is None:
                point = torch.cat([value.flatten() for value in problem.start.values()])
                weights = [
                    torch.full((value.numel(),), name.startswith("weight")) for name, value in problem.start.items()
                ]
                problem.descent = Descent(point, torch.cat(weights), penalty, tolerance)
            else:
                problem.descent.under(penalty)
        while running := [problem for problem in problems if problem.descent and not problem.descent.settled]:
            told = self._objective.evaluate(*self._points(running))
            for problem in running:
                assert problem.descent is not None
                loss, gradients = told[problem.member]
                outcomes[problem.member].epochs += 1
                problem.descent.tell(loss, problem.flat_gradient(gradients, self._objective))
                problem.passes += 1
                if problem.passes == _MOST_PASSES and not problem.descent.settled:
                    problem.descent.stop()
                    self.cut.append(problem.member)

    def _points(self, problems: Sequence[_Problem]) -> tuple[list[Member], list[Parameters]]:
        return [p.member for p in problems], [p.parameters(self._objective) for p in problems]


def _own_start(member: Member, training: Training) -> Member:
    """The member that stands for all that start from the same shares."""
    return replace(member, seed=training.initial_seed(member.seed))


def _in_equal_shares(member: Member, objective: Objective) -> Member:
    gamma, _ = objective.mix_scale(member, torch.zeros(objective.shape[0]))
    return replace(member, seed=0, mix=EqualShares(member.mix, float(gamma)))


def _from_zero(member: Member, objective: Objective, n_labels: Mapping[str, int]) -> _Problem:
    layers, dim, spans = objective.shape
    start = initial_parameters(member, Shape(layers, dim, spans, n_labels[member.labels]))
    return _Problem(member, {name: torch.zeros_like(value) for name, value in start.items()})


def _from_equal(member: Member, equal: MemberOutcome, objective: Objective, training: Training) -> _Problem:
    generator = torch.Generator().manual_seed(member.seed)
    mix = _SPREAD * torch.randn(1, objective.shape[0], generator=generator)
    assert equal.penalty is not None
    return _Problem(member, equal.parameters | {"mix": mix}, number=training.penalties.index(equal.penalty))
