"""The one rule for files, labels and the classes of the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.assemble import read_dataset, read_sets
from anncli.network.network import Network

OR_ONE = "or one file whose rows carry their classes"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with class files a, b, c, a labelled list and a list without labels."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"a": "1\n", "b": "2\n", "c": "3\n", "all": "p 1\n4\nq 2\n5\n", "none": "p\n6\nq\n7\n"}.items():
        Path(name).write_text(text)
    return tmp_path


def network(n_outputs: int = 1, *classes: str) -> Network:
    return Network.create(1, [(n_outputs, "logistic")], classes=classes)


@pytest.mark.parametrize(
    ("paths", "wanted", "message"),
    [
        ("a b c", network(), f"3 class files for a network of 2 classes; give one file per class, positive first, {OR_ONE}"),
        ("a b", network(3), f"2 class files for a network of 3 classes; give one file per class, {OR_ONE}"),
        ("a b c", network(1, "x", "y"), f"3 class files for a network of 2 classes; give one file per class in the order x, y, {OR_ONE}"),
        ("a", network(), f"1 class file for a network of 2 classes; give one file per class, positive first, {OR_ONE}"),
        ("none", network(), f"1 class file for a network of 2 classes; give one file per class, positive first, {OR_ONE}"),
        ("b a", network(1, "a", "b"), "the class files are b, a, the network's classes are a, b; give the files in the network's order"),
    ],
)  # fmt: skip
def test_files_of_a_training_that_do_not_fit(files: Path, paths: str, wanted: Network, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_sets({"training": paths.split()}, network=wanted)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("sets", "kind", "message"),
    [
        ("all : a b c", UsageError, f"test: 3 class files for a network of 2 classes; give one file per class, positive first, {OR_ONE}"),
        ("a b : none", DataError, f"none: no row carries a class; give one file per class, positive first, {OR_ONE}"),
        ("a b : c", DataError, f"c: no row carries a class; give one file per class, positive first, {OR_ONE}"),
        ("a b : b a", DataError, "b: is the same file as b, which is another class; give one file per class"),
        ("a - : - b", UsageError, "stdin (-) can be read only once; name files for the others"),
    ],
)  # fmt: skip
def test_later_sets_that_do_not_fit(files: Path, sets: str, kind: type[AnnError], message: str) -> None:
    training, test = (words.split() for words in sets.split(" : "))
    with pytest.raises(AnnError) as caught:
        read_sets({"training": training, "test": test}, network=network())
    assert (type(caught.value), str(caught.value)) == (kind, message)


def test_one_set_to_evaluate_wants_labels(files: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_dataset("a", network=network())
    assert str(caught.value) == f"a: no row carries a class; give one file per class, positive first, {OR_ONE}"


def test_what_fits(files: Path) -> None:
    data, rows = read_sets({"training": ["all"], "validation": ["a", "b"], "test": ["all"]}, network=network())
    assert (data.labels.tolist(), data.classes) == ([0, 1, 0, 1, 0, 1], ("1", "2"))
    assert {name: numbers.tolist() for name, numbers in rows.items()} == {
        "training": [0, 1], "validation": [2, 3], "test": [4, 5],
    }  # fmt: skip
    assert read_dataset(["a", "b"], network=network()).classes == ("a", "b")
    assert read_dataset(["a", "b"], network=network(1, "x", "y")).classes == ("x", "y")
    assert read_dataset("all", network=network(3)).classes == ("1", "2", "3")
    assert read_dataset("all", network=network(1, "x", "y")).labels.tolist() == [0, 1]


def test_the_network_decides_the_width(files: Path) -> None:
    wide = Network.create(2, [(1, "logistic")])
    with pytest.raises(DataError, match="a:1: expected 2 values, found 1 \\('1'\\); the network has 2 inputs"):
        read_dataset(["a", "b"], network=wide)


def test_names_of_files() -> None:
    assert names_of_files(["x/a.txt.gz", "y/a.csv", "-", ".b"]) == ("a", "a-2", "stdin", ".b")
