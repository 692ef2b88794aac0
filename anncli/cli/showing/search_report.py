"""The report of `ann search`: the trials, the one that is kept, and what is to be expected of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from anncli.cli.showing.console import table
from anncli.cli.showing.metric_words import metric_words
from anncli.cli.showing.report import evaluation_text, plain
from anncli.errors import count_of
from anncli.evaluation.row_losses import standard_error
from anncli.experiments.search import Tried, best_of

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation

# Trials that the table shows; JSON has all.
_MOST_SHOWN = 10
# Metrics whose intervals are shown, by their fields.
_HEADLINES = ("accuracy", "auc", "rmse", "r2", "subset_accuracy", "macro_f1")
_BLANK = "\n\n"


class Found(NamedTuple):
    """What a search has found.

    trials: of the search on all its rows, by number; kept: the one of them that is kept, None where the search did not come
    so far; title: what they were chosen by; names: the options that differ; parts: how many trainings a trial has, in words;
    estimate, defaults: evaluations on rows that the search did not see, of what it kept and of the defaults; outers: how these
    rows were set aside, in words; kept_outside: the trials that were kept there; is_cut: by the time limit; command, output: how to make the
    network, and where it is; choose: 'smallest' or 'best'; own: what the defaults, trial 0, have for the options that differ.
    """

    trials: Sequence[Tried]
    kept: Tried | None
    title: str
    names: Sequence[str]
    parts: str
    asked: int
    choose: str
    is_cut: bool = False
    estimate: Evaluation | None = None
    defaults: Evaluation | None = None
    outers: str = ""
    confidence: float = 0.95
    kept_outside: Sequence[Tried] = ()
    command: str | None = None
    output: str | None = None
    own: Mapping[str, str] = {}

    def value(self, name: str, one: Tried) -> str | None:
        """What a trial has for an option, None where it does not have it."""
        return one.trial.get(name, self.own.get(name) if one.number == 0 else None)


def trials_table(found: Found) -> str:
    """The best trials, and below them the defaults and the one that is kept if they are not among them."""
    done = [one for one in found.trials if one.share == 1 and one.figure is not None]
    ranked = sorted(done, key=lambda one: (one.figure.cost if one.figure else 0, one.number))
    shown = ranked[:_MOST_SHOWN]
    shown += [one for one in ranked[_MOST_SHOWN:] if one.number == 0 or one is found.kept]
    header = ["trial", found.title, "std error", "weights", *(name.replace("_", "-") for name in found.names)]
    rows = [
        [
            f"{one.number}{_mark(one, found)}",
            *((plain(one.figure.value), plain(one.figure.error, 2)) if one.figure else ()),
            str(one.n_weights),
            *(found.value(name, one) or "-" for name in found.names),
        ]
        for one in shown
    ]
    return table(header, rows)


def _mark(one: Tried, found: Found) -> str:
    marks = ["kept"] if one is found.kept else []
    return " " + ", ".join([*marks, *(["defaults"] if one.number == 0 else [])]) if marks or one.number == 0 else ""


def report(found: Found, picture: str = "", beside: Sequence[str] = ()) -> str:
    """The whole report of a search that came to its end; picture: of its trials, in characters; beside: what stands below the
    estimate."""
    assert found.estimate is not None
    assert found.defaults is not None
    sets = {"search": found.estimate, "defaults": found.defaults}
    # Without confusion matrices: the estimate is of a way to find networks, not of one network.
    honest = f"honest estimate: {found.outers}\n{evaluation_text(sets).partition(_BLANK)[0]}{_intervals(found)}"
    blocks = [trials_table(found), _remarks(found), picture, _choice(found), honest, *beside, _ending(found)]
    return _BLANK.join(filter(None, blocks))


def _intervals(found: Found) -> str:
    """The intervals of the first metrics of each evaluation, a line for each; '' where there are none."""
    text = ""
    for name, evaluation in (("search", found.estimate), ("defaults", found.defaults)):
        assert evaluation is not None
        known = [field for field in _HEADLINES if field in evaluation.intervals][:2]
        shown = [(metric_words(field), evaluation.intervals[field]) for field in known]
        said = [f"{words.title} {words.shown(ends.low)} to {words.with_unit(ends.high)}" for words, ends in shown]
        text += f"\n{name}, {100 * found.confidence:g} % intervals: {', '.join(said)}" if said else ""
    return text


def _remarks(found: Found) -> str:
    """Trials that are not in the table, and why."""
    lines = []
    cut = [one for one in found.trials if one.share < 1 and one.failure is None]
    failed = [one for one in found.trials if one.failure is not None]
    if cut:
        lines.append(f"{count_of(len(cut), 'trial')} ended early, after some of the epochs")
    reasons: dict[str, list[int]] = {}
    for one in failed:
        assert one.failure is not None
        reasons.setdefault(one.failure.reason, []).append(one.number)
    for reason, numbers in reasons.items():
        which = ", ".join(map(str, numbers[:8])) + (", ..." if len(numbers) > 8 else "")
        lines.append(f"{'trial' if len(numbers) == 1 else 'trials'} {which} failed: {reason}")
    return "\n".join(lines)


def _choice(found: Found) -> str:
    kept, best = found.kept, best_of([one for one in found.trials if one.share == 1])
    assert kept is not None
    assert kept.figure is not None
    by = f"selected by {found.title} {plain(kept.figure.value)} of {found.parts}"
    text = f"trial {kept.number}{' (the defaults)' if kept.number == 0 else ''} is kept, {by}"
    if kept is not best and best.figure is not None:
        behind = plain(kept.figure.cost - best.figure.cost, 2)
        error = plain(standard_error(kept.figure.deviations - best.figure.deviations), 2)
        text += f": the smallest network within one standard error of the best, trial {best.number} "
        text += f"(behind by {behind}; the standard error of this difference is {error})"
    else:
        text += ": the best one"
        if found.choose == "smallest" and any(one.n_weights < kept.n_weights for one in found.trials if one.figure):
            text += ", because no smaller network is within one standard error of it"
    return f"{text}.\nThis figure is too good: of many trials, one is best by luck. The estimate below is honest."


def _ending(found: Found) -> str:
    where = "" if found.output is None else f"network written to {found.output}, trained on all rows\n"
    if found.command is None:
        return f"{where}no command line makes this network: its layers are not those of the file; write it with --output FILE"
    return f"{where}{'the same' if where else 'make it'}: {found.command}"


def document(found: Found) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "complete": found.estimate is not None,
        "time_limit_reached": found.is_cut,
        "n_trials": found.asked,
        "selected_by": {"figure": found.title, "from": found.parts, "rule": found.choose},
        "trials": [trial_document(one) for one in found.trials],
        "kept": None if found.kept is None else found.kept.number,
        "estimate": None if found.estimate is None else found.estimate.as_dict(),
        "defaults": None if found.defaults is None else found.defaults.as_dict(),
        "estimated_on": found.outers,
        "kept_outside": [trial_document(one) for one in found.kept_outside],
        "output": found.output,
        "train_command": found.command,
    }


def trial_document(one: Tried) -> dict[str, Any]:
    """A trial; options: as they would be typed."""
    options: Mapping[str, str] = one.trial
    return {
        "trial": one.number,
        "options": dict(options),
        "n_weights": one.n_weights,
        "fraction_of_epochs": one.share,
        "value": None if one.figure is None else one.figure.value,
        "standard_error": None if one.figure is None else finite(one.figure.error),
        "failure": None if one.failure is None else one.failure.reason,
    }


def finite(value: float) -> float | None:
    """A number as JSON can hold it."""
    return value if abs(value) < float("inf") else None
