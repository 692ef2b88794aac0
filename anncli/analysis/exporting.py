"""Exporting a network: written, proved, and only then put in its place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from anncli.analysis.proof import Proof, prove
from anncli.errors import AnnError, NetworkError, UsageError, printable, quoted
from anncli.formats.exports.base import ComparesNumbers, ExportRequest, Facts, StatesFacts
from anncli.formats.exports.names import EXPORT_NAMES
from anncli.formats.exports.registry import export_format
from anncli.formats.files.textfile import STDOUT, replace_file
from anncli.network.network import Network

# Names of functions begin with a part of a longer name of a file.
_LONGEST_NAME = 40
_UNFIT = re.compile(r"[^0-9A-Za-z_]+")


class Exported(NamedTuple):
    """files: what is to be written, by endings, '' for the one that the user named; proof: None where none was wanted;
    facts: what the export says of itself, None where it says nothing."""

    files: Mapping[str, bytes]
    proof: Proof | None
    facts: Facts | None = None


def exported(network: Network, name: str, request: ExportRequest, path: str = "", proved: bool = True) -> Exported:
    """The network in the export format `name`, and the proof that it computes the same.

    Args: path: of the network, for messages; proved: False for no proof.
    Raises: NetworkError for an untrained network and for what the format cannot hold; AnnError where the proof fails;
        UsageError for an unknown format, and for fixed-point numbers or a state in one that has none.
    """
    export = export_format(name)
    check_choices(name, request.bits, request.stateful)
    shown = path or None
    if not network.is_trained:
        advice = f"train it first: ann train {path} ..." if path else "train it first"
        raise NetworkError("the network has no weights yet", path=shown, advice=advice)
    if network.text_use == "vectors" and not isinstance(export, ComparesNumbers):
        message = f"the format {name} is for outputs, and a network that ends in `{network.topology.layers[-1].kind}` has vectors of words alone"
        raise NetworkError(
            message, path=shown, advice="write them by --to word2vec, or into a file that ends in .vec or .bin"
        )
    if network.topology.inputs.descriptors is not None:
        message = f"the format {name} has no place for the mixture that makes Fisher vectors of samples"
        raise NetworkError(
            message, path=shown, advice="use the network by `ann predict`, or in Python by anncli.load()"
        )
    if reason := export.refusal(network, request):
        raise NetworkError(reason, path=shown)
    files = export.render(network, request)
    facts = export.facts(files, network, request) if isinstance(export, StatesFacts) else None
    if not proved:
        return Exported(files, None, facts)
    proof = prove(export, files, network, request, facts and facts.bound)
    if proof.fault is not None:
        what = f"does not compute what the network computes: {proof.fault}; {proof.tool} ran it"
        message = f"the {name} export {what if proof.tool else proof.fault}"
        raise AnnError(message, path=shown, advice="nothing was written; --no-prove writes it without a proof")
    return Exported(files, proof, facts)


def check_choices(name: str, bits: int, stateful: bool) -> None:
    """Raises UsageError for fixed-point numbers of so many bits (0: floating point) in a format that has none, and for --stateful in one that
    cannot take and give a state."""
    info = EXPORT_NAMES[name]
    if bits and not info.fixed_point:
        able = " or ".join(known for known, other in EXPORT_NAMES.items() if other.fixed_point)
        raise UsageError(f"--int{bits}: {name} has no fixed-point numbers", advice=f"write {able}, or leave it out")
    if stateful and not info.stateful:
        able = " or ".join(known for known, other in EXPORT_NAMES.items() if other.stateful)
        is_c = info.module.startswith("c.")
        advice = (
            "leave it out: C has a step with a state wherever the network allows one"
            if is_c
            else f"write {able}, or leave it out"
        )
        raise UsageError(f"--stateful is not for {name}", advice=advice)


def places_of(files: Mapping[str, bytes], target: str) -> dict[str, bytes]:
    """The contents by the names of their files; raises UsageError for several files on stdout or a device, and for several of
    one name."""
    is_device = os.path.exists(target) and not os.path.isfile(target) and not os.path.isdir(target)
    if len(files) > 1 and (target in STDOUT or is_device):
        also = ", ".join(f"NAME{ending}" for ending in files if ending)
        where = "stdout" if target in STDOUT else printable(target)
        raise UsageError(
            f"several files are written (also {also}), and {where} takes one", advice="name a file with -o"
        )
    stem = os.path.splitext(target)[0]
    places = {f"{stem}{ending}" if ending else target: content for ending, content in files.items()}
    if len(places) < len(files):
        message = f"--output {printable(target)}: a second file that is written has the same name"
        raise UsageError(message, advice="name a file with another ending")
    return places


def write_files(places: Mapping[str, bytes]) -> None:
    """Write the files, the one that the user named last; raises AnnError where one cannot be written, and then leaves all as
    they were, because the others are on the disk before one takes its name."""
    if not places:
        return
    (place, content), *others = places.items()
    replace_file(place, content, before=lambda: write_files(dict(others)))


def name_of(target: str) -> str:
    """The C identifier that a target's name begins with: 'iris' for 'out/iris.c'."""
    stem = _UNFIT.sub("_", os.path.basename(target).split(".")[0]).strip("_")[:_LONGEST_NAME]
    if not stem:
        return ExportRequest().name
    return stem if not stem[0].isdigit() else f"n{stem}"


def checked_name(name: str) -> str:
    """The name, if it is a C identifier; raises UsageError."""
    if not (name.isascii() and name.isidentifier()):
        message = f"the name must be letters, digits and _, not begin with a digit, found {quoted(name)}"
        raise UsageError(message, advice=f"write for example {name_of(name)}")
    return name
