"""L-BFGS for K networks, each with a history and a line search of its own; formulas and sources in training/trainers/quasi_newton.py,
directional.py and line_search.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.backends.stacked.device import Tensor
from anncli.backends.stacked.rows import upload
from anncli.training.stacked.objective import column
from anncli.training.stacked.trainers.base import StackedOutcome, StackedTrainer, dots, on_host
from anncli.training.trainers.directional import PATIENCE
from anncli.training.trainers.line_search import NOISE, LineSearch, Point, Steps

_AT_A_MINIMUM, _NO_LOWER_LOSS, _NO_GAIN = 1, 2, 3
_NO_VECTOR = np.empty(0)


class _Found(NamedTuple):
    """What the searches found, arrays (K,): the accepted steps, 0 for none, and the losses there; gradient (K, P) there."""

    step: Array
    loss: Array
    gradient: Tensor


class StackedLbfgs(StackedTrainer):
    """moves, changes (K, m, P): the last pairs of each network, the newest last; pairs (K,): how many there are."""

    def start(self, parameters: Tensor) -> None:
        k, p = parameters.shape
        loss, gradient = self.objective.loss_and_gradient(parameters)
        self.loss, self.gradient = on_host(loss), gradient.to(self.device.wide)
        self.moves = self.gradient.new_zeros((k, int(self.alone("memory")), p))
        self.changes = self.torch.zeros_like(self.moves)
        self.direction = self.torch.zeros_like(self.gradient)
        self.pairs, self.since_restart, self.stalled = (np.zeros(k, dtype=np.int64) for _ in range(3))
        self.step = np.ones(k)
        self.least = np.array([own["min_gradient"] for own in self.team.options])
        self.noise = NOISE[str(parameters.dtype).removeprefix("torch.")]
        self._restart(np.ones(k, dtype=bool))

    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        before = self.loss.copy()
        codes = np.zeros(len(before), dtype=np.int64)
        norm = on_host(dots(self.gradient, self.gradient).sqrt())
        codes[np.isfinite(before) & (norm <= self.least)] = _AT_A_MINIMUM
        goes = running & np.isfinite(before) & (codes == 0)
        found = self._search(parameters, goes)
        again = goes & (found.step == 0) & (self.since_restart > 0)
        if again.any():
            self._restart(again)
            more = self._search(parameters, again)
            second = self._mask(again)
            found = _Found(
                np.where(again, more.step, found.step), np.where(again, more.loss, found.loss),
                more.gradient.where(second, found.gradient),
            )  # fmt: skip
        codes[goes & (found.step == 0)] = _NO_LOWER_LOSS
        moved = goes & (found.step > 0)
        codes[self._go_on(parameters, before, found, moved)] = _NO_GAIN
        return StackedOutcome(column(self.device, before), column(self.device, codes, self.torch.int64))

    def reason(self, code: int, place: int) -> str:
        if code == _AT_A_MINIMUM:
            return f"the gradient is smaller than {self.least[place]:g}: this is a minimum"
        if code == _NO_LOWER_LOSS:
            return "no lower loss along the gradient: this is a minimum within rounding"
        return f"no gain beyond rounding in {PATIENCE} epochs: this is a minimum within rounding"

    def _go_on(self, parameters: Tensor, before: Array, found: _Found, moved: Array) -> Array:
        """Take the steps of the networks that have one; returns which of them (K,) have not gained for too long."""
        here, old_gradient = self._mask(moved), self.gradient
        old = parameters.to(self.device.wide, copy=True)
        trial = (old + column(self.device, found.step) * self.direction).to(parameters.dtype)
        parameters.copy_(trial.where(here, parameters))
        self.loss = np.where(moved, found.loss, self.loss)
        self.gradient = found.gradient.where(here, old_gradient)
        gained = before - self.loss > self.noise * np.abs(before)
        self.stalled = np.where(moved, np.where(gained, 0, self.stalled + 1), self.stalled)
        self.since_restart += moved
        self._remember(parameters.to(self.device.wide) - old, self.gradient - old_gradient, moved)
        self.direction = self._two_loops().where(here, self.direction)
        slope = on_host(dots(self.direction, self.gradient))
        self.step = np.where(moved, 1.0, self.step)
        self._restart(moved & ~(slope < 0))
        stuck: Array = moved & (self.stalled >= PATIENCE)
        return stuck

    def _mask(self, chosen: Array) -> Tensor:
        return upload(self.device, chosen[:, None], self.torch.bool)

    def _restart(self, chosen: Array) -> None:
        """Clear the memory of the chosen networks (K,): the next direction is steepest descent, with a small first step."""
        if not chosen.any():
            return
        here, norm = self._mask(chosen), on_host(self.gradient.abs().sum(1, keepdim=True))
        self.direction = (-self.gradient).where(here, self.direction)
        with np.errstate(divide="ignore"):
            first = np.where(norm > 0, np.minimum(1.0, 1 / norm), 1.0)
        self.step = np.where(chosen, first, self.step)
        self.since_restart[chosen] = self.pairs[chosen] = 0
        self.moves = self.moves.masked_fill(here[..., None], 0)
        self.changes = self.changes.masked_fill(here[..., None], 0)

    def _remember(self, move: Tensor, change: Tensor, moved: Array) -> None:
        """Add the pairs that show positive curvature of more than rounding."""
        useful = self._mask(moved) & (dots(move, change) > 1e-10 * dots(change, change))
        for name, vector in (("moves", move), ("changes", change)):
            kept = getattr(self, name)
            grown = self.torch.cat([kept[:, 1:], vector[:, None]], 1)
            setattr(self, name, grown.where(useful[..., None], kept))
        self.pairs = np.minimum(self.pairs + (on_host(useful) > 0), self.moves.shape[1])

    def _two_loops(self) -> Tensor:
        """-H g (K, P); a pair that is not there is 0, and adds nothing."""
        q, taken = self.gradient.clone(), list[tuple[int, Tensor, Tensor]]()
        curvatures = (self.moves * self.changes).sum(2)
        most = self.moves.shape[1]
        for i in reversed(range(most - int(self.pairs.max(initial=0)), most)):
            curvature = curvatures[:, i : i + 1]
            there = curvature > 0
            factor = (dots(self.moves[:, i], q) / curvature).where(there, 0 * curvature)
            q = q - factor * self.changes[:, i]
            taken.append((i, there, factor))
        newest = dots(self.changes[:, -1], self.changes[:, -1])
        q = q * (curvatures[:, -1:] / newest).where(curvatures[:, -1:] > 0, self.torch.ones_like(newest))
        for i, there, factor in reversed(taken):
            curvature = curvatures[:, i : i + 1]
            other = (dots(self.changes[:, i], q) / curvature).where(there, 0 * curvature)
            q = q + (factor - other) * self.moves[:, i]
        return -q

    def _search(self, parameters: Tensor, chosen: Array) -> _Found:
        """The line searches of the chosen networks (K,), each by itself; every evaluation is one of all that still search."""
        found = _Found(np.zeros(len(chosen)), self.loss.copy(), self.gradient.clone())
        slopes, searches, steps = on_host(dots(self.gradient, self.direction)), dict[int, Steps](), dict[int, float]()
        for k in np.flatnonzero(chosen).tolist():
            start = Point(0.0, float(self.loss[k]), float(slopes[k]), _NO_VECTOR)
            searches[k] = LineSearch(noise=self.noise * abs(start.value)).steps(start, float(self.step[k]))
            steps[k] = next(searches[k])
        while steps:
            points = self._evaluate(parameters, steps, found.gradient)
            steps, back = dict[int, float](), dict[int, float]()
            for k, point in points.items():
                try:
                    steps[k] = searches[k].send(point)
                except StopIteration as end:
                    if end.value is None:
                        continue
                    found.step[k], found.loss[k] = end.value.step, end.value.value
                    if end.value.step != point.step:
                        back[k] = end.value.step
            if back:
                # Their gradients are those of a later step by now.
                self._evaluate(parameters, back, found.gradient)
        return found

    def _evaluate(self, parameters: Tensor, steps: dict[int, float], gradients: Tensor) -> dict[int, Point]:
        """The points at the steps of some networks; their gradients are left in `gradients` (K, P)."""
        places = list(steps)
        at = upload(self.device, np.array(places), self.torch.int64)
        direction, lengths = self.direction[at], column(self.device, list(steps.values()))
        trial = (parameters[at].to(self.device.wide) + lengths * direction).to(parameters.dtype)
        loss, gradient = self.objective.of(places).loss_and_gradient(trial)
        gradients[at] = gradient.to(self.device.wide)
        both = self.torch.cat([loss.to(self.device.wide), dots(gradients[at], direction)], 1).to("cpu").tolist()
        pairs = zip(places, both, strict=True)
        return {k: Point(steps[k], value, slope, _NO_VECTOR) for k, (value, slope) in pairs}


TRAINERS = {"lbfgs": StackedLbfgs}
