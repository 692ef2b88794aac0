"""The same network from every number of ranks: `python tests/campaigns/ranks.py` trains each case in one process and under mpirun.

Further environments, with another MPI, are named by their Python: `--python /opt/openmpi/bin/python`. Only some cases: names as words.
As root of a Linux machine with iproute2, `--hosts` divides the ranks of MPICH between two hosts, which are network namespaces.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
import platform
import re
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from hosts import Hosts
from launchers import environment

TRAINING_ROWS = 66_000
# A quarter of these rows is the validation set.
ROWS = 88_000
# Bytes between two hosts in a training, at least: less went through memory.
LEAST_BYTES = 100_000


class Case(NamedTuple):
    """A training. words: of `ann train`, without epochs, output and -v; resumed: it is cut off after half of its epochs, and goes on
    on other numbers of ranks; serves: whether all ranks have rows."""

    words: str
    epochs: int = 2
    resumed: bool = False
    serves: bool = True


_TABLE = "net.nn d.npy --label last"
_WHOLE = f"{_TABLE} --validation 0"
CASES = {
    "rprop": Case(f"{_TABLE} --trainer rprop --validation 0.25"),
    "scg": Case(f"{_WHOLE} --trainer scg"),
    "cgb": Case(f"{_WHOLE} --trainer cgb"),
    "lbfgs": Case(f"{_WHOLE} --trainer lbfgs"),
    "lm": Case(f"{_WHOLE} --trainer lm"),
    "br": Case(f"{_WHOLE} --trainer br"),
    "gdx": Case(f"{_WHOLE} --trainer gdx"),
    "adam": Case(f"{_WHOLE} --trainer adam --batch-size 4096 --dropout 0.1"),
    "es": Case(f"{_WHOLE} --trainer es"),
    "text": Case("net.nn pos.txt neg.txt --validation 0 --trainer rprop"),
    "own-rows": Case("net.nn x.npy --label file:y.npy --scaling none --validation 0.25 --trainer rprop"),
    "gaps": Case(f"{_WHOLE} --scaling none --trainer rprop"),
    "restarts": Case(f"{_WHOLE} --trainer rprop --restarts 2 --threads 2"),
    "ensemble": Case(f"{_WHOLE} --trainer rprop --ensemble 2", epochs=1),
    "weights": Case("net.nn w.csv --weight w --label y --validation 0 --trainer gdx"),
    "linear": Case("linear.nn d.npy --label last --task regression --validation 0 --trainer lbfgs"),
    "huber": Case("linear.nn d.npy --label last --task regression --loss huber:0.5 --validation 0 --trainer rprop"),
    "noise": Case(f"{_WHOLE} --trainer adam --batch-size 66000 --input-noise 0.1"),
    "samples": Case("samples.nn rising.txt falling.txt --validation 0 --trainer rprop"),
    "each-row": Case("each.nn each.txt --label last --validation 0 --trainer rprop"),
    "tokens": Case("tokens.nn tokens.svm --validation 0 --trainer rprop"),
    "reproducible": Case(f"{_WHOLE} --trainer lbfgs --reproducible"),
    "resumed": Case(f"{_WHOLE} --trainer rprop", epochs=6, resumed=True),
    "resumed-adam": Case(f"{_WHOLE} --trainer adam --batch-size 4096", epochs=4, resumed=True),
    "few-rows": Case("net.nn few.txt more.txt --validation 0 --trainer rprop", serves=False),
    "small-batches": Case(f"{_WHOLE} --trainer adam --batch-size 2048", epochs=1, serves=False),
}


def write_data(folder: Path) -> None:
    """All files that the cases read; 88,000 rows of three inputs."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS, 3)).astype(np.float32).round(3)
    y = (x[:, 0] * x[:, 1] + 0.3 * x[:, 2] + 0.3 * rng.normal(size=ROWS) > 0).astype(np.float32)
    np.save(folder / "d.npy", np.column_stack([x, y]))
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    weights = rng.integers(1, 4, ROWS)
    np.savetxt(
        folder / "w.csv", np.column_stack([x, weights, y])[:TRAINING_ROWS], "%g", ",", header="a,b,c,w,y", comments=""
    )
    half = TRAINING_ROWS // 2
    for name, taken in (("pos", x[y == 1][:half]), ("neg", x[y == 0][:half])):
        np.savetxt(folder / f"{name}.txt", taken, "%g")
    np.savetxt(folder / "few.txt", x[:300], "%g")
    np.savetxt(folder / "more.txt", x[300:600], "%g")
    for name, sign in (("rising", 1), ("falling", -1)):
        first = x[:half, :1]
        steps = [f"{a:.2f}\n{a + sign * b:.2f}\n" for (a,), b in zip(first, abs(x[:half, 1]), strict=True)]
        (folder / f"{name}.txt").write_text("\n".join(steps))
    rows = [
        f"{a:.2f} {int(a > 0)}\n{b:.2f} {int(a + b > 0)}\n" + f"{c:.2f} {int(b > c)}\n" * (k % 3)
        for k, (a, b, c) in enumerate(x[:TRAINING_ROWS])
    ]
    (folder / "each.txt").write_text("\n".join(rows))
    tokens = [
        f"{int(label)} {1 + int(4 * abs(a)) % 9}:1 {10 + int(4 * abs(b)) % 9}:{c:.1f}\n"
        for (a, b, c), label in zip(x[:TRAINING_ROWS], y, strict=False)
    ]
    (folder / "tokens.svm").write_text("".join(tokens))
    for name, inputs, layers in (
        ("net", "3", "3 tanh, 1 logistic"), ("linear", "3", "3 tanh, 1 linear"), ("samples", "any x 1", "3 lstm, last, 1 logistic"),
        ("each", "any x 1", "3 lstm, 1 logistic"), ("tokens", "20 tokens", "2 tanh, 1 logistic"),
    ):  # fmt: skip
        (folder / f"{name}.nn").write_text(f"anncli: 1\ninputs: {inputs}\nlayers: [{layers}]\n")


class Ranks(NamedTuple):
    """ranks: 0 for one process without mpirun; python: of the environment, whose mpirun stands beside it; hosts: on which the
    ranks are."""

    ranks: int
    python: str = sys.executable
    hosts: Hosts | None = None

    @property
    def command(self) -> list[str]:
        ann = [self.python, "-m", "anncli", "train"]
        launcher = [str(Path(self.python).parent / "mpirun"), "-n", str(self.ranks)] if self.ranks else []
        if self.hosts is not None:
            return ["timeout", "-k", "5", "300", *self.hosts.on(1, [*launcher, *self.hosts.mpich, *ann])]
        return ["timeout", "-k", "5", "300", *launcher, *ann]

    @property
    def sent(self) -> int:
        """Bytes that have gone between the hosts."""
        return 0 if self.hosts is None else self.hosts.bytes_of(2)


def trained(folder: Path, case: Case, how: Ranks, cut: Ranks | None = None, **variables: str) -> tuple[str, list[int]]:
    """The digest of the network and the rows that each rank has served; cut: how the first half of the epochs is run, which leaves
    a checkpoint. Raises: AssertionError with what `ann` said where it fails."""
    words = [*case.words.split(), "-o", "out.nn", "-v"]
    if cut is not None:
        _run(folder, [*cut.command, *words, str(case.epochs // 2), "--checkpoint", "run.ckpt"], **variables)
        words += ["--resume", "run.ckpt"]
    told = _run(folder, [*how.command, *words, str(case.epochs)], **variables)
    rows = [int(n.replace(",", "")) for n in re.findall(r"ann: rank \d+ on \S+: ([\d,]+) rows", told)]
    return digest_of(folder / "out.nn"), rows


def digest_of(path: Path) -> str:
    """Twelve digits that stand for a network file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _run(folder: Path, command: list[str], **variables: str) -> str:
    (folder / "out.nn").unlink(missing_ok=True)
    done = subprocess.run(
        command, cwd=folder, env=environment(**variables), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}"
    return done.stderr


def checked(folder: Path, name: str, how: list[Ranks]) -> list[str]:
    """The faults of a case; how: the first one is what the others are held against."""
    case, faults = CASES[name], []
    wanted, _ = trained(folder, case, how[0])
    for one in how[1:]:
        cuts: list[Ranks | None] = [None]
        if case.resumed:
            cuts = [Ranks(2, one.python)]
        for cut in cuts:
            before = one.sent
            digest, rows = trained(folder, case, one, cut)
            if one.hosts is not None and one.sent - before < LEAST_BYTES:
                faults.append(f"{one.ranks} ranks did not talk by TCP: {one.sent - before:,} bytes")
            if digest != wanted:
                faults.append(f"{one.ranks} ranks of {one.python}: {digest}, not {wanted}")
            if one.ranks > 1 and (len(rows) != one.ranks or (case.serves and not all(rows))):
                faults.append(f"{one.ranks} ranks of {one.python} served {rows} rows")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="cases: " + ", ".join(CASES))
    parser.add_argument("--python", action="append", default=[], help="of a further environment")
    parser.add_argument("--ranks", default="1,2,3,4")
    parser.add_argument("--hosts", action="store_true", help="two hosts, which talk by TCP")
    asked = parser.parse_args()
    numbers = [int(n) for n in asked.ranks.split(",")]
    if asked.hosts and (asked.python or min(numbers) < 2):
        parser.error("--hosts is for two ranks or more of one MPICH, as --ranks 2,3,4")
    print(
        f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}\n"
    )
    print("| case | trainings | digest | faults |\n|---|---|---|---|")
    failed = 0
    with tempfile.TemporaryDirectory() as place, Hosts(2) if asked.hosts else nullcontext() as hosts:
        folder = Path(place)
        write_data(folder)
        how = [Ranks(0), *(Ranks(n, python, hosts) for python in (sys.executable, *asked.python) for n in numbers)]
        for name in asked.names or CASES:
            faults = checked(folder, name, how)
            failed += len(faults)
            digest = digest_of(folder / "out.nn")
            print(f"| {name} | {len(how)} | {digest} | {'; '.join(faults) or 'none'} |", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
