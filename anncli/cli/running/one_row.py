"""`ann gradcheck --row` and `--show` at work: one row of the data, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from anncli.analysis.columns import columns_of, input_names
from anncli.analysis.one_row import pass_row
from anncli.arrays import Array, Inputs, Rows, Tokens
from anncli.backends.checks import answers_of
from anncli.cli.asking.values import Values
from anncli.cli.showing.row_report import RowReport, RowWords
from anncli.compiled.decimals import as_written
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError, UsageError, count_of
from anncli.training.objective import Objective
from anncli.training.setup import Setup


def check_row_options(values: Values) -> None:
    """Raises UsageError for options that do not go together; before any file is read."""
    if values["row"] is not None and "rows" in values.on_command_line:
        raise UsageError("--row is one row and --rows a number of rows", advice="leave one of them out")
    if not values["show"]:
        if "learning_rate" in values.on_command_line:
            raise UsageError("--learning-rate is for the step that --show prints", advice="say --show too")
        return
    for name in ("l2", "l1", "class_weight", "weight"):
        if name in values.on_command_line:
            option = "--" + name.replace("_", "-")
            raise UsageError(f"--show has the loss of one row, without {option}", advice=f"leave {option} out")


def asked_row(values: Values) -> int | None:
    """The row that the user named, or with --show the first; None for none."""
    return 1 if values["row"] is None and values["show"] else values["row"]


def of_one_row(objective: Objective, number: int, is_shown: bool) -> Objective:
    """The objective over row `number`, counted from 1; what --show shows has no penalty and no weight of the row."""
    n = len(objective.inputs)
    if number > n:
        raise DataError(
            f"--row {number}: the data have {count_of(n, objective.topology.noun)}",
            advice=f"give a number from 1 to {n}",
        )
    rows = np.arange(number - 1, number, dtype=objective.rows.dtype)
    if is_shown:
        given, weights = objective.samples.weights, None
        if isinstance(given, Rows):
            # Of rows with answers of their own those without one have the weight 0.
            weights = Rows((given.values > 0).astype(np.float32), given.starts)
        return objective.over(objective.samples._replace(weights=weights), rows)._replace(l2=0.0, l1=0.0)
    return objective._replace(rows=rows)


def report_of(setup: Setup, objective: Objective, parameters: Array, learning_rate: float | None) -> RowReport:
    """What --show prints of a row. Args: objective: over that row alone; parameters (P,), float32."""
    # In float64 from the decimals that a person reads in the files, so that 0.1 is 0.1.
    raw = _written_inputs(setup.data.inputs[objective.rows])
    targets, weights = answers_of(objective.samples, objective.rows)
    found = pass_row(
        setup.network.topology,
        setup.loss,
        as_written(parameters),
        setup.scaling.apply(raw),
        as_written(targets),
        weights,
    )
    found = replace(found, first_token=setup.network.first_token)
    after = None if learning_rate is None else found.after_step(learning_rate)
    return RowReport(found, _words(setup, int(objective.rows[0]), raw), after, learning_rate)


def _written_inputs(inputs: Inputs) -> Inputs:
    if isinstance(inputs, Rows):
        return Rows(as_written(inputs.values), inputs.starts)
    if isinstance(inputs, Tokens):
        return Tokens(inputs.indices, as_written(inputs.values), inputs.starts, inputs.width)
    return as_written(inputs)


def _words(setup: Setup, place: int, raw: Inputs) -> RowWords:
    network, data = setup.network, setup.data
    title = (
        f"{network.topology.noun} {place + 1} of {data.n_samples}{_place_in_file(data, place)}{_answer(data, place)}"
    )
    units: list[Sequence[str]] = [[f"unit {k}" for k in range(1, size + 1)] for size in network.topology.sizes[1:]]
    outputs = data.names_of_targets if data.targets is not None else data.classes
    if len(outputs) == network.n_outputs or (len(outputs) == 2 and network.n_outputs == 1):
        units[-1] = _named(outputs[: network.n_outputs], "unit")
    return RowWords(title, raw, _named(input_names(columns_of(network, data.columns)), "input"), units)


def _named(names: Sequence[str], noun: str) -> Sequence[str]:
    """The names; of columns without names, which are called by their numbers, `input 1` and so on."""
    return [f"{noun} {k}" for k in range(1, len(names) + 1)] if all(map(str.isdigit, names)) else names


def _place_in_file(data: Dataset, place: int) -> str:
    """`: row 2 of no.txt` where there are several files."""
    if len(data.sources) < 2 or sum(source.n_samples for source in data.sources) != data.n_samples:
        return ""
    for source in data.sources:
        if place < source.n_samples:
            return f": row {place + 1} of {source.name}"
        place -= source.n_samples
    return ""


def _answer(data: Dataset, place: int) -> str:
    """`, class no` or `, price 3.5`; of a sample with an answer for each row, the classes or how many answers there are."""
    samples = np.arange(place, place + 1)
    if data.targets is None:
        names = [data.classes[int(k)] if k >= 0 else "?" for k in data.labels_of(samples)] if data.classes else []
        return f", class{'es' * (len(names) > 1)} {_cut(names)}" if names else ""
    answers = data.targets_of(samples).tolist()
    if len(answers) > 1:
        return f", {count_of(len(answers), 'answer')}"
    names = list(_named(data.names_of_targets, "target"))
    return ", " + _cut([f"{name} {value:.6g}" for name, value in zip(names, answers[0], strict=True)])


def _cut(words: Sequence[str]) -> str:
    return ", ".join(words[:8]) + (", ..." if len(words) > 8 else "")
