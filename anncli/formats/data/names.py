"""The names of the data formats: one line a format, read by help, completion, errors and docs. It imports nothing.

To add a format, write one module with an object FORMAT (see base.DataFormat and TableFormat) and add one line here.
"""

from __future__ import annotations

from typing import NamedTuple

_BLANKS = tuple(bytes([blank]) for blank in b" \t\n\r\v\f")


class DataFormatName(NamedTuple):
    """module: the module of this room that defines FORMAT; help: half a line about the files; endings: usual endings of
    file names, with the dot; extra: the extra of the package that reading needs, or ''; general: the format has no mark
    of its own, so its sniff() is asked only after those of all other formats, in the order of this table; table: FORMAT
    is a TableFormat, which gives named columns; writes: the module has a function write(); marks: the
    bytes that such files begin with, one of them, or () where only sniff() can tell; binary: what is written is no text."""

    module: str
    help: str
    endings: tuple[str, ...] = ()
    extra: str = ""
    general: bool = False
    table: bool = False
    writes: bool = False
    marks: tuple[bytes, ...] = ()
    binary: bool = False


DATA_FORMAT_NAMES: dict[str, DataFormatName] = {
    "list": DataFormatName("lists", "ann1dn's lists, which name rows and their classes", general=True),
    "sqlite": DataFormatName(
        "sqlite",
        "a SQLite database: FILE, FILE::TABLE or FILE::SELECT ...",
        (".db", ".sqlite", ".sqlite3"),
        table=True,
        writes=True,
        binary=True,
        marks=(b"SQLite format 3\0",),
    ),
    "parquet": DataFormatName(
        "parquet", "Parquet", (".parquet", ".pq"), "arrow", table=True, writes=True, binary=True, marks=(b"PAR1",)
    ),
    "arrow": DataFormatName(
        "arrow",
        "Arrow IPC files and streams",
        (".arrow", ".arrows", ".ipc"),
        "arrow",
        table=True,
        writes=True,
        binary=True,
        marks=(b"ARROW1", b"\xff\xff\xff\xff"),
    ),
    "feather": DataFormatName(
        "feather",
        "Feather, both versions",
        (".feather",),
        "arrow",
        table=True,
        writes=True,
        binary=True,
        marks=(b"FEA1",),
    ),
    "pnm": DataFormatName(
        "pnm",
        "a picture, PGM, PPM or PBM",
        (".pgm", ".ppm", ".pbm", ".pnm"),
        table=True,
        marks=tuple(b"P%d" % k for k in range(1, 7)),
    ),
    "picture": DataFormatName(
        "picture",
        "a picture, PNG, JPEG or BMP",
        (".png", ".jpg", ".jpeg", ".bmp"),
        "images",
        table=True,
        marks=(b"\x89PNG", b"\xff\xd8\xff", b"BM"),
    ),
    "jsonl": DataFormatName(
        "jsonl", "a JSON object per line", (".jsonl", ".ndjson"), table=True, writes=True, marks=(b"{",)
    ),
    "libsvm": DataFormatName(
        "libsvm",
        "a label and index:value pairs per line (svmlight)",
        (".libsvm", ".svm", ".svmlight"),
        table=True,
        writes=True,
    ),
    "arff": DataFormatName(
        "arff",
        "WEKA's attribute-relation files",
        (".arff",),
        table=True,
        writes=True,
        marks=(b"@", b"%", b" ", b"\r", b"\n"),
    ),
    "ts": DataFormatName(
        "ts",
        "series of the UCR and UEA archives, with their classes",
        (".ts",),
        table=True,
        marks=(b"@", b"#", *_BLANKS),
    ),
    "fann": DataFormatName(
        "fann",
        "FANN's training files",
        (".data", ".train", ".test"),
        table=True,
        writes=True,
        marks=(*_BLANKS, *(b"%d" % k for k in range(1, 10)), b"#"),
    ),
    "proben1": DataFormatName(
        "proben1",
        "files of the PROBEN1 collection",
        (".dt",),
        table=True,
        writes=True,
        marks=(*_BLANKS, b"bool_", b"real_", b"training_examples"),
    ),
    "snns": DataFormatName(
        "snns", "SNNS pattern files", (".pat",), table=True, writes=True, marks=(b"SNNS pattern definition file",)
    ),
    "npy": DataFormatName(
        "npy",
        "a NumPy array, with NAME.json beside it",
        (".npy",),
        table=True,
        writes=True,
        binary=True,
        marks=(b"\x93NUMPY",),
    ),
    "npz": DataFormatName(
        "npz", "a NumPy archive", (".npz",), table=True, writes=True, binary=True, marks=(b"PK\x03\x04",)
    ),
    "idx": DataFormatName("idx", "IDX files, as of MNIST", (".idx", "-ubyte"), table=True, marks=(b"\0\0",)),
    "mat": DataFormatName("mat", "MATLAB files up to version 7", (".mat",), table=True, marks=(b"MATLAB ",)),
    "vectors": DataFormatName("vectors", "one row of numbers per line", (".txt", ".csv", ".tsv", ".dat"), general=True),
    "csv": DataFormatName(
        "text_tables",
        "a table with a row per line, of numbers and words",
        (".csv", ".psv"),
        general=True,
        table=True,
        writes=True,
    ),
    "tsv": DataFormatName("tsv", "the same with tabs", (".tsv", ".tab"), general=True, table=True, writes=True),
}

# Formats of inputs and answers, which predictions are not.
SAMPLE_FORMATS = ("libsvm", "fann", "proben1", "snns")
# Those that tables are written in.
WRITTEN_FORMATS = tuple(name for name, info in DATA_FORMAT_NAMES.items() if info.writes)
