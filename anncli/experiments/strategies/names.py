"""Names of the strategies of a search; imports nothing, so that help and completion are fast."""

from __future__ import annotations

from typing import NamedTuple


class StrategyName(NamedTuple):
    """help: one line; extra: what to install for it, as in pip install anncli[extra]."""

    help: str
    extra: str | None = None


STRATEGY_NAMES: dict[str, StrategyName] = {
    "random": StrategyName("independent draws"),
    "halving": StrategyName("all trials with a few epochs, the better third with three times as many, and so on"),
    "tpe": StrategyName("draws near what was good so far, in groups of five, by Optuna", "search"),
}
