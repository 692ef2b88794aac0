"""The registry of data formats: which format reads a file, and a new format by one module and one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from anncli.errors import DataError, UsageError
from anncli.formats.data import registry
from anncli.formats.data.assemble import read_dataset, read_sets, stream_rows
from anncli.formats.data.base import Column, RowBatch, Want, Width, number_classes
from anncli.formats.data.names import DATA_FORMAT_NAMES, DataFormatName
from anncli.formats.data.registry import data_format, format_of
from anncli.formats.files.source import ByteSource
from anncli.network.network import Network

ROOT = Path(__file__).parents[2]


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def name_of(path: Path, **options: str) -> str:
    found = format_of(ByteSource(path), **options)
    return next(name for name in DATA_FORMAT_NAMES if data_format(name) is found)


@pytest.mark.parametrize(
    ("text", "name"),
    [("1 2\n3 4\n", "vectors"), ("", "vectors"), ("# c\n", "vectors"), ("p 1\n1 2\n", "list"), ("\ufeffp 1\n1 2\n", "list"), ("p\n1\nq\n2", "list")],
)  # fmt: skip
def test_the_format_of_a_text(tmp_path: Path, text: str, name: str) -> None:
    assert name_of(write(tmp_path / "a.txt", text)) == name


def test_a_name_or_a_delimiter_decides(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "p 1\n1 2\n")
    assert (name_of(path, name="vectors"), name_of(path, delimiter=""), name_of(path)) == ("vectors", "vectors", "list")
    with pytest.raises(UsageError, match="unknown data format 'lists'; did you mean 'list'"):
        data_format("lists")


class Fake:
    """A format that recognises files by their first word and gives fixed rows."""

    def __init__(self, word: bytes, batches: list[RowBatch]) -> None:
        self.word, self.batches = word, batches

    def sniff(self, head: bytes) -> bool:
        return head.startswith(self.word)

    def open(self, source: ByteSource, want: Want) -> Iterator[RowBatch]:
        for _ in source.chunks():
            pass
        yield from self.batches


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """add(name, format, ending) registers a format for one test."""
    formats: dict[str, Fake] = {}
    known = registry.data_format

    def make(name: str, found: Fake, ending: str = "") -> None:
        formats[name] = found
        monkeypatch.setitem(DATA_FORMAT_NAMES, name, DataFormatName(name, "for a test", (ending,)))

    monkeypatch.setattr(registry, "data_format", lambda name: formats.get(name) or known(name))
    return make


def batch(values: list[list[float]], words: list[str | None] | None = None, **rest: object) -> RowBatch:
    classes: dict[str, int] = {}
    labels = None if words is None else number_classes(words, classes)
    return RowBatch(np.array(values, dtype=np.float32), labels, tuple(classes), **rest)  # type: ignore[arg-type]


def test_a_format_with_a_mark_comes_before_the_general_ones(tmp_path: Path, add: Callable[..., None]) -> None:
    add("marked", Fake(b"p 1", [batch([[1, 2]])]))
    assert read_dataset(write(tmp_path / "a.txt", "p 1\n7 8\n")).inputs.tolist() == [[1, 2]]


def test_two_readings_are_named_unless_the_ending_decides(tmp_path: Path, add: Callable[..., None]) -> None:
    add("one", Fake(b"%", [batch([[1]])]), ".one")
    add("two", Fake(b"%%", [batch([[2]])]), ".two")
    with pytest.raises(DataError) as caught:
        read_dataset(write(tmp_path / "a.txt", "%%\n"))
    assert str(caught.value).endswith("a.txt: can be read as one and two; say which with --data-format one or two")
    assert read_dataset(write(tmp_path / "a.TWO.gz", "%%\n")).inputs.tolist() == [[2]]


def test_binary_files_reach_a_format_that_knows_them(tmp_path: Path, add: Callable[..., None]) -> None:
    add("binary", Fake(b"\x93NUM\0", [batch([[1, 2]], ["a"])]))
    data = read_dataset(write(tmp_path / "a.npy", b"\x93NUM\0\1\2\n\0"))
    assert (data.inputs.tolist(), data.classes) == ([[1, 2]], ("a",))
    with pytest.raises(DataError, match="looks like a binary file"):
        read_dataset(write(tmp_path / "b.npy", b"\x92NUM\0\1\2\n\0"))


def test_columns_of_words_are_refused_by_name(tmp_path: Path, add: Callable[..., None]) -> None:
    columns = (Column("age"), Column("city", "category"))
    add("table", Fake(b"%", [batch([[1, 2]], columns=columns)]))
    with pytest.raises(DataError, match=r"a\.txt: columns with words: city; leave these columns out of the file"):
        read_dataset(write(tmp_path / "a.txt", "%"))


def test_names_in_rows_are_sorted_and_joined_over_batches_and_files(tmp_path: Path, add: Callable[..., None]) -> None:
    add("one", Fake(b"1%", [batch([[1], [2]], ["b", "10"]), batch([[3], [4]], ["9", None])]))
    add("two", Fake(b"2%", [batch([[5], [6]], ["a", "b"])]))
    paths = [write(tmp_path / "1.txt", "1%"), write(tmp_path / "2.txt", "2%")]
    data, rows = read_sets({"training": paths[:1], "test": paths[1:]})
    assert data.classes == ("9", "10", "a", "b")
    assert data.labels.tolist() == [3, 1, 0, -1, 2, 3]
    assert {name: numbers.tolist() for name, numbers in rows.items()} == {"training": [0, 1, 2, 3], "test": [4, 5]}


def test_names_in_rows_meet_the_classes_of_the_network(tmp_path: Path, add: Callable[..., None]) -> None:
    network = Network.create(1, [(1, "logistic")], classes=("yes", "no"))
    add("one", Fake(b"%", [batch([[1], [2]], ["no", "yes"], lines=[4, 7])]))
    add("bad", Fake(b"?", [batch([[1], [2]], ["no", "yess"], lines=[4, 7])]))
    path = write(tmp_path / "a.txt", "%")
    data = read_dataset(path, network=network)
    assert (data.classes, data.labels.tolist()) == (("yes", "no"), [1, 0])
    with pytest.raises(DataError) as caught:
        read_dataset(write(tmp_path / "b.txt", "?"), network=network)
    assert str(caught.value).endswith("b.txt:7: class 'yess' is not among 'yes', 'no'; did you mean 'yes'?")


def test_the_number_of_names_must_be_that_of_the_network(tmp_path: Path, add: Callable[..., None]) -> None:
    network = Network.create(1, [(1, "logistic")])
    for words, message in (
        (["c", "a", "b"], "3 classes (a, b, c) for a network of 2 classes; change the last layer of the network"),
        (["a"] * 3, "1 class (a) for a network of 2 classes; give rows of every class"),
    ):
        add("one", Fake(b"%", [batch([[1], [2], [3]], words)]))
        with pytest.raises(UsageError) as caught:
            read_dataset(write(tmp_path / "a.txt", "%"), network=network)
        assert str(caught.value).endswith(f"a.txt: {message}")


def test_names_and_numbers_of_classes_cannot_be_joined_while_the_names_are_unknown(
    tmp_path: Path, add: Callable[..., None]
) -> None:
    add("one", Fake(b"%", [batch([[1]], ["a"])]))
    named, listed = write(tmp_path / "a.txt", "%"), write(tmp_path / "b.txt", "p 1\n1\nq 2\n2\n")
    for sets in ({"training": [named], "test": [listed]}, {"training": [listed], "test": [named]}):
        with pytest.raises(DataError, match=r"the rows of .*a\.txt name their classes, those of .*b\.txt do not; give"):
            read_sets(sets)
    network = Network.create(1, [(1, "logistic")], classes=("b", "a"))
    assert read_sets({"training": [named], "test": [listed]}, network=network)[0].labels.tolist() == [1, 0, 1]


def test_a_width_whose_line_is_unknown(tmp_path: Path) -> None:
    path = str(tmp_path / "a")
    assert str(Width(2, path).fault(3, "", path, 5)) == f"{path}:5: expected 2 values, found 3; the first row has 2"
    assert str(Width(2, "b").fault(3, "", path, 0)) == f"{path}: expected 2 values, found 3; b has 2"


@pytest.mark.parametrize("name", [name for name, info in DATA_FORMAT_NAMES.items() if not info.table])
def test_every_format_gives_arrays_of_its_own(tmp_path: Path, name: str) -> None:
    """Prediction scales them in place, and a caller may keep them."""
    path = write(tmp_path / "a.txt", "".join(f"p{k} 1\n{k} {k}\n" for k in range(9000)) if name == "list" else "1 2\n" * 600_000)  # fmt: skip
    batches = list(stream_rows(path, 2, data_format=name))
    assert len(batches) > 1
    assert all(b.inputs.flags.writeable and b.inputs.dtype == np.float32 for b in batches)
    assert not any(np.shares_memory(one.inputs, other.inputs) for one, other in zip(batches, batches[2:], strict=False))


# ------------------------------------------------------------------------------------- a new format in a copy

JSON_LINES = '''
"""The format `json-lines`: one JSON object per line."""

import json

import numpy as np

from anncli.errors import DataError
from anncli.formats.data.base import Column, RowBatch, number_classes


class JsonLines:
    def sniff(self, head):
        return head.lstrip().startswith(b"{")

    def open(self, source, want):
        classes, line, width = {}, 0, want.width
        for block in source.blocks():
            rows, words, lines = [], [], []
            for text in block.splitlines():
                line += 1
                entry = json.loads(text)
                if width and len(entry["x"]) != width.n_values:
                    raise width.fault(len(entry["x"]), "", source.shown, line)
                rows.append(entry["x"])
                words.append(entry.get("class"))
                lines.append(line)
            columns = tuple(Column(f"x{k}") for k in range(len(rows[0])))
            inputs = np.array(rows, dtype=np.float32)
            yield RowBatch(inputs, number_classes(words, classes), tuple(classes), lines=lines, columns=columns)


FORMAT = JsonLines()
'''
LINE = '    "json-lines": DataFormatName("json_lines", "one JSON object per line", (".jsonl",)),\n'


@pytest.fixture
def extended(tmp_path: Path) -> Path:
    """A folder with a copy of the package that has one module and one line more, an untrained network and data."""
    shutil.copytree(ROOT / "anncli", tmp_path / "anncli", ignore=shutil.ignore_patterns("__pycache__", "src"))
    folder = tmp_path / "anncli/formats/data"
    (folder / "json_lines.py").write_text(JSON_LINES)
    names = (folder / "names.py").read_text()
    assert names.count("\n}\n") == 1
    (folder / "names.py").write_text(names.replace("\n}\n", f"\n{LINE}}}\n"))
    rng = np.random.default_rng(0)
    rows = [(word, rng.normal(mean, 0.5, 2).tolist()) for word, mean in [("dog", -1), ("cat", 1)] * 20]
    (tmp_path / "x.toy").write_text("".join(json.dumps({"class": word, "x": x}) + "\n" for word, x in rows))
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: 2\nlayers: [4 tanh, 1 logistic]\n")
    return tmp_path


def ann(folder: Path, *arguments: str, stdin: str = "", code: int = 0) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANN_")}
    done = subprocess.run(
        [sys.executable, "-m", "anncli", *arguments], cwd=folder, env={**environment, "PYTHONPATH": str(folder)},
        input=stdin, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_new_format_is_one_module_and_one_line(extended: Path) -> None:
    assert "json-lines" in ann(extended, "train", "--help-all")
    ann(extended, "train", "net.nn", "x.toy", "100", "-q", "--validation", "0.2")
    text = (extended / "net.nn").read_text()
    assert "classes: {positive: cat, negative: dog}" in text
    assert "columns: [x0, x1]" in text
    found = json.loads(ann(extended, "test", "net.nn", "x.toy", "--json"))["sets"]["test"]
    assert (found["tp"] + found["fn"], found["tn"] + found["fp"]) == (20, 20)
    assert found["accuracy"] > 0.9
    line = (extended / "x.toy").read_text().splitlines()[0]
    for stdin in (line, '{"x": [-1, -1]}'):
        assert (
            ann(extended, "predict", "net.nn", "-", "--data-format", "json-lines", "--classes", stdin=stdin) == "dog\n"
        )
    ann(extended, "init", "new.nn", "--data", "x.toy")
    assert "layers: [16 tanh, 1 logistic]" in (extended / "new.nn").read_text()
    assert "the gradient is right" in ann(extended, "gradcheck", "net.nn", "x.toy")
    assert "adam" in ann(extended, "bench", "net.nn", "x.toy", "3", "--trainers", "adam", "--plot", "none")
    wrong = ann(extended, "predict", "net.nn", stdin='{"x": [1]}\n', code=3)
    assert wrong == "ann: <stdin>:1: expected 2 values, found 1; the network has 2 inputs\n"
