"""What a report says about a device: what it did, and what is close to the CPU's numbers and not the same."""

from __future__ import annotations

from typing import Any

from anncli.training.on_device import OnDevice
from anncli.training.outcome import TrainingResult


def device_summary(device: OnDevice | None) -> dict[str, Any]:
    """Before a training: where it takes place, and whose weights it will have."""
    return {} if device is None else {"device": {**device.description, "keeps_weights": device.keeps_weights}}


def device_lines(result: TrainingResult) -> list[str]:
    """Of a training, as one sentence; nothing without a device."""
    use = result.device
    if use is None:
        return []
    if use.trained:
        return [f"{use.device.title} trained it: the weights are close to those of the CPU, and not the same"]
    if result.members:
        return [f"{use.device.title} ranked the restarts; the CPU trained the best one of each network again"]
    there = "" if use.value is None else f", where restart {result.restart} has {use.value:.5f}"
    return [f"{use.device.title} ranked the restarts{there}; the CPU trained it again"]


def device_document(result: TrainingResult) -> dict[str, Any]:
    """The same for JSON: what the record of the network says; value: of the kept restart on the device."""
    use = result.device
    if use is None:
        return {}
    return {"device": {**use.record(), **({} if use.trained else {"value": use.value})}}
