"""The choice of a strategy by its name."""

from __future__ import annotations

from importlib import import_module

from anncli.experiments.search_space import Space
from anncli.experiments.strategies.base import Strategy
from anncli.experiments.strategies.names import STRATEGY_NAMES


def make_strategy(name: str, space: Space, trials: int, seed: int) -> Strategy:
    """The strategy of that name, one of STRATEGY_NAMES; raises UsageError where a package that it needs is not installed."""
    assert name in STRATEGY_NAMES
    found: Strategy = import_module(f"anncli.experiments.strategies.{name}").STRATEGY(space, trials, seed)
    return found
