"""The address of a scheduler: which connections are made at all, and what the first one says where nobody useful is there."""

from __future__ import annotations

import importlib.metadata
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tls_files import make_certificates

from anncli.errors import AnnError, UsageError
from anncli.experiments.executors.address import Address, checked_address, knock
from anncli.experiments.executors.base import Terms
from anncli.experiments.executors.choice import make_executor


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("tls"))


def terms(folder: Path, **changes: str) -> Terms:
    return Terms(
        tls_ca=str(folder / "ca.pem"), tls_cert=str(folder / "ann.pem"), tls_key=str(folder / "ann-key.pem")
    )._replace(**changes)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.1.2.3", "[::1]"])
def test_plain_connections_stay_on_this_machine(host: str) -> None:
    address = checked_address(f"dask://{host}:8786", Terms())
    assert (address.url, address.is_loopback) == (f"tcp://{host}:8786", True)


@pytest.mark.parametrize("host", ["10.0.0.1", "head", "localhost.example.org", "[fe80::1]", "0.0.0.0"])
def test_plain_connections_elsewhere_are_refused_unless_asked_for(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_address(f"dask://{host}:8786", Terms())
    assert str(caught.value) == (
        f"dask://{host}:8786 is not this machine, and such a connection is neither encrypted nor asks who is there; "
        f"use tls://{host}:8786, or say --insecure in a network of your own"
    )
    assert checked_address(f"dask://{host}:8786", Terms(insecure=True)).url == f"tcp://{host}:8786"


def test_encrypted_connections_need_three_files(files: Path, tmp_path: Path) -> None:
    def refusal(given: Terms, name: str = "tls://head:8786") -> str:
        with pytest.raises(UsageError) as caught:
            checked_address(name, given)
        return str(caught.value)

    assert checked_address("tls://head:8786", terms(files)) == Address("tls", "head", 8786)
    assert refusal(Terms(tls_cert="x")) == (
        "tls://head:8786 needs --tls-ca, --tls-key; docs/cluster.md shows how to make such files"
    )
    # No word of TLS is for a plain connection, and --insecure does not replace a file.
    assert refusal(Terms(tls_key="x"), "dask://localhost:1") == (
        "--tls-key is for --executor tls://HOST:PORT, not for dask://localhost:1; leave it out"
    )
    assert refusal(Terms(insecure=True)).startswith("tls://head:8786 needs --tls-ca, ")
    assert refusal(terms(files, tls_ca="none.pem")) == "--tls-ca: there is no file none.pem; name a PEM file"
    (tmp_path / "text.pem").write_text("text\n")
    text = str(tmp_path / "text.pem")
    assert refusal(terms(files, tls_ca=text)) == f"--tls-ca: {text} holds no certificate; name a PEM file"
    other = str(make_certificates(tmp_path / "other") / "ann-key.pem")
    assert refusal(terms(files, tls_key=other)) == (
        f"--tls-cert, --tls-key: {files / 'ann.pem'} and {other} are no certificate with its key, or the key has a passphrase; "
        "name PEM files that belong together"
    )


def test_a_missing_or_old_extra_is_told_without_importing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    # Another test may have imported it.
    monkeypatch.delitem(sys.modules, "distributed", raising=False)
    monkeypatch.setattr("anncli.experiments.executors.dask.version", missing)
    with pytest.raises(UsageError) as caught:
        make_executor("dask://localhost:1")
    install = "install it: pip install 'anncli[dask]'"
    assert str(caught.value) == f"executors dask:// and tls:// need distributed; {install}"
    monkeypatch.setattr("anncli.experiments.executors.dask.version", lambda name: "2026.5.1")
    with pytest.raises(UsageError, match=r"need distributed 2026\.6 or later, not 2026\.5\.1; install it"):
        make_executor("dask://localhost:1")
    monkeypatch.setattr("anncli.experiments.executors.dask.version", lambda name: "2026.6.0")
    assert type(make_executor("dask://localhost:1")).__name__ == "RemoteWorkers"
    assert "distributed" not in sys.modules


@contextmanager
def listening(words: bytes | None) -> Iterator[int]:
    """A port where somebody says these words; None: hangs up at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(ConnectionResetError):
                if words:
                    connection.sendall(words)
                    connection.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def complaint(address: Address, given: Terms) -> str:
    with pytest.raises(AnnError) as caught:
        knock(address, given)
    assert caught.value.exit_code == 1
    return str(caught.value)


def test_nobody_there(files: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert complaint(Address("dask", "127.0.0.1", port), Terms()) == (
        f"no scheduler at tcp://127.0.0.1:{port}: connection refused; "
        f"start one there: dask scheduler --host 127.0.0.1 --port {port}"
    )
    assert complaint(Address("tls", "127.0.0.1", port), terms(files)) == (
        f"no scheduler at tls://127.0.0.1:{port}: connection refused; start one there; docs/cluster.md shows how"
    )
    text = complaint(Address("dask", "no-such-host.invalid", 1), Terms(insecure=True))
    assert text.startswith("no scheduler at tcp://no-such-host.invalid:1: ")
    assert text.endswith("; check the name of the host")


def test_somebody_else_there(files: Path) -> None:
    with listening(None) as port:
        assert complaint(Address("dask", "127.0.0.1", port), Terms()) == (
            f"no scheduler at tcp://127.0.0.1:{port}: what is there says nothing, as no scheduler does; "
            "see that a Dask scheduler listens there, and not for tls://"
        )
    with listening(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        assert complaint(Address("tls", "127.0.0.1", port), terms(files)) == (
            f"no scheduler at tls://127.0.0.1:{port}: it does not speak TLS; give all sides certificates of one authority"
        )
    with listening(b"hello") as port:
        knock(Address("dask", "127.0.0.1", port), Terms())
