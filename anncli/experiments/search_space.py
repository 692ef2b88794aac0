"""A search space: the options that differ between trials, and how a trial is drawn from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from anncli.arrays import random_stream
from anncli.options.ranges import Range, Searched
from anncli.training.names import TRAINER_NAMES, canonical_trainer

# What differs from the defaults in a trial: each option as it would be typed. Nothing in the trial of the defaults.
Trial = Mapping[str, str]
DEFAULTS: Trial = {}


class Chooser(Protocol):
    """What makes the choices of a trial; the name of a choice says which one it is, so that earlier results teach it."""

    def index(self, name: str, count: int) -> int:
        """One of the alternatives 0 to count - 1."""

    def number(self, name: str, within: Range) -> float:
        """A number of the range."""


class Space(NamedTuple):
    """The options with several values, and the trainer where it is not one of them."""

    searched: Sequence[Searched]
    trainer: str

    def draw(self, chooser: Chooser) -> Trial:
        """A trial. Options that the trainer of the trial does not have are not in it."""
        trial: dict[str, str] = {}
        own = {name for info in TRAINER_NAMES.values() for name in info.defaults}
        # The trainer first: it decides which of the others there are.
        for one in sorted(self.searched, key=lambda one: one.name != "trainer"):
            trainer = canonical_trainer(trial.get("trainer", self.trainer))
            if one.name not in own or one.name in TRAINER_NAMES[trainer].defaults:
                trial[one.name] = _drawn(one, chooser)
        return trial


def _drawn(one: Searched, chooser: Chooser) -> str:
    count = len(one.alternatives)
    which = chooser.index(one.name, count) if count > 1 else 0
    items = []
    for place, item in enumerate(one.alternatives[which]):
        if isinstance(item, Range):
            items.append(item.text(chooser.number(f"{one.name} {which} {place}", item)))
        else:
            items.append(item)
    return ",".join(items)


class RandomChooser:
    """Independent draws: alternatives evenly, numbers evenly or, where the range is wide, their logarithms."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def index(self, name: str, count: int) -> int:
        return int(self._rng.integers(count))

    def number(self, name: str, within: Range) -> float:
        # Of whole numbers each owns the interval up to the next one.
        low, high = within.low, within.high + within.whole
        if within.is_log:
            found = low * math.exp(self._rng.random() * math.log(high / low))
        else:
            found = low + self._rng.random() * (high - low)
        return math.floor(found) if within.whole else found


def random_trial(space: Space, seed: int, number: int) -> Trial:
    """The trial of this number, which does not depend on how many there are; that of number 0 has the defaults."""
    return space.draw(RandomChooser(random_stream(seed, "trials", number))) if number else DEFAULTS
