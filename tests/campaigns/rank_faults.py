"""Faults of ranks, hosts, the network, the launcher and the disk at random moments of `mpirun ann train`: nothing hangs, nothing
is lost. `python tests/campaigns/rank_faults.py --faults 100 --seed 0` as root of a Linux machine, with mpi4py and mpich.

Two hosts are network namespaces; ranks 0 and 2 are on n1, rank 1 is on n2, and they talk by TCP. After each fault the same
command, with --resume where there is a checkpoint, must write the bytes of a training that nothing disturbed. Without
namespaces (--local) all ranks are on this machine, and its network is not cut.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from children import Report
from hosts import Hosts, left, processes, rank_process, why_not

import anncli
from anncli.formats.files.checkpoint import load_checkpoint

# Seconds that a rank may be silent, and by how much longer a run may take to end. TCP sends lost bytes again after pauses that
# double: after a cut of 4 s the first ones come up to 4 s later, so where the network comes back the limit is longer.
LIMIT, LONG_LIMIT, MARGIN = 4.0, 15.0, 5.0
NETWORK = "anncli: 1\ninputs: 6\nlayers: [16 tanh, 1 logistic]\n"
_FOLDER = Path(__file__).parent
_MARK = f"ANN_CAMPAIGN={os.getpid()}"
# Bytes on the wire of a training that is not disturbed, at least: less went through memory.
_LEAST_BYTES = 100_000


class Fault(NamedTuple):
    """codes: the exit codes of mpirun that it may lead to, () for any but 0; said: what `ann` must say, '' where nobody is left
    who could."""

    codes: tuple[int, ...]
    said: str
    needs_hosts: bool = False


_SILENT, _DONE = "(--worker-timeout)", 0
FAULTS = {
    "kill -9 of a rank": Fault((), ""),
    "kill -9 of rank 0": Fault((), ""),
    "exception on a rank": Fault((1,), "failed: RuntimeError: a fault of the campaign"),
    "a rank stopped": Fault((1,), _SILENT),
    "rank 0 stopped": Fault((1,), ""),
    "SIGTERM to the launcher": Fault((143,), "interrupted"),
    "SIGINT to the launcher": Fault((130,), "interrupted"),
    "SIGKILL of the launcher": Fault((-9,), ""),
    "full disk on rank 0": Fault((1,), "No space left on device"),
    "a host cut off": Fault((1,), _SILENT, needs_hosts=True),
    "the cable of a host unplugged": Fault((1,), _SILENT, needs_hosts=True),
    "the host of rank 0 cut off": Fault((1,), _SILENT, needs_hosts=True),
    "a host cut off for a while": Fault((_DONE,), "", needs_hosts=True),
}


class Ground:
    """Where the trainings run. bytes: of the network file that a training writes which nothing disturbs."""

    def __init__(self, folder: Path, hosts: Hosts | None, epochs: int, mpirun: str, mark: str = _MARK) -> None:
        self.folder, self.hosts, self.epochs, self.mpirun, self.mark = folder, hosts, epochs, mpirun, mark
        rng = np.random.default_rng(0)
        inputs = rng.standard_normal((82_500, 6)).astype(np.float32)
        noisy = inputs[:, 0] * inputs[:, 1] + 0.3 * rng.standard_normal(len(inputs)).astype(np.float32)
        # Outside the small disk of the campaign.
        self.data = folder.parent / "big.npy"
        np.save(self.data, np.column_stack([inputs, noisy > 0]).astype(np.float32))
        self.clear()
        self.seconds, self.bytes = 0.0, b""
        self._measure()

    def clear(self) -> None:
        """The folder with the network alone."""
        for path in self.folder.iterdir():
            path.unlink()
        (self.folder / "net.nn").write_text(NETWORK)

    def words(self, resume: bool = False, limit: float = LIMIT) -> list[str]:
        own = f"train net.nn {self.data} {self.epochs} --label last --trainer rprop --refit no --patience 0 -q".split()
        own += f"--worker-timeout {limit:g} --checkpoint c --checkpoint-every 10".split()
        return [sys.executable, "-m", "anncli", *own, *(["--resume", "c"] if resume else [])]

    def over_ranks(self, limit: float = LIMIT) -> list[str]:
        """The command line of a training over three ranks."""
        launch, words = [self.mpirun, "-n", "3"], self.words(limit=limit)
        if self.hosts is None:
            return [*launch, *words]
        return self.hosts.on(1, [*launch, *self.hosts.mpich, *words])

    def start(self, words: list[str]) -> subprocess.Popen[bytes]:
        name, value = self.mark.split("=")
        paths = [str(_FOLDER / "faulty"), str(Path(anncli.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, name: value, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        # A group of its own, so that a signal for the launcher reaches nobody else.
        with open(self.folder.parent / "said", "wb") as said:
            return subprocess.Popen(
                words, cwd=self.folder, env=environment, stdout=said, stderr=said, start_new_session=True
            )

    @property
    def said(self) -> str:
        return (self.folder.parent / "said").read_text("utf-8", "replace")

    def _measure(self) -> None:
        if self.start(self.words()).wait(120):
            raise RuntimeError(self.said)
        self.bytes = (self.folder / "net.nn").read_bytes()
        self.clear()
        before, begin = 0 if self.hosts is None else self.hosts.bytes_of(2), time.monotonic()
        if self.start(self.over_ranks()).wait(120):
            raise RuntimeError(self.said)
        self.seconds = time.monotonic() - begin
        if (self.folder / "net.nn").read_bytes() != self.bytes:
            raise RuntimeError("ranks give other bytes than one process")
        if self.hosts is not None and self.hosts.bytes_of(2) - before < _LEAST_BYTES:
            raise RuntimeError("the ranks did not talk by TCP")


def campaign(ground: Ground, tries: int, seed: int, kinds: list[str] | None = None) -> Report:
    report, dice = Report("fault at a random moment of a training over ranks"), random.Random(seed)
    kinds = kinds or [kind for kind, fault in FAULTS.items() if ground.hosts is not None or not fault.needs_hosts]
    for number in range(tries):
        kind = kinds[number % len(kinds)]
        moment = dice.uniform(0.2, ground.seconds)
        code, fault = one_fault(ground, kind, moment, dice)
        what = f"{kind} after {moment:.2f} s (seed {seed}, try {number})"
        print(f"{what}: {'ended with' if fault is None else fault + ';'} {code}", flush=True)
        report.count(what, code, fault)
        if fault:
            print("    " + ground.said.replace("\n", "\n    "), flush=True)
    return report


def one_fault(ground: Ground, kind: str, moment: float, dice: random.Random) -> tuple[int | None, str | None]:
    """The exit code of the launcher, and what is wrong with how it ended or with what is left."""
    ground.clear()
    limit = LONG_LIMIT if FAULTS[kind].codes == (_DONE,) else LIMIT
    launcher = ground.start(ground.over_ranks(limit))
    time.sleep(moment)
    is_over = launcher.poll() is not None
    undo = _do(ground, kind, launcher, dice)
    begin, code = time.monotonic(), None
    patience = limit + MARGIN
    if limit == LONG_LIMIT or kind == "full disk on rank 0":
        patience += 3 * ground.seconds
    with suppress(subprocess.TimeoutExpired):
        code = launcher.wait(patience)
    if code is None and not (ground.folder / "c").exists():
        # The limit begins when `ann` has been loaded, which takes its time on a machine that has much to do.
        with suppress(subprocess.TimeoutExpired):
            code = launcher.wait(ground.seconds)
    took = time.monotonic() - begin
    is_whole = (ground.folder / "net.nn").read_bytes() == ground.bytes
    # Of a host that is cut off while MPI starts, MPICH's launcher waits for news; `ann` has ended. And nobody is left to miss a
    # rank 0 that is stopped after the network was written.
    waits = code is None and (
        (FAULTS[kind].needs_hosts and not _ranks(ground)) or (kind == "rank 0 stopped" and is_whole)
    )
    undo()
    remaining = left(ground.mark)
    if waits:
        launcher.kill()
        launcher.wait()
        return None, _lost(ground, dice)
    if code is None:
        launcher.kill()
        launcher.wait()
        return code, f"hangs after {took:.1f} s: {remaining}"
    if remaining:
        return code, f"left {remaining}"
    if is_over and code:
        return code, "ended before the fault"
    return code, _wrong_end(ground, FAULTS[kind], code, is_over or is_whole) or _lost(ground, dice)


def _ranks(ground: Ground) -> list[int]:
    """The processes of `ann`, other than those of launchers."""
    return [
        number for number, own, words in processes(ground.mark) if "PMI_RANK" in own and words[1:3] == ["-m", "anncli"]
    ]


def _do(ground: Ground, kind: str, launcher: subprocess.Popen[bytes], dice: random.Random) -> Callable[[], None]:
    """Make the fault; returns what ends it, where the run does not."""
    hosts, other, filler = ground.hosts, dice.choice((1, 2)), ground.folder / "filler"
    if kind == "full disk on rank 0":
        _fill(filler)
        return lambda: filler.unlink(missing_ok=True)
    if kind in (
        "a host cut off",
        "the cable of a host unplugged",
        "the host of rank 0 cut off",
        "a host cut off for a while",
    ):
        assert hosts is not None
        number = 1 if "rank 0" in kind else 2
        hosts.cut(number, "unplugged" in kind)
        if "for a while" in kind:
            time.sleep(dice.uniform(0.5, 5))
            hosts.mend(number)
        return lambda: hosts.mend(number)
    number = signal.SIGKILL if "kill" in kind.lower() else signal.SIGSTOP
    if "exception" in kind:
        number = signal.SIGUSR1
    if "launcher" in kind:
        number = signal.Signals[kind.split()[0]]
        target = next((n for n, _, words in processes(ground.mark) if words[0] == ground.mpirun), None)
    else:
        target = rank_process(ground.mark, 0 if "rank 0" in kind else other)
    if target is not None:
        with suppress(ProcessLookupError):
            os.kill(target, number)
    return lambda: None


def _fill(path: Path) -> None:
    """Take all room of a small disk."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


def _wrong_end(ground: Ground, fault: Fault, code: int, is_done: bool) -> str | None:
    said = ground.said
    # Before `ann` is loaded, a signal ends the process as any other.
    is_early = code != 0 and not (ground.folder / "c").exists()
    if is_early and fault in (
        FAULTS["exception on a rank"],
        FAULTS["SIGTERM to the launcher"],
        FAULTS["SIGINT to the launcher"],
    ):
        return None
    if "Traceback" in said:
        return "a traceback"
    if is_done:
        return None
    # And launchers have their own opinion of how a rank ended that never told them that it began.
    if not is_early and (code not in fault.codes if fault.codes else code == 0):
        return f"an exit code that is not one of {fault.codes}"
    if fault.said and not any(line.startswith("ann: ") and fault.said in line for line in said.splitlines()):
        return f"does not say {fault.said!r}"
    return None


def _lost(ground: Ground, dice: random.Random) -> str | None:
    """What is not whole, or not to be had again by the same command."""
    network, checkpoint = ground.folder / "net.nn", ground.folder / "c"
    try:
        if network.read_text() != NETWORK and not anncli.load(network).is_trained:
            return "the network is neither the old nor a new one"
        if checkpoint.exists():
            load_checkpoint(checkpoint)
    except Exception as broken:
        return f"left broken: {broken}"
    if network.read_bytes() == ground.bytes:
        return None
    words = ground.words(checkpoint.exists())
    if dice.random() < 0.3:
        words = [ground.mpirun, "-n", "2", *words]
    if code := ground.start(words).wait(120):
        return f"the next run ends with {code}"
    return None if network.read_bytes() == ground.bytes else "the next run gives other bytes"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--kind", action="append", help="only faults whose names have this in them")
    parser.add_argument("--local", action="store_true")
    parser.add_argument("--mpirun", default=str(Path(sys.executable).parent / "mpirun"))
    asked = parser.parse_args()
    # So that namespaces and the small disk go also where the campaign is ended.
    signal.signal(signal.SIGTERM, _end)
    reason = None if asked.local else why_not()
    if reason is not None:
        sys.exit(f"{reason}; --local does without")
    kinds = [kind for kind in FAULTS if any(part in kind for part in asked.kind)] if asked.kind else None
    places = nullcontext() if asked.local else Hosts(2)
    with tempfile.TemporaryDirectory() as name, small_disk(Path(name)) as disk, places as hosts:
        report = campaign(Ground(disk, hosts, asked.epochs, asked.mpirun), asked.faults, asked.seed, kinds)
    codes = ", ".join(f"{code}: {count}" for code, count in sorted(report.codes.items(), key=str))
    print(f"{report.tried} faults, {len(report.failures)} failures; exit codes {codes}")
    for failure in report.failures:
        print(failure)
    sys.exit(bool(report.failures))


def _end(number: int, _: object) -> None:
    # A second one would cut the cleaning short.
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


class small_disk:  # noqa: N801
    """A file system of 4 MB in memory, where the user may mount one; otherwise a folder."""

    def __init__(self, folder: Path) -> None:
        self._disk = folder / "disk"

    def __enter__(self) -> Path:
        self._disk.mkdir()
        if os.geteuid() == 0:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(self._disk)], check=True)
        return self._disk

    def __exit__(self, *_: object) -> None:
        if os.geteuid() == 0:
            subprocess.run(["umount", "-l", str(self._disk)], check=False)


if __name__ == "__main__":
    main()
