"""Layers of options: command line > variable > config file > network file > default; the strongest that names an option wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from anncli.errors import ValueFault, asking
from anncli.options.table import TrainingOptions, read_option
from anncli.training.names import ANN1DN_DEFAULTS, DEFAULT_TRAINER, TRAINER_NAMES


class Given(NamedTuple):
    """A value that somebody gave for an option, and where, for messages."""

    value: Any
    place: str


Layer = Mapping[str, Given]


def read_layer(layer: Layer, read: Callable[[str, Any], Any] = read_option) -> dict[str, Given]:
    """The training options of a layer, checked and converted by `read`.

    Raises: UsageError naming the place of the first invalid value or unknown name.
    """
    checked = {}
    for name, given in layer.items():
        with asking(given.place):
            checked[name] = Given(read(name, given.value), given.place)
    return checked


def resolve_options(layers: Iterable[Layer], dialect: str = "ann") -> TrainingOptions:
    """The strongest layer that names an option wins; then the dialect's defaults, then the general ones.

    Args: layers, strongest first, values as read_layer() gives them; dialect of the network file.
    Raises: ValueFault for an option that the chosen trainer does not have, unless a stronger layer chose the trainer
        (then the weaker layer's option is meant for another trainer and does not apply).
    """
    weak = {name: Given(value, "default") for name, value in (ANN1DN_DEFAULTS if dialect == "ann1dn" else {}).items()}
    every = [*layers, weak]
    trainer, chosen_by = DEFAULT_TRAINER, len(every) - 1
    for strength, layer in enumerate(every):
        if "trainer" in layer:
            trainer, chosen_by = layer["trainer"].value, strength
            break
    info = TRAINER_NAMES[trainer]
    values: dict[str, Any] = {}
    own: dict[str, Any] = dict(info.defaults)
    for strength in reversed(range(len(every))):
        for name, given in every[strength].items():
            if name in info.defaults:
                # The defaults of ann1dn's files belong to their own trainer only.
                if every[strength] is not weak or trainer == weak["trainer"].value:
                    own[name] = given.value
            elif name in TrainingOptions._fields and name != "trainer":
                values[name] = given.value
            elif name != "trainer" and strength <= chosen_by and every[strength] is not weak:
                advice = "its options are " + ", ".join(info.defaults)
                raise ValueFault(f"{given.place}: trainer {trainer} has no {name}", advice)
    if values.get("dividetrain") is not None:
        if values.get("validation"):
            raise ValueFault("--dividetrain trains on all rows", "leave --validation out")
        values["validation"] = 0.0
    return TrainingOptions(trainer=trainer, trainer_options=own, **values)


def training_options(layers: Iterable[Layer], dialect: str) -> TrainingOptions:
    """As resolve_options(), for the command line: raises UsageError."""
    with asking():
        return resolve_options(layers, dialect)
