"""Stop rules: when to end an attempt before its last epoch, decided from the losses of its epochs (no numpy).

Prechelt's rules are evaluated at the end of every strip of five epochs:
  GL = 100 (Eva / Eopt - 1), generalisation loss; Eva: validation loss now, Eopt: its lowest at a strip end so far
  P  = 1000 (mean of the strip's training losses / their minimum - 1), training progress
  gl:A stops when GL > A;  pq:A when GL / P > A;  up:S when Eva rose in S strips in a row;  progress:A when P < A
Sources: Prechelt 1994, PROBEN1, section 3.3; Prechelt 1998, Early stopping - but when?
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from anncli.errors import count_of
from anncli.options.specs import parse_stop

STRIP = 5


class StopRule(ABC):
    """Sees every epoch once, in order, and returns in words why the attempt should end, or None."""

    #: Whether an attempt that the rule ended stays ended; else a resumed run continues it.
    lasts = True

    @abstractmethod
    def see(self, training_loss: float, validation_loss: float | None) -> str | None: ...

    def state(self) -> dict[str, Any]:
        """What see() depends on: numbers and lists of numbers."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027, most rules have no state
        """Continue from a state that state() returned."""


class StripRule(StopRule):
    """One of Prechelt's rules; without validation losses only `progress` can fire."""

    def __init__(self, name: str, limit: float) -> None:
        self.name, self.limit = name, limit
        self.strip: list[float] = []
        self.lowest, self.previous, self.rises = math.inf, math.inf, 0

    def see(self, training_loss: float, validation_loss: float | None) -> str | None:
        self.strip.append(training_loss)
        if len(self.strip) < STRIP:
            return None
        progress = training_progress(self.strip)
        self.strip = []
        if self.name == "progress":
            return (
                None
                if progress >= self.limit
                else f"training progress {progress:.3g} per mille (progress:{self.limit:g})"
            )
        if validation_loss is None:
            return None
        self.lowest = min(self.lowest, validation_loss)
        self.rises = self.rises + 1 if validation_loss > self.previous else 0
        self.previous = validation_loss
        return self._reason(generalisation_loss(validation_loss, self.lowest), progress)

    def _reason(self, loss: float, progress: float) -> str | None:
        if self.name == "gl" and loss > self.limit:
            return f"validation loss {loss:.3g} % above its lowest (gl:{self.limit:g})"
        if self.name == "pq" and loss > self.limit * progress:
            return (
                f"validation loss {loss:.3g} % above its lowest, "
                f"training progress {progress:.3g} per mille (pq:{self.limit:g})"
            )
        if self.name == "up" and self.rises >= self.limit:
            strips = count_of(self.rises, "successive strip")
            return f"validation loss rose in {strips} of {STRIP} epochs (up:{self.limit:g})"
        return None

    def state(self) -> dict[str, Any]:
        return {"strip": list(self.strip), "lowest": self.lowest, "previous": self.previous, "rises": self.rises}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.strip, self.rises = list(state["strip"]), int(state["rises"])
        self.lowest, self.previous = float(state["lowest"]), float(state["previous"])


class Goal(StopRule):
    """The training loss has reached the goal."""

    def __init__(self, goal: float) -> None:
        self.goal = goal

    def see(self, training_loss: float, validation_loss: float | None) -> str | None:
        return f"training loss reached the goal of {self.goal:g}" if training_loss <= self.goal else None


class Success(StopRule):
    """The accuracy on the training set has reached `percent`; measure() returns it, from 0 to 1."""

    def __init__(self, percent: float, measure: Callable[[], float]) -> None:
        self.percent, self.measure = percent, measure

    def see(self, training_loss: float, validation_loss: float | None) -> str | None:
        accuracy = 100 * self.measure()
        return None if accuracy < self.percent else f"{accuracy:.4g} % of the training set classified correctly"


class TimeLimit(StopRule):
    """A number of seconds has passed since the rule was made; the epoch at which that happens depends on the machine."""

    lasts = False

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.clock, self.begin = seconds, clock, clock()

    def see(self, training_loss: float, validation_loss: float | None) -> str | None:
        return self.reason if self.is_over else None

    @property
    def reason(self) -> str:
        return f"reached the time limit of {self.seconds:g} s"

    @property
    def is_over(self) -> bool:
        return self.clock() - self.begin >= self.seconds


def generalisation_loss(loss: float, lowest: float) -> float:
    """GL in %: how far a validation loss is above the lowest one; 0 where both are 0."""
    if loss <= lowest:
        return 0.0
    return 100 * (loss / lowest - 1) if lowest > 0 else math.inf


def training_progress(strip: list[float]) -> float:
    """P in per mille: how far the mean of a strip's training losses is above their minimum; 0 where all losses are 0."""
    lowest, mean = min(strip), sum(strip) / len(strip)
    if lowest <= 0:
        return 0.0 if mean <= 0 else math.inf
    return 1000 * (mean / lowest - 1)


def make_stop_rules(stop: str | None = None, goal: float | None = None) -> list[StopRule]:
    """The rules that the options of these names ask for; None: no such rule."""
    rules: list[StopRule] = [StripRule(name, limit) for name, limit in parse_stop(stop)] if stop else []
    if goal is not None:
        rules.append(Goal(goal))
    return rules
