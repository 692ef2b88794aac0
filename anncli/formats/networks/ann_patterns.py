"""`patterns` in the trained part of an `ann` network file: how many a memory stores, their names, and their values where its weights
do not hold them."""

from __future__ import annotations

from anncli.formats.files.document import PlacedList, PlacedMapping, kind_of
from anncli.formats.files.yaml_text import write_flow
from anncli.formats.networks.ann_decision import ReadMatrix
from anncli.formats.networks.numbers import size_fault, write_rows
from anncli.network.layers.memory import Memory
from anncli.network.network import Network
from anncli.network.patterns import Patterns, patterns_in_weights, stores, with_room

_KEYS = ("count", "names", "values")


def take_room(trained: PlacedMapping, network: Network, advice: str) -> None:
    """Give the network the room for as many patterns as its trained part has; `advice` goes with every fault."""
    if not stores(network.topology):
        return
    network.topology, network.is_memory = with_room(network.topology, _count(trained, advice)), True


def read_patterns(trained: PlacedMapping, network: Network, read_matrix: ReadMatrix, advice: str) -> Patterns | None:
    """The patterns for a network that has its parameters, None where the file has none."""
    if trained.get("patterns") is None:
        return None
    count, value = _count(trained, advice), trained.mapping_at("patterns")
    names = value.get("names", ())
    if names and not isinstance(names, PlacedList):
        raise value.fault("names", f"`names` must be a list of names, found {kind_of(names)}", advice)
    other = next((name for name in names if not isinstance(name, str)), None)
    if other is not None:
        raise value.fault("names", f"`names` must be a list of names, found {kind_of(other)} among them", advice)
    if names and len(names) != count:
        raise value.fault("names", f"`names` has {len(names)}, and `count` says {count}", advice)
    if not _in_weights(network):
        return Patterns(read_matrix(value, "values", count, network.n_inputs), tuple(names))
    if network.parameters is None:
        raise trained.fault(None, "`weights` is missing: they hold the patterns", advice)
    held = patterns_in_weights(network.topology, network.parameters, network.target_scaling)
    return Patterns(held, tuple(names))


def _count(trained: PlacedMapping, advice: str) -> int:
    if trained.get("patterns") is None:
        raise trained.fault(None, "`patterns` is missing: how many the memory stores", advice)
    value = trained.mapping_at("patterns")
    value.refuse_unknown(_KEYS)
    count = value.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1 or size_fault([count]):
        raise value.fault("count", f"`count` must be a number of patterns, found {kind_of(count)}", advice)
    return count


def _in_weights(network: Network) -> bool:
    """Whether the patterns are the weights."""
    return network.is_memory and isinstance(network.topology.layers[0], Memory)


def pattern_lines(network: Network) -> list[str]:
    """The lines of `patterns`; none where there are none."""
    if network.patterns is None:
        return []
    values, names = network.patterns
    lines = ["  patterns:", f"    count: {len(values)}"]
    lines += [f"    names: {write_flow(names)}"] if names else []
    return lines if _in_weights(network) else [*lines, "    values: |", *(f"      {row}" for row in write_rows(values))]
