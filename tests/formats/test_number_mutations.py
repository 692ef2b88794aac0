"""Damaged files of the formats of numbers: each gives a table or a DataError, nothing else, in bounded memory and time."""

from __future__ import annotations

import gzip
import os
import random
import struct
import tracemalloc
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from anncli.compiled import native_module
from anncli.errors import DataError
from anncli.formats.data.table_files import read_table

# `ANN_MUTATIONS=10000` makes a campaign of this many damaged files for each format.
TRIES = int(os.environ.get("ANN_MUTATIONS", "80"))


def npy(array: np.ndarray) -> bytes:  # type: ignore[type-arg]
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(compressed: bool) -> bytes:
    file = BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(file, X=np.arange(60.0).reshape(20, 3), y=np.array(["a", "b"] * 10))
    return file.getvalue()


def mat(compressed: bool) -> bytes:
    io_ = pytest.importorskip("scipy.io")
    file = BytesIO()
    io_.savemat(
        file,
        {"X": np.arange(60.0).reshape(20, 3), "y": np.arange(20)[:, None], "s": {"a": 1}},
        do_compression=compressed,
    )
    return file.getvalue()


ARFF = b"""% remark
@relation a
@attribute x numeric
@attribute 'k k' {a, 'b c', "d"}
@attribute s string
@attribute d date 'yyyy-MM-dd'
@data
1.5,a,word,2026-01-02
?,'b c','two words',?
{0 2, 2 x, 3 '2026-01-02'}, {2}
-1e3,d,?,'2026-12-31'  % end
"""
GOOD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "libsvm": ("libsvm", lambda: b"+1 qid:1 1:0.5 3:-2e1 # note\n-1 2:nan 7:3\n1,3 1:1\n" * 5),
    "arff": ("arff", lambda: ARFF),
    "plain arff": ("arff", lambda: b"@relation a\n@attribute x real\n@attribute k {a,b}\n@data\n" + b"1.5,a\n-2,b\n" * 20),
    "fann": ("fann", lambda: b"4 2 2\n1 2.5\n0 1\n-3 4e1\n1 0\n5 6\n0 1\n7 8\n1 0\n"),
    "proben1": ("proben1", lambda: b"bool_in=0\nreal_in=2\nbool_out=1\nreal_out=0\ntraining_examples=2\nvalidation_examples=1\ntest_examples=1\n" + b"0.5 1 1\n" * 4),
    "snns": ("snns", lambda: b"SNNS pattern definition file V3.2\ngenerated at x\n\nNo. of patterns : 2\nNo. of input units : 2\nNo. of output units : 1\n\n# in\n1 2\n0\n3 4\n1\n"),
    "npy": ("npy", lambda: npy(np.arange(60, dtype=np.float32).reshape(20, 3))),
    "fortran npy": ("npy", lambda: npy(np.asfortranarray(np.arange(60, dtype=">i2").reshape(20, 3)))),
    "fields npy": ("npy", lambda: npy(np.array([("a", 1), ("b", 2)], dtype=[("k", "U3"), ("n", "f8")]))),
    "npz": ("npz", lambda: npz(False)),
    "packed npz": ("npz", lambda: npz(True)),
    "idx": ("idx", lambda: b"\0\0\x08\x03" + struct.pack(">3I", 3, 2, 2) + bytes(range(12))),
    "mat": ("mat", lambda: mat(False)),
    "packed mat": ("mat", lambda: mat(True)),
    "packed libsvm": ("libsvm", lambda: gzip.compress(b"+1 1:0.5\n-1 2:3\n" * 50, mtime=0)),
}  # fmt: skip
PIECES = (
    b"-1",
    b"1e999",
    b"nan",
    b"\0",
    b"999999999999",
    b"2147483647",
    b"\n",
    b":",
    b"[",
    b"{",
    b"}",
    b"'",
    b"%",
    b",",
    b"\xff",
    b"#",
    b"\\",
    b"?",
    b"\r",
)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Some bytes changed, removed, repeated, replaced or cut off."""
    result = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 5, 20))):
        at, length, kind = dice.randrange(len(result) + 1), dice.choice((1, 1, 2, 8, 64)), dice.randrange(6)
        if kind == 0 and result:
            result[at % len(result)] = dice.randrange(256)
        elif kind == 1:
            del result[at : at + length]
        elif kind == 2:
            result[at:at] = result[at : at + length]
        elif kind == 3:
            result[at:at] = dice.randbytes(length)
        elif kind == 4:
            result[at : at + dice.choice((0, 1))] = dice.choice(PIECES)
        elif dice.random() < 0.3:
            del result[at:]
    return bytes(result)


def assert_is_handled(path: Path, name: str, number: int) -> None:
    message = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            table = read_table(path, None, name)
        except DataError as error:
            message = str(error)
        else:
            assert all(len(column) == table.n_rows for column in table.columns), number
    assert "\n" not in message, number


@pytest.mark.parametrize("kernels", ["native", "numpy"])
@pytest.mark.parametrize("kind", GOOD)
def test_a_damaged_file_is_a_table_or_a_fault(
    tmp_path: Path, kind: str, kernels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kernels == "native" and native_module() is None:
        pytest.skip("no compiled code")
    monkeypatch.setenv("ANN_KERNELS", kernels)
    name, make = GOOD[kind]
    good, dice = make(), random.Random(f"{kind} {kernels}")
    path = tmp_path / "a"
    path.write_bytes(good)
    assert read_table(path, None, name).n_rows
    tracemalloc.start()
    for number in range(TRIES // 2):
        path.write_bytes(mutated(good, dice))
        tracemalloc.reset_peak()
        assert_is_handled(path, name, number)
        assert tracemalloc.get_traced_memory()[1] < 50 * path.stat().st_size + (64 << 20) + (8 << 20), number
    tracemalloc.stop()
