"""The device of a command: opened when it was asked for, and asked what it can train."""

from __future__ import annotations

from functools import partial

from anncli.backends.base import Problem
from anncli.backends.stacked.device import Device, open_device
from anncli.errors import UsageError
from anncli.network.network import Network
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.training.decisions import choose_loss
from anncli.training.on_device import OnDevice
from anncli.training.stacked.groups import run_groups
from anncli.training.stacked.run import refusal


def opened_device(name: str, keeps_weights: bool) -> OnDevice | None:
    """The device that --device names, None for the CPU; raises UsageError where it, or torch, is not there."""
    return None if name == "cpu" else on_device(open_device(name), keeps_weights)


def on_device(device: Device, keeps_weights: bool) -> OnDevice:
    """A device as a run uses it. Its number says nothing about the results, and is left out."""
    kind = device.name.partition(":")[0]
    hardware = {} if device.hardware in ("cpu", kind) else {"hardware": device.hardware}
    description = {"name": kind, **hardware, "torch": str(device.torch.__version__)}
    return OnDevice(partial(run_groups, device=device), description, keeps_weights)


def check_options(device: OnDevice | None, network: Network | None, options: TrainingOptions) -> None:
    """Raises UsageError, before data are read, for what the device cannot train; network: None for one of dense layers that
    is still to be made."""
    if device is None:
        return
    if network is None:
        problem = Problem(Topology(1, [(1, "linear")]), "mse")
    else:
        problem = Problem(network.topology, choose_loss(network, options, network.task))
    check_problem(device, problem, options)


def check_problem(device: OnDevice | None, problem: Problem, options: TrainingOptions) -> None:
    """The same for what is known when the data are read."""
    if device is not None and (reason := refusal(problem, options)) is not None:
        raise UsageError(f"--device {device.name}: {reason}", advice="leave --device out")


def check_number(device: OnDevice | None, options: TrainingOptions) -> None:
    """Raises UsageError for a training that a device would only do for the CPU to do it again."""
    if device is None or device.keeps_weights or options.restarts > 1:
        return
    message = f"--device {device.name}: with one training for each network there is nothing to rank, and the CPU would do it again"
    raise UsageError(
        message, advice="add --restarts 100, or --keep-device-weights, which writes the weights of the device"
    )


def refuse_device(name: str, what: str) -> None:
    """Raises UsageError for a device where `what` is trained, in the plural."""
    if name != "cpu":
        raise UsageError(f"--device {name}: {what} are trained by the CPU", advice="leave --device out")
