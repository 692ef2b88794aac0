"""`ann import` at work: a network of another program is read, told, compared with what its file records, and written."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from anncli.analysis.recorded import Compared, compare_recorded, self_test_rows
from anncli.cli.asking.values import Values
from anncli.cli.running.inspecting import summary
from anncli.cli.running.places import refuse_both_on_stdout, refuse_existing, refuse_needed, refuse_read_files
from anncli.cli.showing.console import print_json
from anncli.cli.showing.import_report import import_lines, proof_line
from anncli.cli.showing.remarks import show_network_remarks
from anncli.errors import NetworkError, UsageError, printable
from anncli.formats.files.output import shown_output
from anncli.formats.files.textfile import STDOUT, check_writable, shown_name
from anncli.formats.networks.chain import NAMES_ADVICE, TASK_ADVICE
from anncli.formats.networks.endings import refuse_other_ending
from anncli.formats.networks.storage import read_foreign, save
from anncli.inference.predict import predict
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network, SelfTest
from anncli.network.target_scaling import TargetScaling
from anncli.options.wording import long_name


def run_import(values: Values, source: str) -> None:
    """Write the network; raises UsageError for a place that is taken, NetworkError for what cannot be represented and where
    recorded outputs do not come out."""
    target = _target(values, source)
    network = read_foreign(source, values["from"])
    refuse_read_files({"--output": target})
    _take_names(network, values)
    compared = compare_recorded(network)
    show_network_remarks(values.console, network, is_import=True)
    _tell(values, source, target, network, compared)
    _refuse_differences(values, source, compared)
    _add_self_test(network)
    save(network, target)
    if not values["json"]:
        values.console.note(f"{shown_output(target)}: written")


def _target(values: Values, source: str) -> str:
    target = values["output"]
    if target is None:
        advice = f"for example: ann import {source} -o network.nn"
        raise UsageError("say where to write the network with --output", advice=advice)
    refuse_both_on_stdout(target, values["json"])
    if target != "-":
        refuse_needed("--output", target, [source])
        refuse_other_ending(target)
        refuse_existing("--output", target, values["force"])
        check_writable(target)
    return str(target)


def _take_names(network: Network, values: Values) -> None:
    """What the user says in place of the file; raises UsageError for names that do not fit."""
    task = values["task"]
    if task is not None and task != (network.task or "classification"):
        _change_task(network, task)
    for option, field, count, noun in (
        ("column_names", "columns", network.n_inputs, "inputs"),
        ("class_names", "classes", network.n_classes, "classes"),
        ("target_names", "target_names", network.n_targets, "predicted numbers"),
    ):
        names = values[option]
        if not names:
            continue
        long = long_name(option)
        if option == "column_names" and network.encoder is not None:
            raise UsageError(f"{long}: the file names the columns of its table", advice="leave it out")
        if len(names) != count or len(set(names)) != len(names):
            given = f"{len(names)} names" if len(names) != count else "a name twice"
            raise UsageError(
                f"{long}: this network has {count} {noun}, found {given}", advice=f"give {count} different names"
            )
        setattr(network, field, names)
    said = [advice for option, advice in (("task", TASK_ADVICE), ("class_names", NAMES_ADVICE)) if values[option]]
    left = tuple(text for text in network.source.remarks if not text.endswith(tuple(said)))
    network.source = network.source._replace(remarks=left)


def _change_task(network: Network, task: str) -> None:
    """Take the outputs as numbers, or as scores of classes."""
    if task == "regression":
        network.task, network.classes, network.targets, network.threshold = "regression", (), None, None
        return
    if network.target_scaling.offset is not None:
        raise UsageError("--task classification: the outputs are numbers in units of the data", advice="leave it out")
    info = ACTIVATION_NAMES[network.topology.output_activation]
    network.task, network.target_names, network.target_scaling = None, (), TargetScaling()
    bounded = np.isfinite([info.highest, info.lowest]).all()
    network.targets = (info.highest, info.lowest) if bounded else (1.0, 0.0)
    if network.n_outputs == 1 and not bounded:
        # The score of a linear unit in place of a probability: a logit, 0 in the middle.
        network.threshold = 0.0


def _tell(values: Values, source: str, target: str, network: Network, compared: list[Compared]) -> None:
    if values["json"]:
        document: dict[str, Any] = {"input": shown_name(source), "output": printable(target)}
        document |= {"format": network.source.origin or network.source.dialect, "network": summary(network)}
        document |= {"remarks": list(network.source.remarks), "recorded": [one._asdict() for one in compared]}
        print_json({"command": "import", **document})
        return
    for line in import_lines(shown_name(source), network, compared):
        if target in STDOUT:
            values.console.note(line)
        else:
            click.echo(line)


def _refuse_differences(values: Values, source: str, compared: list[Compared]) -> None:
    """Raises NetworkError where outputs do not come out that the file says the network computed; warns where that is not certain."""
    for one in compared:
        if one.passed:
            continue
        if one.is_certain:
            advice = "the network is not written; its file is damaged, or means something that ann does not know"
            raise NetworkError(
                f"recorded outputs do not come out: {proof_line(one)}", path=shown_name(source), advice=advice
            )
        values.console.warn(f"{shown_name(source)}: {proof_line(one)}; the rows may have been scaled before")


def _add_self_test(network: Network) -> None:
    """Store rows and what comes out for them here, which `ann info --verify` recomputes."""
    # Vectors of words give no outputs.
    if network.is_trained and network.text_use != "vectors":
        rows = self_test_rows(network)
        network.self_test = SelfTest(rows, predict(network, rows, calibrated=False))
        if not np.isfinite(network.self_test.outputs).all():
            network.self_test = None
