"""The keys of an `ann` network file that say what the network predicts: task, names and scaling of targets, and loss."""

from __future__ import annotations

import numpy as np

from anncli.errors import ValueFault
from anncli.formats.files.document import PlacedMapping
from anncli.formats.files.yaml_text import write_flow
from anncli.formats.networks.ann_decision import ReadMatrix
from anncli.formats.networks.numbers import write_rows
from anncli.network.names import TARGET_SCALING_NAMES, TASK_NAMES, quantiles_of
from anncli.network.network import Network
from anncli.network.target_scaling import TargetScaling


def read_task(trained: PlacedMapping, network: Network, advice: str) -> str | None:
    """The task of the trained part; it is that of the head where both name one."""
    task, of_head = trained.get("task"), network.task
    if task is None:
        return of_head
    if not isinstance(task, str) or task not in TASK_NAMES:
        raise trained.fault("task", f"`task` must be one of {', '.join(TASK_NAMES)}", advice)
    if of_head not in (None, task):
        raise trained.fault("task", f"the network was trained for {task}, the head says {of_head}", advice)
    return task


def read_loss(trained: PlacedMapping, network: Network, advice: str) -> str | None:
    """The loss in the record: its quantiles say which outputs belong to one target."""
    record = trained.mapping_at("record")
    loss = record.get("loss")
    if not isinstance(loss, str):
        return None
    try:
        quantiles = quantiles_of(loss)
    except ValueFault as fault:
        raise record.fault("loss", fault.message, advice) from None
    if quantiles and network.n_outputs % len(quantiles):
        message = f"{network.n_outputs} outputs for {len(quantiles)} quantiles of each target"
        raise record.fault("loss", message, advice)
    return loss


def read_target_scaling(
    trained: PlacedMapping, network: Network, read_matrix: ReadMatrix, advice: str
) -> TargetScaling:
    """The scaling of targets; none where the file has none."""
    value = trained.mapping_at("target_scaling")
    value.refuse_unknown(("method", "offset", "spread"))
    method = value.get("method", "none")
    if not isinstance(method, str) or method not in TARGET_SCALING_NAMES:
        raise value.fault("method", f"`method` must be one of {', '.join(TARGET_SCALING_NAMES)}", advice)
    if ("offset" in value) != ("spread" in value):
        raise value.fault(None, "`offset` and `spread` belong together", advice)
    if "offset" not in value:
        return TargetScaling(method)
    offset, spread = (read_matrix(value, key, 1, network.n_targets)[0] for key in ("offset", "spread"))
    if not (spread > 0).all():
        raise value.fault("spread", "every number of `spread` must be above 0", advice)
    return TargetScaling(method, offset, spread)


def task_lines(network: Network) -> list[str]:
    """The lines of the trained part about the task; none for classification that nobody asked for by name."""
    lines = []
    if network.task is not None and network.is_trained:
        lines.append(f"  task: {network.task}")
    if network.target_names:
        lines.append(f"  target_names: {write_flow(network.target_names)}")
    return lines


def target_scaling_lines(scaling: TargetScaling) -> list[str]:
    """The lines of the trained part about the scaling of targets; none where there is no scaling."""
    if scaling.offset is None and scaling.method == "none":
        return []
    lines = ["  target_scaling:", f"    method: {scaling.method}"]
    for name, values in (("offset", scaling.offset), ("spread", scaling.spread)):
        if values is not None:
            lines += [f"    {name}: |", *(f"      {row}" for row in write_rows(np.reshape(values, (1, -1))))]
    return lines
