"""Stop rules: when to end a training before its last epoch, decided from the losses alone (no numpy).

Prechelt's rules look at the ends of strips of five epochs:
  GL  = 100 (Eva / Eopt - 1), Eva the validation loss now, Eopt its lowest at a strip end so far: generalisation loss
  P   = 1000 (mean of the strip's training losses / their minimum - 1): training progress
  gl:A stops when GL > A;  pq:A when GL / P > A;  up:S when Eva rose in S strips in a row;  progress:A when P < A
Sources: Prechelt 1994, PROBEN1, section 3.3; Prechelt 1998, Early stopping - but when?
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from anncli.options.specs import parse_stop

STRIP = 5


class StopRule(ABC):
    """Sees every epoch once, in order, and says in words why the training should end, or None."""

    #: Whether a run that it ended is over for good; else it may be resumed and goes on.
    lasts = True

    @abstractmethod
    def see(self, training_loss: float, validation_loss: float | None) -> str | None: ...

    def state(self) -> dict[str, Any]:
        """What see() depends on: numbers and lists of numbers."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027, most rules remember nothing
        """Take up a state that state() gave."""


class StripRule(StopRule):
    """One of Prechelt's rules, judged at strip ends only; without validation losses only progress can fire."""

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
                else f"training progress {progress:.3g} is below {self.limit:g} per mille"
            )
        if validation_loss is None:
            return None
        self.lowest = min(self.lowest, validation_loss)
        self.rises = self.rises + 1 if validation_loss > self.previous else 0
        self.previous = validation_loss
        return self._judge(generalisation_loss(validation_loss, self.lowest), progress)

    def _judge(self, loss: float, progress: float) -> str | None:
        if self.name == "gl" and loss > self.limit:
            return f"the validation loss is {loss:.3g} % above its lowest (gl:{self.limit:g})"
        if self.name == "pq" and loss > self.limit * progress:
            return (
                f"the validation loss is {loss:.3g} % above its lowest "
                f"at {progress:.3g} per mille of progress (pq:{self.limit:g})"
            )
        if self.name == "up" and self.rises >= self.limit:
            return f"the validation loss rose in {self.rises} strips of {STRIP} epochs in a row (up:{self.limit:g})"
        return None

    def state(self) -> dict[str, Any]:
        return {"strip": list(self.strip), "lowest": self.lowest, "previous": self.previous, "rises": self.rises}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.strip, self.rises = list(state["strip"]), int(state["rises"])
        self.lowest, self.previous = float(state["lowest"]), float(state["previous"])


class Goal(StopRule):
    """The training loss has come down to the goal."""

    def __init__(self, goal: float) -> None:
        self.goal = goal

    def see(self, training_loss: float, validation_loss: float | None) -> str | None:
        return f"the training loss reached the goal {self.goal:g}" if training_loss <= self.goal else None


class Success(StopRule):
    """The share of right answers on the training part has reached `percent`; `measure` tells it, from 0 to 1."""

    def __init__(self, percent: float, measure: Callable[[], float]) -> None:
        self.percent, self.measure = percent, measure

    def see(self, training_loss: float, validation_loss: float | None) -> str | None:
        share = 100 * self.measure()
        return None if share < self.percent else f"{share:.4g} % of the training vectors are answered right"


class TimeLimit(StopRule):
    """So many seconds have passed since the rule was made; where that stops a run depends on the machine."""

    lasts = False

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.clock, self.begin = seconds, clock, clock()

    def see(self, training_loss: float, validation_loss: float | None) -> str | None:
        return f"the time limit of {self.seconds:g} s is over" if self.is_over else None

    @property
    def is_over(self) -> bool:
        return self.clock() - self.begin >= self.seconds


def generalisation_loss(loss: float, lowest: float) -> float:
    """GL in %: how far a validation loss is above the lowest one; 0 where both are 0."""
    if loss <= lowest:
        return 0.0
    return 100 * (loss / lowest - 1) if lowest > 0 else math.inf


def training_progress(strip: list[float]) -> float:
    """P in per mille: how far the mean of a strip's training losses is above their minimum; 0 where all are 0."""
    lowest, mean = min(strip), sum(strip) / len(strip)
    if lowest <= 0:
        return 0.0 if mean <= 0 else math.inf
    return 1000 * (mean / lowest - 1)


def make_stop_rules(stop: str | None = None, goal: float | None = None) -> list[StopRule]:
    """The rules for the options of these names; None leaves one out."""
    rules: list[StopRule] = [StripRule(name, limit) for name, limit in parse_stop(stop)] if stop else []
    if goal is not None:
        rules.append(Goal(goal))
    return rules
