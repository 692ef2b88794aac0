"""Kinds of layers: one file each; network/names.py lists them. Nothing is imported before a network uses it."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

from anncli.errors import ValueFault, did_you_mean, known_name, nearest, quoted
from anncli.network.names import ACTIVATION_ALIASES, ACTIVATION_NAMES, LAYER_NAMES, LAYER_WORDS, LAYERS_ELSEWHERE

if TYPE_CHECKING:
    from anncli.network.layers.base import LayerKind

# The kind of a layer whose text names none.
DEFAULT_KIND = "dense"

# The size of a layer of vectors begins its text.
_VECTORS = re.compile(r"\s*\d+\s*x\s*\d", re.ASCII)


def layer_class(kind: str) -> type[LayerKind]:
    """The class of a kind of layer; raises ValueFault with advice for an unknown kind."""
    known = known_name(kind, LAYER_NAMES)
    if known is None:
        raise ValueFault(f"unknown kind of layer '{kind}'", did_you_mean(kind, LAYER_NAMES))
    module = import_module(f"anncli.network.layers.{LAYER_NAMES[known].module}")
    found: type[LayerKind] = module.LAYERS[known]
    return found


def read_layer(text: str) -> LayerKind:
    """The layer that a short form such as `16 tanh` describes; raises ValueFault for a text that describes none."""
    words = text.split()
    if _VECTORS.match(text):
        return layer_class("bilinear").read(text)
    for place, word in enumerate(words):
        if kind := LAYER_WORDS.get(word):
            return layer_class(kind).read(text)
        if kind := known_name(word, LAYER_NAMES):
            return layer_class(kind).read(" ".join([*words[:place], kind, *words[place + 1 :]]))
    _refuse_misspelt_kind(words)
    return layer_class(DEFAULT_KIND).read(text)


def _refuse_misspelt_kind(words: list[str]) -> None:
    """Raises ValueFault for a word that stands where the kind of a layer does, or is nearly one."""
    for place, word in enumerate(words):
        here = LAYERS_ELSEWHERE.get(word.lower().replace("_", "-"))
        if here is not None:
            raise ValueFault(f"unknown kind of layer {quoted(word)}", f"write `{here}`")
        stands_there = place == 2 and words[0].isdigit()
        may_stand_there = place == 0 or (place == 1 and not known_name(word, (*ACTIVATION_NAMES, *ACTIVATION_ALIASES)))
        if word[:1].isalpha() and (stands_there or (may_stand_there and nearest(word, LAYER_NAMES))):
            raise ValueFault(f"unknown kind of layer {quoted(word)}", did_you_mean(word, LAYER_NAMES))
