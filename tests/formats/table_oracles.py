"""Second readers of every format of tables: other programs where there are any, a few lines of the format's description otherwise.

Each turns a file into columns by name; a cell is a number, a word, or None. `CannotRead` says that the other program does not
read such a file.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import gzip
import io
import math
import re
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.formats.data.base import NA_WORDS
from anncli.formats.data.table_files import read_table
from anncli.tables import number_word

Columns = dict[str, list[Any]]


class CannotRead(Exception):
    """The other program does not read this file."""


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def cells_of(values: Any) -> list[Any]:
    """The cells of an array: NaN, None and empty words are missing, other numbers float."""
    found: list[Any] = []
    for value in values.tolist() if hasattr(values, "tolist") else values:
        word = value.decode() if isinstance(value, bytes) else value
        if word is None or word == "" or (isinstance(word, float) and math.isnan(word)):
            found.append(None)
        else:
            found.append(word if isinstance(word, str) else float(word))
    return found


def of_words(texts: list[Any], decimal: str = ".") -> list[Any]:
    """A column of texts, None where one is missing: numbers, or words where one is no number."""
    numbers: list[Any] = []
    for text in texts:
        try:
            numbers.append(float(text.replace(decimal, ".")) if isinstance(text, str) else None)
        except ValueError:
            numbers.append(text)
    if any(isinstance(value, str) for value in numbers):
        return [number_word(value) if isinstance(value, float) else value for value in numbers]
    return numbers


def csv(path: Path, **options: Any) -> Columns:
    """pandas splits the text and finds what is missing."""
    pandas = pytest.importorskip("pandas")
    missing = ["", *NA_WORDS, *map(str.lower, NA_WORDS)]
    decimal = options.pop("decimal", ".")
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False, na_values=missing, skipinitialspace=True, **options)
    if options.get("header", 0) is None:
        frame.columns = [str(k + 1) for k in range(frame.shape[1])]
    return {name: of_words([v if isinstance(v, str) else None for v in frame[name]], decimal) for name in frame.columns}


def jsonl(path: Path) -> Columns:
    """pandas, one line at a time: its columns then keep the kinds of their cells."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_json(io.BytesIO(unpacked(path)), lines=True, dtype=False, precise_float=True)
    return {str(name): cells_of(list(frame[name])) for name in frame.columns}


def parquet(path: Path) -> Columns:
    module = pytest.importorskip("pyarrow.parquet")
    return {name: cells_of(column) for name, column in module.read_table(path).to_pydict().items()}


def arrow(path: Path) -> Columns:
    module = pytest.importorskip("pyarrow.ipc")
    with module.open_file(path) as file:
        return {name: cells_of(column) for name, column in file.read_all().to_pydict().items()}


def feather(path: Path) -> Columns:
    module = pytest.importorskip("pyarrow.feather")
    return {name: cells_of(column) for name, column in module.read_table(path).to_pydict().items()}


def sqlite(path: Path) -> Columns:
    with closing(sqlite3.connect(path)) as database:
        (table,) = database.execute("select name from sqlite_master where type = 'table'").fetchone()
        rows = database.execute(f'select * from "{table}"')
        names = [item[0] for item in rows.description]
        columns = list(zip(*rows.fetchall(), strict=True))
    return {name: cells_of(column) for name, column in zip(names, columns, strict=True)}


def arff(path: Path) -> Columns:
    """liac-arff, or scipy for a file that it refuses."""
    liac = pytest.importorskip("arff")
    text = unpacked(path).decode()
    try:
        read = liac.loads(text)
    except liac.ArffException as fault:
        return _arff_of_scipy(text, fault)
    columns = zip(*read["data"], strict=True)
    return {name: cells_of(list(column)) for (name, _), column in zip(read["attributes"], columns, strict=True)}


def _arff_of_scipy(text: str, fault: Exception) -> Columns:
    module = pytest.importorskip("scipy.io.arff")
    try:
        data, meta = module.loadarff(io.StringIO(text))
    except (module.ArffError, NotImplementedError, ValueError) as other:
        return _arff_of_numbers(text, f"liac-arff: {fault}; scipy: {other}")
    return {name: [None if cell == "?" else cell for cell in cells_of(data[name])] for name in meta.names()}


def _arff_of_numbers(text: str, faults: str) -> Columns:
    """Numbers alone, with blanks between them, which neither reads."""
    head, rows = re.split(r"(?im)^@data.*\n", text, maxsplit=1)
    names = re.findall(r"(?im)^@attribute\s+(\S+)\s+(?:real|numeric|integer)\s*$", head)
    try:
        values = np.array(rows.split(), dtype=np.float64).reshape(-1, len(names))
    except ValueError:
        raise CannotRead(faults) from None
    return {name: cells_of(values[:, k]) for k, name in enumerate(names)}


def libsvm(path: Path) -> Columns:
    datasets = pytest.importorskip("sklearn.datasets")
    inputs, labels, queries = datasets.load_svmlight_file(str(path), query_id=True)
    found = {"label": cells_of(labels)}
    if b"qid:" in unpacked(path):
        found["qid"] = cells_of(queries)
    return found | by_position(inputs.toarray())


def by_position(array: Any) -> Columns:
    """The columns of an array (n, d), called 1 to d."""
    return {str(k + 1): cells_of(array[:, k]) for k in range(array.shape[1])}


class FannData(ctypes.Structure):
    """struct fann_train_data of FANN 2."""

    _fields_ = [
        ("errno_f", ctypes.c_int),
        ("error_log", ctypes.c_void_p),
        ("errstr", ctypes.c_char_p),
        *((name, ctypes.c_uint) for name in ("num_data", "num_input", "num_output")),
        ("input", ctypes.POINTER(ctypes.POINTER(ctypes.c_float))),
        ("output", ctypes.POINTER(ctypes.POINTER(ctypes.c_float))),
    ]


def libfann() -> ctypes.CDLL:
    """The library; skips the test where it is not installed (Debian: apt install libfann2)."""
    name = ctypes.util.find_library("floatfann")
    if name is None:
        pytest.skip("libfann is not installed (Debian: apt install libfann2)")
    library = ctypes.CDLL(name)
    library.fann_read_train_from_file.restype = ctypes.POINTER(FannData)
    library.fann_read_train_from_file.argtypes = [ctypes.c_char_p]
    library.fann_save_train.argtypes = [ctypes.POINTER(FannData), ctypes.c_char_p]
    library.fann_destroy_train.argtypes = [ctypes.POINTER(FannData)]
    return library


def fann(path: Path) -> tuple[Any, Any]:
    """Inputs (n, d) and outputs (n, k), float32, as FANN itself reads them."""
    library = libfann()
    data = library.fann_read_train_from_file(str(path).encode())
    if not data:
        raise CannotRead(f"libfann does not read {path}")
    read = data.contents
    arrays = [
        np.array([rows[row][:width] for row in range(read.num_data)], dtype=np.float32).reshape(read.num_data, width)
        for rows, width in ((read.input, read.num_input), (read.output, read.num_output))
    ]
    library.fann_destroy_train(data)
    return arrays[0], arrays[1]


def proben1(path: Path) -> tuple[Any, Any]:
    """Inputs and outputs: seven lines key=value, then numbers."""
    lines = unpacked(path).decode().splitlines()
    head = {key: int(value) for key, value in (line.split("=") for line in lines[:7])}
    values = np.array([line.split() for line in lines[7:] if line.strip()], dtype=np.float64)
    width = head["bool_in"] + head["real_in"]
    return values[:, :width], values[:, width:]


def snns(path: Path) -> tuple[Any, Any]:
    """Inputs and outputs: counts in words, then numbers; # begins a remark."""
    text = unpacked(path).decode()
    rows, width, answers = (
        int(found[1]) if (found := re.search(rf"No\. of {what}\s*:\s*(\d+)", text)) else 0
        for what in ("patterns", "input units", "output units")
    )
    last = list(re.finditer(r"No\. of .*:.*\n", text))[-1]
    numbers = re.sub(r"#.*", "", text[last.end() :]).split()
    values = np.array(numbers, dtype=np.float64).reshape(rows, width + answers)
    return values[:, :width], values[:, width:]


def npy(path: Path) -> Columns:
    array = np.load(path)
    return by_position(array.reshape(len(array), -1))


def idx(path: Path) -> Columns:
    """Big-endian: two zeros, the type, the number of sizes, the sizes, the numbers."""
    data = unpacked(path)
    kinds = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    sizes = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    array = np.frombuffer(data, kinds[data[2]], offset=4 + 4 * data[3])
    return by_position(array.reshape(sizes[0], -1))


def mat(path: Path) -> Columns:
    """The arrays X and y, as scipy reads them."""
    module = pytest.importorskip("scipy.io")
    read = module.loadmat(path)
    return by_position(read["X"].reshape(len(read["X"]), -1)) | {"y": cells_of(read["y"].reshape(-1))}


def vectors(path: Path) -> Any:
    """float32 (n, d), by numpy."""
    delimiter = "," if b"," in unpacked(path)[:1000] else None
    return np.loadtxt(io.BytesIO(unpacked(path)), delimiter=delimiter, ndmin=2, dtype=np.float64).astype(np.float32)


def assert_same_patterns(path: Path, inputs: Any, answers: Any) -> None:
    """What we read of FANN, PROBEN1 or SNNS files is the inputs and answers of another reader, to the bits of float32."""
    table = read_table(path)
    assert table.matrix is not None
    np.testing.assert_array_equal(table.matrix.astype(np.float32), inputs.astype(np.float32), strict=True)
    if table.labels == ("class",):
        assert table.columns[-1].codes is not None
        assert table.columns[-1].codes.tolist() == answers.argmax(axis=1).tolist()
        assert (np.sort(answers, axis=1)[:, -1] == answers.max()).all()
    else:
        found = np.column_stack([table.column(name).numbers for name in table.labels])
        np.testing.assert_array_equal(found.astype(np.float32), answers.astype(np.float32), strict=True)
