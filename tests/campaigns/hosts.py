"""Hosts of a cluster as network namespaces on a bridge: real TCP between them, which can be cut. Needs root and iproute2."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

# A stand-in for ssh, which launchers call: the command is no child of it there either, and outlives it.
_AGENT = """#!/bin/bash
while [[ "$1" == -* ]]; do [[ "$1" == -[xnqTA] ]] && shift || shift 2; done
host=${{1##*.}}; shift
setsid ip netns exec {name}-$host unshare --uts bash -c "hostname n$host; exec $*" <&0 &
wait $!
"""


def why_not() -> str | None:
    """Why there can be no namespaces here, None where there can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces need root on Linux"
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        return "network namespaces need iproute2 and util-linux"
    name = f"try{os.getpid()}"
    try:
        subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
        subprocess.run(["ip", "netns", "del", name], check=True, capture_output=True)
    except subprocess.CalledProcessError as fault:
        return f"no network namespaces: {fault.stderr.decode().strip()}"
    return None


class Hosts:
    """Hosts n1, n2, ... with the addresses 10.99.0.1, 10.99.0.2, ...; use it as `with Hosts(2) as hosts: ...`.

    agent: a program that stands for ssh.
    """

    def __init__(self, count: int = 2) -> None:
        self._name, self.numbers = f"ann{os.getpid()}", range(1, count + 1)
        self._folder = Path(tempfile.mkdtemp(prefix="hosts-"))
        self.agent = self._folder / "agent"

    def __enter__(self) -> Self:
        switch = f"{self._name}-0"
        self.agent.write_text(_AGENT.format(name=self._name))
        self.agent.chmod(0o755)
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        for number in self.numbers:
            host = f"{self._name}-{number}"
            _ip("netns", "add", host)
            _ip("-n", host, "link", "set", "lo", "up")
            _ip(
                *f"link add eth0 netns {host} type veth peer name port{number} netns {switch}".split(),
            )
            _ip("-n", host, "address", "add", f"{self.address(number)}/24", "dev", "eth0")
            _ip("-n", host, "link", "set", "eth0", "up")
            self.mend(number)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (0, *self.numbers):
            subprocess.run(["ip", "netns", "del", f"{self._name}-{number}"], check=False, capture_output=True)
        shutil.rmtree(self._folder)

    def address(self, number: int) -> str:
        """The address of a host."""
        return f"10.99.0.{number}"

    def on(self, number: int, words: Sequence[str]) -> list[str]:
        """The command line that runs `words` on a host, in the same folder."""
        inner = f'hostname n{number}; exec "$@"'
        return ["ip", "netns", "exec", f"{self._name}-{number}", "unshare", "--uts", "bash", "-c", inner, "on", *words]

    @property
    def mpich(self) -> list[str]:
        """Words of MPICH's mpirun: ranks on all hosts, which talk by TCP; without this they go through memory between namespaces."""
        addresses = ",".join(self.address(number) for number in self.numbers)
        launch = ["-launcher", "ssh", "-launcher-exec", str(self.agent), "-hosts", addresses]
        return [*launch, "-genv", "UCX_TLS", "tcp,self", "-genv", "UCX_NET_DEVICES", "eth0"]

    def cut(self, number: int, unplugged: bool = False) -> None:
        """Take the network from a host: its cable, or what the switch does with it, which the host does not see."""
        words = "down" if unplugged else "nomaster"
        _ip("-n", f"{self._name}-0", "link", "set", f"port{number}", words)

    def mend(self, number: int) -> None:
        """Give it back."""
        _ip(*f"-n {self._name}-0 link set port{number} up master bridge".split())

    def bytes_of(self, number: int) -> int:
        """Bytes that went to and came from a host so far."""
        words = ["ip", "-n", f"{self._name}-0", "-s", "-j", "link", "show", f"port{number}"]
        counts = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)[0]["stats64"]
        return int(counts["rx"]["bytes"]) + int(counts["tx"]["bytes"])


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def processes(mark: str) -> Iterator[tuple[int, dict[str, str], list[str]]]:
    """Number, environment and command line of every running process that has `mark`, NAME=VALUE, in its environment."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            environment = (folder / "environ").read_bytes().decode("utf-8", "replace").split("\0")
            words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if mark in environment and state not in "ZX":
            yield int(folder.name), dict(pair.partition("=")[::2] for pair in environment), words


def rank_process(mark: str, rank: int) -> int | None:
    """The process of a rank of MPI; None where it is not there."""
    for number, environment, words in processes(mark):
        own = environment.get("PMI_RANK", environment.get("OMPI_COMM_WORLD_RANK"))
        if own == str(rank) and "anncli" in words:
            return number
    return None


def left(mark: str, seconds: float = 5.0) -> list[str]:
    """Command lines of processes with the mark that are still there after `seconds`; they are killed."""
    until = time.monotonic() + seconds
    while found := list(processes(mark)):
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    for number, _, _ in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return [" ".join(words)[:120] for _, _, words in found]
