"""The definition that `ann init` makes of a network for texts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from anncli.cli.asking.tables import asked_data
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.new_text_network import layers_of_classes
from anncli.errors import UsageError, asking
from anncli.formats.data.class_texts import number_of_classes
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.texts import read_text_sets
from anncli.formats.networks.ann_vectors import sized, with_sources
from anncli.network.encoders.settings import DefinitionFault
from anncli.network.encoders.symbols import TextDefinition
from anncli.network.encoders.text import OPEN_OUTPUT, is_open_output, text_definition
from anncli.network.network import Network

# The symbols of a network whose layers alone say that its samples are texts.
_USUAL_KIND = "characters"
_DEFAULT_LAYERS = ("128 lstm", OPEN_OUTPUT)


def definition_of_texts(values: Values, words: Words, remarks: Remarks) -> Network | None:
    """The untrained network for texts, None where nothing says that the samples are texts: --inputs, or an output layer that stands for
    as many outputs as there are symbols. DATA are read, so that a file that is no text is found now.

    Raises: UsageError, DataError for layers, options and files that do not fit.
    """
    folder = "" if words.network in (None, "-") else os.path.dirname(str(words.network))
    layers = [sized(layer, folder) for layer in values["layers"] or ()]
    with asking("--inputs"):
        definition = text_definition(values["inputs"])
    if definition is None and not (layers and is_open_output(layers[-1]) and not values["inputs"]):
        return None
    dense = [name for name in ("hidden", "activation", "outputs", "output_activation") if name in values.given]
    if dense:
        option = "--" + dense[0].replace("_", "-")
        raise UsageError(
            f"{option} makes layers that read one row of numbers", advice="say for example --layers '128 lstm, softmax'"
        )
    if values["dialect"] not in (None, "ann"):
        raise UsageError(f"--dialect {values['dialect']} has no place for texts", advice="leave it out")
    with asking("--layers" if layers else ""):
        network = _created(values["inputs"] or _USUAL_KIND, layers or _usual_layers(definition, words))
    network = with_sources(network, words.network or "")
    if words.data:
        asked = asked_data(values, words)
        read_text_sets({"training": words.data}, network, asked.request, asked.read, remarks)
    return network


def _usual_layers(definition: TextDefinition | None, words: Words) -> Sequence[str]:
    if definition is None or definition.kind != "documents":
        return _DEFAULT_LAYERS
    return layers_of_classes(definition.kind, number_of_classes(words.data, True) if words.data else 2)


def _created(inputs: str, layers: Sequence[Any]) -> Network:
    try:
        return Network.create(inputs, layers)
    except DefinitionFault as fault:
        raise UsageError(f"--inputs: {fault.message}", advice=fault.advice) from None
