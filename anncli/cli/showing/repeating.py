"""The command line that repeats a training: what a network file records of it, and the line that is made of that."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from anncli.dataset.request import ReadRequest, TableRequest
from anncli.network.names import SCALING_NAMES, default_loss, default_scaling
from anncli.network.network import Network
from anncli.options.data_readers import FILE_LABEL
from anncli.options.table import OPTIONS, TrainingOptions, options_of
from anncli.options.wording import long_name
from anncli.training.decisions import reads_documents
from anncli.training.names import DEFAULT_TRAINER, TRAINER_NAMES, batch_size
from anncli.training.on_device import TRAINED

# Entries of the record that are named like the option that asked for them.
_RECORDED = ("l1", "label_smoothing", "truncate", "average", "restarts", "ensemble", "seed")


def asked_for(epochs: int, options: TrainingOptions, request: TableRequest, read: ReadRequest) -> dict[str, Any]:
    """What was asked of a training: EPOCHS, and every option that differs from its default, by name, as plain values."""
    asked: dict[str, Any] = {"epochs": epochs}
    defaults = TRAINER_NAMES[options.trainer].defaults
    asked |= {name: value for name, value in options.trainer_options.items() if value != defaults[name]}
    base = TrainingOptions(trainer_options={})
    # The limit of memory changes nothing in the network, as the number of threads does not.
    for part, usual in ((options, base), (request, TableRequest()), (read._replace(memory=None), ReadRequest())):
        for name, value in part._asdict().items():
            if name != "trainer_options" and value != getattr(usual, name):
                asked[name] = "none" if value is None else value
    if files := asked.pop("label_files", ()):
        asked["label"] = tuple(FILE_LABEL + file for file in files)
    if "header" in asked:
        asked["header"] = "yes" if asked["header"] else "no"
    if "size" in asked:
        asked["size"] = "x".join(map(str, asked["size"]))
    if asked.pop("only_na", False):
        asked["na"] = ("none", *asked.get("na", ()))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}


def repeating_line(network: Network, path: str) -> str | None:
    """The command that trains the network of a file anew as it was trained; None where no command is known to do that:
    there is no training, or it went on from an earlier one."""
    record = network.record
    if "trainer" not in record or record.get("epochs_in_all") != record.get("epochs") or record.get("resealed"):
        return None
    if network.text_use == "vectors":
        return _line_of_words(record, path)
    asked = record.get("asked")
    asked = dict(asked) if isinstance(asked, Mapping) else _from_record(network)
    asked = {**_of_other_defaults(network, asked), **asked}
    epochs = asked.pop("epochs")
    words = ["ann", "train", path, *_data_words(record, asked), str(epochs)]
    for name, value in {**asked, **_device(record)}.items():
        words += option_words(name, value)
    return shlex.join(words)


def _device(record: Mapping[str, Any]) -> dict[str, Any]:
    """The device that trained the weights, or ranked the restarts."""
    device = record.get("device")
    if not isinstance(device, Mapping) or "name" not in device:
        return {}
    keeps = {"keep_device_weights": True} if device.get("did") == TRAINED else {}
    return {"device": device["name"], **keeps}


def _line_of_words(record: Mapping[str, Any], path: str) -> str:
    """Of a training of word vectors, whose only options are these two."""
    words = ["ann", "train", path, *_data_words(record, {}), str(record["epochs"])]
    words += option_words("learning_rate", record["options"]["learning_rate"])
    return shlex.join([*words, *(option_words("seed", record["seed"]) if record["seed"] else [])])


def _data_words(record: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """The training files: those of other sets, and the files of answers, follow them in the record."""
    files = [str(entry["file"]) for entry in record.get("data", [])]
    label = asked.get("label")
    labels = label if isinstance(label, list) else []
    files = files[: len(files) - sum(str(word).startswith(FILE_LABEL) for word in labels)]
    others = sum(len(asked[name]) for name in ("validation", "test") if isinstance(asked.get(name), list))
    return [_word(name) for name in files[: len(files) - others]]


def _word(file: str) -> str:
    if file == "stdin":
        return "-"
    return f"./{file}" if file.isdecimal() else file


def _from_record(network: Network) -> dict[str, Any]:
    """What the record of a network says that was trained on class files; how sets were made and when training was to
    stop is not in it."""
    record = network.record
    found: dict[str, Any] = {"epochs": record["epochs"]}
    if record["trainer"] != DEFAULT_TRAINER:
        found["trainer"] = record["trainer"]
    if record.get("loss") != default_loss(network.topology.output_activation, own=network.topology.own_loss):
        found["loss"] = record.get("loss")
    if record.get("class_weight", "none") != "none":
        found["class_weight"] = record["class_weight"]
    return found | {name: record[name] for name in _RECORDED if record.get(name)}


def _of_other_defaults(network: Network, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the training had of settings whose defaults may have changed since, by the name of the option."""
    record, info = network.record, TRAINER_NAMES.get(network.record["trainer"])
    if info is None:
        return {}
    n_training = record.get("sets", {}).get("training", {}).get("samples", 0)
    defaults = {**info.defaults, "batch_size": batch_size(n_training, reads_documents(network))}
    found = {name: value for name, value in record.get("options", {}).items() if value != defaults.get(name)}
    if info.averages and "average" not in record and "goal" not in asked:
        found["average"] = "none"
    if network.scaling.method in SCALING_NAMES and network.scaling.method != default_scaling(
        network.task, network.source.dialect
    ):
        found["scaling"] = network.scaling.method
    return found


def option_words(name: str, value: Any) -> list[str]:
    """An option as `ann train` takes it: the words that give it this value."""
    if name not in options_of("train"):
        return ["--option", f"{name}={_text(value)}"]
    if OPTIONS[name].kind in ("flag", "switch"):
        return [long_name(name) if value else f"--no-{long_name(name)[2:]}"]
    return [long_name(name), _text(value)]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_cell, value))
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _cell(value: Any) -> str:
    """A value of a list: a name with a comma stands in quotes."""
    text = _text(value)
    return '"' + text.replace('"', '""') + '"' if isinstance(value, str) and ("," in text or '"' in text) else text
