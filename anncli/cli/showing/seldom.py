"""What a training reports only where it was asked for: ensembles, pieces of samples, removed weights, teachers."""

from __future__ import annotations

from typing import Any

from anncli.errors import count_of, printable
from anncli.training.outcome import TrainingResult
from anncli.training.setup import Setup


def seldom(setup: Setup) -> dict[str, Any]:
    """What is only there where it was asked for."""
    found: dict[str, Any] = {"ensemble": setup.options.ensemble} if setup.options.ensemble > 1 else {}
    if setup.options.truncate is not None:
        found["truncate"] = setup.options.truncate
    if setup.pruning is not None:
        found["pruned"] = setup.pruning.record()
    return found if setup.lesson is None else {**found, "taught_by": dict(setup.lesson.record)}


def text_lines(setup: Setup) -> list[str]:
    """How a text was divided into sets, and how it was presented; nothing for other samples."""
    if not setup.network.predicts_next:
        return []
    data, options, noun = setup.data, setup.options, f"{setup.network.next_noun}s"
    counts = {name: len(data.answer_rows(rows)) for name, rows in setup.rows.items()}
    drawn = [name for name in ("validation", "test") if counts[name] and not isinstance(getattr(options, name), tuple)]
    lines = []
    if drawn:
        ends = " and then ".join(f"{counts[name]:,} {noun} for the {name} set" for name in drawn)
        lines.append(f"the end of the text was held out: {ends}")
    pieces = "" if options.truncate is None else f", in pieces of {options.truncate}"
    streams = count_of(len(setup.rows["training"]), "stream")
    return [*lines, f"trained on {counts['training']:,} {noun} in {streams}{pieces}"]


def smaller_lines(setup: Setup) -> list[str]:
    """The same in sentences."""
    lines = [] if setup.pruning is None else [setup.pruning.text()]
    if setup.lesson is not None:
        teacher = setup.lesson.record
        whole = f"{teacher['members']} networks, {teacher['layers']}" if "members" in teacher else teacher["layers"]
        lines.append(
            f"learnt from the outputs of {printable(teacher['file'])} ({whole}); labels chose the epoch and made the tables"
        )
    return lines


def members_line(result: TrainingResult) -> list[str]:
    """How much the networks of an ensemble differ; the lines around this one are about the first of them."""
    if not result.members:
        return []
    epochs = [member.epochs for member in result.members]
    text = f"ensemble of {len(epochs)} networks: {min(epochs)} to {max(epochs)} epochs"
    values = [member.value for member in result.members if member.value is not None and member.best_epoch is not None]
    if values:
        text += f", validation loss {min(values):.5f} to {max(values):.5f}"
    return [f"{text}; the tables are those of the mean of their outputs"]
