"""Layers of options: the first place that names an option wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from anncli.errors import UsageError
from anncli.options.table import TrainingOptions, read_option
from anncli.training.names import ANN1DN_DEFAULTS, DEFAULT_TRAINER, TRAINER_NAMES


class Given(NamedTuple):
    """A value somebody gave for an option, and where, for messages."""

    value: Any
    place: str


def resolve_options(layers: list[Mapping[str, Given]], dialect: str = "ann") -> TrainingOptions:
    """The first layer that names an option wins; then the dialect's defaults, then the general ones.

    Args: layers, strongest first, values already read by read_option; dialect of the network file.
    Raises: ValueError when an option is given that the chosen trainer does not have, unless a stronger layer
        chose the trainer (then the weaker layer's option is meant for another trainer and does not apply).
    """
    weak = {name: Given(value, "default") for name, value in (ANN1DN_DEFAULTS if dialect == "ann1dn" else {}).items()}
    trainer, chosen_by = DEFAULT_TRAINER, len(layers)
    for strength, layer in enumerate([*layers, weak]):
        if "trainer" in layer:
            trainer, chosen_by = layer["trainer"].value, strength
            break
    info = TRAINER_NAMES[trainer]
    values: dict[str, Any] = {}
    own: dict[str, Any] = dict(info.defaults)
    every = [*layers, weak]
    for strength in reversed(range(len(every))):
        for name, given in every[strength].items():
            if name in info.defaults:
                # The old dialect's own defaults belong to its own trainer.
                if every[strength] is not weak or trainer == weak["trainer"].value:
                    own[name] = given.value
            elif name in TrainingOptions._fields and name != "trainer":
                values[name] = given.value
            elif name != "trainer" and strength <= chosen_by and every[strength] is not weak:
                has = ", ".join(info.defaults)
                raise ValueError(f"{given.place}: trainer {trainer} has no {name}; its options are {has}")
    if values.get("dividetrain") is not None:
        if values.get("validation"):
            raise ValueError("--dividetrain trains on every vector; leave --validation out")
        values["validation"] = 0.0
    return TrainingOptions(trainer=trainer, trainer_options=own, **values)


def training_options(layers: Iterable[Mapping[str, Given]], dialect: str) -> TrainingOptions:
    """One frozen set from the layers, strongest first, with values still as they were written.

    Raises: UsageError naming the place (option, variable, file:line) of the first value that cannot be.
    """
    checked = [{name: Given(_read(name, given), given.place) for name, given in layer.items()} for layer in layers]
    try:
        return resolve_options([*checked], dialect)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _read(name: str, given: Given) -> Any:
    try:
        return read_option(name, given.value)
    except ValueError as error:
        raise UsageError(f"{given.place}: {error}") from None
