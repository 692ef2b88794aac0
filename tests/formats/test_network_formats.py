"""The registry of network formats: who reads a file, who can be written, and a new format by one module and one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from anncli.errors import NetworkError, UsageError
from anncli.formats.networks import registry
from anncli.formats.networks.names import DIALECTS, NETWORK_FORMAT_NAMES, NetworkFormatName
from anncli.formats.networks.registry import name_of_format
from anncli.formats.networks.storage import load, parse, refusal, render, save
from anncli.network.network import Network, NetworkSource
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"3 2 2 1", "ann1dn"),
        (b"\xef\xbb\xbf\n +3", "ann1dn"),
        (b"anncli: 1\n", "ann"),
        (b"# 3\n", "ann"),
        (b"\x7fELF", "ann"),
    ],
)
def test_the_format_of_a_file(data: bytes, name: str) -> None:
    assert name_of_format(data) == name


def test_both_formats_can_be_trained_in() -> None:
    assert DIALECTS == ("ann", "ann1dn")


@pytest.mark.parametrize("name", DIALECTS)
def test_what_is_written_is_recognised_and_gives_the_same_bytes(name: str) -> None:
    network = Network.create(2, [(3, "logistic"), (1, "logistic")], source=NetworkSource(name))
    network.set_parameters(range(network.topology.n_parameters))  # type: ignore[arg-type]
    data = render(network)
    assert name_of_format(data) == name
    assert render(parse(data, "x.nn")) == data


class Words:
    """Networks without hidden layers as `words INPUTS OUTPUTS`."""

    def parse(self, data: bytes, path: object) -> Network:
        _, n_inputs, n_outputs = data.split()
        return Network.create(int(n_inputs), [(int(n_outputs), "linear")], source=NetworkSource("words"))

    def refusal(self, topology: Topology, scaling: Scaling) -> str | None:
        return "words have no hidden layers" if len(topology.layers) > 1 else None

    def render(self, network: Network) -> bytes:
        return f"words {network.n_inputs} {network.n_outputs}".encode()


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The format `words`, and one that is only read."""
    registry.network_format.cache_clear()
    for name, info in {"words": NetworkFormatName("words", "for a test", b"words ", is_dialect=True), "old": NetworkFormatName("words", "", b"old ")}.items():  # fmt: skip
        monkeypatch.setitem(NETWORK_FORMAT_NAMES, name, info)
    monkeypatch.setitem(sys.modules, "anncli.formats.networks.words", SimpleNamespace(FORMAT=Words()))  # type: ignore[arg-type]
    yield
    registry.network_format.cache_clear()


def test_a_new_format_is_one_module_and_one_line(words: None, tmp_path: Path) -> None:
    path = tmp_path / "x.words"
    path.write_bytes(b"words 3 2")
    network = load(path)
    assert (str(network.topology), network.source.dialect) == ("3-2", "words")
    save(network, tmp_path / "y.words")
    assert (tmp_path / "y.words").read_bytes() == b"words 3 2"
    deep = Network.create(2, [(2, "tanh"), (1, "linear")])
    with pytest.raises(NetworkError, match="words have no hidden layers; save it in the ann format"):
        render(deep, "words")
    assert refusal("words", deep.topology, deep.scaling) == "words have no hidden layers"
    assert refusal("ann", deep.topology, deep.scaling) is None


def test_formats_that_cannot_be_written_are_refused(words: None) -> None:
    network = Network.create(2, [(1, "linear")])
    with pytest.raises(
        UsageError, match="networks are not kept as old; use one of ann, ann1dn; ann export writes other formats"
    ):
        render(network, "old")
    with pytest.raises(UsageError, match="unknown network format 'anm'; did you mean 'ann'"):
        refusal("anm", network.topology, network.scaling)
