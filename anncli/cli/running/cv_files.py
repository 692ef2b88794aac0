"""The files that `ann cv` writes: folds, predictions, and the network of all rows."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.tables import read_request, table_request
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.places import refuse_existing, refuse_needed, refuse_read_files, same_file
from anncli.cli.running.predicting_tables import check_writer, prediction_format
from anncli.cli.running.written_tables import check_target
from anncli.cli.showing.cv_report import summary
from anncli.cli.showing.repeating import asked_for
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError, UsageError, count_of, printable
from anncli.experiments.cross_validation import Validated
from anncli.experiments.splits import Split, draw_folds, splits_of
from anncli.formats.data.fold_files import read_folds, write_folds
from anncli.formats.files.textfile import check_writable
from anncli.formats.networks.endings import refuse_other_ending
from anncli.formats.networks.storage import parse, save
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.operating_point import OperatingPoint

_TARGETS = ("output", "predictions", "folds_file", "ledger")


def _targets(values: Values) -> dict[str, str]:
    """The files by the option that names them."""
    return {f"--{name.replace('_', '-')}": values[name] for name in _TARGETS if values[name] is not None}


def check_files(values: Values, words: Words) -> None:
    """Raises UsageError, before any data file is read, for a file that must not be written, and AnnError for one that cannot."""
    if "validation" in values.given and isinstance(values["validation"], tuple):
        message = "--validation FILES is not for cv, which takes validation rows from the training rows of each fold"
        raise UsageError(message, advice="give a fraction: --validation 0.2")
    targets, sources = _targets(values), [*words.data, *filter(None, [words.network])]
    for option, target in targets.items():
        if target == "-":
            raise UsageError(f"{option} cannot be '-': stdout has the report", advice="name a file")
        if option == "--folds-file" and (os.path.isdir(target) or _is_device(target)):
            raise UsageError(f"--folds-file {printable(target)} is no file", advice="name a file")
        refuse_needed(option, target, sources)
    for (_, one), (option, other) in combinations(targets.items(), 2):
        if same_file(one, other) and not _is_null(other):
            raise UsageError(f"{option} {printable(other)} is named twice", advice="give another name")
    predictions, output = values["predictions"], values["output"]
    if predictions is not None:
        name = prediction_format(predictions, values["to"])
        check_target(predictions, name, sources, values["force"], "--predictions")
        check_writer(name)
    elif given := [name for name in ("with", "to") if name in values.on_command_line]:
        raise UsageError(f"--{given[0]} needs --predictions", advice="name the file with --predictions FILE")
    if output is not None:
        refuse_other_ending(output)
        refuse_existing("--output", output, values["force"])
    for option, target in targets.items():
        if option != "--ledger" and not (option == "--folds-file" and os.path.exists(target)):
            check_writable(target)


def _is_device(target: str) -> bool:
    """Whether it could be read without end."""
    return os.path.exists(target) and stat.S_ISCHR(os.stat(target).st_mode)


def _is_null(target: str) -> bool:
    return os.path.exists(target) and os.path.samefile(target, os.devnull)


def refuse_files_read(values: Values) -> None:
    """Raises UsageError for a file to write that was read under another name; to be asked when the data are read."""
    refuse_read_files(_targets(values))


def splits_of_command(values: Values, data: Dataset, seed: int) -> list[Split]:
    """The splits of the folds in a file that exists, or of drawn ones, which a file that does not exist then holds.

    Raises: DataError for a file that does not fit the data, UsageError for folds that the rows cannot fill.
    """
    path = values["folds_file"]
    if path is None or not os.path.exists(path):
        folds = draw_folds(data, values["folds"], values["repeats"], seed)
        splits = splits_of(data, folds)
        if path is not None:
            write_folds(path, folds)
        return splits
    folds = _read_folds(values, path, data)
    try:
        return splits_of(data, folds)
    except UsageError as fault:
        raise DataError(fault.message, path=printable(path), advice=fault.advice) from None


def _read_folds(values: Values, path: str, data: Dataset) -> Array:
    wanted = np.ones(data.n_samples, dtype=bool) if data.weights is None else data.weights > 0
    read = read_folds(path, wanted)
    for name, found in (("folds", int(read.max())), ("repeats", len(read))):
        if name in values.on_command_line and values[name] != found:
            message = f"--{name} {values[name]}: {printable(path)} has {count_of(found, name[:-1])}"
            raise UsageError(message, advice=f"leave --{name} out, or name another file")
    return read


def with_point(network: bytes, point: OperatingPoint | None, path: str) -> Network:
    """The network in the bytes of a file, with the threshold and the calibration that out-of-fold scores gave; path: for
    messages."""
    made = parse(network, path)
    if point is None:
        return made
    return replace(made, **point.fields, record={**made.record, **point.record()})


def write_final_network(
    values: Values, words: Words, options: TrainingOptions, made: Network, found: Validated
) -> None:
    """Write the network of all rows, with a record of the cross-validation; made: as its training gave it."""
    path = values["output"]
    if made.encoder is not None:
        made.record["asked"] = asked_for(words.epochs, options, table_request(values), read_request(values))
    made.record["cross_validation"] = _record(found, values["confidence"])
    save(made, path)
    values.console.note(
        f"{printable(path)}: the network of all rows; its record tells what {len(found.splits)} trainings let expect of it"
    )


def _record(found: Validated, confidence: float) -> dict[str, Any]:
    """Numbers of folds and repeats, and the device; of each metric the mean over folds and its interval, in six digits."""
    last = found.splits[-1]
    metrics = {
        name: {end: None if value[end] is None else float(f"{value[end]:.6g}") for end in ("mean", "low", "high")}
        for name, value in summary(found, confidence).items()
    }
    device = {"device": found.device} if found.device else {}
    return {"folds": last.fold, "repeats": last.repeat, **device, "confidence": confidence, "metrics": metrics}
