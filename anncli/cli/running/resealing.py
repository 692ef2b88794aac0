"""`ann info --reseal` at work: a network file that was changed by hand gets a checksum that fits."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from anncli.cli.asking.values import Values
from anncli.cli.running.replacing import check_backup, keep_old
from anncli.cli.showing.console import print_json
from anncli.errors import NetworkError, UsageError, count_of, printable
from anncli.formats.files.textfile import check_writable, replace_file
from anncli.formats.networks.ann_seal import sealed_again, unsealed
from anncli.formats.networks.registry import name_of_format
from anncli.formats.networks.storage import read_source
from anncli.inference.predict import predict
from anncli.network.network import Network


def reseal(values: Values, path: str) -> None:
    """Write the new checksum and say what was done; a file whose checksum fits stays as it is.

    Raises: UsageError for a file that has no checksum, and for stdin; NetworkError for a file with another fault.
    """
    for name in ("verify", "weights"):
        if values[name]:
            raise UsageError(f"--reseal and --{name} cannot be said together", advice="run one after the other")
    if path == "-":
        raise UsageError("--reseal writes to the file that is read", advice="name a file")
    data = read_source(path)
    if (found := name_of_format(data)) != "ann":
        raise UsageError(
            f"{printable(path)}: files of the format {found} have no checksum", advice="there is nothing to do"
        )
    network, is_sealed = unsealed(data, path)
    if not network.is_trained:
        raise UsageError(f"{printable(path)} has no weights and no checksum", advice="there is nothing to do")
    done = {"changed": False} if is_sealed else _write(data, network, path)
    if values["json"]:
        print_json({"command": "info", "network": printable(path), "reseal": done})
        return
    for line in _lines(printable(path), done):
        click.echo(line)


def _write(data: bytes, network: Network, path: str) -> dict[str, Any]:
    """Replace the file; returns what was done, for a document."""
    outputs, done = None, None
    if (test := network.self_test) is not None and len(test.inputs):
        outputs = predict(network, test.inputs, calibrated=False)
        if not np.isfinite(outputs).all():
            message = "with these weights an output of the self-test is not a finite number"
            raise NetworkError(message, path=path, advice="undo the change")
        done = {"vectors": len(outputs), "largest_change": float(np.abs(outputs - test.outputs).max())}
    kept_as = f"{path}~"
    new = sealed_again(data, path, network, outputs)
    check_backup(kept_as, [path])
    for place in (path, kept_as):
        check_writable(place)
    keep_old(kept_as, data, path)
    replace_file(path, new)
    return {
        "changed": True,
        "kept_as": printable(kept_as),
        "self_test": done,
        "dropped": ["curve"] if network.curve is not None else [],
        "row_digests": network.row_digests is not None,
    }


def _lines(path: str, done: dict[str, Any]) -> list[str]:
    """What was done, in words."""
    if not done["changed"]:
        return [f"{path}: the checksum fits; nothing was changed"]
    lines = [f"{path}: sealed with a new checksum; the file as it was is kept as {done['kept_as']}"]
    if (test := done["self_test"]) is not None:
        rows = count_of(test["vectors"], "row")
        lines.append(f"self-test: new outputs for {rows}; the largest change is {test['largest_change']:.3g}")
    if done["dropped"]:
        lines.append("loss curve: left out, because it was that of the weights before")
    lines.append(
        "record: it tells of the training before the change, and says so; ann train asks for --continue or --init auto"
    )
    if done["row_digests"]:
        lines.append("row digests: kept; rows that trained the network still count as seen")
    return lines
