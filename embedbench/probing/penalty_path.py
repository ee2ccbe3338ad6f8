"""The descent of many members from strong penalties to weak ones, together, and the best of every path on dev."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from embedbench.probing.descent import Descent
from embedbench.probing.dev import DevSplit, MemberOutcome, check_finite
from embedbench.probing.groups import Parameters
from embedbench.probing.members import Member, Training
from embedbench.probing.objective import Objective
from embedbench.progress import Advance

_RISES = 2
"""So many penalties in a row without a better dev loss end the search; the curve has one minimum, but for noise."""

_CLEAR_RISE = 1.02
"""Times the best dev loss: what is above that is no noise, and ends the search at once."""

_LEAST_GAIN = 0.05
"""Of the dev loss under the strongest penalty: where no penalty gains as much, the dev score chooses in its place. With
few targets and many dimensions probes are too sure of themselves, and dev loss is least where next to nothing is
learned: on 950 sentences about 200 words, accuracies of 29 % lose more than a probe that has learned no word."""

_ROUGH = 30
"""Times the tolerance: how exact a minimum must be to tell whether its penalty is the best."""

MOST_PASSES = 300
"""Under one penalty; a probe that needs more is left where it is, and said so."""


class Problem:
    """One member on its way down.

    Attributes:
        member: what descends.
        number: which penalty of the list it is under; behind the last, it is done.
        best: the best it has found so far, by the dev loss.
        found: the minimum under every penalty so far, as long as the loss does not tell.
        trivial_loss: on dev, under the strongest penalty, where little but the frequency of labels is learned.
        rises: how many penalties ago that was.
        passes: over train, under the present penalty.
        all_passes: under all of them, and those of what it started from.
        descent: where it is.
    """

    def __init__(self, member: Member, start: Parameters, number: int = 0, all_passes: int = 0) -> None:
        self.member, self.number, self.all_passes = member, number, all_passes
        self.rises, self.passes, self.best = 0, 0, MemberOutcome({})
        self.trivial_loss, self.found = float("inf"), list[MemberOutcome]()
        self._shapes = {name: value.shape for name, value in start.items()}
        self.descent = Descent(
            torch.cat([value.flatten() for value in start.values()]),
            torch.cat([torch.full((value.numel(),), name.startswith("weight")) for name, value in start.items()]),
        )

    @property
    def loss_tells(self) -> bool:
        """Whether the dev loss has gained enough to choose by."""
        return self.best.loss <= (1 - _LEAST_GAIN) * self.trivial_loss

    def weigh(self, found: MemberOutcome) -> None:
        """Takes notice of the minimum under the present penalty, and goes to the next."""
        if self.number == 0:
            self.trivial_loss = found.loss
        self.rises += 1 if found.loss <= _CLEAR_RISE * self.best.loss else _RISES
        if found.loss < self.best.loss:
            self.best, self.rises = found, 0
        self.best.epochs = found.epochs
        # What the loss chooses among needs no other candidates; they hold all the parameters.
        self.found = [] if self.loss_tells else [*self.found, found]
        self.number += 1

    def choose(self, dev: DevSplit) -> None:
        """Ends the search: the best is that of the dev loss, or of the score where the loss does not tell.

        Of the scores, the strongest penalty within one standard error of the highest (Breiman et al. 1984, section
        3.4.3): a score of few dev targets is mostly chance, and its highest value is the luckiest.
        """
        if self.loss_tells or not self.found:
            return
        highest = max(found.score for found in self.found)
        enough = highest - dev.standard_error(highest)
        chosen = next(found for found in self.found if found.score >= enough)
        chosen.epochs, self.best = self.best.epochs, chosen

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


class PenaltyPath:
    """From penalty to penalty: all members descend together, then dev says which go on."""

    def __init__(self, objective: Objective, dev: DevSplit, training: Training) -> None:
        self._objective, self._dev, self._training = objective, dev, training
        self.cut: list[Member] = []

    def going_on(
        self, member: Member, before: Problem, *, mix: Tensor | None = None, searched: Problem | None = None
    ) -> Problem:
        """A problem that starts from the best that another found.

        Args:
            member: what descends.
            before: the other.
            mix: mix weights (before the softmax) to start from.
            searched: the problem whose penalty was found to be best; `before` if None. Its curvature is left behind: it
                was seen far from here, and where scores are nearly certain it leads the descent astray.
        """
        penalty = (searched or before).best.penalty
        assert penalty is not None
        start = before.best.parameters if mix is None else before.best.parameters | {"mix": mix}
        found = Problem(member, start, self._training.penalties.index(penalty), before.best.epochs)
        found.trivial_loss = before.trivial_loss
        if searched is None:
            found.descent.remember(before.descent)
        return found

    def follow(self, problems: Sequence[Problem], advance: Advance, *, rough: bool) -> None:
        """Brings every problem to the best point on its path.

        Args:
            problems: what descends.
            advance: told of the penalties done.
            rough: whether rough minima tell which penalty is best, as they do of convex problems. A mix that is still
                on its way looks better under the next penalty for having gone on (deprel: 10 instead of 30).
        """
        tolerance = (_ROUGH if rough else 1) * self._training.tolerance
        penalties, running = self._training.penalties, list(problems)
        for problem in running:
            advance(problem.number)
        while running:
            advance(0, f"members training: {len(running)}")
            self._descend(running, tolerance)
            for problem, found in self._measured(running):
                problem.weigh(found)
                ended = problem.rises >= _RISES and (problem.loss_tells or self._training.by_loss)
                done = ended or problem.number == len(penalties)
                advance(1 + (len(penalties) - problem.number if done else 0))
                if done:
                    problem.number = len(penalties)
                    if not self._training.by_loss:
                        problem.choose(self._dev)
            running = [problem for problem in running if problem.number < len(penalties)]

    def solve(self, problems: Sequence[Problem], advance: Advance) -> dict[Member, MemberOutcome]:
        """Every member at the minimum under its one penalty, to within the tolerance."""
        advance(0, f"members training: {len(problems)}")
        self._descend(problems, self._training.tolerance)
        advance(len(problems))
        return {problem.member: found for problem, found in self._measured(problems)}

    def _measured(self, problems: Sequence[Problem]) -> Iterator[tuple[Problem, MemberOutcome]]:
        """Where every problem is now, and how good that is on dev."""
        own = {problem.member: problem for problem in problems}
        for group in self._objective.groups(*self._points(problems)):
            for member, loss, score in zip(group.members, *self._dev.measure(group), strict=True):
                problem, penalty = own[member], self._training.penalties[own[member].number]
                passes = problem.all_passes
                check_finite(member, float(loss), passes, "dev")
                found = {name: value.clone() for name, value in problem.parameters(self._objective).items()}
                yield problem, MemberOutcome(found, float(loss), float(score), passes, passes, penalty)

    def _descend(self, problems: Sequence[Problem], tolerance: float) -> None:
        """Brings every problem to its minimum under its present penalty."""
        for problem in problems:
            problem.under(
                self._training.penalties[problem.number] / self._objective.n_targets, tolerance, self._objective
            )
        while running := [problem for problem in problems if not problem.descent.settled]:
            told = self._objective.evaluate(*self._points(running))
            for problem in running:
                loss, gradients = told[problem.member]
                problem.descent.tell(loss, problem.flat_gradient(gradients, self._objective))
                problem.passes += 1
                problem.all_passes += 1
                if problem.passes == MOST_PASSES and not problem.descent.settled:
                    problem.descent.stop()
                    self.cut.append(problem.member)

    def _points(self, problems: Sequence[Problem]) -> tuple[list[Member], list[Parameters]]:
        return [p.member for p in problems], [p.parameters(self._objective) for p in problems]
