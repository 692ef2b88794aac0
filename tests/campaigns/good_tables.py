"""Small undamaged files of every format of tables, for the campaign of damaged ones."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import io
import lzma
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np


class GoodFile(NamedTuple):
    """format: a key of DATA_FORMAT_NAMES; ending: of the file's name; make: its bytes; needs: a module that making it needs;
    train: words of `ann train` with it, or None for one row; twins: whether compiled code and Python both read it; sealed:
    whether checksums cover all of its cells."""

    format: str
    ending: str
    make: Callable[[], bytes]
    needs: str = ""
    train: str | None = "--label last"
    twins: bool = False
    sealed: bool = False

    @property
    def shown(self) -> str:
        """The name in reports: the format, and how the file is packed."""
        packed = self.ending.rpartition(".")[2]
        return f"{self.format}, {packed}" if packed in ("gz", "bz2", "xz", "zst") else self.format

    def is_possible(self) -> bool:
        return not self.needs or importlib.util.find_spec(self.needs.partition(".")[0]) is not None


TEXT = ("x,n,word\n" + "".join(f"{k},{k % 7 / 4},{'abc'[k % 3]}\n" for k in range(200))).encode()
SMALL = "sepal,petal,species\n" + "".join(f"{k / 7:.3f},{k},{'abc'[k % 3]}\n" for k in range(40))
ADULT = "39, State-gov, 77516, Bachelors\n50, ?, 83311, Masters\n38, Private, 215646, HS-grad\n" * 8
GERMAN = 'id;"na;me";x\r\n1;"Ä ""b""\r\nc";1,5\r\n2;"d";2,25\r\n' * 3
QUOTED = ',u,v\n0,"x\\"y",1\n1,"z, w",2e5\n' + "2,,.5\n" * 10
TABS = "a\tb\tc\n1\t\tx y\n2\t3\tz\n" + "NA\t4\tx y\n" * 10
BLANKS = "# comment\na b\n1 2\n 3  4 \n" * 4
ARFF = """% remark
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
PLAIN_ARFF = "@relation a\n@attribute x real\n@attribute k {a,b}\n@data\n" + "1.5,a\n-2,b\n" * 20
SPARSE_ARFF = "@relation a\n@attribute x real\n@attribute k {a,b}\n@data\n" + "{0 2}\n{0 -3e1,1 b}\n{}\n" * 8
LIBSVM = "+1 qid:1 1:0.5 3:-2e1 # note\n-1 qid:2 2:nan 7:3\n1 qid:2 1:1\n" * 5
FANN = "4 2 2\n1 2.5\n0 1\n-3 4e1\n1 0\n5 6\n0 1\n7 8\n1 0\n"
PROBEN1 = (
    "bool_in=0\nreal_in=2\nbool_out=1\nreal_out=0\ntraining_examples=2\nvalidation_examples=1\ntest_examples=1\n"
    + "0.5 1 1\n0.2 -1 0\n" * 2
)
SNNS = (
    "SNNS pattern definition file V3.2\ngenerated at x\n\nNo. of patterns : 2\nNo. of input units : 2\n"
    "No. of output units : 1\n\n# in\n1 2\n0\n3 4\n1\n"
)
JSONL = "".join(f'{{"a": {k * k}.5, "b": "{k % 4}", "c": null}}\n' for k in range(200))


def arrow(kind: str) -> bytes:
    import pyarrow as pa
    from pyarrow import feather, ipc, parquet

    words = pa.array(["x", "y", None, "z"] * 50)
    columns = {
        "a": np.arange(200.0),
        "b": words,
        "c": words.dictionary_encode(),
        "d": pa.array(range(200), pa.date32()),
    }
    made, held = pa.table(columns), io.BytesIO()
    if kind == "parquet":
        parquet.write_table(made, held, row_group_size=70)
    elif kind == "feather":
        feather.write_feather(made, held, compression="lz4")
    else:
        with (ipc.new_stream if kind == "arrows" else ipc.new_file)(held, made.schema) as writer:
            writer.write_table(made)
    return held.getvalue()


def database() -> bytes:
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("create table t (a real, b text, c)")
        rows = [(k / 3, "xyz"[k % 3] * 9, None if k % 5 else k) for k in range(300)]
        made.executemany("insert into t values (?, ?, ?)", rows)
        made.commit()
        return made.serialize()


def picture(kind: str) -> bytes:
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(held, kind)
    return held.getvalue()


def npy(array: Any) -> bytes:
    held = io.BytesIO()
    np.save(held, array)
    return held.getvalue()


def npz(save: Any) -> bytes:
    held = io.BytesIO()
    save(held, X=np.arange(600.0).reshape(200, 3), y=np.array(["a", "b"] * 100))
    return held.getvalue()


def mat(packed: bool) -> bytes:
    from scipy.io import savemat

    held = io.BytesIO()
    cells = {"X": np.arange(60.0).reshape(20, 3), "y": np.arange(20)[:, None], "s": {"a": 1}}
    savemat(held, cells, do_compression=packed)
    return held.getvalue()


def zstd() -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)


def text(data_format: str, ending: str, content: str, train: str = "--label last") -> GoodFile:
    """A file of text that compiled code and Python both read."""
    return GoodFile(data_format, ending, content.encode, train=train, twins=True)


FILES: dict[str, GoodFile] = {
    "csv": text("csv", ".csv", SMALL),
    "csv without names": text("csv", ".csv", ADULT),
    "csv with commas": text("csv", ".csv", GERMAN),
    "csv with quotes": text("csv", ".csv", QUOTED),
    "csv with blanks": text("csv", ".txt", BLANKS),
    "tsv": text("tsv", ".tsv", TABS),
    "csv.gz": GoodFile("csv", ".csv.gz", lambda: gzip.compress(TEXT, mtime=0), sealed=True),
    "csv.bz2": GoodFile("csv", ".csv.bz2", lambda: bz2.compress(TEXT), sealed=True),
    "csv.xz": GoodFile("csv", ".csv.xz", lambda: lzma.compress(TEXT), sealed=True),
    "csv.zst": GoodFile("csv", ".csv.zst", zstd, "zstandard", sealed=True),
    "jsonl": GoodFile("jsonl", ".jsonl", JSONL.encode, train="--label b --task classification"),
    "sqlite": GoodFile("sqlite", ".db", database),
    "parquet": GoodFile("parquet", ".parquet", lambda: arrow("parquet"), "pyarrow"),
    "arrow": GoodFile("arrow", ".arrow", lambda: arrow("arrow"), "pyarrow"),
    "arrow stream": GoodFile("arrow", ".arrows", lambda: arrow("arrows"), "pyarrow"),
    "feather": GoodFile("feather", ".feather", lambda: arrow("feather"), "pyarrow"),
    "libsvm": text("libsvm", ".libsvm", LIBSVM, ""),
    "libsvm.gz": GoodFile("libsvm", ".libsvm.gz", lambda: gzip.compress(b"+1 1:0.5\n-1 2:3\n" * 50, mtime=0), sealed=True, train=""),
    "arff": text("arff", ".arff", ARFF, "--label 2 --ignore d"),
    "plain arff": text("arff", ".arff", PLAIN_ARFF, ""),
    "sparse arff": text("arff", ".arff", SPARSE_ARFF, ""),
    "fann": text("fann", ".data", FANN, ""),
    "proben1": text("proben1", ".dt", PROBEN1, ""),
    "snns": text("snns", ".pat", SNNS, ""),
    "npy": GoodFile("npy", ".npy", lambda: npy(np.arange(600, dtype=np.float32).reshape(200, 3))),
    "fortran npy": GoodFile("npy", ".npy", lambda: npy(np.asfortranarray(np.arange(60, dtype=">i2").reshape(20, 3))), train="--label last --task regression"),
    "npy of records": GoodFile("npy", ".npy", lambda: npy(np.array([("a", 1), ("b", 2)] * 9, dtype=[("k", "U3"), ("n", "f8")]))),
    "npz": GoodFile("npz", ".npz", lambda: npz(np.savez)),
    "packed npz": GoodFile("npz", ".npz", lambda: npz(np.savez_compressed)),
    "idx": GoodFile("idx", ".idx", lambda: b"\0\0\x08\x03" + struct.pack(">3I", 9, 2, 2) + bytes(range(36)), train="--label last --task regression"),
    "mat": GoodFile("mat", ".mat", lambda: mat(False), "scipy", train="--task regression"),
    "packed mat": GoodFile("mat", ".mat", lambda: mat(True), "scipy", train="--task regression"),
    "pgm": GoodFile("pnm", ".pgm", lambda: b"P5\n20 30\n255\n" + bytes(range(200)) * 3, train=None),
    "ppm": GoodFile("pnm", ".ppm", lambda: b"P3 9 5 99\n" + b"7 8 9\n" * 45, train=None),
    "pbm": GoodFile("pnm", ".pbm", lambda: b"P1\n9 5\n" + b"101010101\n" * 5, train=None),
    "png": GoodFile("picture", ".png", lambda: picture("PNG"), "PIL", train=None),
    "jpg": GoodFile("picture", ".jpg", lambda: picture("JPEG"), "PIL", train=None),
    "bmp": GoodFile("picture", ".bmp", lambda: picture("BMP"), "PIL", train=None),
}  # fmt: skip
