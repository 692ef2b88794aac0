"""The address of a scheduler: whether a connection to it may be made, and a first try that says plainly what is wrong."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from typing import NamedTuple

from anncli.errors import AnnError, UsageError
from anncli.experiments.executors.base import Terms

_TLS_OPTIONS = {"tls_ca": "--tls-ca", "tls_cert": "--tls-cert", "tls_key": "--tls-key"}
# Seconds for a first connection, and for the first word of a scheduler.
_PATIENCE = 10.0


class Address(NamedTuple):
    """Where a scheduler listens. scheme: 'dask' for plain connections, 'tls' for encrypted ones."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """As Dask writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tcp' if self.scheme == 'dask' else 'tls'}://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether what is sent there stays on this machine; of names only localhost is certain to."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


def checked_address(name: str, terms: Terms) -> Address:
    """The address in `SCHEME://HOST:PORT`, which options/executor_names has read.

    Raises: UsageError for a plain connection to another machine that is not asked for, and for files of TLS that are missing.
    """
    scheme, _, place = name.partition("://")
    host, _, port = place.rpartition(":")
    address = Address(scheme, host.strip("[]"), int(port))
    given = [option for field, option in _TLS_OPTIONS.items() if getattr(terms, field) is not None]
    if scheme == "tls":
        _check_files(name, terms, given)
    elif given:
        raise UsageError(f"{given[0]} is for --executor tls://HOST:PORT, not for {name}", advice="leave it out")
    elif not address.is_loopback and not terms.insecure:
        raise UsageError(
            f"{name} is not this machine, and such a connection is neither encrypted nor asks who is there",
            advice=f"use tls://{place}, or say --insecure in a network of your own",
        )
    return address


def _check_files(name: str, terms: Terms, given: list[str]) -> None:
    missing = [option for option in _TLS_OPTIONS.values() if option not in given]
    if missing:
        raise UsageError(
            f"{name} needs {', '.join(missing)}",
            advice="docs/cluster.md shows how to make such files",
        )
    for field, option in _TLS_OPTIONS.items():
        path = getattr(terms, field)
        if not os.path.isfile(path):
            raise UsageError(f"{option}: there is no file {path}", advice="name a PEM file")
    tls_context(terms)


def tls_context(terms: Terms) -> ssl.SSLContext:
    """How both sides of a connection know each other: by certificates of one authority, whatever the names in them.

    Raises: UsageError for files that hold something else.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Workers have other addresses every day; who has a certificate of the authority belongs to the cluster.
    context.check_hostname = False
    try:
        context.load_verify_locations(terms.tls_ca)
    except (ssl.SSLError, OSError):
        raise UsageError(f"--tls-ca: {terms.tls_ca} holds no certificate", advice="name a PEM file") from None
    try:
        # Without a function OpenSSL would ask for a passphrase on the terminal.
        context.load_cert_chain(str(terms.tls_cert), terms.tls_key, password=lambda: "")
    except (ssl.SSLError, OSError):
        what = f"{terms.tls_cert} and {terms.tls_key} are no certificate with its key, or the key has a passphrase"
        raise UsageError(f"--tls-cert, --tls-key: {what}", advice="name PEM files that belong together") from None
    return context


def knock(address: Address, terms: Terms) -> None:
    """Connect once, and hear whether a scheduler is there that takes our certificate; raises AnnError otherwise.

    Dask itself tries again and again for its whole limit, and then says only that it timed out.
    """
    context = tls_context(terms) if address.scheme == "tls" else None
    try:
        with socket.create_connection((address.host, address.port), timeout=_PATIENCE) as plain:
            if context is None:
                is_scheduler = _speaks(plain)
            else:
                with context.wrap_socket(plain) as encrypted:
                    is_scheduler = _speaks(encrypted)
    except ssl.SSLError as fault:
        raise _unreachable(address, _tls_reason(fault), "give all sides certificates of one authority") from None
    except ConnectionResetError:
        is_scheduler = False
    except socket.gaierror as fault:
        raise _unreachable(address, str(fault.strerror or fault).lower(), "check the name of the host") from None
    except OSError as fault:
        reason = "it does not answer" if isinstance(fault, TimeoutError) else str(fault.strerror or fault).lower()
        raise _unreachable(address, reason, _how_to_start(address)) from None
    if not is_scheduler:
        other = "dask" if address.scheme == "tls" else "tls"
        advice = f"see that a Dask scheduler listens there, and not for {other}://"
        raise _unreachable(address, "what is there says nothing, as no scheduler does", advice)


def _speaks(connection: socket.socket) -> bool:
    """Whether the other side begins to speak, as schedulers do."""
    try:
        return bool(connection.recv(1))
    except TimeoutError:
        return False


def _how_to_start(address: Address) -> str:
    """Advice for a scheduler that is not there. Without --host it would listen to everybody, who could then run programs here."""
    if address.scheme == "dask" and address.is_loopback:
        return f"start one there: dask scheduler --host {address.host} --port {address.port}"
    return "start one there; docs/cluster.md shows how"


def _tls_reason(fault: ssl.SSLError) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate is not one of --tls-ca ({fault.verify_message})"
    words = (fault.reason or "").lower().replace("_", " ")
    if "wrong version" in words or "record layer" in words or "unexpected eof" in words:
        return "it does not speak TLS"
    return f"it refuses the connection ({words or 'TLS'})"


def _unreachable(address: Address, reason: str, advice: str) -> AnnError:
    return AnnError(f"no scheduler at {address.url}: {reason}", advice=advice)
