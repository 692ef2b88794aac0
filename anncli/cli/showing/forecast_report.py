"""Forecasts beside simple ones: a table, a sentence for each of these, and with -v the errors of every step."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.cli.showing.console import table
from anncli.cli.showing.report import plain
from anncli.errors import count_of
from anncli.evaluation.forecast_errors import METRICS, ForecastErrors, LabelErrors, Lead


def forecast_text(errors: ForecastErrors, of: str, by_step: bool = False) -> str:
    """of: which windows these are, in words; by_step: also the errors of every step."""
    lines = []
    for one in errors.labels:
        steps = len(one.predictors[0].by_step["rmse"])
        ahead = f"{steps} steps ahead" if steps > 1 else "the next row"
        lines += [f"forecast of {one.label}, {ahead}, on {of} ({count_of(errors.n, 'window')}):", _table(one)]
        lines += [_by_step(one)] if by_step and steps > 1 else []
        lines += [_sentence(name, leads) for name, leads in _of_each(one)]
    return "\n".join([*lines, _note(errors)])


def _note(errors: ForecastErrors) -> str:
    """What the brackets hold, or why there are none."""
    if all(lead.interval is None for one in errors.labels for lead in one.leads):
        few = f"{count_of(errors.n, 'window')} {'is' if errors.n == 1 else 'are'}"
        return f"({few} too few for a range: these differences prove nothing)"
    level, block = f"{100 * errors.confidence:g} %", count_of(errors.block, "step")
    return f"(in brackets the range of {level}, from windows drawn in blocks of {block})"


def _table(one: LabelErrors) -> str:
    return table(["predictor", "RMSE", "MAE"], [[p.name, plain(p.rmse), plain(p.mae)] for p in one.predictors])


def _by_step(one: LabelErrors) -> str:
    head = ["step", *(f"{metric.upper()}, {p.name}" for metric in METRICS for p in one.predictors)]
    figures = [p.by_step[metric] for metric in METRICS for p in one.predictors]
    rows = [[str(k), *map(plain, found)] for k, found in enumerate(zip(*figures, strict=True), 1)]
    return table(head, rows)


def _of_each(one: LabelErrors) -> list[tuple[str, list[Lead]]]:
    return [(p.name, [lead for lead in one.leads if lead.name == p.name]) for p in one.predictors[1:]]


def _sentence(name: str, leads: Sequence[Lead]) -> str:
    """Such as: better than the last value by 3.1 RMSE (2.5 to 3.6) and 2.0 MAE (1.6 to 2.4)."""
    better, worse, unclear = list[str](), list[str](), list[str]()
    for lead in leads:
        text = f"{plain(abs(lead.value), 3)} {lead.metric.upper()}"
        if lead.interval is None:
            (better if lead.value > 0 else worse if lead.value < 0 else unclear).append(text)
        elif not lead.is_clear:
            low, high = lead.interval
            unclear.append(f"{plain(lead.value, 3)} {lead.metric.upper()} ({plain(low, 3)} to {plain(high, 3)})")
        else:
            ends = sorted(abs(end) for end in lead.interval)
            (better if lead.value > 0 else worse).append(f"{text} ({plain(ends[0], 3)} to {plain(ends[1], 3)})")
    parts = [f"better than the {name} by {' and '.join(better)}"] if better else []
    parts += [f"worse than the {name} by {' and '.join(worse)}"] if worse else []
    parts += [f"no clear difference from the {name}: {' and '.join(unclear)}"] if unclear else []
    return f"the network is {'; '.join(parts)}" if better or worse else parts[0]
