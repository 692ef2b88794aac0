"""The line search: how far to step along a direction, by the strong Wolfe conditions; it allows for rounding of the loss.

phi(a) = E(w + a p), phi'(a) = g(w + a p) . p
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple

from anncli.arrays import Array

#: Two losses that differ by less than this, relative to their size, count as equal; by precision of the parameters.
NOISE = {"float32": 1e-6, "float64": 1e-14}


class Point(NamedTuple):
    """A point on the line: step a, value phi(a), slope phi'(a), and the gradient (P,) there."""

    step: float
    value: float
    slope: float
    gradient: Array


# A search that asks for the points at steps, and returns the one it accepts.
Steps = Generator[float, Point, "Point | None"]


@dataclass
class LineSearch:
    """Find a step with phi(a) <= phi(0) + c1 a phi'(0) and |phi'(a)| <= c2 |phi'(0)|.

    noise: values that differ by less count as equal, and then the slopes decide (approximate Wolfe conditions, Hager & Zhang 2005, SIAM J. Optim. 16, 170-192).
    Source: Nocedal & Wright 2006, Numerical Optimization, algorithms 3.5 and 3.6; cubic interpolation, their 3.59.
    """

    c1: float = 1e-4
    c2: float = 0.9
    noise: float = 0.0
    max_evaluations: int = 25

    def search(self, start: Point, first_step: float, evaluate: Callable[[float], Point]) -> Point | None:
        """A step that meets the conditions, else the lowest point found below the start, else None.

        Args: start: the point with step 0 and slope < 0; first_step > 0; evaluate(a): the point at step a.
        """
        steps = self.steps(start, first_step)
        try:
            step = next(steps)
            while True:
                step = steps.send(evaluate(step))
        except StopIteration as end:
            found: Point | None = end.value
            return found

    def steps(self, start: Point, first_step: float) -> Steps:
        """The same search, for many at a time: it yields steps, takes the point at each, and returns what search() does."""
        self.start, self.left, self.best = start, self.max_evaluations, start
        previous, step = start, first_step
        while self.left:
            point = self._seen((yield step))
            if self._too_high(point) or (previous.step > 0 and point.value >= previous.value + self.noise):
                return (yield from self._zoom(previous, point))
            if self._accepted(point):
                return point
            if point.slope >= 0:
                return (yield from self._zoom(point, previous))
            guess = cubic_minimum(previous, point)
            # The cubic is unreliable beyond five times the step, and less than 1.5 times is not worth an evaluation.
            step = min(max(guess if guess is not None and guess > step else 5 * step, 1.5 * step), 5 * step)
            previous = point
        return self._fallback()

    def _seen(self, point: Point) -> Point:
        self.left -= 1
        if not (math.isfinite(point.value) and math.isfinite(point.slope)):
            return Point(point.step, math.inf, math.inf, point.gradient)
        if point.value < self.best.value:
            self.best = point
        return point

    def _too_high(self, point: Point) -> bool:
        return point.value > self.start.value + self.c1 * point.step * self.start.slope + self.noise

    def _accepted(self, point: Point) -> bool:
        return not self._too_high(point) and abs(point.slope) <= -self.c2 * self.start.slope

    def _zoom(self, low: Point, high: Point) -> Steps:
        """Narrow an interval that holds an acceptable step; low is its end with the lower value."""
        while self.left and abs(high.step - low.step) > 1e-12 * max(abs(low.step), abs(high.step)):
            point = self._seen((yield self._inside(low, high)))
            if self._too_high(point) or point.value >= low.value + self.noise:
                high = point
                continue
            if self._accepted(point):
                return point
            if point.slope * (high.step - low.step) >= 0:
                high = low
            low = point
        return self._fallback()

    def _inside(self, low: Point, high: Point) -> float:
        """The cubic's minimum, or the middle where that lies near an end."""
        guess = cubic_minimum(low, high) if math.isfinite(high.value) else None
        width = abs(high.step - low.step)
        if guess is None or abs(guess - low.step) < 0.1 * width or abs(guess - high.step) < 0.1 * width:
            return (low.step + high.step) / 2
        return guess if min(low.step, high.step) < guess < max(low.step, high.step) else (low.step + high.step) / 2

    def _fallback(self) -> Point | None:
        return self.best if self.best.value < self.start.value else None


def cubic_minimum(a: Point, b: Point) -> float | None:
    """The minimum of the cubic with the values and slopes of two points, or None where it has none."""
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    inner = d1 * d1 - a.slope * b.slope
    if not inner >= 0:
        return None
    d2 = math.copysign(math.sqrt(inner), b.step - a.step)
    denominator = b.slope - a.slope + 2 * d2
    if denominator == 0:
        return None
    return b.step - (b.step - a.step) * (b.slope + d2 - d1) / denominator
