"""What `ann report` says in words about a network and its training, from the network file alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anncli.cli.showing.figures.facts import Facts
from anncli.cli.showing.metric_words import metric_words
from anncli.cli.showing.plot_area import number_text
from anncli.cli.showing.train_report import describe
from anncli.errors import count_of
from anncli.network.network import Network


def network_words(network: Network) -> str:
    """What it is and what it predicts."""
    outputs = {
        "regression": "It predicts " + _listed(network.target_names or ("a number",)),
        "multi-label": "It decides for each row which of these labels it has: " + _listed(network.target_names),
    }.get(network.task or "", "It predicts one of the classes " + _listed(network.classes))
    text = f"A network {describe(network)}. {outputs}."
    if network.n_outputs == 1 and network.task != "regression" and network.classes:
        text += f" A score above {number_text(network.decision_threshold)} is {network.classes[0]}."
        if rule := network.threshold_rule:
            text += f" This threshold was chosen by the rule {rule}."
    if network.calibration is not None:
        text += f" Its scores are calibrated ({network.calibration.method})."
    return text


def result_words(facts: Facts, confidence: float) -> str:
    """How good it is on the rows that are to be trusted, and how good the simplest guess is; '' for labels."""
    rows = facts.sets[-1]
    found, where = rows.evaluation, rows.title or "rows"
    of = f"{number_text(float(found.n))} {where}"
    if facts.task == "classification" and found.accuracy is not None:
        text = f"It is right for {_rate(found.accuracy)} of the {of}{_between(found, 'accuracy', confidence)}"
        return f"{text}; always saying the largest class is right for {_rate(found.majority_share)}."
    if facts.task == "regression" and found.r2 is not None:
        text = f"It is off by {number_text(found.rmse)} (RMSE) on the {of}{_between(found, 'rmse', confidence)}"
        return f"{text}. R2 is {number_text(found.r2)}: 1 is perfect, and 0 what always saying the mean brings."
    return ""


def _between(found: Any, field: str, confidence: float) -> str:
    interval, words = found.intervals.get(field), metric_words(field)
    if interval is None:
        return ""
    return f", {words.shown(interval.low)} to {words.with_unit(interval.high)} at {100 * confidence:g} % confidence"


def _rate(value: float) -> str:
    return f"{100 * value:.2f} %"


def training_words(network: Network) -> list[str]:
    """How it was trained, in sentences; each is a paragraph."""
    record = network.record
    if "trainer" not in record:
        return ["The network file does not say how it was trained."]
    found = [_run(record), _sets(record), _settings(network)]
    if data := record.get("data"):
        files = ", ".join(f"{entry['file']} ({count_of(entry['samples'], 'row')})" for entry in data[:8])
        found.append(f"It read {files}{', ...' if len(data) > 8 else ''}.")
    return [text for text in found if text]


def _run(record: Mapping[str, Any]) -> str:
    text = f"{record['trainer']} trained it for {count_of(record['epochs'], 'epoch')} with seed {record.get('seed', 0)}"
    if stop := record.get("stop"):
        text += f". How it ended: {stop}"
    text += "."
    if "validation" in record.get("sets", {}):
        text += f" Epoch {record.get('kept_epoch')} was best on the validation set."
    if record.get("epochs_in_all", record["epochs"]) > record["epochs"]:
        text += f" It went on from an earlier training; these are {record['epochs_in_all']} epochs in all."
    if "start" in record:
        text += f" Of several sets of initial weights, number {record['start']} was best."
    if epochs := record.get("refit_epochs"):
        text += f" It was then retrained on training and validation rows together for {count_of(epochs, 'epoch')}."
    if isinstance(device := record.get("device"), Mapping):
        text += f" A device, {device.get('hardware') or device.get('name')}, {device.get('did')}."
    if record.get("resealed"):
        text += " The file was changed by hand after this training."
    return text


def _sets(record: Mapping[str, Any]) -> str:
    sets = record.get("sets", {})
    parts = [
        f"{name} {count_of(entry['samples'], 'row')}"
        + (f" (loss {number_text(entry['loss'])})" if "loss" in entry else "")
        for name, entry in sets.items()
    ]
    return f"Sets of that training: {', '.join(parts)}." if parts else ""


def _settings(network: Network) -> str:
    record = network.record
    options = [f"{name.replace('_', ' ')} {_plain(value)}" for name, value in record.get("options", {}).items()]
    parts = [
        f"loss {record.get('loss')}",
        f"L2 penalty {_plain(record.get('l2', 0.0))}",
        f"scaling of inputs {network.scaling.method}",
    ]
    if record.get("class_weight", "none") != "none":
        parts.append(f"class weights {_plain(record['class_weight'])}")
    return f"Settings: {', '.join([*parts, *options])}."


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return number_text(value) if isinstance(value, float) else str(value)


def _listed(names: tuple[str, ...], most: int = 12) -> str:
    """'a, b and c'; of many the first ones."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else "unnamed"
