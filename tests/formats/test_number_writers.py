"""Tables written as libsvm, ARFF, FANN, PROBEN1, SNNS and npy, and read again: equal cells, kinds and answers."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typed_tables import cells, content, numbers, table, words

from anncli.errors import DataError
from anncli.formats.data.joined import join_tables
from anncli.formats.data.names import DATA_FORMAT_NAMES
from anncli.formats.data.registry import writer_of
from anncli.formats.data.table_files import read_table
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.tables import Table, TableColumn

ENDING = {"libsvm": ".libsvm", "arff": ".arff", "fann": ".train", "proben1": ".dt", "snns": ".pat", "npy": ".npy"}
PATTERNS = ("fann", "proben1", "snns")


def again(folder: Path, name: str, made: Table | list[Table], labels: tuple[str, ...] = ()) -> Table:
    batches = made if isinstance(made, list) else [made]
    path = folder / f"a{ENDING[name]}"
    write = writer_of(name)
    write_stream(lambda target, stream: write(target, stream, labels), str(path), TableStream(lambda: iter(batches)))
    return read_table(path, None, name)


def declared(name: str, codes: list[int], levels: tuple[str, ...]) -> TableColumn:
    return TableColumn(name, codes=np.array(codes, dtype=np.int32), words=levels, is_declared=True)


def facts(found: Table) -> dict[str, Any]:
    """Everything that a format may keep."""
    kinds = [(column.words, column.is_declared) for column in found.columns if column.codes is not None]
    return {
        "content": content(found), "labels": found.labels, "task": found.task, "kinds": kinds, "weight": found.weight,
        "group": found.group, "sets": found.sets, "named": found.is_named,
    }  # fmt: skip


def values(dice: random.Random, n: int) -> list[float]:
    return [
        dice.choice((dice.gauss(0, 1), 0.0, float(dice.randrange(-9, 9)), dice.gauss(0, 1e30), 5e-324, -1e16 - 2))
        for _ in range(n)
    ]


def split(made: Table, places: list[int]) -> list[Table]:
    rows = np.arange(made.n_rows)
    return [made.take(part) for part in np.split(rows, places)]


@pytest.mark.parametrize("seed", range(8))
def test_libsvm(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    n, width = dice.choice((1, 30)), dice.choice((1, 6))
    label = numbers("label", [float(dice.choice((1, -1))) if seed % 2 else dice.gauss(0, 1) for _ in range(n)])
    groups = [numbers("qid", [float(k // 3) for k in range(n)])] if seed % 3 == 0 else []
    inputs = [
        numbers(str(k + seed % 2), [None if dice.random() < 0.1 else x for x in values(dice, n)]) for k in range(width)
    ]
    if seed % 2 == 0:
        # Without a value there index 0 would not show.
        inputs[0] = numbers("0", [1.5] * n)
    made = table(
        label,
        *groups,
        *inputs,
        labels=("label",),
        group="qid" if groups else "",
        task="classification" if seed % 2 else "regression",
    )
    assert facts(again(tmp_path, "libsvm", split(made, [n // 2]))) == facts(made)


def test_labels_of_libsvm(tmp_path: Path) -> None:
    made = table(
        words("label", ["1,3", None, "2"]),
        numbers("1", [0, 0, 0]),
        labels=("label",),
        task="classification",
    )
    assert facts(again(tmp_path, "libsvm", made)) == facts(made)
    moved = again(
        tmp_path, "libsvm", table(numbers("a", [1, 2]), numbers("answer", [3, 4]), numbers("b", [5, 0])), ("answer",)
    )
    assert content(moved) == {"label": [3, 4], "1": [1, 2], "2": [5, 0]}
    assert (tmp_path / "a.libsvm").read_text() == "3 1:1 2:5\n4 1:2\n"


@pytest.mark.parametrize("seed", range(8))
def test_arff(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    n = dice.choice((1, 25))
    levels = (
        "a",
        "b c",
        "d,e",
        "it's",
        'say "x"',
        "50%",
        "Zürich",
        "{x}",
        "?",
        "back\\slash",
        "line\nend",
        "",
        "7",
        "-1.5",
    )
    columns = [
        numbers("x 1", [None if dice.random() < 0.2 else x for x in values(dice, n)]),
        declared("kind's", [dice.randrange(-1, len(levels)) for _ in range(n)], levels),
        words("text", [None if dice.random() < 0.1 else f"{dice.choice(levels[:10])} {k}" for k in range(n)]),
        numbers("w", [float(dice.randrange(1, 5)) for _ in range(n)]),
    ]
    answer = (
        declared("class", [dice.randrange(2) for _ in range(n)], ("no", "yes"))
        if seed % 2
        else numbers("y", values(dice, n))
    )
    made = table(
        *columns[:3],
        answer,
        columns[3],
        labels=(answer.name,),
        weight="w",
        task="classification" if seed % 2 else "regression",
    )
    found = again(tmp_path, "arff", made)
    # The name of the weights is not kept.
    assert facts(found.rename([*made.names[:4], "w"])._replace(weight="w")) == facts(made)


def test_the_answer_of_arff_is_the_last_attribute(tmp_path: Path) -> None:
    found = again(tmp_path, "arff", table(words("k", ["a", "b", "a"]), numbers("x", [1, 2, 3])), ("k",))
    assert (found.names, found.labels, content(found)) == (("x", "k"), ("k",), {"x": [1, 2, 3], "k": ["a", "b", "a"]})
    assert (
        tmp_path / "a.arff"
    ).read_text() == "@relation table\n\n@attribute x numeric\n@attribute k {a,b}\n\n@data\n1,a\n2,b\n3,a\n"


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("seed", range(6))
def test_patterns(tmp_path: Path, name: str, seed: int) -> None:
    dice = random.Random(seed)
    n = 20
    inputs = [numbers(str(k + 1), values(dice, n)) for k in range(dice.choice((1, 5)))]
    if seed % 2:
        answers = [
            declared(
                "class", [0, 1, 2] + [dice.randrange(3) for _ in range(n - 3)], ("output 1", "output 2", "output 3")
            )
        ]
    else:
        answers = [numbers(f"output {k + 1}", [0.0, 1.0, *values(dice, n - 2)]) for k in range(dice.choice((1, 3)))]
    sets = (("training", 12), ("validation", 3), ("test", 5)) if name == "proben1" else ()
    made = table(
        *inputs, *answers, is_named=False, labels=tuple(a.name for a in answers), task="classification" if seed % 2 else "regression", sets=sets
    )  # fmt: skip
    assert facts(again(tmp_path, name, [made] if sets else split(made, [7, 7]))) == facts(made)


@pytest.mark.parametrize("name", PATTERNS)
def test_class_names_become_outputs(tmp_path: Path, name: str) -> None:
    found = again(tmp_path, name, table(words("town", ["york", "leeds", "york"]), numbers("x", [1, 2.5, 3])), ("town",))
    assert content(found) == {"1": [1, 2.5, 3], "class": ["output 1", "output 2", "output 1"]}


def test_the_text_of_a_fann_file(tmp_path: Path) -> None:
    again(
        tmp_path, "fann", table(numbers("a", [0.1, 2]), numbers("b", [1e20, -3]), numbers("y", [1, 0.5]), labels=("y",))
    )
    assert (tmp_path / "a.train").read_text() == "2 2 1\n0.1 1e+20\n1\n2 -3\n0.5\n"


@pytest.mark.parametrize("single", [False, True])
def test_npy(tmp_path: Path, single: bool) -> None:
    kind = np.float32 if single else np.float64
    columns = (
        numbers("x", [0.1, None, 3e38], kind),
        words("town", ["york", None, "leeds"]),
        declared("k", [1, -1, 0], ("a", "b", "c")),
    )
    made = table(
        *columns,
        numbers("w", [1, 2, 3], kind),
        labels=("town", "k"),
        task="classification",
        weight="w",
        group="town",
        sets=(("training", 3),),
    )
    found = again(tmp_path, "npy", split(made, [1]))
    assert facts(found) == facts(made)
    assert np.load(tmp_path / "a.npy").dtype == kind


def test_npy_of_numbers_is_a_memory_map_again(tmp_path: Path) -> None:
    made = table(numbers("1", [1, 2]), numbers("2", [3, 4]), is_named=False)
    found = again(tmp_path, "npy", made)
    assert facts(found) == facts(made)
    base: Any = found.matrix
    while base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert base is not None
    assert np.load(tmp_path / "a.npy").tolist() == [[1, 3], [2, 4]]


def test_npy_of_a_column_whose_first_word_comes_late(tmp_path: Path) -> None:
    batches = [
        table(numbers("x", [1, 2.5]), numbers("y", [1, 2], np.float32)),
        table(words("x", ["a", "1"]), numbers("y", [3, 4.5])),
    ]
    found = again(tmp_path, "npy", batches)
    assert content(found) == content(join_tables(batches)) == {"x": ["1", "2.5", "a", "1"], "y": [1, 2, 3, 4.5]}


def test_npy_to_a_stream(tmp_path: Path) -> None:
    file = io.BytesIO()
    writer_of("npy")(file, [table(numbers("x", [1, 2]))])
    file.seek(0)
    assert np.load(file).tolist() == [[1], [2]]
    with pytest.raises(DataError, match="column x holds words, which need a file of names beside the array"):
        writer_of("npy")(io.BytesIO(), [table(words("x", ["a"]))])


@pytest.mark.parametrize("name", [*PATTERNS, "libsvm"])
def test_what_such_files_cannot_hold(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"columns with words: town; .* files hold numbers only"):
        again(tmp_path, name, table(words("town", ["a"]), numbers("y", [1])), ("y",))
    with pytest.raises(DataError, match="no column is named 'z'; use one of x, y"):
        again(tmp_path, name, table(numbers("x", [1]), numbers("y", [1])), ("z",))
    if name == "libsvm":
        with pytest.raises(DataError, match="libsvm files hold one label, found 0"):
            again(tmp_path, name, table(numbers("x", [1])))
        with pytest.raises(DataError, match="the label 'new york' holds a blank"):
            again(tmp_path, name, table(words("x", ["new york"])), ("x",))
    else:
        with pytest.raises(DataError, match="column x has 1 missing cell"):
            again(tmp_path, name, table(numbers("x", [None]), numbers("y", [1])), ("y",))
        with pytest.raises(DataError, match="column y has 1 missing cell"):
            again(tmp_path, name, table(numbers("x", [1, 2]), words("y", ["a", None])), ("y",))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    for name in (*PATTERNS, "libsvm", "arff", "npy"):
        path = tmp_path / f"old{ENDING[name]}"
        path.write_text("old")

        def batches() -> Iterator[Table]:
            yield table(numbers("x", [1]), numbers("y", [1]), labels=("y",))
            raise KeyError("later")

        with pytest.raises(KeyError):
            writer_of(name)(path, batches())
        assert path.read_text() == "old"


@pytest.mark.parametrize("name", [name for name, info in DATA_FORMAT_NAMES.items() if info.writes and name in ENDING])
def test_empty_tables(tmp_path: Path, name: str) -> None:
    made = table(numbers("1", []), numbers("2", []), labels=("2",))
    if name in ("libsvm", "snns", "fann", "proben1"):
        assert again(tmp_path, name, made).n_rows == 0
        return
    found = again(tmp_path, name, made)
    assert (found.n_rows, found.names) == (0, ("1", "2"))
    assert [cells(column) for column in found.columns] == [[], []]
