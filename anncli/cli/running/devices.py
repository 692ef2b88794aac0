"""The device of a command: opened when it was asked for, and asked what it can train."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from anncli.backends.base import Problem
from anncli.backends.crew import current_crew
from anncli.cli.showing.console import Console
from anncli.errors import UsageError, count_of
from anncli.experiments.executors.base import Executor
from anncli.experiments.spec import Spec
from anncli.network.network import Network
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.training.decisions import choose_loss
from anncli.training.on_device import OnDevice

if TYPE_CHECKING:
    from anncli.backends.stacked.device import Device

# What devices need is imported inside functions: trainings on the CPU do not wait for it.
# From so many trainings on a GPU can be worth its start; see docs/devices.md.
_MANY = 100


def opened_device(name: str, keeps_weights: bool) -> OnDevice | None:
    """The device that --device names, None for the CPU; raises UsageError where it, or torch, is not there, and on several ranks."""
    if name == "cpu":
        return None
    if (n_ranks := current_crew().size) > 1:
        message = (
            f"--device {name} and {n_ranks} ranks: ranks have a part of the rows each, and a device has all of them"
        )
        raise UsageError(message, advice="leave --device out, or start it without a launcher")
    from anncli.backends.stacked.device import open_device

    return on_device(open_device(name), keeps_weights)


def say_where_one_pays(console: Console, n_trainings: int) -> None:
    """With -v, of many trainings at once on the CPU: that there is a torch which could have them on a GPU."""
    if console.verbose and n_trainings >= _MANY and find_spec("torch") is not None:
        text = f"{n_trainings} trainings of one network: a GPU, --device cuda or mps, may have them sooner"
        console.note(f"{text}; ann never takes one by itself", 1)


def on_device(device: Device, keeps_weights: bool) -> OnDevice:
    """A device as a run uses it. Its number says nothing about the results, and is left out."""
    from anncli.training.stacked.groups import run_groups

    kind = device.name.partition(":")[0]
    hardware = {} if device.hardware in ("cpu", kind) else {"hardware": device.hardware}
    description = {"name": kind, **hardware, "torch": str(device.torch.__version__)}
    return OnDevice(partial(run_groups, device=device), description, keeps_weights)


def check_options(name: str, network: Network | None, options: TrainingOptions) -> None:
    """Raises UsageError, before data are read, for what the device of that name cannot train; network: None for one of dense
    layers that is still to be made."""
    if name == "cpu":
        return
    if network is None:
        problem = Problem(Topology(1, [(1, "linear")]), "mse")
    else:
        problem = Problem(network.topology, choose_loss(network, options, network.task))
    check_problem(name, problem, options)


def check_problem(name: str, problem: Problem, options: TrainingOptions) -> None:
    """The same for what is known when the data are read."""
    if name == "cpu":
        return
    from anncli.training.stacked.run import refusal

    if (reason := refusal(problem, options)) is not None:
        raise UsageError(f"--device {name}: {reason}", advice="leave --device out")


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


def device_of(executor: Executor) -> OnDevice | None:
    """The device that an executor trains on, None for the CPU."""
    from anncli.experiments.executors.on_device import Trainings

    return executor.device if isinstance(executor, Trainings) else None


def of_estimates(executor: Executor, specs: Sequence[Spec]) -> list[Spec]:
    """The same trainings, by whose results networks are judged: on the device, where there is one."""
    device = device_of(executor)
    return [*specs] if device is None else [spec._replace(device=device.name) for spec in specs]


def of_network(executor: Executor, spec: Spec, keeps_weights: bool) -> Spec:
    """The same training, whose network is written: on the device only if its weights are to be kept."""
    return of_estimates(executor, [spec])[0] if keeps_weights else spec


def say_at_once(console: Console, executor: Executor, specs: Sequence[Spec]) -> None:
    """That a device trains them together: they end together too, and there is no progress before."""
    device = device_of(executor)
    if device is not None:
        console.note(f"{count_of(sum(bool(spec.device) for spec in specs), 'training')} at once on {device.title}")


def estimate_document(executor: Executor, keeps_weights: bool, writes: bool) -> dict[str, Any]:
    """What a command of many trainings says about the device, as JSON values; writes: whether it has written a network."""
    device = device_of(executor)
    if device is None:
        return {}
    wrote = {"network": "device" if keeps_weights else "cpu"} if writes else {}
    return {"device": {**device.description, "did": "trained what the figures are of", **wrote}}


def estimate_text(executor: Executor, keeps_weights: bool, writes: bool) -> str:
    """The same in a sentence, '' without a device."""
    device = device_of(executor)
    if device is None:
        return ""
    text = f"estimated on {device.title}: the last digits depend on the device"
    if not writes:
        return text
    return f"{text}; the network that was written has {'its weights' if keeps_weights else 'the weights of the CPU'}"
