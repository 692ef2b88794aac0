"""The choice: which attempt of a run is kept, and how the attempts compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from anncli.errors import AnnError
from anncli.options.table import TrainingOptions
from anncli.training.attempt import Attempt


class RestartSummary(NamedTuple):
    """How the attempt from one set of initial weights ended.

    value: the validation loss of the epoch kept; without a validation set the objective at its end; None where the attempt
    diverged without a best epoch.
    """

    number: int
    epochs: int
    best_epoch: int | None
    value: float | None


class Choice(NamedTuple):
    """The attempt that is kept, a summary of every attempt, and warnings in words."""

    attempt: Attempt
    restarts: tuple[RestartSummary, ...]
    warnings: tuple[str, ...]


def choose(attempts: Sequence[Attempt], options: TrainingOptions) -> Choice:
    """Keep the best attempt; raises AnnError where all of them diverged without a best epoch."""
    summaries = tuple(summary_of(attempt, options, alone=len(attempts) == 1) for attempt in attempts)
    values = {summary.number: summary.value for summary in summaries if summary.value is not None}
    if not values:
        raise AnnError(
            f"training diverged in epoch {attempts[-1].diverged}: the loss or a weight is not finite",
            advice=f"{_against_divergence(options)}; no file was changed",
        )
    kept = _best([attempt for attempt in attempts if attempt.number in values], values, options)
    warnings: tuple[str, ...] = ()
    if kept.diverged:
        warnings = (
            f"training diverged in epoch {kept.diverged}; the weights of epoch {kept.judge.best_epoch} are kept; "
            f"{_against_divergence(options)}",
        )
    return Choice(kept, summaries, warnings)


def _best(attempts: Sequence[Attempt], values: dict[int, float], options: TrainingOptions) -> Attempt:
    # A judge ranks by the negative loss or by the metric, so the highest rank is the best in both cases.
    ranked = [(attempt.judge.best, attempt) for attempt in attempts if attempt.judge.best is not None]
    if ranked and options.keep == "best":
        return max(ranked, key=lambda pair: pair[0])[1]
    return min(attempts, key=lambda attempt: values[attempt.number])


def summary_of(attempt: Attempt, options: TrainingOptions, alone: bool = False) -> RestartSummary:
    """How an attempt ended; alone: there are no others."""
    best, value = attempt.judge.best_epoch, None
    if best is not None and options.keep == "best":
        value = attempt.history[best - 1].validation_loss
    elif best is not None and not attempt.diverged:
        value = attempt.history[-1].validation_loss
    elif not attempt.diverged:
        # A single attempt needs no value: there is nothing to compare it with.
        value = 0.0 if alone else attempt.objective.value(attempt.weights)
    return RestartSummary(attempt.number, len(attempt.history), best, value)


def _against_divergence(options: TrainingOptions) -> str:
    """Advice by options that the trainer has and that are not set already."""
    advice = ["lower --learning-rate"] if "learning_rate" in options.trainer_options else ["raise --l2"]
    if options.scaling == "none":
        advice.append("scale the inputs (--scaling soft-clip)")
    return " or ".join([*advice, "choose another --trainer"])
