"""Network files of both dialects, from the file to the network and back."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from test_ann import state

from anncli.errors import AnnError, NetworkError, UsageError
from anncli.formats.networks.storage import load, save
from anncli.network.network import Network, NetworkSource
from anncli.network.scaling import Scaling

FOLDER = Path(__file__).parent.parent / "data/networks"


def test_dialects_are_told_apart_by_the_first_word() -> None:
    assert load(FOLDER / "xor_trained.nn").source.dialect == "ann"
    assert load(FOLDER / "xor_ann1dn.nn").source.dialect == "ann1dn"


def test_old_file_with_a_log_in_an_old_encoding() -> None:
    assert state(load(FOLDER / "xor_ann1dn_log.nn")) == state(load(FOLDER / "xor_ann1dn.nn"))


@pytest.mark.parametrize("text", ["+3 2 2 1", "\n\n  3\n2 2 1\n", "\ufeff3 2 2 1"])
def test_a_number_opens_the_old_dialect(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.nn").write_text(text, encoding="utf-8")
    assert str(load(tmp_path / "x.nn").topology) == "2-2-1"


def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path: Path) -> None:
    original = (FOLDER / "xor_trained.nn").read_bytes()
    for data in (original, b"\xef\xbb\xbf" + original, original.replace(b"\n", b"\r\n")):
        (tmp_path / "x.nn").write_bytes(data)
        save(load(tmp_path / "x.nn"), tmp_path / "y.nn")
        assert (tmp_path / "y.nn").read_bytes() == data


def test_old_to_ours_to_old_is_exact(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    network = Network.create(4, [(3, "logistic"), (2, "logistic")], source=NetworkSource("ann1dn"), targets=(0.9, 0.1))
    network.set_parameters(rng.standard_normal(network.topology.n_parameters) * 10.0 ** rng.integers(-40, 30))
    network.scaling = Scaling("stored", *rng.standard_normal((2, 4)).astype(np.float32), activation="logistic")
    old, ours, back = tmp_path / "old.nn", tmp_path / "ours.nn", tmp_path / "back.nn"
    save(network, old)
    first = load(old)
    assert state(first) == state(network)
    save(first, ours, "ann")
    second = load(ours)
    assert second.source.dialect == "ann"
    save(second, back, "ann1dn")
    assert back.read_bytes() == old.read_bytes()
    assert state(load(back)) == state(first)


def test_ours_to_old_to_ours_keeps_every_number(tmp_path: Path) -> None:
    network = Network.create(3, [(2, "tanh"), (1, "tanh")], threshold=0.0)
    network.set_parameters(np.random.default_rng(2).standard_normal(network.topology.n_parameters))
    save(network, tmp_path / "ours.nn")
    save(load(tmp_path / "ours.nn"), tmp_path / "old.nn", "ann1dn")
    save(load(tmp_path / "old.nn"), tmp_path / "again.nn", "ann")
    assert (tmp_path / "again.nn").read_bytes() == (tmp_path / "ours.nn").read_bytes()


def test_standard_input_and_output(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    data = (FOLDER / "xor_trained.nn").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    save(load("-"), "-")
    assert capfdbinary.readouterr().out == data
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data[:-10])))
    with pytest.raises(NetworkError, match=r"^<stdin>: the trained part is cut short"):
        load("-")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty; check the name, or make a network with `ann train`"),
        (b" \r\n\n", "the file is empty; check the name, or make a network with `ann train`"),
        (b"\x7fELF\0\0", "is a binary file, not text; check that this is the right file"),
        (b"\x89PNG\r\n", "is not UTF-8 text: byte 0x89; save it as UTF-8"),
        ("anncli: 1".encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
    ],
)
def test_what_is_no_network_file_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.nn"
    path.write_bytes(data)
    with pytest.raises(NetworkError) as error:
        load(path)
    assert str(error.value).endswith(message)
    assert str(error.value).startswith(f"{path}:")
    assert error.value.exit_code == 4


def test_missing_network_says_how_to_make_one() -> None:
    with pytest.raises(NetworkError) as error:
        load("none.nn")
    assert str(error.value) == "none.nn: no such file; check the name, or make a network with `ann train`"


def test_a_refused_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.nn"
    path.write_bytes(b"old")
    network = Network.create(2, [(3, "softmax")])
    with pytest.raises(NetworkError, match="cannot hold softmax"):
        save(network, path, "ann1dn")
    with pytest.raises(UsageError, match="unknown network format 'ann1d'; did you mean 'ann1dn'"):
        save(network, path, "ann1d")
    with pytest.raises(AnnError, match="create the folder first"):
        save(network, tmp_path / "none" / "x.nn")
    assert path.read_bytes() == b"old"
