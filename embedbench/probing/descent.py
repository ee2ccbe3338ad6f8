"""L-BFGS (Liu & Nocedal 1989) that asks for values instead of calling a function, so that many descents share passes.

Whoever holds a descent evaluates the function at `point` and tells it value and gradient, until it has settled.
"""

from __future__ import annotations

import math
from collections import deque

import torch
from jaxtyping import Bool, Float32
from torch import Tensor

from embedbench.probing.curvature import Curvature

_SUFFICIENT = 1e-4
"""A step is taken if the function falls by this fraction of what the slope promises (Armijo)."""

_SHORTEST = 1e-6
"""A step shorter than this fraction of the direction means that single precision sees no way down."""

_NOTHING = 0.01
"""A step that gains less than this fraction of the tolerance is rounding: no later one will gain more."""

_FEWEST_PAIRS, _MOST_PAIRS = 4, 12
_ELEMENTS = 1 << 22
"""Few pairs are kept of long vectors: about so many numbers of each kind."""


class Descent:
    """Minimises f(x) + penalty / 2 * |x|², where |x|² is over the penalised elements only.

    Attributes:
        point: where the value and gradient of f are wanted next; once settled, the minimum.
        settled: whether the minimum is reached, up to the tolerance.
        penalty: of the squared norm; change it with `under`, which keeps what is known of f.
    """

    def __init__(
        self, start: Float32[Tensor, "n"], penalised: Bool[Tensor, "n"], penalty: float = 0.0, tolerance: float = 0.0
    ) -> None:
        self.point, self.settled, self.penalty = start.clone(), False, penalty
        self._penalised, self._tolerance = penalised.to(start.dtype), tolerance
        # The curvature seen so far, newest last: steps, and the differences of the gradients of f alone.
        most = max(_FEWEST_PAIRS, min(_MOST_PAIRS, _ELEMENTS // max(1, len(start))))
        self._pairs: deque[tuple[Tensor, Tensor]] = deque(maxlen=most)
        self._at: Tensor | None = None
        self._value, self._gradient = math.inf, torch.zeros_like(start)
        self._direction, self._step = torch.zeros_like(start), 1.0
        self._guess: Curvature | None = None

    def tell(self, value: float, gradient: Float32[Tensor, "n"]) -> None:
        """Goes on, knowing f and its gradient at `point`."""
        if self._at is None:
            self._accept(value, gradient)
            return
        before, after = self._total(self._at, self._value), self._total(self.point, value)
        slope = float(torch.dot(self._penalised_gradient(), self._direction))
        if math.isfinite(after) and after <= before + _SUFFICIENT * self._step * slope:
            self._pairs.append((self.point - self._at, gradient - self._gradient))
            self._accept(value, gradient)
            if before - after <= _NOTHING * self._tolerance * after:
                self._settle()
            return
        shrunk = 0.1
        if math.isfinite(after):
            # The minimum of the parabola through both values with that slope, within bounds.
            rise = after - before - self._step * slope
            shrunk = min(0.5, max(0.1, -self._step * slope / (2 * rise)))
        self._step *= shrunk
        if self._step >= _SHORTEST:
            self.point = self._at + self._step * self._direction
        elif self._pairs:
            self._pairs.clear()
            self._aim()
        else:
            self._settle()

    def under(self, penalty: float, tolerance: float, guess: Curvature | None = None) -> None:
        """Goes on under another penalty or tolerance, with what is known of f.

        Args:
            penalty: of the squared norm.
            tolerance: a promise of less than this fraction of the value settles it.
            guess: the curvature (of the penalised value) in directions that no step has shown; one for all if None.
        """
        self.penalty, self._tolerance, self._guess, self.settled = penalty, tolerance, guess, False
        if self._at is not None:
            self._aim()

    def remember(self, other: Descent) -> None:
        """Starts with the curvature that another descent has seen, if it is one of as many elements."""
        if len(other.point) == len(self.point):
            self._pairs.extend(other._pairs)

    def stop(self) -> None:
        """Settles for the best point so far."""
        self._settle()

    def _accept(self, value: float, gradient: Tensor) -> None:
        self._at, self._value, self._gradient = self.point, value, gradient
        self._aim()

    def _aim(self) -> None:
        """Chooses the next direction; settles where it promises too little."""
        assert self._at is not None
        gradient = self._penalised_gradient()
        self._direction = self._towards_minimum(gradient)
        slope = float(torch.dot(gradient, self._direction))
        # Half the slope is what the quadratic model promises; without curvature its size means nothing.
        promised = -slope / 2 <= self._tolerance * self._total(self._at, self._value)
        if slope == 0 or (self._pairs and promised):
            self._settle()
            return
        self._step = 1.0
        self.point = self._at + self._direction

    def _settle(self) -> None:
        assert self._at is not None
        self.point, self.settled = self._at, True

    def _towards_minimum(self, gradient: Tensor) -> Tensor:
        """Minus the inverse curvature times the gradient: the two-loop recursion."""
        kept = []
        direction = gradient.neg()
        for step, of_function in reversed(self._pairs):
            difference = of_function + self.penalty * self._penalised * step
            curvature = float(torch.dot(step, difference))
            if curvature <= 1e-10 * float(torch.dot(difference, difference)):
                continue  # a mix is not convex: where it bends down, the pair says nothing about a minimum
            weight = float(torch.dot(step, direction)) / curvature
            direction.add_(difference, alpha=-weight)
            kept.append((step, difference, curvature, weight))
        if kept:
            _, newest, curvature, _ = kept[0]
            direction.mul_(curvature / float(torch.dot(newest, self._guessed(newest))))
        direction = self._guessed(direction)
        for step, difference, curvature, weight in reversed(kept):
            direction.add_(step, alpha=weight - float(torch.dot(difference, direction)) / curvature)
        return direction

    def _guessed(self, vector: Tensor) -> Tensor:
        """The vector divided by the curvature that is guessed."""
        return vector if self._guess is None else self._guess.solve(vector)

    def _penalised_gradient(self) -> Tensor:
        assert self._at is not None
        return self._gradient + self.penalty * self._penalised * self._at

    def _total(self, point: Tensor, value: float) -> float:
        return value + self.penalty / 2 * float((self._penalised * point).square().sum(dtype=torch.float64))
