"""Linear probes at their optimum: L-BFGS over the whole train split, under the L2 penalty that is best on dev.

Softmax regression of fixed vectors is convex: one minimum, whatever the seed, the learning rate or the order of the
data. So members that differ in their seed alone are solved once. The penalties are tried from strong to weak, each from
the minimum of the one before, until dev loss rises.

With a learned mix in front the problem is not convex, and a strong penalty drives the mix into a corner from which
softmax lets it return only slowly. So its probe is first solved with equal shares of the layers, which is convex again;
mix and probe then go on together from there, every seed from shares of its own, and tell whether they meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float32
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

    The penalty of a learned mix is searched once, from equal shares, for all its seeds: it depends on no seed, so that a
    seed's answer does not depend on which others are asked for.

    Raises:
        NumericalError: a loss is not finite.
    """
    fixed = list(dict.fromkeys(replace(member, seed=0) for member in members if not member.mix.learned))
    learned = list(dict.fromkeys(_own_start(member, training) for member in members if member.mix.learned))
    seedless = {member: replace(member, seed=0) for member in learned}
    searching = list(dict.fromkeys(seedless.values()))
    objective = Objective(prepared, n_labels)
    path = _Path(objective, DevSplit(prepared.dev, prepared.banks), training)
    equal = {member: _in_equal_shares(member, objective) for member in searching}
    n_searches, n_answers = len(fixed) + 2 * len(searching), len(fixed) + len(learned)
    n_steps = n_searches * len(training.penalties) + n_answers
    with progress.phase("solving", n_steps, "member-penalty") as advance:
        rough = path.follow([_from_zero(m, objective, n_labels) for m in (*fixed, *equal.values())], advance)
        no_preference = torch.zeros(1, objective.shape[0])
        searches = [path.from_outcome(m, rough[equal[m]], mix=no_preference) for m in searching]
        penalty = {member: outcome.penalty for member, outcome in path.follow(searches, advance).items()}
        starts = [path.from_outcome(m, rough[m]) for m in fixed]
        for member, search in seedless.items():
            own = rough[equal[search]]
            starts.append(path.from_outcome(member, own, mix=_own_shares(member, objective), penalty=penalty[search]))
        outcomes = path.solve(starts, advance)
    if path.cut:
        progress.note(
            f"solving: {len(path.cut)} members were stopped after {_MOST_PASSES} passes under one penalty, such as "
            f"{path.cut[0].label}"
        )
    found = {}
    for member in members:
        found[member] = outcomes[_own_start(member, training) if member.mix.learned else replace(member, seed=0)]
    return found


class _Problem:
    """One member on its way down: where it starts, and which penalty of the list it is under."""

    def __init__(self, member: Member, start: Parameters, number: int = 0, all_passes: int = 0) -> None:
        self.member, self.number, self.all_passes = member, number, all_passes
        self.rises, self.passes = 0, 0
        self._shapes = {name: value.shape for name, value in start.items()}
        self.descent = Descent(
            torch.cat([value.flatten() for value in start.values()]),
            torch.cat([torch.full((value.numel(),), name.startswith("weight")) for name, value in start.items()]),
        )

    def under(self, penalty: float, tolerance: float, objective: Objective) -> None:
        """Goes on from where it is."""
        self.passes = 0
        guess = objective.curvature(self.member, self.parameters(objective), penalty)
        self.descent.under(penalty, tolerance, guess)

    def parameters(self, objective: Objective) -> Parameters:
        """Where value and gradient are wanted next, as a group of one."""
        pieces = torch.split(self.descent.point, [shape.numel() for shape in self._shapes.values()])
        found = {name: piece.view(shape) for (name, shape), piece in zip(self._shapes.items(), pieces, strict=True)}
        if "mix" in found:
            found["gamma"] = objective.mix_scale(self.member, found["mix"][0])[0]
        return found

    def flat_gradient(self, gradients: Parameters, objective: Objective) -> Tensor:
        """The gradient by everything that descends; gamma follows the mix."""
        if "mix" in self._shapes:
            at = self.parameters(objective)["mix"][0]
            through_gamma = gradients["gamma"] * objective.mix_scale(self.member, at)[1]
            gradients = gradients | {"mix": gradients["mix"] + through_gamma}
        return torch.cat([gradients[name].flatten() for name in self._shapes])


class _Path:
    """From penalty to penalty: all members descend together, then dev says which go on."""

    def __init__(self, objective: Objective, dev: DevSplit, training: Training) -> None:
        self._objective, self._dev, self._training = objective, dev, training
        self.cut: list[Member] = []

    def from_outcome(
        self, member: Member, outcome: MemberOutcome, *, mix: Tensor | None = None, penalty: float | None = None
    ) -> _Problem:
        """A problem that starts where another ended; under its penalty, unless another is named."""
        chosen = outcome.penalty if penalty is None else penalty
        assert chosen is not None
        start = outcome.parameters if mix is None else outcome.parameters | {"mix": mix}
        return _Problem(member, start, self._training.penalties.index(chosen), outcome.epochs)

    def follow(self, problems: Sequence[_Problem], advance: Advance) -> dict[Member, MemberOutcome]:
        """The best point of every member on its path, each a rough minimum."""
        outcomes = {problem.member: MemberOutcome({}) for problem in problems}
        penalties, running = self._training.penalties, list(problems)
        for problem in running:
            advance(problem.number)
        while running:
            advance(0, f"members training: {len(running)}")
            self._descend(running, _ROUGH * self._training.tolerance)
            for problem, found in self._measured(running):
                outcome = outcomes[problem.member]
                problem.rises += 1 if found.loss <= _CLEAR_RISE * outcome.loss else _RISES
                if found.loss < outcome.loss:
                    outcomes[problem.member], problem.rises = found, 0
                outcomes[problem.member].epochs = found.epochs
                problem.number += 1
                done = problem.rises >= _RISES or problem.number == len(penalties)
                advance(1 + (len(penalties) - problem.number if done else 0))
                if done:
                    problem.number = len(penalties)
            running = [problem for problem in running if problem.number < len(penalties)]
        return outcomes

    def solve(self, problems: Sequence[_Problem], advance: Advance) -> dict[Member, MemberOutcome]:
        """Every member at the minimum under its one penalty, to within the tolerance."""
        advance(0, f"members training: {len(problems)}")
        self._descend(problems, self._training.tolerance)
        advance(len(problems))
        return {problem.member: found for problem, found in self._measured(problems)}

    def _measured(self, problems: Sequence[_Problem]) -> Iterator[tuple[_Problem, MemberOutcome]]:
        """Where every problem is now, and how good that is on dev."""
        own = {problem.member: problem for problem in problems}
        for group in self._objective.groups(*self._points(problems)):
            for member, loss, score in zip(group.members, *self._dev.measure(group), strict=True):
                problem, penalty = own[member], self._training.penalties[own[member].number]
                passes = problem.all_passes
                check_finite(member, float(loss), passes, "dev")
                found = {name: value.clone() for name, value in problem.parameters(self._objective).items()}
                yield problem, MemberOutcome(found, float(loss), float(score), passes, passes, penalty)

    def _descend(self, problems: Sequence[_Problem], tolerance: float) -> None:
        """Brings every problem to its minimum under its present penalty."""
        for problem in problems:
            problem.under(self._training.penalties[problem.number] / self._objective.n_targets, tolerance, self._objective)
        while running := [problem for problem in problems if not problem.descent.settled]:
            told = self._objective.evaluate(*self._points(running))
            for problem in running:
                loss, gradients = told[problem.member]
                problem.descent.tell(loss, problem.flat_gradient(gradients, self._objective))
                problem.passes += 1
                problem.all_passes += 1
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


def _own_shares(member: Member, objective: Objective) -> Float32[Tensor, "1 layers"]:
    """The mix weights (before the softmax) that a seed starts from."""
    generator = torch.Generator().manual_seed(member.seed)
    return _SPREAD * torch.randn(1, objective.shape[0], generator=generator)
