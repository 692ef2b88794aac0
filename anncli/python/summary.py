"""The summary of a network: its layers, and what it does before and after them, as a table of text."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.errors import listed, printable
from anncli.network.network import Network


def summary(network: Network) -> str:
    """Several lines: the layers with their shapes and numbers of parameters, then inputs, scaling, answers and decision."""
    topology = network.topology
    rows = [("layer", "shape", "parameters")]
    sizes = ["any" if network.needs_encoder and k == 0 else str(size) for k, size in enumerate(topology.sizes)]
    ends = zip(topology.offsets, topology.offsets[1:], strict=False)
    for number, (layer, (start, end)) in enumerate(zip(topology.layers, ends, strict=True), 1):
        shape = f"{sizes[number - 1]} > {sizes[number]}"
        rows.append((f"{number}  {layer.shown}", shape, "?" if sizes[number - 1] == "any" else f"{end - start:,}"))
    total = "?" if network.needs_encoder else f"{topology.n_parameters:,}"
    rows.append(("all", f"{sizes[0]} > {sizes[-1]}", total))
    width = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [f"{a:<{width[0]}}  {b:<{width[1]}}  {c:>{width[2]}}" for a, b, c in rows]
    facts = _facts(network)
    longest = max(len(name) for name, _ in facts)
    return "\n".join([*lines, "", *(f"{name:<{longest}}  {text}" for name, text in facts)])


def _facts(network: Network) -> list[tuple[str, str]]:
    state = "trained" if network.is_trained else "untrained"
    if network.members:
        state = f"an ensemble of {len(network.members)}, {state}"
    facts = [("network", state), ("task", network.task or "classification")]
    if network.encoder is not None:
        kinds = [f"{own.name} ({own.kind})" for own in network.encoder.columns]
        facts += [("columns", listed(kinds)), ("missing", network.encoder.missing)]
    elif network.columns:
        facts.append(("columns", listed(network.columns)))
    facts.append(("scaling", network.scaling.method))
    if network.n_classes:
        facts.append(("classes", _classes(network)))
        if network.n_outputs == 1 and network.is_trained:
            rule = f" ({network.threshold_rule})" if network.threshold_rule else ""
            facts.append(("threshold", f"{network.decision_threshold:g}{rule}"))
        if network.calibration is not None:
            facts.append(("calibration", network.calibration.method))
    else:
        names = network.target_names or tuple(f"target {k}" for k in range(1, network.n_targets + 1))
        facts += [("targets", listed(names)), ("target scaling", network.target_scaling.method)]
    if network.loss is not None:
        facts.append(("loss", network.loss))
    if "epochs" in network.record:
        facts.append(("epochs", str(network.record["epochs"])))
    return facts


def _classes(network: Network) -> str:
    names: Sequence[str] = network.classes
    if not names:
        return f"{network.n_classes} classes without names"
    return f"{names[0]} (positive), {names[1]}" if len(names) == 2 else listed([printable(name) for name in names])
