"""The network that a command makes where none is named and --inputs says that the data are texts."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.cli.asking.tables import Asked
from anncli.errors import UsageError, asking
from anncli.formats.data.class_texts import number_of_classes
from anncli.network.encoders.symbols import TextDefinition
from anncli.network.encoders.text import OPEN_OUTPUT, text_definition
from anncli.network.encoders.words import WordInputs
from anncli.network.network import Network

# Rare words tell little, and those that come once stand for the words that come in no training text.
_USUAL_WORDS = WordInputs(20_000, 2)
_HIDDEN_UNITS = (16,)
_CLASS_LAYERS = {"words": ("32 embedding", "mean"), "characters": ("64 lstm", "last")}
_NEXT_LAYERS = {"words": ("64 embedding", "128 lstm"), "characters": ("128 lstm",)}


def new_text_network(settings: Asked) -> Network | None:
    """The untrained network for texts, None where nothing says that the data are texts.

    Several files, or a folder, are a class each. The next word or character is predicted where there is one file. Raises: UsageError for
    other forms of --inputs, which the data show, and for options that do not fit.
    """
    if settings.inputs is None:
        return None
    with asking("--inputs"):
        definition = text_definition(settings.inputs)
    if definition is None:
        advice = "leave it out; texts need --inputs words, documents or characters, and ann init takes every form"
        raise UsageError(f"--inputs {settings.inputs}: the data say what a sample is", advice=advice)
    definition = _USUAL_WORDS if definition == WordInputs() else definition
    layers = _layers(settings, definition, number_of_classes(settings.class_files, definition.takes_files))
    with asking():
        return Network.create(definition.text(), layers)


def layers_of_classes(kind: str, n_classes: int, hidden: Sequence[str] = ("16 tanh",)) -> list[str]:
    """The usual layers for texts that have one of so many classes each; hidden: of a kind that makes one row of a text."""
    return [*_CLASS_LAYERS.get(kind, hidden), "1 logistic" if n_classes == 2 else f"{n_classes} softmax"]


def _layers(settings: Asked, definition: TextDefinition, n_classes: int) -> list[str]:
    kind = definition.kind
    if settings.hidden is not None and kind in _CLASS_LAYERS:
        message = f"--hidden is for layers above one row of numbers, and {kind} are read one after the other"
        raise UsageError(message, advice="say the layers with ann init --layers, or read --inputs documents")
    if n_classes < 2:
        if kind not in _NEXT_LAYERS:
            advice = "give a file for each class, or a folder; --inputs words predicts the next word of a text; a table with a column of texts is read without --inputs"
            raise UsageError(f"--inputs {kind} needs classes, and one file is one class", advice=advice)
        return [*_NEXT_LAYERS[kind], OPEN_OUTPUT]
    hidden = _HIDDEN_UNITS if settings.hidden is None else settings.hidden
    return layers_of_classes(kind, n_classes, [f"{units} {settings.activation}" for units in hidden])
