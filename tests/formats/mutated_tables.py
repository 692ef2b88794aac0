"""A process that reads damaged copies of small files of one format: `python mutated_tables.py FORMAT COUNT SEED FOLDER`.

Prints a line for everything but a right answer or an error of its own kind: another exception, a name or a column without
cells, much memory, much time.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import resource
import sqlite3
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1] / "campaigns"), str(Path(__file__).parents[2])]

from mutations import mutated  # noqa: E402

from anncli.errors import AnnError  # noqa: E402
from anncli.formats.data.base import TableWant  # noqa: E402
from anncli.formats.data.table_files import stream_table  # noqa: E402
from anncli.formats.files.source import ByteSource  # noqa: E402

TEXT = "".join(f"{k},{k % 7 / 4},{'abc'[k % 3]}\n" for k in range(200)).encode()
MOST_SECONDS = 20


def with_pyarrow(ending: str) -> Callable[[], bytes]:
    def make() -> bytes:
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
        if ending == "parquet":
            parquet.write_table(made, held, row_group_size=70)
        elif ending == "feather":
            feather.write_feather(made, held, compression="lz4")
        else:
            with (ipc.new_stream if ending == "arrows" else ipc.new_file)(held, made.schema) as writer:
                writer.write_table(made)
        return held.getvalue()

    return make


def database() -> bytes:
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("create table t (a real, b text, c)")
        made.executemany(
            "insert into t values (?, ?, ?)", [(k / 3, "xyz"[k % 3] * 9, None if k % 5 else k) for k in range(300)]
        )
        made.commit()
        return made.serialize()


def picture(kind: str) -> Callable[[], bytes]:
    def make() -> bytes:
        from PIL import Image

        held = io.BytesIO()
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(held, kind)
        return held.getvalue()

    return make


def archive(packed: bool) -> Callable[[], bytes]:
    def make() -> bytes:
        held = io.BytesIO()
        (np.savez_compressed if packed else np.save)(held, np.arange(600.0).reshape(200, 3))
        return held.getvalue()

    return make


def zstd() -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)


FILES: dict[str, Callable[[], bytes]] = {
    "csv.gz": lambda: gzip.compress(TEXT, mtime=0), "csv.bz2": lambda: bz2.compress(TEXT),
    "csv.xz": lambda: lzma.compress(TEXT), "csv.zst": zstd, "parquet": with_pyarrow("parquet"),
    "arrow": with_pyarrow("arrow"), "arrows": with_pyarrow("arrows"), "feather": with_pyarrow("feather"), "db": database,
    "jsonl": lambda: b"".join(b'{"a": %d, "b": "%d", "c": null}\n' % (k, k % 4) for k in range(200)),
    "pgm": lambda: b"P5\n20 30\n255\n" + bytes(range(200)) * 3, "ppm": lambda: b"P3 9 5 99\n" + b"7 8 9\n" * 45,
    "pbm": lambda: b"P1\n9 5\n" + b"101010101\n" * 5, "png": picture("PNG"), "jpg": picture("JPEG"), "bmp": picture("BMP"),
    "npz": archive(True), "npy": archive(False),
}  # fmt: skip


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def check(path: Path) -> str:
    """What is wrong with how a file is read, or ''."""
    before, start = peak(), time.monotonic()
    try:
        for table in stream_table(ByteSource(path), TableWant()):
            assert all(len(column) == table.n_rows for column in table.columns)
            assert len(set(table.names)) == len(table.columns)
            assert all(
                column.codes is None or column.codes.max(initial=-1) < len(column.words) for column in table.columns
            )
    except AnnError as fault:
        if str(path) not in str(fault) and "10G" not in str(fault):
            return f"an error without its file: {fault}"
    except BaseException as fault:
        return f"{type(fault).__name__}: {fault}"
    if peak() - before > 50 * path.stat().st_size + (64 << 20):
        return f"{(peak() - before) >> 20} MiB for {path.stat().st_size} bytes"
    return "" if time.monotonic() - start < MOST_SECONDS else "too slow"


def main(name: str, count: int, seed: int, folder: str) -> None:
    warnings.simplefilter("ignore")
    dice, good, path = random.Random(f"{name} {seed}"), FILES[name](), Path(folder) / f"a.{name}"
    path.write_bytes(good)
    assert check(path) == ""
    for number in range(count):
        path.write_bytes(mutated(good, dice))
        said: Any = check(path)
        if said:
            print(f"{name}, mutation {number} of seed {seed}: {said}", flush=True)
            (Path(folder) / f"bad-{number}.{name}").write_bytes(path.read_bytes())
    print("done")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
