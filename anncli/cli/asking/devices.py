"""--device and the options that do not go with it, checked before anything is read."""

from __future__ import annotations

from anncli.cli.asking.values import Values
from anncli.errors import UsageError

# What a run on a device cannot have, and what to do about it.
_AGAINST = {
    "executor": "a device trains at once what an executor would run",
    "jobs": "a device trains at once what --jobs would run in processes",
    "checkpoint": "the state of trainings on a device is not saved",
    "resume": "the state of trainings on a device is not saved",
    "reproducible": "a device does not give the same bits everywhere",
}


def check_device(values: Values) -> None:
    """Raises UsageError for options that contradict --device, and for --keep-device-weights without one."""
    name: str = values["device"]
    if name == "cpu":
        if "keep_device_weights" in values.on_command_line:
            raise UsageError("--keep-device-weights needs --device", advice="name it, as --device cuda")
        return
    if values.command != "train" and "keep_device_weights" in values.on_command_line and values["output"] is None:
        raise UsageError("--keep-device-weights needs --output", advice="without it no network is written")
    for option, reason in _AGAINST.items():
        value = values.given_value(option)
        if value and not (option == "jobs" and value == 1):
            raise UsageError(f"--{option} and --device {name}: {reason}", advice="leave one out")
