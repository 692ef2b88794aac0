"""Arrays as tables: npy with its names, npz, idx with its labels, mat; types, orders, heads that lie, memory."""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typed_tables import content

from anncli.errors import DataError
from anncli.formats.data.array_choice import choose_arrays
from anncli.formats.data.base import TableWant
from anncli.formats.data.registry import data_format, table_format_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import read_table
from anncli.formats.files.source import ByteSource


def fault(path: Path, name: str = "auto") -> str:
    with pytest.raises(DataError) as caught:
        read_table(path, None, name)
    return str(caught.value).replace(str(path.parent) + "/", "")


def save(folder: Path, array: Any, name: str = "a.npy") -> Path:
    np.save(folder / name, array)
    return folder / name


# -------------------------------------------------------------------------------------------------------------- npy


@pytest.mark.parametrize(
    "kind", ["<f4", ">f4", "<f8", ">f8", "f2", "i1", ">i2", "<i4", ">i8", "u1", ">u2", "u4", "u8", "?"]
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_and_order(tmp_path: Path, kind: str, order: str) -> None:
    array = (
        np.array([[0, 1, 1], [1, 0, 1]]).astype(kind)
        if kind == "?"
        else np.array([[0, 3, 100], [7, 2, 5]]).astype(kind)
    )
    path = save(tmp_path, np.asarray(array, order=order))  # type: ignore[call-overload]
    table = read_table(path)
    assert table.matrix is not None
    assert table.matrix.tolist() == array.astype(float).tolist()
    assert (table.names, table.is_named, table.labels) == (("1", "2", "3"), False, ())
    assert table.matrix.dtype == (
        np.float64 if np.dtype(kind).itemsize > 4 or np.dtype(kind).char in "iIlL" else np.float32
    )
    (tmp_path / "a.npy.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert read_table(tmp_path / "a.npy.gz").matrix.tolist() == table.matrix.tolist()  # type: ignore[union-attr]


def test_a_plain_file_is_a_memory_map(tmp_path: Path) -> None:
    table = read_table(save(tmp_path, np.arange(12, dtype=np.float32).reshape(4, 3)))
    assert table.matrix is not None
    assert isinstance(table.matrix.base, np.memmap)
    assert not table.matrix.flags.writeable
    assert table.matrix.tolist() == np.arange(12).reshape(4, 3).tolist()


def test_shapes(tmp_path: Path) -> None:
    assert (
        read_table(save(tmp_path, np.arange(24.0).reshape(2, 3, 4))).matrix.tolist()
        == np.arange(24).reshape(2, 12).tolist()
    )  # type: ignore[union-attr]
    assert (
        read_table(save(tmp_path, np.arange(24).reshape(2, 3, 4))).matrix.tolist()
        == np.arange(24).reshape(2, 12).tolist()
    )  # type: ignore[union-attr]
    assert content(read_table(save(tmp_path, np.array([1.0, np.nan])))) == {"1": [1, None]}
    assert read_table(save(tmp_path, np.empty((0, 3)))).n_rows == 0
    assert fault(save(tmp_path, np.float64(3))) == "a.npy: holds a single number, no rows; save an array of rows"


def test_words_and_fields(tmp_path: Path) -> None:
    assert content(read_table(save(tmp_path, np.array([["a", "1"], ["NA", "2.5"], ["b", ""]])))) == {
        "1": ["a", None, "b"],
        "2": [1, 2.5, None],
    }
    assert content(read_table(save(tmp_path, np.array([b"x", b"y"])))) == {"1": ["x", "y"]}
    records = np.array([("york", 3, 0.5), ("leeds", 4, np.nan)], dtype=[("town", "U9"), ("n", ">i4"), ("x", "f4")])
    table = read_table(save(tmp_path, records))
    assert content(table) == {"town": ["york", "leeds"], "n": [3, 4], "x": [0.5, None]}
    assert table.is_named


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[1 + 2j]]), "a.npy: the array holds complex numbers, not numbers or words; save it as float64 or float32"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "a.npy: the array holds dates, not numbers or words; save it as float64 or float32"),
        (np.array([{}]), "a.npy: the array holds Python objects, not numbers or words; save it as float64 or float32"),
        (np.array([[1, np.inf], [2, 3]]), "a.npy: row 1, column 2: inf is not allowed; replace it, nan stands for a missing value"),
        (np.array([[1, 2], [-1e39, 3]]), "a.npy: row 2, column 1: -1e+39 is not allowed; replace it, nan stands for a missing value"),
        (np.array([["x" * 2000]]), "a.npy: the array holds words of up to 2000 characters; shorten the words"),
    ],
)  # fmt: skip
def test_arrays_of_which_there_is_no_table(tmp_path: Path, array: Any, message: str) -> None:
    assert fault(save(tmp_path, array)) == message


def head(text: str, version: int = 1) -> bytes:
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (head("{'descr': '<f8', 'fortran_order': False, 'shape': (9000000000, 100)}") + bytes(80), "the head announces 7200000000000 bytes of numbers, found 80; copy the file again"),
        (head("{'descr': '<f8', 'fortran_order': True, 'shape': (9000000000, 100)}") + bytes(80), "the head announces 7200000000000 bytes of numbers, found 80; copy the file again"),
        (head("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}") + bytes(33), "the head announces 32 bytes of numbers, found more; save one array in a file"),
        (head("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 2)}") + bytes(8), "the head announces 0 bytes of numbers, found more; save one array in a file"),
        (head("{'descr': '<f8', 'fortran_order': False, 'shape': (2, -2)}"), "has a head with the shape '(2, -2)'; save it anew"),
        (head("{'descr': '<f8', 'fortran_order': 0, 'shape': (2, 2)}"), "has a head with the shape '(2, 2)'; save it anew"),
        (head("{'descr': '<f8', 'shape': (2, 2)}"), "has a head that cannot be read: '{'descr': '<f8', 'shape': (2, 2)}'; save it anew with numpy.save"),
        (head("__import__('os').abort()"), "has a head that cannot be read: '__import__('os').abort()'; save it anew with numpy.save"),
        (head("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 99999999999)}"), "has rows of 99999999999 numbers (shape 1 x 99999999999); rows are the first dimension: save its transpose if they are the last"),
        (b"\x93NUMPY\x09\0\0\0aa", "is a NumPy array of version 9, which is not known; save it anew"),
        (b"\x93NUMPY\x01\0\xff\x00{}", "ends within its head; copy the file again"),
        (b"\x93NUMPY\x02\0\xff\xff\xff\x7f{}", "has a head of 2147483647 bytes; check that this is the right file"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_heads_that_lie(tmp_path: Path, data: bytes, message: str, packed: bool) -> None:
    path = tmp_path / ("a.npy.gz" if packed else "a.npy")
    path.write_bytes(gzip.compress(data) if packed else data)
    assert fault(path, "npy") == f"{path.name}: {message}"


@pytest.mark.parametrize("shape", [(0, 16_000_000), (1, 16_000_000)])
def test_very_many_columns_of_few_rows_are_refused(tmp_path: Path, shape: tuple[int, int]) -> None:
    assert "has 16000000 columns, and" in fault(save(tmp_path, np.zeros(shape, dtype=np.uint8)))


def names(folder: Path, **values: Any) -> Path:
    (folder / "a.json").write_text(json.dumps(values))
    return save(folder, np.array([[1, 0, 5], [2, 1, np.nan]]))


def test_names_beside_an_array(tmp_path: Path) -> None:
    table = read_table(
        names(
            tmp_path,
            names=["age", "town", "n"],
            kinds=["number", "category", "number"],
            words={"town": ["york", "leeds"]},
            label="town",
        )
    )
    assert content(table) == {"age": [1, 2], "town": ["york", "leeds"], "n": [5, None]}
    assert (table.labels, table.is_named, table.matrix) == (("town",), True, None)
    table = read_table(
        names(
            tmp_path,
            names=["x", "y", "z"],
            label=["y", "z"],
            task="regression",
            weight="x",
            sets=[["training", 1], ["test", 1]],
        )
    )
    assert (table.labels, table.task, table.weight, table.sets) == (
        ("y", "z"),
        "regression",
        "x",
        (("training", 1), ("test", 1)),
    )
    assert table.matrix is not None
    table = read_table(names(tmp_path, kinds=["number", "number", "category"]))
    assert (content(table), table.is_named) == ({"1": [1, 2], "2": [0, 1], "3": ["5", None]}, False)
    assert table.matrix.tolist() == [[1, 0], [2, 1]]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"names": ["a", "b"]}, "names: 2 names for 3 columns; name every column once"),
        ({"names": ["a", "b", "a"]}, "names: 3 names for 3 columns, some of them twice; name every column once"),
        ({"nmaes": []}, "unknown key 'nmaes'; did you mean 'names'?"),
        ({"names": "abc"}, "names: expected a list of texts; write them in brackets and quotes"),
        ({"kinds": ["number"]}, 'kinds: expected number or category for each column; write for example ["number"]'),
        ({"label": "4"}, "no column is named '4'; use one of 1, 2, 3"),
        ({"task": "regresion"}, "unknown task 'regresion'; use classification or regression"),
        ({"task": 3}, "task: expected a text; write it in quotes"),
        ({"words": {"1": ["a", "a"]}}, 'words: expected different texts for columns; write for example {"city": ["york"]}'),
        ({"sets": [["test", -1]]}, 'sets: expected names with counts; write for example [["training", 100], ["test", 50]]'),
        ({"kinds": ["category", "number", "number"], "words": {"1": ["a", "b"]}}, "column '1' holds 2, it has 2 words; its numbers are the places of its words, from 0"),
        ({"named": 1}, "named: expected true or false; say whether the names are more than places"),
    ],
)  # fmt: skip
def test_faults_of_names(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_table(names(tmp_path, **values))
    assert str(caught.value) == f"{tmp_path / 'a.json'}: {message}"


def test_names_that_are_no_json(tmp_path: Path) -> None:
    path = save(tmp_path, np.zeros((2, 2)))
    (tmp_path / "a.json").write_text('{"names": [\n"a",]}')
    with pytest.raises(DataError, match=r"a\.json:2:5: is no JSON"):
        read_table(path)
    for text in ("[1]", "[" * 100_000, "{}" * 2):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(DataError, match=r"a\.json"):
            read_table(path)


def test_long_whole_numbers_are_remarked(tmp_path: Path) -> None:
    remarks = Remarks()
    read_table(save(tmp_path, np.array([2**53 + 1])), TableWant(remarks=remarks))
    assert remarks.notes == [f"{tmp_path / 'a.npy'}: whole numbers above 2^53 are rounded"]


@pytest.mark.slow
def test_a_memory_map_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        file.write(head("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 100)}"))
        file.truncate(file.tell() + 400_000_000)
    code = (
        "import sys, resource; from anncli.formats.data.table_files import read_table\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "table = read_table(sys.argv[1]); assert table.n_rows == 1000000\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 200_000_000


# -------------------------------------------------------------------------------------------------------------- npz


def archive(folder: Path, compressed: bool = False, **arrays: Any) -> Path:
    (np.savez_compressed if compressed else np.savez)(folder / "a.npz", **arrays)
    return folder / "a.npz"


@pytest.mark.parametrize("compressed", [False, True])
def test_inputs_and_the_label_of_one_sample(tmp_path: Path, compressed: bool) -> None:
    table = read_table(archive(tmp_path, compressed, X=np.array([[7.0, 8]]), y=np.array([3]), m=np.array(4)))
    assert (content(table), table.labels) == ({"1": [7], "2": [8], "y": [3]}, ("y",))
    # With more than one sample a single number is no label.
    table = read_table(archive(tmp_path, compressed, X=np.array([[7.0], [8]]), y=np.array([3])))
    assert (content(table), table.labels) == ({"1": [7, 8]}, ())


@pytest.mark.parametrize("compressed", [False, True])
def test_inputs_and_labels_of_an_archive(tmp_path: Path, compressed: bool) -> None:
    x = np.arange(12.0).reshape(4, 3)
    table = read_table(archive(tmp_path, compressed, X=x, y=np.array(["a", "b", "a", "c"]), n=3))
    assert content(table) == {"1": [0, 3, 6, 9], "2": [1, 4, 7, 10], "3": [2, 5, 8, 11], "y": ["a", "b", "a", "c"]}
    assert (table.labels, table.task) == (("y",), "classification")
    assert table_format_of(ByteSource(tmp_path / "a.npz")) is data_format("npz")
    remarks = Remarks()
    table = read_table(
        archive(tmp_path, compressed, data=x.T, target=np.array([[1, 2, 3, 4]])), TableWant(remarks=remarks)
    )
    assert (table.matrix.tolist(), content(table)["target"]) == (x.tolist(), [1, 2, 3, 4])  # type: ignore[union-attr]
    assert remarks.guesses[0].endswith("the inputs are data, the label is target, samples in columns")


def test_other_archives(tmp_path: Path) -> None:
    assert read_table(archive(tmp_path, images=np.ones((2, 3, 4), np.uint8))).matrix.tolist() == [[1] * 12] * 2  # type: ignore[union-attr]
    assert content(read_table(archive(tmp_path, age=np.array([1, 2]), town=np.array(["x", "y"])))) == {
        "age": [1, 2],
        "town": ["x", "y"],
    }
    one_hot = read_table(archive(tmp_path, x=np.ones((3, 1)), y=np.array([[1, 0], [0, 1], [1, 0]])))
    assert (content(one_hot)["class"], one_hot.columns[1].words) == (["y 1", "y 2", "y 1"], ("y 1", "y 2"))
    numbers = read_table(archive(tmp_path, x=np.ones((2, 1)), y=np.array([[0.5, 2], [1, 3]])))
    assert (numbers.labels, content(numbers)["y 2"]) == (("y 1", "y 2"), [2, 3])


def test_faults_of_archives(tmp_path: Path) -> None:
    path = archive(tmp_path, w1=np.ones((2, 3)), w2=np.ones((3, 2)))
    assert (
        fault(path)
        == "a.npz: which array holds the inputs is not clear: w1 (2 x 3), w2 (3 x 2); save two arrays named X and y: a row per sample, and its label"
    )
    assert (
        fault(archive(tmp_path, X=np.ones((2, 3)), y=np.ones(4)))
        == "a.npz: X (2 x 3) and y (4) have different numbers of samples; give every row of the inputs one answer"
    )
    assert "holds Python objects" in fault(archive(tmp_path, X=np.array([{}, 1])))
    whole = archive(tmp_path, X=np.ones((200, 3))).read_bytes()
    path.write_bytes(whole[:-40])
    assert fault(path) == "a.npz: is a damaged archive; copy it again"
    path.write_bytes(whole[:1000] + b"\xff" + whole[1001:])
    assert fault(path) == "a.npz: array 'X' is damaged; copy the file again"
    assert "unpacks to far more than its size" in fault(archive(tmp_path, True, X=np.zeros((10_000_000, 2))))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("X.npy", head("{'descr': '<f8', 'fortran_order': False, 'shape': (9, 1)}") + bytes(8))
    assert "the head announces 72 bytes of numbers, found 8" in fault(path)


@pytest.mark.parametrize("name", ["y", "X", "Labels"])
def test_an_array_of_objects_with_a_known_name_is_not_passed_over(tmp_path: Path, name: str) -> None:
    """Words of pandas are Python objects: without them the label was lost, or taken for the inputs."""
    other = {"y": {"X": np.ones((3, 2))}, "X": {"y": np.arange(3.0)}, "Labels": {"X": np.ones((3, 2))}}[name]
    objects = np.array(["a", "b", None], dtype=object)
    path = archive(tmp_path, **other, **{name: objects})
    wanted = f"a.npz: {name}: the array holds Python objects, not numbers or words; save it as float64 or float32"
    assert fault(path) == wanted
    # Beside inputs and label it is not needed, and a single number is no answer.
    both = archive(tmp_path, data=np.ones((2, 1)), target=np.arange(2.0), y=objects, t=np.array(3), x=np.array(0.5))
    assert content(read_table(both)) == {"1": [1, 1], "target": [0, 1]}
    assert content(read_table(archive(tmp_path, X=np.ones((2, 1)), t=np.array(3), meta=objects))) == {"1": [1, 1]}


def test_the_choice_of_arrays() -> None:
    assert choose_arrays({"X": (190, 13), "y": (190, 1), "Y": (190, 1), "m": (1, 1)}, "a")[:2] == ("X", "y")
    assert choose_arrays({"INPUTS": (5, 2), "Targets": (5,)}, "a")[:2] == ("INPUTS", "Targets")
    assert choose_arrays({"x": (2, 5), "t": (3, 5)}, "a").is_transposed
    assert choose_arrays({"anything": (5, 2), "n": ()}, "a").inputs == "anything"


# -------------------------------------------------------------------------------------------------------------- idx

IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def idx(code: int, array: Any) -> bytes:
    array = np.asarray(array)
    return (
        bytes([0, 0, code, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.astype(IDX_TYPES[code]).tobytes()
    )


@pytest.mark.parametrize("code", IDX_TYPES)
def test_every_type_of_idx(tmp_path: Path, code: int) -> None:
    (tmp_path / "a").write_bytes(idx(code, [[1, 2], [3, 100]]))
    table = read_table(tmp_path / "a")
    assert table.matrix.tolist() == [[1, 2], [3, 100]]  # type: ignore[union-attr]
    assert table.labels == ()


@pytest.mark.parametrize(
    ("pictures", "labels"),
    [("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
     ("a.images.idx3-ubyte", "a.labels.idx1-ubyte.gz"), ("images-idx3-ubyte.gz", "labels-idx1-ubyte")],
)  # fmt: skip
def test_labels_beside_pictures(tmp_path: Path, pictures: str, labels: str) -> None:
    for name, data in ((pictures, idx(8, np.arange(12).reshape(3, 2, 2))), (labels, idx(8, [7, 0, 7]))):
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    table = read_table(tmp_path / pictures)
    assert (table.labels, table.task, content(table)["label"]) == (("label",), "classification", [7, 0, 7])
    assert table.matrix.tolist() == np.arange(12).reshape(3, 4).tolist()  # type: ignore[union-attr]
    assert content(read_table(tmp_path / labels)) == {"label": [7, 0, 7]}


def test_faults_of_idx_files(tmp_path: Path) -> None:
    path, whole = tmp_path / "images-idx2-ubyte", idx(8, np.ones((3, 4)))
    path.write_bytes(whole[:-1])
    assert fault(path) == "images-idx2-ubyte: the head announces 12 bytes of numbers, found 11; copy the file again"
    path.write_bytes(whole + b"x")
    assert (
        fault(path) == "images-idx2-ubyte: the head announces 12 bytes of numbers, found more; save one array in a file"
    )
    path.write_bytes(whole[:9])
    assert fault(path, "idx") == "images-idx2-ubyte: ends within its head; copy the file again"
    path.write_bytes(b"\0\0\x08\x02\xff\xff\xff\xff\0\0\0\x04" + bytes(8))
    assert (
        fault(path)
        == "images-idx2-ubyte: the head announces 17179869180 bytes of numbers, found 8; copy the file again"
    )
    path.write_bytes(b"\0\0\x0d\x01\0\0\0\x01\x7f\x80\0\0")
    assert (
        fault(path)
        == "images-idx2-ubyte: row 1, column 1: inf is not allowed; replace it, nan stands for a missing value"
    )
    path.write_bytes(whole)
    (tmp_path / "labels-idx2-ubyte").write_bytes(idx(8, [1, 2]))
    assert fault(path).startswith(f"{'labels-idx2-ubyte'}: has 2 labels for the 3 rows of ")


# -------------------------------------------------------------------------------------------------------------- mat


def mat(folder: Path, **variables: Any) -> Path:
    io_ = pytest.importorskip("scipy.io")
    io_.savemat(folder / "a.mat", variables, do_compression=bool(len(variables) % 2))
    return folder / "a.mat"


def test_inputs_and_labels_of_a_matlab_file(tmp_path: Path) -> None:
    x = np.arange(8.0).reshape(4, 2)
    table = read_table(mat(tmp_path, X=x, y=np.array([[1], [2], [1], [3]]), Y=np.ones((4, 2)), m=4))
    assert content(table) == {"1": [0, 2, 4, 6], "2": [1, 3, 5, 7], "y": [1, 2, 1, 3]}
    assert table.labels == ("y",)
    assert table_format_of(ByteSource(tmp_path / "a.mat")) is data_format("mat")
    table = read_table(mat(tmp_path, inputs=x.T, targets=np.array([[1, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0]])))
    assert (table.matrix.tolist(), content(table)["class"]) == (
        x.tolist(),
        ["targets 1", "targets 2", "targets 2", "targets 1"],
    )  # type: ignore[union-attr]
    cell = np.array([["red"], ["blue"], ["red"], ["red"]], dtype=object)
    assert content(read_table(mat(tmp_path, X=x.astype(np.int16), y=cell)))["y"] == ["red", "blue", "red", "red"]
    sparse = pytest.importorskip("scipy.sparse")
    assert read_table(mat(tmp_path, X=sparse.csc_matrix(x))).matrix.tolist() == x.tolist()  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
def test_scipy_writes_what_is_read(tmp_path: Path, kind: str) -> None:
    for compressed in (False, True):
        array = np.arange(24).reshape(4, 3, 2).astype(kind)
        pytest.importorskip("scipy.io").savemat(
            tmp_path / "a.mat", {"X": array, "y": np.array(["red ", "blue", "red ", "gold"])}, do_compression=compressed
        )
        table = read_table(tmp_path / "a.mat")
        assert table.matrix.tolist() == array.reshape(4, 6).astype(float).tolist()  # type: ignore[union-attr]
        assert content(table)["y"] == ["red", "blue", "red", "gold"]


def test_a_struct_with_a_known_name_is_not_passed_over(tmp_path: Path) -> None:
    x = np.ones((3, 2))
    path = mat(tmp_path, X=x, labels={"name": 1})
    wanted = "a.mat: variable 'labels' holds a struct, not numbers or words; save matrices named X and y: a row per sample, and its label"
    assert fault(path) == wanted
    assert content(read_table(mat(tmp_path, X=x, info={"name": 1}))) == {"1": [1, 1, 1], "2": [1, 1, 1]}
    assert content(read_table(mat(tmp_path, X=x, y=np.ones((3, 1)), data={"name": 1})))["y"] == [1, 1, 1]


def test_a_matlab_file_of_the_other_byte_order(tmp_path: Path) -> None:
    """X = [1 2; 3 4] as uint8 in a double matrix, with small elements for the name and the numbers."""
    flags = struct.pack(">IIII", 6, 8, 6, 0)
    sizes = struct.pack(">IIii", 5, 8, 2, 2)
    matrix = flags + sizes + struct.pack(">HH4s", 1, 1, b"X") + struct.pack(">HH4B", 4, 2, 1, 3, 2, 4)
    data = b"MATLAB 5.0 MAT-file, by hand".ljust(124) + b"\x01\x00MI" + struct.pack(">II", 14, len(matrix)) + matrix
    (tmp_path / "a.mat").write_bytes(data)
    assert content(read_table(tmp_path / "a.mat")) == {"1": [1, 3], "2": [2, 4]}
    (tmp_path / "a.mat").write_bytes(data.replace(struct.pack(">ii", 2, 2), struct.pack(">ii", 2, 2000000000)))
    assert fault(tmp_path / "a.mat").startswith("a.mat: unpacks to far more than its size: 184 bytes to 4.0 GB")
    (tmp_path / "a.mat").write_bytes(data.replace(struct.pack(">ii", 2, 2), struct.pack(">ii", 2, 3)))
    assert fault(tmp_path / "a.mat") == "a.mat: variable 'X' is damaged; save it anew with save(..., '-v7')"


def test_faults_of_matlab_files(tmp_path: Path) -> None:
    path = mat(tmp_path, A=np.ones((2, 3)), B=np.ones((3, 2)))
    assert fault(path).startswith(
        "a.mat: which array holds the inputs is not clear: A (2 x 3), B (3 x 2); save two arrays"
    )
    assert "holds complex numbers" in fault(mat(tmp_path, X=np.ones((2, 2)) * 1j))
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64" + bytes(500))
    assert fault(path).startswith("a.mat: is a MATLAB file of version 7.3 (HDF5), which is not read; save it in MATLAB")
    path.write_bytes(mat(tmp_path, X=np.ones((20, 3)), y=np.ones(20)).read_bytes()[:300])
    assert fault(path).startswith("a.mat: ")
