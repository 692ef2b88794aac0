"""What tests of exports have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from random_networks import HIDDEN, SCALINGS, random_network

from anncli.analysis.proof import Proof, prove
from anncli.formats.exports.base import ExportRequest, StatesFacts
from anncli.formats.exports.fann_layers import FORMS
from anncli.formats.exports.registry import export_format
from anncli.network.network import Network

# Formats that hold few of the kinds of networks: the hidden activations and scalings of those that they may hold.
KINDS = {
    "fann": (tuple(FORMS), ("none", "zscore", "minmax", "sigmoidal")),
    "ann1dn": (("logistic",), ("none", "zscore", "minmax", "sigmoidal")),
}


def network_for(name: str, seed: int) -> Network:
    """A random network of the kinds that a format has a chance to hold."""
    hidden, scalings = KINDS.get(name, (HIDDEN, SCALINGS))
    return random_network(seed, hidden, scalings, with_tables=name not in KINDS)


def proof_of(network: Network, name: str, request: ExportRequest | None = None) -> Proof | str:
    """The proof of an export, or the words in which the format refuses the network."""
    export, request = export_format(name), request or ExportRequest()
    if refused := export.refusal(network, request):
        return refused
    files = export.render(network, request)
    stated = export.facts(files, network, request).bound if isinstance(export, StatesFacts) else None
    return prove(export, files, network, request, stated)


class Tried(NamedTuple):
    """What became of random networks in one export. proved: of how many; refused: by words; missing: why nothing could be run;
    faults: by seed; relative: the largest |a - b| / (1 + |b|); n_rounded: networks of which it needed the allowance for 32-bit
    numbers; n_close: rows with another decision, whose score is at a limit."""

    proved: int
    refused: Counter[str]
    missing: str | None
    faults: dict[int, str]
    relative: float
    n_rounded: int
    n_close: int
    tool: str


def try_networks(name: str, seeds: Iterable[int], bits: int = 0) -> Tried:
    """Export random networks, with fixed-point numbers of so many bits, and prove each of them."""
    proofs: dict[int, Proof] = {}
    refused = Counter[str]()
    for seed in seeds:
        found = proof_of(network_for(name, seed), name, ExportRequest(bits=bits))
        if isinstance(found, str):
            refused[found] += 1
        else:
            proofs[seed] = found
    faults = {seed: proof.fault for seed, proof in proofs.items() if proof.fault is not None}
    return Tried(
        sum(proof.is_proved for proof in proofs.values()),
        refused,
        next((proof.missing for proof in proofs.values() if proof.missing), None),
        faults,
        max((proof.relative for proof in proofs.values()), default=0.0),
        sum(proof.n_rounded > 0 for proof in proofs.values()),
        sum(proof.n_close for proof in proofs.values()),
        next((proof.tool for proof in proofs.values()), ""),
    )
