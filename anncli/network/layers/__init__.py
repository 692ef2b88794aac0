"""Kinds of layers: one file each; network/names.py lists them. Nothing is imported before a network uses it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from anncli.errors import ValueFault, did_you_mean
from anncli.network.names import LAYER_NAMES, LAYER_WORDS

if TYPE_CHECKING:
    from anncli.network.layers.base import LayerKind

# The kind of a layer whose text names none.
DEFAULT_KIND = "dense"


def layer_class(kind: str) -> type[LayerKind]:
    """The class of a kind of layer; raises ValueFault with advice for an unknown kind."""
    if kind not in LAYER_NAMES:
        raise ValueFault(f"unknown kind of layer '{kind}'", did_you_mean(kind, LAYER_NAMES))
    module = import_module(f"anncli.network.layers.{LAYER_NAMES[kind].module}")
    found: type[LayerKind] = module.LAYERS[kind]
    return found


def read_layer(text: str) -> LayerKind:
    """The layer that a short form such as `16 tanh` describes; raises ValueFault for a text that describes none."""
    kinds = (LAYER_WORDS.get(word, word) for word in text.split())
    return layer_class(next((kind for kind in kinds if kind in LAYER_NAMES), DEFAULT_KIND)).read(text)
