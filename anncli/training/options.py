"""Training options: every knob of a training run with its default, check and help text, and the frozen set of them (no numpy)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from anncli.errors import did_you_mean
from anncli.network.names import INITIALIZATION_NAMES, LOSS_NAMES
from anncli.training.averaging import parse_average
from anncli.training.names import (
    ANN1DN_DEFAULTS,
    DEFAULT_TRAINER,
    TRAINER_NAMES,
    canonical_trainer,
)
from anncli.training.schedules import SCHEDULE_NAMES, parse_schedule
from anncli.training.stopping import parse_stop

SCALING_NAMES: dict[str, str] = {
    "auto": "zscore for a new network, keep for a trained one",
    "keep": "what the network file says",
    "none": "inputs as they are",
    "minmax": "each input to 0..1",
    "zscore": "each input to mean 0, standard deviation 1",
    "robust": "each input to median 0, interquartile range 1",
    "sigmoidal": "zscore through the logistic function",
    "energy": "each vector divided by its Euclidean norm",
    "vector-minmax": "each vector stretched to 0.1..0.9",
}

METRIC_NAMES: dict[str, str] = {
    "loss": "the training loss on the validation part (lower is better)",
    "mse": "one over the mean squared error against the targets; ann1dn's metric 0",
    "accuracy": "share of right answers; ann1dn's metric 1",
    "gm-se-sp": "(SE SP)^(1/2); metric 2",
    "gm-se-ppv": "(SE PPV)^(1/2); metric 3",
    "gm-se-sp-acc": "(SE SP ACC)^(1/3); metric 4",
    "gm-all": "(SE SP PPV NPV ACC)^(1/5); metric 5",
    "f1": "F-measure, b = 1; metric 6",
    "f1.5": "F-measure, b = 1.5; metric 7",
    "f3": "F-measure, b = 3; metric 8",
}


REFIT_NAMES: dict[str, str] = {
    "auto": "where validation is a share, the weights are new and there are at most 10,000 vectors",
    "yes": "always",
    "no": "never",
}


# Of 32-bit floats, the working precision.
_LARGEST = 3.4e38


class Option(NamedTuple):
    """One option: read(value) checks and converts a value from the command line, a variable, YAML or Python,
    raising ValueError that says what it must be; default as the person reads it in help."""

    read: Callable[[Any], Any]
    default: Any
    metavar: str
    help: str


def _number(value: Any, what: str, example: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"must be {what}, found {value!r}; write for example {example}")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"must be {what}, found '{value}'; write for example {example}")
    return number


def number(low: float = -math.inf, high: float = math.inf, *, open_low: bool = False, open_high: bool = False, example: str) -> Callable[[Any], float]:  # fmt: skip
    """A reader for finite numbers within bounds."""
    bounds = []
    if low > -math.inf:
        bounds.append(f"above {low:g}" if open_low else f"at least {low:g}")
    if high < math.inf:
        bounds.append(f"below {high:g}" if open_high else f"at most {high:g}")
    what = " ".join(["a number", " and ".join(bounds)]).strip()

    def read(value: Any) -> float:
        x = _number(value, what, example)
        if x < low or x > high or (open_low and x == low) or (open_high and x == high):
            raise ValueError(f"must be {what}, found '{value}'; write for example {example}")
        return x

    return read


def integer(low: int, high: int = 2**31 - 1, *, example: str) -> Callable[[Any], int]:
    """A reader for whole numbers from `low` to `high`, by default what counts of rows, epochs and steps can be."""
    what = f"a whole number, at least {low}"

    def read(value: Any) -> int:
        # A long one would lose its last digits on the way through a float.
        exact = re.fullmatch(r"\s*[+-]?[0-9]{1,400}\s*", str(value), re.ASCII)
        x = int(str(value)) if exact else _number(value, what, example)
        if x != int(x) or x < low:
            raise ValueError(f"must be {what}, found '{value}'; write for example {example}")
        if x > high:
            raise ValueError(f"must be at most {high}, found '{value}'; write for example {example}")
        return int(x)

    return read


def choice(names: Mapping[str, Any]) -> Callable[[Any], str]:
    """A reader for one of the known names."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"'{value}' is not known here; {did_you_mean(str(value), names)}")
        return value

    return read


def flag(value: Any) -> bool:
    """A reader for yes or no."""
    if isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if str(value).lower() not in words:
        raise ValueError(f"must be true or false, found '{value}'")
    return words[str(value).lower()]


def pair(value: Any) -> tuple[float, float]:
    """A reader for two different numbers, high first: '0.9,0.1' or [0.9, 0.1]."""
    items = value.split(",") if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else [value]
    if len(items) != 2:
        raise ValueError(f"must be two numbers, found '{value}'; write for example 0.9,0.1")
    high, low = (_number(item, "two numbers", "0.9,0.1") for item in items)
    if not high > low:
        raise ValueError(f"must name the higher value first, found '{value}'; write for example 0.9,0.1")
    return high, low


def or_auto(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader that also takes 'auto', which becomes None: the run decides by the data."""

    def read_or_auto(value: Any) -> Any:
        return None if value is None or value == "auto" else read(value)

    return read_or_auto


def class_weights(value: Any) -> str | tuple[float, ...] | None:
    """A reader for none, balanced, or one positive number per class."""
    if value in (None, "none"):
        return None
    if value == "balanced":
        return "balanced"
    items = value.split(",") if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else [value]
    what = "'none', 'balanced' or a number above 0 per class"
    numbers = tuple(_number(item, what, "balanced or 2,1") for item in items)
    if any(x <= 0 for x in numbers) or len(numbers) < 2:
        raise ValueError(f"must be {what}, found '{value}'; write for example balanced or 2,1")
    return numbers


def part(value: Any) -> float | tuple[str, ...]:
    """A reader for a held-out part: a share of the rows (0..0.9) or the files that hold it, one per class."""
    items = [value] if isinstance(value, (str, int, float)) else list(value)
    words = [str(word) for item in items for word in (item.split(",") if isinstance(item, str) else [item])]
    if len(words) == 1:
        try:
            share = float(words[0])
        except ValueError:
            return (words[0],)
        if not 0 <= share <= 0.9:
            raise ValueError(f"must be a share from 0 to 0.9 or files, found '{words[0]}'; write for example 0.2")
        return share
    if not all(words) or not all(isinstance(item, str) for item in items):
        raise ValueError(f"must be a share from 0 to 0.9 or files, one per class, found '{','.join(words)}'")
    return tuple(words)


def _threshold(value: Any) -> float:
    """A reader for a number that scores can be compared with."""
    x = _number(value, "a number", "0.5")
    if abs(x) > _LARGEST:
        raise ValueError(f"'{value}' is too large for a 32-bit number; write for example 0.5")
    return x


def _validation(value: Any) -> float | tuple[str, ...] | None:
    """A reader for a held-out part or 'auto', which becomes None: the run decides by the data."""
    return None if value in (None, "auto", ["auto"]) else part(value)


def _schedule(value: Any) -> str:
    """A reader for a learning-rate schedule with its numbers."""
    return str(parse_schedule(value))


def _stop(value: Any) -> str | None:
    """A reader for none or stop rules with their limits."""
    if value in (None, "none"):
        return None
    return ",".join(f"{name}:{limit:g}" for name, limit in parse_stop(value))


def _average(value: Any) -> str | None:
    """A reader for none or an average with its number."""
    if value in (None, "none"):
        return None
    name, number = parse_average(value)
    return f"{name}:{number:g}"


OPTIONS: dict[str, Option] = {
    "trainer": Option(canonical_trainer, DEFAULT_TRAINER, "NAME", "The training algorithm: " + ", ".join(TRAINER_NAMES)),
    "validation": Option(_validation, "auto", "SHARE|FILES", "Rows that judge each epoch: a share of every class, or files, one per class, comma-separated; auto: 0.2, none where a class has fewer than 5 vectors"),
    "test": Option(part, 0.0, "SHARE|FILES", "Rows kept out of everything, judged once at the end; as --validation"),
    "learning_rate": Option(number(0, open_low=True, example="0.01"), None, "X", "Step size"),
    "momentum": Option(number(0, 1, open_high=True, example="0.9"), None, "X", "Share of the last step that is kept (sgd, online, gdm, gdx)"),
    "batch_size": Option(integer(1, example="32"), None, "N", "Rows per weight update (mini-batch trainers)"),
    "nesterov": Option(flag, None, "", "Nesterov's momentum (sgd)"),
    "weight_decay": Option(number(0, example="0.01"), None, "X", "Decoupled weight decay (adamw, schedule-free)"),
    "schedule": Option(_schedule, None, "NAME", "How the learning rate changes over the run: " + ", ".join(SCHEDULE_NAMES) + " (gd, gdm, mini-batch trainers)"),
    "tolerance": Option(number(0, example="0.05"), None, "X", "A sample this close to its target changes nothing (online)"),
    "alternate": Option(flag, None, "", "Show the classes in strict turn, the smaller ones again (online)"),
    "quiet_epochs": Option(integer(0, example="10"), None, "N", "Stop after more than N epochs in a row whose class means are within the tolerance; 0: never (online)"),
    "scaling": Option(choice(SCALING_NAMES), "auto", "NAME", "Input scaling, stored in the network: " + ", ".join(SCALING_NAMES)),
    "loss": Option(choice({"auto": "", **LOSS_NAMES}), "auto", "NAME", "What is minimised: " + ", ".join(LOSS_NAMES) + "; auto: what fits the output layer"),
    "targets": Option(pair, None, "HIGH,LOW", "Output values asked for; default 1,0 with cross-entropy, inside the range with mse (0.9,0.1)"),
    "l2": Option(or_auto(number(0, example="1e-4")), "auto", "X", "Penalty l2/2 times the sum of squared weights (biases free); auto: 2.5 / number of vectors"),
    "l1": Option(number(0, example="1e-4"), 0.0, "X", "Penalty l1 times the sum of absolute weights (biases free)"),
    "dropout": Option(number(0, 1, open_high=True, example="0.2"), None, "X", "Share of hidden units switched off at random, row by row (mini-batch trainers, online)"),
    "input_noise": Option(number(0, example="0.1"), None, "X", "Standard deviation of noise added to the scaled inputs, anew in every epoch (mini-batch trainers, online)"),
    "label_smoothing": Option(number(0, 1, open_high=True, example="0.1"), 0.0, "X", "Move the targets of training vectors this share of the way to their middle"),
    "clip": Option(number(0, example="1"), None, "X", "Longest gradient of a weight update; longer ones are shortened (mini-batch trainers, online)"),
    "average": Option(_average, None, "none|ema|swa", "Keep averages of the weights over epochs: ema:0.9, or swa:0.75 for the mean after that share of the run"),
    "class_weight": Option(class_weights, None, "none|balanced|W1,W2", "How much each class counts; balanced: all alike"),
    "patience": Option(or_auto(integer(0, example="50")), "auto", "N", "Stop after N epochs without a better validation result; 0: never; auto: 500, fewer from 1,000 vectors on, at least 20"),
    "stop": Option(_stop, None, "RULES", "Prechelt's stop rules with their limits, comma-separated: gl:5 (loss over its lowest, %), pq:0.5 (that over progress), up:4 (strips rising), progress:0.1"),
    "goal": Option(number(0, example="0.01"), None, "X", "Stop when the training loss is down to X"),
    "dividetrain": Option(number(0, 100, open_low=True, example="99"), None, "PERCENT", "Train on every vector, without a validation part, until PERCENT of them are answered right"),
    "time_limit": Option(number(0, open_low=True, example="60"), None, "SECONDS", "Stop after so many seconds of epochs"),
    "metric": Option(choice(METRIC_NAMES), "loss", "NAME", "What makes an epoch the best one: " + ", ".join(METRIC_NAMES)),
    "keep": Option(choice({"best": "", "last": ""}), "best", "best|last", "Which epoch's weights to write"),
    "refit": Option(choice(REFIT_NAMES), "auto", "auto|yes|no", "When the validation part has done its work, train the same initial weights on all vectors; auto: up to 10,000 vectors"),
    "init": Option(choice(INITIALIZATION_NAMES), None, "NAME", "Draw new initial weights (a trained network is continued unless this is given): " + ", ".join(INITIALIZATION_NAMES)),
    "restarts": Option(integer(1, example="5"), 1, "N", "Train from N different initial weights and keep the best by the validation part"),
    "threshold": Option(_threshold, None, "X", "Score above which the first class is answered; stored in the network"),
    "seed": Option(integer(0, 2**63 - 1, example="1"), 0, "N", "Decides split, initial weights and order of rows"),
}  # fmt: skip

# Options of single trainers that are no plain number from 0 up; they are given with --option NAME=VALUE.
_TRAINER_READERS: dict[str, Callable[[Any], Any]] = {
    "chaos": choice(dict.fromkeys(("logistic", "mackey-glass", "vector"), "")),
    "rate_low": number(example="-0.03"),
    "memory": integer(1, example="10"),
    "max_parameters": integer(1, example="3000"),
    "population": integer(2, example="64"),
    "max_failures": integer(1, example="20"),
    "increase": number(1, open_low=True, example="1.2"),
    "input_dropout": number(0, 1, open_high=True, example="0.1"),
    "decrease": number(0, 1, open_low=True, open_high=True, example="0.5"),
    "sigma": number(0, open_low=True, example="0.05"),
}


def option_names() -> list[str]:
    """Every name a config file, a network's `training:` or train() may use."""
    own = {name for trainer in TRAINER_NAMES.values() for name in trainer.defaults}
    return [*OPTIONS, *sorted(own - OPTIONS.keys())]


def read_option(name: str, value: Any) -> Any:
    """The checked value of one option; raises ValueError saying what is wrong and what to write."""
    if name in OPTIONS:
        return OPTIONS[name].read(value)
    if name not in option_names():
        raise ValueError(f"unknown option; {did_you_mean(name, option_names())}")
    read = _TRAINER_READERS.get(name) or number(0, example="0.1")
    return read(value)


class TrainingOptions(NamedTuple):
    """Everything that decides a training run besides network, data and number of epochs; fields as OPTIONS says."""

    trainer_options: Mapping[str, Any]
    trainer: str = DEFAULT_TRAINER
    validation: float | tuple[str, ...] | None = None
    test: float | tuple[str, ...] = 0.0
    scaling: str = "auto"
    loss: str = "auto"
    targets: tuple[float, float] | None = None
    l2: float | None = None
    l1: float = 0.0
    label_smoothing: float = 0.0
    average: str | None = None
    class_weight: str | tuple[float, ...] | None = None
    patience: int | None = None
    stop: str | None = None
    goal: float | None = None
    dividetrain: float | None = None
    time_limit: float | None = None
    metric: str = "loss"
    keep: str = "best"
    refit: str = "auto"
    init: str | None = None
    restarts: int = 1
    threshold: float | None = None
    seed: int = 0


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
