"""Running `ann` where its bits do not depend on the machine, and digests of what it writes and prints."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DIGESTS = HERE / "digests.json"

# Kernel -> variables that choose it; the best one first.
KERNELS = {
    "native-avx512": {"ANN_KERNELS": "native", "ANN_KERNEL_VARIANT": "avx512"},
    "native-avx2": {"ANN_KERNELS": "native", "ANN_KERNEL_VARIANT": "avx2"},
    "native-baseline": {"ANN_KERNELS": "native", "ANN_KERNEL_VARIANT": "baseline"},
    "numpy": {"ANN_KERNELS": "numpy"},
}

# What every x86-64 machine of today has. With more, numpy and its BLAS take other loops, whose last bits differ.
BLAS = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1"}
USED_FEATURES = {
    "SSE", "SSE2", "SSE3", "SSSE3", "SSE41", "POPCNT", "SSE42", "X86_V2", "AVX", "F16C", "FMA3", "AVX2", "X86_V3",
}  # fmt: skip

# Keys that hold words, times, versions or the kernel: wording may change, and the others differ from run to run.
WORDS = {
    "stop", "kernel", "blas", "version", "versions", "warnings", "diagnosis", "seconds", "time", "start", "date",
}  # fmt: skip
WORDS_OF_A_RECORD = WORDS - {"start"}

# Prints what numpy computes with: the features it may choose loops by, those it uses, and the kernels of its BLAS.
PROBE = """
import ctypes, json, numpy
try:
    from numpy._core import _multiarray_umath as core
except ImportError:
    from numpy.core import _multiarray_umath as core
blas = "unknown"
try:
    paths = {line.split()[-1] for line in open("/proc/self/maps") if "openblas" in line}
except OSError:
    paths = set()
for path in paths:
    for name in ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename64_", "openblas_get_corename"):
        function = getattr(ctypes.CDLL(path), name, None)
        if function is not None:
            function.restype = ctypes.c_char_p
            blas = "openblas-" + function().decode()
used = [name for name, here in core.__cpu_features__.items() if here]
print(json.dumps({"choice": list(core.__cpu_dispatch__), "used": used, "blas": blas, "numpy": numpy.__version__}))
"""

# Answers command lines with what `python -m anncli` prints for them, each in a process of its own, forked from one that
# has loaded all modules: a fifth of a second less for each.
SERVER = """
import contextlib, gc, importlib, json, os, pkgutil, runpy, sys, tempfile
import anncli
for module in pkgutil.walk_packages(anncli.__path__, "anncli."):
    if not module.name.endswith("__main__"):
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)
gc.freeze()
for line in sys.stdin:
    folder, words = json.loads(line)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            empty = os.open(os.devnull, os.O_RDONLY)
            for number, file in enumerate((empty, output.fileno(), errors.fileno())):
                os.dup2(file, number)
            # What the server has read ahead of its own input is not for the command.
            sys.stdin = open(0)
            sys.argv = ["ann", *words]
            runpy.run_module("anncli", run_name="__main__", alter_sys=True)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = [(file.seek(0), file.read().decode())[1] for file in (output, errors)]
    print(json.dumps([code, *texts]), flush=True)
"""


def environment(kernel):
    """The environment of this process without ANN_ settings, with one kernel, one BLAS and no more than AVX2."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANN_", "NPY_DISABLE_"))}
    return {**kept, **BLAS, **KERNELS[kernel], **_no_wider_loops()}


_wider = {}


def _no_wider_loops():
    if "found" not in _wider:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("NPY_")}
        machine = _probe(plain)
        # numpy refuses names of its baseline, and warns of names that this processor does not have.
        names = [name for name in machine["choice"] if name in machine["used"] and name not in USED_FEATURES]
        _wider["found"] = {"NPY_DISABLE_CPU_FEATURES": " ".join(names)} if names else {}
    return _wider["found"]


def _probe(variables):
    done = subprocess.run([sys.executable, "-c", PROBE], env=variables, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def key_of(kernel):
    """What decides the bits of a run, as digests.json names it; found out by looking, not by what was asked for."""
    numpy = _probe(environment(kernel))
    used = set(numpy["used"])
    wider = sorted(used & set(numpy["choice"]) - USED_FEATURES)
    simd = "-".join(wider) if wider else "AVX2" if {"AVX2", "FMA3"} <= used else "baseline"
    return f"{kernel}/{numpy['blas']}/numpy-{simd}"


class CannotRunError(Exception):
    """This machine or this installation has no such kernel."""


class Program:
    """`ann` with one kernel: command lines in, exit code and both streams out; for a `with` block."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.environment = environment(kernel)
        self.server = None
        # `--version -v` names the kernel, and fails where it was asked for one that there is not.
        if self._run_alone(".", ["--version", "-v"])[0] != 0:
            raise CannotRunError(f"the kernel {kernel} cannot run here")
        if hasattr(os, "fork"):
            self.server = subprocess.Popen(
                [sys.executable, "-c", SERVER],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def run(self, folder, words):
        """(exit code, standard output, standard error) of one command line."""
        if self.server is None:
            return self._run_alone(folder, words)
        print(json.dumps([str(folder), list(words)]), file=self.server.stdin, flush=True)
        return tuple(json.loads(self.server.stdout.readline()))

    def check(self, folder, line):
        """Standard output of a command line that must succeed."""
        code, output, errors = self.run(folder, shlex.split(line))
        assert code == 0, f"ann {line}\nended with exit code {code}\n{output[-2000:]}\n{errors[-2000:]}"
        return output

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.server is not None:
            self.server.stdin.close()
            self.server.wait(30)
            self.server.stdout.close()

    def _run_alone(self, folder, words):
        command = [sys.executable, "-m", "anncli", *words]
        done = subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


def best_program():
    """`ann` with the best kernel that runs here and that ANN_KERNELS allows."""
    for kernel, variables in KERNELS.items():
        if os.environ.get("ANN_KERNELS") in (None, "", variables["ANN_KERNELS"]):
            try:
                return Program(kernel)
            except CannotRunError:
                continue
    raise CannotRunError("no kernel runs here")


def run_case(program, case):
    """Part -> digest of everything a case writes and prints; '2 json' is what its second command line prints."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case.fill(folder)
        for number, line in enumerate(case.lines, 1):
            output = program.check(folder, line)
            if output:
                what = "json" if "--json" in line.split() else "predictions" if line.startswith("predict") else "text"
                found[f"{number} {what}"] = digest_of_output(output)
        for network in case.networks:
            found |= digests_of_network(network, (folder / network).read_bytes())
        for one, other in case.equal:
            same = (folder / one).read_bytes() == (folder / other).read_bytes()
            assert same, f"{case.name}: {one} and {other} differ in bytes"
    return found


def digest(data):
    """16 hex digits for bytes, or for a value as its JSON text with sorted keys."""
    if not isinstance(data, bytes):
        data = json.dumps(data, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()[:16]


def digest_of_output(text):
    """Of a JSON document without words and times, or of text without the line of the training time."""
    if text.startswith("{"):
        return digest(without(json.loads(text), WORDS))
    return digest(re.sub(r"(?m)^training time: .*\n", "", text).encode())


def digests_of_network(name, data):
    """Of ann1dn's files all bytes; of ours the numbers and names, apart from what the record says in words."""
    text = data.decode()
    if "\ntrained:\n" not in text.replace("\r\n", "\n"):
        return {f"{name} network": digest(data)}
    # Without a schema numbers stay as they are written: a change in one digit shows.
    document = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    trained = document.pop("trained")
    record = trained.pop("record", {})
    # Files written before name the sets of a record so.
    if "sets" in record:
        record["parts"] = record.pop("sets")
    # The checksum depends on the words. The digests of rows depend on the data alone.
    trained.pop("checksum")
    trained.pop("row_digests", None)
    # Apart, so that a change of the curve alone is no change of the weights; files written before have none.
    curve = trained.pop("curve", None)
    return {
        f"{name} network": digest([document, trained]),
        f"{name} record": digest(without(record, WORDS_OF_A_RECORD)),
        **({} if curve is None else {f"{name} curve": digest(curve)}),
    }


def without(value, keys):
    """A value of JSON without some keys, at any depth; reasons for undefined figures are words too."""
    if isinstance(value, dict):
        return {
            key: sorted(item) if key == "undefined" else without(item, keys)
            for key, item in value.items()
            if key not in keys
        }
    return [without(item, keys) for item in value] if isinstance(value, list) else value


def read_digests():
    """Key -> case -> part -> digest."""
    return json.loads(DIGESTS.read_text(encoding="utf-8")) if DIGESTS.exists() else {}


def write_digests(held):
    """One case per line, so that a change shows which."""
    blocks = []
    for key, cases in sorted(held.items()):
        lines = [f"  {json.dumps(name)}: {json.dumps(parts)}" for name, parts in cases.items()]
        blocks.append(f" {json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n }")
    DIGESTS.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")
