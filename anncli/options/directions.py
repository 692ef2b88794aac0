"""Directions of an error surface, as `ann plot surface --directions` names them."""

from __future__ import annotations

from typing import Any, NamedTuple

from anncli.errors import ValueFault, did_you_mean
from anncli.options.readers import file_list, says, text

#: Of the values without files: name -> what it is.
DIRECTION_NAMES: dict[str, str] = {
    "random": "random directions, each unit as long as its weights",
    "sharpest": "those in which the loss is bent most",
}
_WITH_FILES = {"to": "to:OTHER.nn", "path": "path:run-{epoch}.ckpt"}
WORDS = tuple(DIRECTION_NAMES)


class Directions(NamedTuple):
    """name: 'random', 'sharpest', 'to' or 'path'; files: the network of 'to', the checkpoints of 'path'."""

    name: str
    files: tuple[str, ...] = ()


def directions(value: Any) -> Directions:
    """A reader for random, sharpest, to:OTHER.nn, or path:FILES, separated by commas, with {epoch} or wildcards."""
    word = text(value)
    kind, colon, files = word.partition(":")
    if not colon and (name := next((name for name in DIRECTION_NAMES if says(word, name)), None)):
        return Directions(name)
    name = next((name for name in _WITH_FILES if says(kind.strip(), name)), None)
    if name is None:
        raise ValueFault(f"unknown directions '{word}'", did_you_mean(word, (*DIRECTION_NAMES, *_WITH_FILES.values())))
    if not files:
        raise ValueFault(f"'{word}' names no file", f"write for example {_WITH_FILES[name]}")
    named = file_list(files) if name == "path" else (files,)
    return Directions(name, named)
