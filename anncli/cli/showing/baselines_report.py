"""Baselines beside a network: a table, a sentence that compares them, and JSON values."""

from __future__ import annotations

from typing import Any

from anncli.analysis.baselines.judging import Judged, JudgedBaselines
from anncli.cli.showing.metric_words import metric_words
from anncli.cli.showing.report import evaluation_text

# The metric of the sentence, how the sentence begins, and the word before the figures of the others, by the task.
_SENTENCES = {
    "classification": ("accuracy", "the network is right for {} of the rows", "for"),
    "multi-label": ("subset_accuracy", "the network finds all labels of {} of the rows", "of"),
    "regression": ("rmse", "the network is off by {} (RMSE)", "by"),
}


def baselines_text(
    evaluation: Any, baselines: JudgedBaselines, task: str, of: str, learnt: str = "the {} training rows"
) -> str:
    """evaluation: of the network on the same rows; of: these rows, in words; learnt: those to learn from."""
    sets = {"network": evaluation, **{shown_name(one): one.evaluation for one in baselines.found}}
    lines = [f"baselines, which learnt from {learnt.format(baselines.n_training)}, on {of}:"]
    # The tables of single classes would be too many to read.
    lines.append(evaluation_text(sets).partition("\n\n")[0])
    return "\n".join([*lines, sentence(evaluation, baselines, task), *baselines.notes])


def shown_name(one: Judged) -> str:
    return f"{one.name} ({one.detail})" if one.detail else one.name


def sentence(evaluation: Any, baselines: JudgedBaselines, task: str) -> str:
    """Such as: the network is right for 77.10 % of the rows, always saying 'yes' for 65.10 %, logistic regression for 76.40 %."""
    field, begin, link = _SENTENCES[task]
    metric = metric_words(field)
    parts = [begin.format(metric.with_unit(getattr(evaluation, field)))]
    for one in baselines.found:
        parts.append(f"{_subject(one)} {link} {metric.with_unit(getattr(one.evaluation, field))}")
    return ", ".join(parts)


def _subject(one: Judged) -> str:
    if one.name == "largest class" and one.detail:
        return f"always saying '{one.detail}'"
    if one.name in ("largest class", "mean", "median"):
        return f"always saying the {one.name}"
    return "giving the frequent labels" if one.name == "frequent labels" else one.name


def baselines_document(baselines: JudgedBaselines, of: str) -> dict[str, Any]:
    """The value of the key `baselines`; of: the rows on which all were evaluated."""
    return {
        "of": of,
        "n_training": baselines.n_training,
        "found": [
            {"name": one.name, "detail": one.detail, "evaluation": one.evaluation.as_dict()} for one in baselines.found
        ],
        "notes": list(baselines.notes),
    }
