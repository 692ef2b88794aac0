"""Training options: every knob of a training run with its default, check and help text, and the frozen set of them (no numpy)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from anncli.errors import did_you_mean
from anncli.evaluation.names import METRIC_NAMES
from anncli.network.names import INITIALIZATION_NAMES, LOSS_NAMES, SCALING_NAMES
from anncli.options.readers import (
    average,
    choice,
    class_weights,
    flag,
    integer,
    number,
    or_auto,
    pair,
    part,
    schedule,
    stop,
    threshold,
    validation,
)
from anncli.options.specs import SCHEDULE_NAMES
from anncli.training.names import DEFAULT_TRAINER, TRAINER_NAMES, canonical_trainer

REFIT_NAMES: dict[str, str] = {
    "auto": "where validation is a share, the weights are new and there are at most 10,000 vectors",
    "yes": "always",
    "no": "never",
}


class Option(NamedTuple):
    """One option: read(value) checks and converts a value from the command line, a variable, YAML or Python,
    raising ValueError that says what it must be; default as the person reads it in help."""

    read: Callable[[Any], Any]
    default: Any
    metavar: str
    help: str


OPTIONS: dict[str, Option] = {
    "trainer": Option(canonical_trainer, DEFAULT_TRAINER, "NAME", "The training algorithm: " + ", ".join(TRAINER_NAMES)),
    "validation": Option(validation, "auto", "SHARE|FILES", "Rows that judge each epoch: a share of every class, or files, one per class, comma-separated; auto: 0.2, none where a class has fewer than 5 vectors"),
    "test": Option(part, 0.0, "SHARE|FILES", "Rows kept out of everything, judged once at the end; as --validation"),
    "learning_rate": Option(number(0, open_low=True, example="0.01"), None, "X", "Step size"),
    "momentum": Option(number(0, 1, open_high=True, example="0.9"), None, "X", "Share of the last step that is kept (sgd, online, gdm, gdx)"),
    "batch_size": Option(integer(1, example="32"), None, "N", "Rows per weight update (mini-batch trainers)"),
    "nesterov": Option(flag, None, "", "Nesterov's momentum (sgd)"),
    "weight_decay": Option(number(0, example="0.01"), None, "X", "Decoupled weight decay (adamw, schedule-free)"),
    "schedule": Option(schedule, None, "NAME", "How the learning rate changes over the run: " + ", ".join(SCHEDULE_NAMES) + " (gd, gdm, mini-batch trainers)"),
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
    "average": Option(average, None, "none|ema|swa", "Keep averages of the weights over epochs: ema:0.9, or swa:0.75 for the mean after that share of the run"),
    "class_weight": Option(class_weights, None, "none|balanced|W1,W2", "How much each class counts; balanced: all alike"),
    "patience": Option(or_auto(integer(0, example="50")), "auto", "N", "Stop after N epochs without a better validation result; 0: never; auto: 500, fewer from 1,000 vectors on, at least 20"),
    "stop": Option(stop, None, "RULES", "Prechelt's stop rules with their limits, comma-separated: gl:5 (loss over its lowest, %), pq:0.5 (that over progress), up:4 (strips rising), progress:0.1"),
    "goal": Option(number(0, example="0.01"), None, "X", "Stop when the training loss is down to X"),
    "dividetrain": Option(number(0, 100, open_low=True, example="99"), None, "PERCENT", "Train on every vector, without a validation part, until PERCENT of them are answered right"),
    "time_limit": Option(number(0, open_low=True, example="60"), None, "SECONDS", "Stop after so many seconds of epochs"),
    "metric": Option(choice(METRIC_NAMES), "loss", "NAME", "What makes an epoch the best one: " + ", ".join(METRIC_NAMES)),
    "keep": Option(choice({"best": "", "last": ""}), "best", "best|last", "Which epoch's weights to write"),
    "refit": Option(choice(REFIT_NAMES), "auto", "auto|yes|no", "When the validation part has done its work, train the same initial weights on all vectors; auto: up to 10,000 vectors"),
    "init": Option(choice(INITIALIZATION_NAMES), None, "NAME", "Draw new initial weights (a trained network is continued unless this is given): " + ", ".join(INITIALIZATION_NAMES)),
    "restarts": Option(integer(1, example="5"), 1, "N", "Train from N different initial weights and keep the best by the validation part"),
    "threshold": Option(threshold, None, "X", "Score above which the first class is answered; stored in the network"),
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
