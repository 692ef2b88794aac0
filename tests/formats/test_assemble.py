"""Datasets from files: classes, labels, parts, origins, what must not go together, streams, and memory."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.compiled import native_module
from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.data.assemble import read_dataset, read_sets, stream_rows

Write = Callable[..., list[str]]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """write(name=text, ...) makes files name.txt in an empty current folder and returns their names."""
    monkeypatch.chdir(tmp_path)

    def make(**texts: str | bytes) -> list[str]:
        for name, text in texts.items():
            Path(f"{name}.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
        return [f"{name}.txt" for name in texts]

    return make


def fault(kind: type[AnnError], *arguments: Any, **options: Any) -> str:
    with pytest.raises(AnnError) as caught:
        read_dataset(*arguments, **options)
    assert type(caught.value) is kind
    return str(caught.value)


def test_one_file_per_class(write: Write) -> None:
    data = read_dataset(write(pos="1 2\n3 4\n", neg="5,6\n", third="7\t8\n"))
    assert data.inputs.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert (data.labels.tolist(), data.classes) == ([0, 0, 1, 2], ("pos", "neg", "third"))
    assert (data.inputs.dtype, data.labels.dtype, data.names, data.columns) == (np.float32, np.int8, (), ())
    wanted = [
        ("pos.txt", hashlib.sha256(b"1 2\n3 4\n").hexdigest(), 2),
        ("neg.txt", hashlib.sha256(b"5,6\n").hexdigest(), 1),
    ]
    assert [tuple(source) for source in data.sources[:2]] == wanted


def test_names_of_classes(write: Write, tmp_path: Path) -> None:
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "train.v1.txt.gz").write_bytes(gzip.compress(b"%d 2\n" % value))
    (tmp_path / ".x").write_text("3 4")
    data = read_dataset(["a/train.v1.txt.gz", tmp_path / "b/train.v1.txt.gz", ".x"])
    assert data.classes == ("train.v1", "train.v1-2", ".x")
    assert read_dataset(write(a="1", b="2"), class_names=["yes", "no"]).classes == ("yes", "no")


def test_class_files_in_another_order_than_the_classes(write: Write) -> None:
    paths = write(a="1", b="2")
    message = "the class files are a, b, the network's classes are b, a; give the files in the network's order"
    assert fault(UsageError, paths, class_names=("b", "a")) == message
    assert read_dataset(paths, class_names=("b", "c")).classes == ("b", "c")


def test_the_same_vectors_for_two_classes(write: Write, tmp_path: Path) -> None:
    paths = write(a="1 2\n", b="1 2\n")
    assert (
        fault(DataError, paths)
        == "b.txt: holds the same bytes as a.txt, which is another class; give one file per class"
    )
    same = "a.txt: is the same file as a.txt, which is another class; give one file per class"
    assert fault(DataError, ["a.txt", "a.txt"]) == same
    os.symlink("a.txt", "link.txt")
    assert fault(DataError, ["link.txt", "./a.txt"]).startswith("./a.txt: is the same file as link.txt, which")
    assert fault(UsageError, ["-", "-"]) == "stdin (-) can be read only once; name files for the others"


def test_parts_may_use_the_files_of_their_class_again(write: Write) -> None:
    a, b, c = write(a="1 2\n3 4\n", b="5 6\n", c="7 8\n")
    data, parts = read_sets({"training": [a, b], "validation": [a, b], "test": [c, b]})
    assert {name: rows.tolist() for name, rows in parts.items()} == {
        "training": [0, 1, 2],
        "validation": [3, 4, 5],
        "test": [6, 7],
    }
    assert data.labels.tolist() == [0, 0, 1, 0, 0, 1, 0, 1]
    assert data.classes == ("a", "b")
    with pytest.raises(DataError, match=r"b\.txt: is the same file as b\.txt, which is another class"):
        read_sets({"training": [a, b], "validation": [b, a]})
    with pytest.raises(UsageError, match="validation: 3 class files for 2 classes; give one file per class"):
        read_sets({"training": [a, b], "validation": [a, b, c]})


def test_a_list_gives_the_labels(write: Write) -> None:
    data = read_dataset(write(all="p 1\n1 2\nq 3\n3 4\nr\n5 6\n"))
    assert (data.labels.tolist(), data.classes, data.names) == ([0, 2, -1], ("1", "2", "3"), ("p", "q", "r"))


def test_labels_of_a_list_win_over_its_class(write: Write) -> None:
    data = read_dataset(write(pos="p 1\n1 2\nq 2\n3 4\nr\n5 6\n", neg="s\n7 8\nt 1\n9 0\n"))
    assert data.labels.tolist() == [0, 1, 0, 1, 0]
    assert data.names == ("p", "q", "r", "s", "t")


def test_a_label_beyond_the_classes(write: Write) -> None:
    paths = write(pos="# c\np 3\n1 2\n", neg="1 2\n")
    assert fault(DataError, paths) == "pos.txt:2: label 3, but there are 2 classes; labels count the classes from 1"


def test_lists_and_vectors_together_are_all_named(write: Write) -> None:
    data = read_dataset(write(a="1 2\n3 4\n", b="p\n5 6\nq\n7 8\n", c="9 0\n"))
    assert data.names == ("a.txt_0", "a.txt_1", "p", "q", "c.txt_0")


def test_a_single_file_of_vectors_is_one_class_unless_it_must_not_be(write: Write) -> None:
    (path,) = write(a="1 2\n3 4\n")
    assert (read_dataset([path]).labels.tolist(), read_dataset([path]).classes) == ([0, 0], ("a",))
    assert read_dataset([path], labelled=False).labels.tolist() == [-1, -1]
    message = (
        "a.txt: no row carries a class; give one file per class in the order x, y, "
        "or one file whose rows carry their classes"
    )
    assert fault(DataError, [path], class_names=("x", "y")) == message


def test_a_single_path_needs_no_brackets(write: Write) -> None:
    (path,) = write(a="p 2\n1 2\nq 1\n3 4\n")
    for one in (path, Path(path)):
        assert read_dataset(one).labels.tolist() == [1, 0]


def test_a_part_without_classes_is_named(write: Write) -> None:
    a, b, plain, listed = write(a="1 2\n", b="3 4\n", plain="5 6\n", listed="p\n5 6\n")
    message = "no row carries a class; give one file per class, or one file whose rows carry their classes"
    for path in (plain, listed):
        with pytest.raises(DataError, match=f"^{path}: {message}"):
            read_sets({"training": (a, b), "validation": (path,)})


def test_a_list_without_any_label_is_one_class(write: Write) -> None:
    (path,) = write(a="p\n1 2\nq\n3 4\n")
    assert (read_dataset([path]).labels.tolist(), read_dataset([path]).classes) == ([0, 0], ("a",))


def test_other_widths(write: Write) -> None:
    paths = write(a="1 2\n", b="# c\n\n3 4 5\n")
    assert fault(DataError, paths) == "b.txt:3: expected 2 values, found 3 ('3 4 5'); a.txt:1 has 2"
    assert (
        fault(DataError, paths[:1], n_inputs=3)
        == "a.txt:1: expected 3 values, found 2 ('1 2'); the network has 3 inputs"
    )
    hint = "; a list gives one row per entry, for one per line say --data-format vectors"
    write(c="p 1\n1 2 3\n")
    assert fault(DataError, ["a.txt", "c.txt"]) == f"c.txt:1: expected 2 values, found 3 ('p'); a.txt:1 has 2{hint}"


def test_column_names(write: Write) -> None:
    paths = write(a='# c\n"x",y\n1,2\n', b="3 4\n", c="x y\n5 6\n", d="\n\ny x\n5 7\n")
    assert read_dataset(paths[:3]).columns == ("x", "y")
    assert read_dataset([paths[0], paths[3]]).inputs.tolist() == [[1, 2], [7, 5]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.txt: holds no rows; write one row of values per line"),
        ("\n# c\n \n", "a.txt: holds no rows; write one row of values per line"),
        ("x,y\n", "a.txt: holds no rows, only a line of names; write one row of values per line"),
        ("x y\n", "a.txt: holds no rows, only a line of names; write one row of values per line"),
    ],
)  # fmt: skip
def test_files_without_vectors(write: Write, text: str, message: str) -> None:
    assert fault(DataError, write(a=text)) == message


def test_what_cannot_be_asked_for(write: Write) -> None:
    paths = write(a="1\n")
    assert fault(UsageError, []) == "no data files; give one file per class"
    assert fault(UsageError, paths, data_format="vector") == "unknown data format 'vector'; did you mean 'vectors'?"
    assert fault(UsageError, paths, delimiter=", ").startswith("values cannot be separated by ', '; use blanks")
    for delimiter in ("", ",", ";", "\t", "|"):
        assert read_dataset(paths, delimiter=delimiter).n_samples == 1


def test_the_format_can_be_said(write: Write) -> None:
    (path,) = write(a="x y\n1 2\n3 4\n")
    assert read_dataset([path]).inputs.tolist() == [[1, 2], [3, 4]]
    assert read_dataset([path], data_format="list").inputs.tolist() == [[1, 2, 3, 4]]
    assert fault(DataError, write(b="p 1\n1 2\n"), data_format="vectors").startswith(
        "b.txt:1:1: expected a number, found 'p'"
    )


@pytest.mark.slow
def test_the_layout_is_found_even_behind_long_comments(write: Write) -> None:
    comments = "# nothing to see here\n" * 100_000
    (path,) = write(a=f"{comments}p 1\n{comments}1 2\n{comments}q 2\n3 4\n")
    assert read_dataset([path]).labels.tolist() == [0, 1]
    (path,) = write(b=f"{comments}x y\n{comments}1 2\n{comments}3 x\n")
    assert fault(DataError, [path]) == "b.txt:300003:2: expected a number, found 'x'; correct it, or take the row out"


# ------------------------------------------------------------------------------------------------ streams


def stream(path: str, n_inputs: int = 2, **options: Any) -> tuple[list[list[float]], list[str], str]:
    """All vectors, all names, and the fault that ended the stream."""
    vectors: list[list[float]] = []
    names: list[str] = []
    try:
        for block in stream_rows(path, n_inputs, **options):
            assert block.inputs.dtype == np.float32
            # Prediction scales them in place.
            assert block.inputs.flags.writeable
            vectors += block.inputs.tolist()
            names += block.names
    except DataError as error:
        return vectors, names, str(error)
    return vectors, names, ""


def test_streams_of_vectors_and_lists(write: Write, tmp_path: Path) -> None:
    (tmp_path / "m.dat").write_bytes(struct.pack("<4f", 5, 6, 7, 8))
    (tmp_path / "m.hea").write_text("2 2")
    write(a="x y\n1 2\n\n3 4\n", b="p 1\n1 2\nq\n3\n4\nm.dat\n")
    assert stream("a.txt") == ([[1, 2], [3, 4]], [], "")
    assert stream("b.txt") == ([[1, 2], [3, 4], [5, 6], [7, 8]], ["p", "q", "m.dat_0", "m.dat_1"], "")


def test_what_comes_before_a_fault_is_handed_out_first(write: Write) -> None:
    write(a="1 2\n3 4\n5\n6 7\n", b="p\n1 2\nq\n3\nr\n4 5\n", c="1 2\n" * 400_000 + "1 x\n", d="# c\n")
    assert stream("a.txt") == (
        [[1, 2], [3, 4]],
        [],
        "a.txt:3: expected 2 values, found 1 ('5'); the network has 2 inputs",
    )
    vectors, names, message = stream("b.txt")
    assert (vectors, names) == ([[1, 2]], ["p"])
    assert message.startswith("b.txt:3: expected 2 values, found 1 ('q'); the network has 2 inputs")
    vectors, _, message = stream("c.txt")
    assert (len(vectors), message[:14]) == (400_000, "c.txt:400001:2")
    assert stream("d.txt") == ([], [], "d.txt: holds no rows; write one row of values per line")


def test_blocks_of_a_stream_are_small(write: Write) -> None:
    write(a="1 2\n" * 400_000, b="p\n1 2\n" * 20_000)
    for path, n in (("a.txt", 400_000), ("b.txt", 20_000)):
        sizes = [len(block.inputs) for block in stream_rows(path, 2, block_rows=1000)]
        assert (sum(sizes), max(sizes)) == (n, 1000)


@pytest.mark.parametrize("head", ["", "x,y\n", "# c\n\n"])
def test_a_slow_pipe_is_answered_line_by_line(head: str) -> None:
    end, beginning = os.pipe()
    answered = threading.Event()
    waited: list[bool] = []

    def feed() -> None:
        os.write(beginning, head.encode())
        for k in range(3):
            os.write(beginning, b"%d,2\n" % k)
            waited.append(answered.wait(20))
            answered.clear()
        os.close(beginning)

    writer = threading.Thread(target=feed)
    writer.start()
    vectors = []
    for block in stream_rows(f"/dev/fd/{end}", 2):
        vectors += block.inputs.tolist()
        answered.set()
    writer.join()
    os.close(end)
    assert (vectors, waited) == ([[0, 2], [1, 2], [2, 2]], [True] * 3)


# ------------------------------------------------------------------------------------------------ memory

MEASURE = """
import resource, sys
from anncli.formats.data.assemble import {call}
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
{work}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak - start, size)
"""


def measure(call: str, work: str, **environment: str) -> tuple[float, float]:
    """MB the work adds to the peak of a fresh process, and MB of the array it made."""
    # A process starts with the peak of the one it was forked from, so this one comes from a small one.
    launcher = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", launcher, sys.executable, "-c", MEASURE.format(call=call, work=work)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    peak, size = map(int, done.stdout.split())
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6, size / 1e6


@pytest.mark.parametrize("kernels", ["numpy", "native"])
def test_reading_takes_the_array_and_little_else(write: Write, kernels: str) -> None:
    if kernels == "native" and native_module() is None:
        pytest.skip("no compiled parser")
    line = "0.25 -1 2 3.5 0 7 1 2 3 4 5 6 7 8 9 10\n"
    # The compiled parser reads 40 MB as fast as numpy 8.
    write(a=line * (1_000_000 if kernels == "native" else 200_000), b=line * 100_000 + line.replace("7", "8"))
    work = "data = read_dataset(['a.txt', 'b.txt']); size = data.inputs.nbytes"
    added, size = measure("read_dataset", work, ANN_KERNELS=kernels)
    assert added < size + 40, f"{added:.0f} MB for an array of {size:.0f} MB"


@pytest.mark.slow
def test_a_list_in_one_text_and_a_raw_matrix_take_the_array_and_names(write: Write, tmp_path: Path) -> None:
    count = 200_000
    np.zeros((count, 64), dtype="<f4").tofile(tmp_path / "m.dat")
    (tmp_path / "m.hea").write_text(f"{count} 64")
    write(a="m.dat 1\n", c="".join(f"p{k} 1\n" + "0.5 " * 64 + "\n" for k in range(40_000)))
    for path in ("a.txt", "c.txt"):
        added, size = measure("read_dataset", f"data = read_dataset(['{path}']); size = data.inputs.nbytes")
        # A name is a Python string.
        assert added < size + 60, f"{path}: {added:.0f} MB for an array of {size:.0f} MB"


def test_an_endless_stream_takes_constant_memory(write: Write) -> None:
    write(a="0.25 -1 2 3.5\n" * 2_000_000)
    work = "size = sum(block.inputs.nbytes for block in stream_rows('a.txt', 4))"
    added, size = measure("stream_rows", work)
    assert size == 32
    assert added < 25, f"{added:.0f} MB"


def test_a_dataset_of_large_arrays_is_not_copied_or_flagged_value_by_value() -> None:
    inputs = np.zeros((1 << 20, 1), dtype=np.float32)
    assert np.shares_memory(Dataset(inputs, np.zeros(1 << 20, np.int32), ("a",)).inputs, inputs)
    for bad in (np.nan, np.inf, -np.inf):
        inputs[12345] = bad
        with pytest.raises(ValueError, match="inputs must be finite"):
            Dataset(inputs, np.zeros(1 << 20, np.int32), ("a",))
