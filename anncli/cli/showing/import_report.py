"""What `ann import` found in a file: the network in a few lines, and what came out for recorded rows."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.analysis.recorded import Compared
from anncli.errors import count_of, listed, printable
from anncli.network.network import Network


def import_lines(source: str, network: Network, compared: Sequence[Compared]) -> list[str]:
    """A line per thing that was found."""
    kind = network.source.origin or network.source.dialect
    found = {
        "layers": f"{_size_of_inputs(network)}; {network.layers_text}",
        "members": f"{len(network.members)} networks, whose outputs are averaged" if network.members else "",
        "inputs": _inputs(network),
        "scaling": _scaling(network),
        "classes": listed(network.classes),
        "labels": _targets(network, "label") if network.task == "multi-label" else "",
        "numbers": "" if network.n_classes or network.task == "multi-label" else _targets(network, "predicted number"),
        "units": "" if network.target_scaling.offset is None else "outputs are turned into the units of the data",
        "calibration": "" if network.calibration is None else network.calibration.method,
        "recorded": "; ".join(map(proof_line, compared)) or "no rows with their outputs: nothing to compare with",
    }
    return [f"{printable(source)}: {kind}, {count_of(network.topology.n_parameters, 'weight')} and biases"] + [
        f"  {name:<12}{printable(text)}" for name, text in found.items() if text
    ]


def proof_line(one: Compared) -> str:
    """'26 rows of self-test: largest difference 3e-07'."""
    parts = []
    if one.difference is not None:
        parts.append(f"largest difference {one.difference:.3g}")
    if one.decided is not None:
        parts.append(f"{one.decided} of {one.rows} classes as recorded")
    return f"{count_of(one.rows, 'row')} of {one.name}: {', '.join(parts) or 'nothing to compare'}"


def _targets(network: Network, what: str) -> str:
    return listed(network.target_names) or count_of(network.n_targets, what)


def _size_of_inputs(network: Network) -> str:
    if network.text is None or network.vocabulary is None:
        return count_of(network.n_inputs, "input")
    return count_of(len(network.vocabulary.symbols), network.text.one)


def _inputs(network: Network) -> str:
    if network.encoder is not None:
        kinds = (f"{column.name} ({column.kind})" for column in network.encoder.columns)
        return listed(list(kinds))
    return listed(network.columns)


def _scaling(network: Network) -> str:
    """The steps in their order."""
    scaling, steps = network.scaling, []
    if scaling.per_vector != "none":
        steps.append(f"{scaling.per_vector} of each row")
    if scaling.log_floor is not None:
        steps.append("logarithms of some inputs")
    if scaling.add is not None or scaling.multiply is not None:
        steps.append("(x + add) * multiply for each input")
    if scaling.activation != "linear":
        steps.append(scaling.activation)
    return ", then ".join(steps) or "none"
