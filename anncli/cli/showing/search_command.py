"""The `ann train` command line that makes the network which a search has kept."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from anncli.cli.showing.repeating import option_words
from anncli.experiments.search_space import Trial
from anncli.network.network import Network
from anncli.options.readers import flag
from anncli.options.table import OPTIONS


def train_command(
    network: list[str], data: tuple[str, ...], asked: Mapping[str, Any], trial: Trial, output: str | None
) -> str:
    """The command line.

    Args: network: the words that name it, [] for a new one; asked: EPOCHS and what differs from the defaults, see
        repeating.asked_for(); trial: its options stand as they were drawn, also where that is the default of `ann train`, because a
        network file may say otherwise.
    """
    rest = {**asked, **{name: _value(name, text) for name, text in trial.items()}}
    words = ["ann", "train", *network, *data, str(rest.pop("epochs"))]
    for name, value in rest.items():
        words += option_words(name, value)
    return shlex.join([*words, *([] if output is None else ["-o", output])])


def _value(name: str, text: str) -> Any:
    """The text of a value; of a switch whether it is on."""
    return flag(text) if name in OPTIONS and OPTIONS[name].kind == "switch" else text


def layer_options(network: Network) -> dict[str, str]:
    """--hidden and, where it is not the default, --activation as a new network of dense layers has them."""
    hidden = network.layers[:-1]
    found = {"hidden": ",".join(layer.text().split()[0] for layer in hidden) or "0"}
    if hidden and hidden[0].text().split()[1] != OPTIONS["activation"].default:
        found["activation"] = hidden[0].text().split()[1]
    return found
