"""The options of a training of word vectors, which are few: its rule is its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from anncli.cli.asking.settings import TrainSettings
from anncli.errors import UsageError
from anncli.network.layers.base import LayerKind
from anncli.network.layers.word_prediction import WordPrediction
from anncli.options.layers import Given
from anncli.options.wording import long_name
from anncli.training.word_vectors import EPOCHS, default_rate

_OWN = ("trainer", "learning_rate", "seed")
# What other options would need, and the words for it.
_REFUSED: dict[str, str] = {
    **dict.fromkeys(("validation", "test", "patience", "metric", "keep", "refit", "goal", "stop"), "vectors learn from the whole text; compare them with ann words --analogies and --pairs"),
    **dict.fromkeys(("restarts", "ensemble"), "train with another --seed, into another file"),
    "init": "the vectors begin with their own small random numbers",
    "loss": "the layer says it: `skip-gram`, or `skip-gram hierarchical`",
    "batch_size": "every word takes a step of its own",
}  # fmt: skip


class WordOptions(NamedTuple):
    """What decides a training besides network and text; rate: the learning rate of the first word."""

    layer: WordPrediction
    epochs: int
    rate: float
    seed: int


def word_options(settings: TrainSettings, in_file: Mapping[str, Given], layer: LayerKind) -> WordOptions:
    """The options of the command line, variables, config file and network file; raises UsageError for one that has no meaning here.

    Variables and config files serve many networks, so that only the command line and the network file are refused.
    """
    assert isinstance(layer, WordPrediction)
    command_line, *others = settings.layers
    for name, given in [*in_file.items(), *command_line.items()]:
        if name not in _OWN:
            raise _no_meaning(name, given.place, layer)
    found: dict[str, Given] = {}
    for own in reversed([command_line, *others, in_file]):
        found |= {name: given for name, given in own.items() if name in _OWN}
    trainer = found.get("trainer")
    if trainer is not None and trainer.value != "online" and trainer.place in [g.place for g in (*command_line.values(), *in_file.values())]:  # fmt: skip
        message = (
            f"{trainer.place}: trainer {trainer.value} cannot train `{layer.kind}`, which takes a step after every word"
        )
        raise UsageError(message, advice="leave it out, or say --trainer online")
    _refuse_others(settings, layer)
    rate = found["learning_rate"].value if "learning_rate" in found else None
    seed = found["seed"].value if "seed" in found else 0
    return WordOptions(layer, settings.epochs if settings.says_epochs else EPOCHS, default_rate(layer) if rate is None else rate, seed)  # fmt: skip


def _refuse_others(settings: TrainSettings, layer: WordPrediction) -> None:
    """Raises UsageError for options that are not of the training itself."""
    given = {
        "require": bool(settings.require), "baselines": settings.baselines, "confidence": settings.confidence is not None,
        "prevalence": settings.prevalence is not None,
        "dialect": settings.dialect not in (None, "ann"),
    }  # fmt: skip
    for name, is_given in given.items():
        if is_given:
            raise _no_meaning(name, long_name(name), layer)


def _no_meaning(name: str, place: str, layer: WordPrediction) -> UsageError:
    message = f"{place} has no meaning for `{layer.kind}`"
    return UsageError(message, advice=_REFUSED.get(name, "leave it out; its options are --learning-rate and --seed"))
