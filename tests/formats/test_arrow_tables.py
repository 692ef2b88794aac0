"""Parquet, Arrow and Feather: every type against pyarrow, batches, nested types, damaged files."""

from __future__ import annotations

import datetime
import decimal
import gzip
import io
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typed_tables import content, read

from anncli.errors import DataError, UsageError
from anncli.formats.data.base import TableWant
from anncli.formats.data.registry import table_format_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.source import ByteSource

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")

DAY, OTHER = datetime.date(2020, 1, 2), datetime.date(2021, 12, 31)
TYPES: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "int8": (pa.int8(), [1, None, -3], [1, None, -3]),
    "int32": (pa.int32(), [2**31 - 1, None, 1], [2**31 - 1, None, 1]),
    "int64": (pa.int64(), [2**53, None, 1], [2**53, None, 1]),
    "uint16": (pa.uint16(), [65535, None, 1], [65535, None, 1]),
    "half": (pa.float16(), [0.5, None, 1], [0.5, None, 1]),
    "float": (pa.float32(), [0.1, None, float("nan")], [float(np.float32(0.1)), None, None]),
    "double": (pa.float64(), [0.1, None, -1e300], [0.1, None, -1e300]),
    "bool": (pa.bool_(), [True, None, False], [1, None, 0]),
    "decimal": (pa.decimal128(5, 2), [decimal.Decimal("1.25"), None, decimal.Decimal("-3.10")], [1.25, None, -3.1]),
    "null": (pa.null(), [None, None, None], [None, None, None]),
    "text": (pa.string(), ["b", None, "a"], ["b", None, "a"]),
    "missing text": (pa.string(), ["?", "NA", ""], [None, None, None]),
    "large text": (pa.large_string(), ["b", "a b", "b"], ["b", "a b", "b"]),
    "date": (pa.date32(), [DAY, None, OTHER], ["2020-01-02", None, "2021-12-31"]),
    "date64": (pa.date64(), [DAY, None, OTHER], ["2020-01-02", None, "2021-12-31"]),
    "time": (pa.time32("s"), [datetime.time(1, 2, 3), None, datetime.time(4)], ["01:02:03", None, "04:00:00"]),
    "stamp": (pa.timestamp("us"), [datetime.datetime(2020, 1, 2, 3, 4, 5, 120000), None, datetime.datetime(2021, 1, 1)],
              ["2020-01-02T03:04:05.12", None, "2021-01-01T00:00:00"]),
    "seconds": (pa.timestamp("s"), [0, None, 10], ["1970-01-01T00:00:00", None, "1970-01-01T00:00:10"]),
    "zone": (pa.timestamp("ms", "UTC"), [1500, None, 0], ["1970-01-01T00:00:01.5Z", None, "1970-01-01T00:00:00Z"]),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), ["x", None, "y"], ["x", None, "y"]),
    "dictionary of numbers": (pa.dictionary(pa.int8(), pa.int32()), [7, None, 5], [7, None, 5]),
}  # fmt: skip


def arrow(types: dict[str, tuple[Any, list[Any], list[Any]]]) -> Any:
    arrays = {}
    for name, (kind, values, _) in types.items():
        value_type = kind.value_type if pa.types.is_dictionary(kind) else kind
        if value_type == pa.float16():
            values = [None if value is None else np.float16(value) for value in values]
        array = pa.array(values, value_type)
        arrays[name] = array.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else array
    return pa.table(arrays)


def write(path: Path, made: Any, **options: Any) -> Path:
    import pyarrow.feather
    import pyarrow.ipc
    import pyarrow.parquet  # noqa: F401

    if path.suffix == ".parquet":
        pa.parquet.write_table(made, path, **options)
    elif path.suffix == ".feather":
        pa.feather.write_feather(made, path, **options)
    elif path.suffix == ".arrow":
        with pa.ipc.new_file(path, made.schema) as writer:
            writer.write_table(made, **options)
    else:
        with pa.ipc.new_stream(path, made.schema) as stream:
            stream.write_table(made, **options)
    return path


@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows", "feather"])
def test_every_type(tmp_path: Path, ending: str) -> None:
    types = {name: entry for name, entry in TYPES.items() if name != "half" or ending != "parquet"}
    found = content(read(write(tmp_path / f"a.{ending}", arrow(types))))
    assert found == {name: wanted for name, (_, _, wanted) in types.items()}


def test_the_width_of_numbers(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.arrow", arrow(TYPES)))
    single = {
        column.name for column in found.columns if column.numbers is not None and column.numbers.dtype == np.float32
    }
    assert single == {"int8", "uint16", "half", "float", "bool", "null"}


@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows", "feather"])
def test_batches_and_row_groups(tmp_path: Path, ending: str) -> None:
    rng = np.random.default_rng(4)
    made = pa.table({"a": rng.normal(size=1000), "b": rng.choice(["x", "y", "z"], 1000)})
    sizes = {"parquet": {"row_group_size": 300}, "feather": {"chunksize": 300}}.get(ending, {"max_chunksize": 300})
    path = write(tmp_path / f"a.{ending}", made, **sizes)
    source = ByteSource(path)
    batches = list(table_format_of(source).open_table(source, TableWant(block_rows=130)))
    assert all(0 < batch.n_rows <= 130 for batch in batches)
    assert len(batches) >= 8
    assert content(read(path)) == made.to_pydict()


@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows", "feather"])
def test_no_rows(tmp_path: Path, ending: str) -> None:
    types = {name: entry for name, entry in TYPES.items() if name != "half" or ending != "parquet"}
    found = read(write(tmp_path / f"a.{ending}", arrow(types).slice(0, 0)))
    assert (found.n_rows, found.names) == (0, tuple(types))


def test_feather_of_version_1(tmp_path: Path) -> None:
    made = pa.table({"a": [1.5, None], "b": ["x", "y"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            path = write(tmp_path / "a.feather", made, version=1)
        except ValueError:
            pytest.skip("this pyarrow does not write version 1")
        assert content(read(path)) == made.to_pydict()


def test_packed_and_from_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = pa.table({"a": [1.5, None], "b": ["x", "y"]})
    data = write(tmp_path / "a.parquet", made).read_bytes()
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(data))
    assert content(read(tmp_path / "a.parquet.gz")) == made.to_pydict()
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": io.BytesIO(data)}))
    assert content(read("-")) == made.to_pydict()


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ([[1], [2]], None, "holds nested values (list<"),
        ([{"x": 1}], None, "holds nested values (struct<"),
        ([b"x"], None, "holds bytes (binary)"),
        ([datetime.timedelta(1)], None, "holds durations (duration[us])"),
    ],
)
def test_other_types_are_refused_by_name(tmp_path: Path, values: list[Any], kind: Any, said: str) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"ok": [1] * len(values), "bad": pa.array(values, kind)}))
    with pytest.raises(DataError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: column 'bad' {said}")
    assert text.endswith("not numbers or words; write the file without this column")


def test_infinite_numbers_are_refused_with_their_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"a": [1.0] * 9 + [float("-inf")]}))
    with pytest.raises(DataError, match="column 'a', row 10: an infinite number; correct it, or leave it empty"):
        read(path, block_rows=4)


def test_two_columns_of_one_name_and_rounded_numbers(tmp_path: Path) -> None:
    made = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(DataError, match="columns 1 and 2 are both called 'a'; rename one of them"):
        read(write(tmp_path / "a.arrow", made))
    remarks = Remarks()
    assert content(read(write(tmp_path / "b.arrow", pa.table({"a": [2**60 + 1]})), remarks)) == {"a": [2**60]}
    assert remarks.notes == [f"{tmp_path}/b.arrow: column 'a' has whole numbers above 2^53, which are rounded"]


def test_pandas_reads_and_writes_the_same(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.5, None, 2], "b": ["x", None, "y"], "c": pandas.Categorical(["u", "v", "u"])})
    frame.to_parquet(tmp_path / "a.parquet")
    assert content(read(tmp_path / "a.parquet")) == {
        "a": [1.5, None, 2], "b": ["x", None, "y"], "c": ["u", "v", "u"],
    }  # fmt: skip


def test_without_the_package_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"a": [1]}))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"need pyarrow; install it: pip install 'anncli\[arrow\]'"):
        read(path)


@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows", "feather"])
def test_a_cut_file_is_told(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"a.{ending}", pa.table({"a": np.arange(3000.0), "b": ["x", "y", "z"] * 1000}))
    data = path.read_bytes()
    for end in range(12, len(data) - 8, len(data) // 17):
        path.write_bytes(data[:end])
        with pytest.raises(DataError, match="file that cannot be read: "):
            read(path)
