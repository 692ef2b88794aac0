"""The report of `ann compare`: metrics of the networks side by side, their differences, and what these mean in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from anncli.cli.showing.console import table
from anncli.cli.showing.metric_words import metric_words
from anncli.evaluation.comparison import Difference
from anncli.evaluation.names import LOWER_IS_BETTER
from anncli.evaluation.paired import holm


class Pair(NamedTuple):
    """Two networks and the differences of their metrics; adjusted: the p values by metric, raised for the number of pairs."""

    first: str
    second: str
    differences: tuple[Difference, ...]
    adjusted: Mapping[str, float]


def with_holm(pairs: Sequence[tuple[str, str, tuple[Difference, ...]]]) -> list[Pair]:
    """The pairs with p values that allow for the number of pairs, metric by metric (Holm 1979)."""
    adjusted: list[dict[str, float]] = [{} for _ in pairs]
    for metric in dict.fromkeys(d.metric for _, _, found in pairs for d in found):
        tested = [
            (k, d.p) for k, (_, _, found) in enumerate(pairs) for d in found if d.metric == metric and d.p is not None
        ]
        for (k, _), p in zip(tested, holm([p for _, p in tested]), strict=True):
            adjusted[k][metric] = p
    return [Pair(*pair, own) for pair, own in zip(pairs, adjusted, strict=True)]


def metrics_text(values: Mapping[str, Mapping[str, float | None]], title: str) -> str:
    """A line for each metric, a column for each model; values: model -> metric -> value."""
    names = dict.fromkeys(name for found in values.values() for name in found)
    rows = []
    for name in names:
        words = metric_words(name)
        shown = [words.shown(found[name]) if name in found else "-" for found in values.values()]
        rows.append([words.heading, *shown])
    return table([title, *values], rows)


def pairs_text(pairs: Sequence[Pair], confidence: float) -> str:
    """A line for each metric of each pair."""
    is_holm = len(pairs) > 1
    rows = []
    for pair in pairs:
        for one in pair.differences:
            words = metric_words(one.metric)
            ends = ["", ""] if one.interval is None else [words.shown(end, sign=True) for end in one.interval]
            p = pair.adjusted.get(one.metric)
            shown = words.shown(one.difference, sign=True)
            rows.append(
                [f"{pair.first} - {pair.second}", words.heading, shown, *ends, "" if p is None else _p(p), one.test]
            )
    head = ["difference", "metric", "", f"{100 * confidence:g} % from", "to", "p (Holm)" if is_holm else "p", "test"]
    return table(head, rows)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def sentence(pair: Pair, confidence: float) -> str:
    """What the differences of a pair mean, by the first metric, and by the others where these say more."""
    if not pair.differences:
        return f"{pair.first} and {pair.second} have no metric in common"
    told = [d for d in pair.differences if pair.adjusted.get(d.metric, 1.0) < 1 - confidence and d.difference]
    main = pair.differences[0]
    if main in told:
        return _better(pair, main, [d for d in told if d is not main])
    words = metric_words(main.metric)
    text = f"the data do not tell {pair.first} and {pair.second} apart by {words.title}"
    if main.interval is not None:
        low, high = (words.shown(end, sign=True) for end in main.interval)
        unit = " points" if words.factor != 1 else ""
        text += f": the difference is {words.shown(main.difference, sign=True)}{unit}, {low} to {high} at {100 * confidence:g} %"
    for name in (pair.first, pair.second):
        won = [metric_words(d.metric).title for d in told if _winner(pair, d) == name]
        text += f"; {name} is better by {', '.join(won)}" if won else ""
    return text


def _better(pair: Pair, main: Difference, others: Sequence[Difference]) -> str:
    winner, words = _winner(pair, main), metric_words(main.metric)
    loser = pair.second if winner == pair.first else pair.first
    side = "lower" if main.metric in LOWER_IS_BETTER else "higher"
    text = f"{winner} is better than {loser}: its {words.title} is {words.difference(main.difference)} {side} ({_because(pair, main)})"
    against = [d for d in others if _winner(pair, d) != winner]
    agree = [d for d in others if _winner(pair, d) == winner]
    if agree:
        text += f", and it is better by {', '.join(metric_words(d.metric).title for d in agree)} too"
    if against:
        text += f"; but {loser} is better by {', '.join(metric_words(d.metric).title for d in against)}"
    return text


def _because(pair: Pair, one: Difference) -> str:
    p = pair.adjusted[one.metric]
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _winner(pair: Pair, one: Difference) -> str:
    is_first = (one.difference < 0) == (one.metric in LOWER_IS_BETTER)
    return pair.first if is_first else pair.second


def pairs_document(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [
        {
            "first": pair.first,
            "second": pair.second,
            "differences": {
                d.metric: {
                    "difference": d.difference,
                    "low": None if d.interval is None else d.interval.low,
                    "high": None if d.interval is None else d.interval.high,
                    "p": d.p,
                    "p_adjusted": pair.adjusted.get(d.metric),
                    "test": d.test,
                }
                for d in pair.differences
            },
        }
        for pair in pairs
    ]
