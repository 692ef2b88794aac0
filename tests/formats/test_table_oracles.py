"""Tables that hypothesis makes, written by other programs and read by them and by us: the same cells."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import table_oracles as oracle
from typed_tables import cells as cells_in
from typed_tables import content, read

from anncli.formats.data.table_files import read_table

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed (pip install -e '.[tables]')")

from hypothesis import Phase, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

# Examples of each test; `ANN_EXAMPLES=10000` makes a campaign of them.
EXAMPLES = int(os.environ.get("ANN_EXAMPLES", "60"))
few = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 60,
    database=None,
    phases=[Phase.generate, Phase.shrink],
)

NUMBERS = st.one_of(
    st.integers(-(2**53), 2**53).map(float),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0),
    st.floats(-1000, 1000).map(lambda x: round(x, 2) + 0.0),
)
# Numbers of whole rows have to fit float32.
ROWS = st.one_of(NUMBERS.filter(lambda x: abs(x) < 1e38), st.floats(-3, 3))
SINGLES = st.floats(allow_nan=False, allow_infinity=False, width=32, allow_subnormal=False)
# Letters of any script, marks, quotes and line ends, between two letters that keep a word from being a number or missing.
TEXT = st.text(
    st.one_of(
        st.sampled_from(list(" ,;|\t\"'\\#?%{}:=/.-_\n\u00e9\u65e5")),
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]),
    ),
    max_size=12,
)
WORDS = TEXT.map(lambda text: f"w{text}w")
PLAIN_WORDS = st.text(st.characters(codec="utf-8", categories=["L", "Nd"]), max_size=8).map(lambda text: f"w{text}w")


def columns(words: st.SearchStrategy[str] = WORDS, numbers: st.SearchStrategy[float] = NUMBERS) -> Any:
    """Columns of equal length by name, each of numbers or of words, some with missing cells; none without a cell."""

    def of_length(n: int) -> Any:
        def column(kind: Any) -> Any:
            levels = st.lists(kind, min_size=1, max_size=5, unique=True)
            repeated = levels.flatmap(lambda found: st.lists(st.sampled_from(found), min_size=n, max_size=n))
            full = st.one_of(st.lists(kind, min_size=n, max_size=n), repeated)
            gaps = st.one_of(st.just([False] * n), st.lists(st.booleans(), min_size=n, max_size=n))
            return st.tuples(full, gaps).map(
                lambda both: [None if gap and k else cell for k, (cell, gap) in enumerate(zip(*both, strict=True))]
            )

        names = st.lists(PLAIN_WORDS, min_size=1, max_size=4, unique=True)
        return names.flatmap(
            lambda found: st.fixed_dictionaries({name: st.one_of(column(numbers), column(words)) for name in found})
        )

    return st.integers(1, 25).flatmap(of_length)


def matrices(numbers: st.SearchStrategy[float] = ROWS, most: int = 5) -> Any:
    """Arrays (n, d) of numbers."""
    shapes = st.tuples(st.integers(1, 20), st.integers(1, most))
    return shapes.flatmap(
        lambda shape: st.lists(
            st.lists(numbers, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        )
    ).map(np.array)


@contextmanager
def a_file(name: str) -> Iterator[Path]:
    """hypothesis runs many examples in one call, so a folder of pytest would not be new."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / name


# -------------------------------------------------------------------------------------------------- tables of columns


@few
@given(
    columns(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["", "NA", "?", "nan", "N/A"]),
)
def test_csv_of_pandas(made: oracle.Columns, delimiter: str, quoting: int, gap: str) -> None:
    pandas = pytest.importorskip("pandas")
    with a_file("a.csv") as path:
        pandas.DataFrame(made, dtype=object).to_csv(path, sep=delimiter, index=False, quoting=quoting, na_rep=gap)
        expected = oracle.csv(path, sep=delimiter)
        assert content(read(path, delimiter=delimiter, decimal=".", header=True)) == expected == made


@few
@given(columns(numbers=NUMBERS.filter(lambda x: x == 0 or 1e-300 < abs(x) < 1e300)), st.booleans())
def test_json_lines_of_python_and_pandas(made: oracle.Columns, ascii_only: bool) -> None:
    rows = [dict(zip(made, cells, strict=True)) for cells in zip(*made.values(), strict=True)]
    with a_file("a.jsonl") as path:
        path.write_text("".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows), encoding="utf-8")
        assert content(read(path)) == made
        # pandas rounds numbers in another way in their last digit.
        for name, cells in oracle.jsonl(path).items():
            assert cells == [pytest.approx(cell, rel=1e-14) if isinstance(cell, float) else cell for cell in made[name]]


@few
@given(columns(), st.sampled_from(["parquet", "arrow", "feather"]))
def test_files_of_pyarrow(made: oracle.Columns, kind: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(made)
    with a_file(f"a.{kind}") as path:
        if kind == "arrow":
            from pyarrow import ipc

            with ipc.new_file(path, table.schema) as writer:
                writer.write_table(table)
        elif kind == "parquet":
            pytest.importorskip("pyarrow.parquet").write_table(table, path, row_group_size=7)
        else:
            pytest.importorskip("pyarrow.feather").write_feather(table, str(path))
        readers: dict[str, Callable[[Path], oracle.Columns]] = {
            "parquet": oracle.parquet,
            "arrow": oracle.arrow,
            "feather": oracle.feather,
        }
        assert content(read(path)) == readers[kind](path) == made


@few
@given(columns())
def test_databases_of_sqlite(made: oracle.Columns) -> None:
    with a_file("a.db") as path:
        with closing(sqlite3.connect(path)) as database:
            names, marks = ", ".join(f'"{name}"' for name in made), ", ".join("?" * len(made))
            database.execute(f"create table t ({names})")
            database.executemany(f"insert into t values ({marks})", list(zip(*made.values(), strict=True)))
            database.commit()
        assert content(read(path)) == oracle.sqlite(path) == made


# liac-arff writes braces without quotes, and then does not read them.
ARFF_WORDS = WORDS.map(lambda word: word.replace("{", "[").replace("}", "]"))


@few
@given(columns(ARFF_WORDS, ROWS))
def test_arff_of_liac(made: oracle.Columns) -> None:
    liac = pytest.importorskip("arff")
    attributes: list[tuple[str, Any]] = []
    for k, (name, cells) in enumerate(made.items()):
        given_cells = [cell for cell in cells if cell is not None]
        is_number = isinstance(given_cells[0], float)
        levels = sorted(set(given_cells)) if k % 2 and not is_number else "STRING"
        attributes.append((name, "REAL" if is_number else levels))
    rows = [list(row) for row in zip(*made.values(), strict=True)]
    with a_file("a.arff") as path:
        text = liac.dumps({"relation": "r", "attributes": attributes, "data": rows})
        path.write_text(text, encoding="utf-8", newline="")
        assert content(read(path)) == oracle.arff(path) == made


# -------------------------------------------------------------------------------------------------- tables of numbers


@few
@given(matrices(), st.booleans())
def test_libsvm_of_scikit_learn(made: Any, zero_based: bool) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    with a_file("a.libsvm") as path:
        labels = np.arange(len(made)) % 3
        # The last column shows the width, the first whether indices begin with 0.
        made = np.column_stack([np.ones(len(made)), made, np.ones(len(made))])
        datasets.dump_svmlight_file(made, labels, str(path), zero_based=zero_based)
        table = read_table(path)
        other, classes = datasets.load_svmlight_file(str(path), zero_based=zero_based)
        assert table.matrix is not None
        assert table.matrix.tolist() == other.toarray().tolist()
        assert cells_in(table.column("label").as_numbers() or table.column("label")) == classes.tolist()


@few
@given(matrices(SINGLES), st.integers(1, 3), st.booleans())
def test_fann_data_of_libfann(made: Any, n_outputs: int, saved_by_fann: bool) -> None:
    """Files of any numbers, and as FANN writes them again."""
    library = oracle.libfann()
    made = np.column_stack([made, made[:, :1], np.arange(len(made))[:, None] * np.ones((1, n_outputs))]).astype(
        np.float32
    )
    width = made.shape[1] - n_outputs
    with a_file("a.data") as path:
        rows = "".join(
            f"{' '.join(map(str, row[:width].tolist()))}\n{' '.join(map(str, row[width:].tolist()))}\n" for row in made
        )
        path.write_text(f"{len(made)} {width} {n_outputs}\n{rows}")
        if saved_by_fann:
            data = library.fann_read_train_from_file(str(path).encode())
            library.fann_save_train(data, str(path).encode())
            library.fann_destroy_train(data)
        oracle.assert_same_patterns(path, *oracle.fann(path))


@few
@given(matrices(), st.sampled_from(["proben1", "snns"]))
def test_patterns_of_other_programs(made: Any, kind: str) -> None:
    n = len(made)
    made = np.column_stack([made, np.arange(n)])
    rows = "".join(f"{' '.join(map(repr, row))}\n" for row in made.tolist())
    with a_file("a.txt") as path:
        if kind == "proben1":
            head = f"bool_in=0\nreal_in={made.shape[1] - 1}\nbool_out=0\nreal_out=1\ntraining_examples={n}\n"
            path.write_text(f"{head}validation_examples=0\ntest_examples=0\n{rows}")
        else:
            counts = f"No. of patterns : {n}\nNo. of input units : {made.shape[1] - 1}\nNo. of output units : 1\n"
            path.write_text(f"SNNS pattern definition file V3.2\ngenerated at x\n\n\n{counts}\n# rows\n{rows}")
        readers = {"proben1": oracle.proben1, "snns": oracle.snns}
        oracle.assert_same_patterns(path, *readers[kind](path))


@few
@given(matrices(), st.sampled_from(["<f8", ">f8", "<f4", "<i2", ">i4", "u1", "?"]), st.booleans())
def test_npy_of_numpy(made: Any, kind: str, fortran: bool) -> None:
    with np.errstate(all="ignore"):
        array = np.nan_to_num(np.clip(made, 0, 200).astype(kind) if kind not in ("<f8", ">f8") else made.astype(kind))
    with a_file("a.npy") as path:
        np.save(path, np.asfortranarray(array) if fortran else array)
        assert content(read_table(path)) == oracle.npy(path)


@few
@given(matrices(), st.booleans())
def test_npz_of_numpy(made: Any, packed: bool) -> None:
    with a_file("a.npz") as path:
        (np.savez_compressed if packed else np.savez)(path, X=made, y=np.arange(len(made)) % 3)
        with np.load(path) as arrays:
            assert content(read_table(path)) == oracle.by_position(arrays["X"]) | {"y": oracle.cells_of(arrays["y"])}


@few
@given(matrices(most=4), st.booleans())
def test_matlab_files_of_scipy(made: Any, packed: bool) -> None:
    io_ = pytest.importorskip("scipy.io")
    with a_file("a.mat") as path:
        io_.savemat(path, {"X": made, "y": np.arange(len(made)) % 3}, do_compression=packed)
        assert content(read_table(path)) == oracle.mat(path)


@few
@given(
    matrices(st.integers(-128, 255).map(float)),
    st.sampled_from([(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]),
)
def test_idx(made: Any, kind: tuple[int, str]) -> None:
    low, high = (0, 255) if kind[1] == "u1" else (-128, 127)
    array = np.clip(made, low, high).astype(kind[1])
    with a_file("a.idx") as path:
        head = bytes([0, 0, kind[0], 2]) + struct.pack(">2I", *array.shape)
        path.write_bytes(head + array.tobytes())
        assert content(read_table(path)) == oracle.idx(path)


@few
@given(matrices(SINGLES), st.sampled_from([" ", ",", "\t"]))
def test_rows_of_numbers_of_numpy(made: Any, delimiter: str) -> None:
    from anncli.formats.data.assemble import read_dataset

    with a_file("a.txt") as path:
        text = io.StringIO()
        np.savetxt(text, made, delimiter=delimiter)
        path.write_text(text.getvalue())
        np.testing.assert_array_equal(read_dataset([path]).inputs, oracle.vectors(path), strict=True)
