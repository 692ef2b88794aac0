"""Networks of every kind in every export: the same outputs, the same decisions, or a refusal by name.

Exports whose package or tool is not there are skipped by name. tests/campaigns/exports.py tries more networks.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from exported_files import network_for, proof_of, try_networks
from random_networks import random_network, random_rows

from anncli.analysis.proof import TOLERANCE
from anncli.errors import UsageError
from anncli.formats.exports.base import ExportRequest, ToolMissingError
from anncli.formats.exports.names import EXPORT_NAMES
from anncli.formats.exports.registry import export_format
from anncli.formats.exports.tools import find_tool
from anncli.formats.networks.names import NETWORK_FORMAT_NAMES
from anncli.formats.networks.storage import parse
from anncli.inference.predict import predict
from anncli.network.names import ACTIVATION_NAMES, ActivationName
from anncli.network.network import Network

# With a step that no cycle of kinds shares, these are of all kinds.
SEEDS = range(0, 100, 7)
# What a refusal says before the name of what is in the way.
NAMED = re.compile(r"(cannot hold|has no|holds one network|has one activation|cannot write|cannot be)\b")
# At least so many of the networks are of a kind that the format holds.
HELD = {"fann": 6, "ann1dn": 0}
# What networks without words have not; tests/exports/test_word2vec_export.py has those with words.
_OF_WORDS = ("word2vec", "word2vec-binary")
# Formats that ann reads too.
BOTH_WAYS = [name for name in EXPORT_NAMES if name in NETWORK_FORMAT_NAMES and name not in _OF_WORDS]


def ready(name: str) -> None:
    """Skip an export whose package is not installed."""
    try:
        export_format(name)
    except UsageError as missing:
        pytest.skip(str(missing))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in EXPORT_NAMES if name not in _OF_WORDS])
def test_networks_of_every_kind(name: str) -> None:
    ready(name)
    seeds = SEEDS[::5] if name == "c-header" else SEEDS
    tried = try_networks(name, seeds)
    assert tried.faults == {}
    assert all(map(NAMED.search, tried.refused)), tried.refused
    if tried.missing is not None:
        assert tried.proved == 0
        if name != "graphviz":
            pytest.skip(tried.missing)
        return
    assert tried.proved + tried.refused.total() == len(seeds)
    assert tried.proved >= HELD.get(name, len(seeds))
    assert tried.relative <= TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("name", BOTH_WAYS)
def test_what_is_read_back_is_written_with_the_same_bytes(name: str) -> None:
    """And computes the same."""
    ready(name)
    export, n_read = export_format(name), 0
    for seed in range(100):
        network = network_for(name, seed)
        if export.refusal(network, ExportRequest()):
            continue
        files = export.render(network, ExportRequest())
        again = parse(files[""], f"x.{name}")
        assert export.render(again, ExportRequest()) == files, seed
        rows = random_rows(network, np.random.default_rng(seed), 50)
        found, wanted = predict(again, rows.inputs), predict(network, rows.inputs)
        assert (np.abs(found - wanted) <= TOLERANCE * (1 + np.abs(wanted))).all(), seed
        n_read += 1
    assert n_read >= HELD.get(name, 100)


@pytest.mark.parametrize("name", [name for name, info in EXPORT_NAMES.items() if not info.tool])
def test_two_networks_in_every_run_of_the_tests(name: str) -> None:
    """One for tables and one without, where no tool has to start: the others are slow."""
    ready(name)
    for seed in (0, 4):
        proof = proof_of(random_network(seed), name)
        assert isinstance(proof, str) or proof.fault is None, proof


@pytest.mark.parametrize("name", EXPORT_NAMES)
def test_an_activation_that_is_added_is_refused_by_name_or_written(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(name)
    monkeypatch.setitem(ACTIVATION_NAMES, "bent", ActivationName(None, "linear", "z", -1, 1))
    network = Network.create(2, [(2, "bent"), (1, "logistic")])
    network.set_parameters(np.ones(9))
    reason = export_format(name).refusal(network, ExportRequest())
    if reason is None:
        assert b"bent" in export_format(name).render(network, ExportRequest())[""]
    elif name in _OF_WORDS:
        assert reason.startswith("the network has no vectors of words; ")
    else:
        assert re.search(r" (cannot hold|has no) bent units, only ", reason), reason


def test_a_missing_tool_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolMissingError, match=r"^node is not installed; apt install nodejs$"):
        find_tool("node", install="apt install nodejs")
