"""A crash while a network is written: at whatever moment, the file is the old network or the new one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ann_process import clean_environment

import anncli
from anncli.formats.networks.storage import render

TRIES = 200

# Writes two networks to one path in turn, for ever; a byte on stdout says that it has begun.
WRITER = """
import sys
import anncli
networks = [anncli.load(name) for name in ("a.nn", "b.nn")]
sys.stdout.write("x")
sys.stdout.flush()
while True:
    for network in networks:
        anncli.save(network, "net.nn")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """a.nn and b.nn, two networks of some 100 KB, and net.nn, a copy of the first."""
    rng = np.random.default_rng(0)
    for name, units in (("a.nn", 90), ("b.nn", 110)):
        network = anncli.Network.create(100, [(units, "tanh"), (1, "logistic")], classes=("x", "y"))
        network.set_parameters(rng.normal(size=network.topology.n_parameters))
        anncli.save(network, tmp_path / name)
    (tmp_path / "net.nn").write_bytes((tmp_path / "a.nn").read_bytes())
    return tmp_path


def temporary_files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name not in ("a.nn", "b.nn", "net.nn"))


# Newer Pythons warn of forking beside numpy's threads, which the writers do not use.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_9_at_any_moment_leaves_the_old_or_the_new_file(folder: Path) -> None:
    """Forked writers, so that 200 of them take seconds; each is killed after a random time of some writes."""
    networks = [anncli.load(folder / name) for name in ("a.nn", "b.nn")]
    whole = {render(network) for network in networks}
    assert len(whole) == 2
    target = folder / "net.nn"
    started = time.perf_counter()
    for network in networks * 5:
        anncli.save(network, target)
    one_write = (time.perf_counter() - started) / 10
    chance = random.Random(1)
    seen: set[bytes] = set()
    leftovers = 0
    for _ in range(TRIES):
        begun, tell = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.write(tell, b"x")
                while True:
                    for network in networks:
                        anncli.save(network, target)
            finally:
                os._exit(1)
        os.read(begun, 1)
        os.close(begun)
        os.close(tell)
        time.sleep(chance.uniform(0, 3 * one_write))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        content = target.read_bytes()
        assert content in whole
        anncli.load(target)
        seen.add(content)
        # The next writer clears away what the last one left, so it never piles up.
        assert len(temporary_files(folder)) <= 1
        leftovers += len(temporary_files(folder))
    assert seen == whole
    # Otherwise no kill ever hit a write, and the test would show nothing.
    assert leftovers > 0
    anncli.save(networks[0], target)
    assert temporary_files(folder) == []


def test_the_same_in_a_process_of_its_own(folder: Path) -> None:
    whole = {(folder / name).read_bytes() for name in ("a.nn", "b.nn")}
    for delay in (0.0, 0.003, 0.01):
        writer = subprocess.Popen([sys.executable, "-c", WRITER], cwd=folder, env=clean_environment(), stdout=subprocess.PIPE)  # fmt: skip
        assert writer.stdout is not None
        writer.stdout.read(1)
        time.sleep(delay)
        writer.kill()
        writer.communicate()
        assert (folder / "net.nn").read_bytes() in whole


def test_a_temporary_file_of_a_living_writer_is_left_alone(folder: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    dead, living = folder / ".net.nn.00000000.ann-tmp", folder / ".net.nn.11111111.ann-tmp"
    dead.write_text("half a netw")
    with open(living, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        anncli.save(anncli.load(folder / "a.nn"), folder / "net.nn")
        assert temporary_files(folder) == [living.name]
    anncli.save(anncli.load(folder / "a.nn"), folder / "net.nn")
    assert temporary_files(folder) == []
