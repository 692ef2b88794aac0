"""What `ann plot surface` asks for: options, the other network and the checkpoints, all checked before data are read."""

from __future__ import annotations

import glob
import os

from anncli.analysis.curvature_data import MOST_ROWS
from anncli.analysis.curved_loss import kinks, refusal
from anncli.analysis.network_loss import problem_of
from anncli.analysis.run_path import read_run
from anncli.analysis.slices import why_no_segment
from anncli.analysis.surface import SurfaceRequest
from anncli.cli.asking.network_options import require_trained
from anncli.cli.asking.values import Values
from anncli.errors import NetworkError, UsageError, printable
from anncli.formats.files.checkpoint import EPOCH, is_checkpoint_name
from anncli.formats.networks.storage import load
from anncli.network.network import Network
from anncli.options.directions import Directions
from anncli.options.wording import long_name

_OPTIONS = ("directions", "dimensions", "points", "range", "rows")


def check_surface_options(values: Values, what: str) -> None:
    """Raises UsageError for options of a surface with another figure, and for two dimensions between two networks."""
    if what != "surface":
        for name in _OPTIONS:
            if name in values.on_command_line and (name, what) != ("rows", "spectrum"):
                raise UsageError(f"{long_name(name)} is not for plot {what}", advice="use it with plot surface")
        return
    if values["directions"].name == "to" and values["dimensions"] == 2:
        raise UsageError("there is one line to another network", advice="leave --dimensions 2 out")


def surface_request(values: Values, network: Network) -> SurfaceRequest:
    """What is asked for; raises NetworkError and UsageError for files of --directions that do not fit the network."""
    asked: Directions = values["directions"]
    request = SurfaceRequest(
        asked.name, values["dimensions"], values["points"], values["range"], values["rows"] or MOST_ROWS
    )
    if asked.name == "to":
        return request._replace(other=_other(asked.files[0], network))
    if asked.name == "sharpest":
        _check_curved(values, network)
    if asked.name == "path":
        return request._replace(path=read_run([path for word in asked.files for path in _checkpoints(word)], network))
    return request


def _check_curved(values: Values, network: Network) -> None:
    """Raises UsageError for a loss without second derivatives, and warns of layers where they jump."""
    if reason := refusal(problem_of(network).loss):
        raise UsageError(f"there are no sharpest directions: {reason}", advice="leave --directions out")
    if names := kinks(network.topology):
        text = f"{names}, where the loss has no second derivatives"
        values.console.warn(f"{text}: the sharpest directions are rough")


def _other(path: str, network: Network) -> Network:
    other = load(path)
    require_trained(other, path)
    if reason := why_no_segment(network, other):
        raise UsageError(
            f"--directions to:{printable(path)}: it {reason}", advice="name a network of the same definition and data"
        )
    if other.members:
        message = f"--directions to:{printable(path)}: it is an ensemble of {len(other.members)}"
        raise UsageError(message, advice="train one without --ensemble")
    return other


def _checkpoints(word: str) -> list[str]:
    """The files that a word of path: names; raises NetworkError where there are none."""
    if EPOCH in word:
        found = glob.glob("*".join(map(glob.escape, word.split(EPOCH))))
        found = [name for name in found if is_checkpoint_name(word, name)]
    elif glob.has_magic(word) and not os.path.exists(word):
        found = glob.glob(word)
    else:
        return [word]
    if not found:
        advice = f"train with --checkpoint '{word if EPOCH in word else 'run-{epoch}.ckpt'}'"
        raise NetworkError("no such checkpoints", path=printable(word), advice=advice)
    return sorted(found)
