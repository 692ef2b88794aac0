"""Answers in files of their own: joined to the rows of the data, under the right names, and refused where they do not fit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.dataset.request import ReadRequest, TableRequest
from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader, read_table_sets
from anncli.formats.data.table_use import read_labelled
from anncli.network.encoders.table import InputColumn, TableEncoder, TableInputs
from anncli.network.network import Network
from anncli.tables import Roles

X = "a,b\n1,2\n3,4\n5,6\n7,8\n"


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / name.replace("_", ".")).write_text(text)


def reader(*files: str, **request: Any) -> TableReader:
    return TableReader(TableRequest(label_files=files, **request), ReadRequest(), Remarks())


def classes_of(folder: Path, *files: str, x: str = "x.csv", **request: Any) -> list[str]:
    said = reader(*(str(folder / file) for file in files), **request)
    data, _ = read_table_sets({"training": [folder / x]}, said)
    return [data.classes[k] for k in data.labels]


def test_answers_are_joined_row_by_row(tmp_path: Path) -> None:
    write(tmp_path, x_csv=X, y_txt="no\nyes\nyes\nno\n")
    data, rows = read_table_sets({"training": [tmp_path / "x.csv"]}, reader(str(tmp_path / "y.txt")))
    assert data.roles == Roles(("a", "b", "y"), ("y",), ("a", "b"))
    assert (data.classes, data.labels.tolist()) == (("yes", "no"), [1, 0, 0, 1])
    assert rows["training"].tolist() == [0, 1, 2, 3]
    assert [(source.name, source.n_samples) for source in data.sources] == [("x.csv", 4), ("y.txt", 0)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("p\nq\np\nq\n", "y"),
        ("kind\np\nq\np\nq\n", "kind"),
        # Words that are all different could be either: there are as many rows as the data have.
        ("p\nq\nr\ns\n", "y"),
        ("kind\np\nq\nr\ns\n", "kind"),
        # A first row that looks like a name is a row where the data have as many.
        ("rare\nq\nq\nq\n", "y"),
    ],
)
def test_a_header_is_known_by_what_is_below_it_or_by_the_number_of_rows(tmp_path: Path, text: str, label: str) -> None:
    write(tmp_path, x_csv=X, y_csv=text)
    data, _ = read_table_sets({"training": [tmp_path / "x.csv"]}, reader(str(tmp_path / "y.csv")))
    assert data.roles.labels == (label,)
    assert [data.classes[k] for k in data.labels] == text.split()[-4:]


TURNED = "a,1,3,5,7\nb,2,4,6,8\n"


@pytest.mark.parametrize(
    ("text", "label", "classes"),
    [
        # A row, as the data have it: of words or numbers, with a name or without.
        ("p,q,q,p\n", "y", "pqqp"),
        ("p,q,r,s\n", "y", "pqrs"),
        ("1,0,0,1\n", "y", "1001"),
        ("kind,p,q,q,p\n", "kind", "pqqp"),
        ("kind,1,0,0,1\n", "kind", "1001"),
        ("p q q p\n", "y", "pqqp"),
        # A column.
        ("p\nq\nq\np\n", "y", "pqqp"),
        ("p\nq\nr\ns\n", "y", "pqrs"),
        ("1\n0\n0\n1\n", "y", "1001"),
        ("kind\np\nq\nq\np\n", "kind", "pqqp"),
        ("kind\n1\n0\n0\n1\n", "kind", "1001"),
    ],
)
def test_answers_of_samples_in_columns(tmp_path: Path, text: str, label: str, classes: str) -> None:
    write(tmp_path, x_csv=TURNED, y_csv=text)
    said = reader(str(tmp_path / "y.csv"), task="classification")._replace(read=ReadRequest(transpose=True))
    data, _ = read_table_sets({"training": [tmp_path / "x.csv"]}, said)
    assert data.roles == Roles(("a", "b", label), (label,), ("a", "b"))
    assert [data.classes[k] for k in data.labels] == [*classes]
    assert data.table.column("a").numbers.tolist() == [1, 3, 5, 7]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("u,1,2,3,4\nv,5,6,7,9\n", ("u", "v")),
        ("1,2,3,4\n5,6,7,9\n", ("y_1", "y_2")),
        ("u,v\n1,5\n2,6\n3,7\n4,9\n", ("u", "v")),
        ("1,5\n2,6\n3,7\n4,9\n", ("y_1", "y_2")),
    ],
)
def test_several_answers_of_samples_in_columns(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    write(tmp_path, x_csv=TURNED, y_csv=text)
    said = reader(str(tmp_path / "y.csv"), task="regression")._replace(read=ReadRequest(transpose=True))
    data, _ = read_table_sets({"training": [tmp_path / "x.csv"]}, said)
    assert data.target_names == names
    assert data.targets.tolist() == [[1, 5], [2, 6], [3, 7], [4, 9]]


@pytest.mark.parametrize("text", ["p\nq\nq\np\np\n", "p\nq\nr\ns\np\n"])
def test_the_first_of_too_many_answers_is_no_name(tmp_path: Path, text: str) -> None:
    write(tmp_path, x_csv=X, y_txt=text)
    assert "y.txt: holds 5 rows of answers, and x.csv 4 rows" in fault_of(tmp_path, DataError)


@pytest.mark.parametrize(
    ("text", "n"), [("p,q,p\n", 3), ("p\nq\np\n", 3), ("1,0,1\n", 3), ("p,q,q,p,p\n", 5), ("p\nq\nq\np\np\n", 5)]
)
def test_another_number_of_answers_of_samples_in_columns(tmp_path: Path, text: str, n: int) -> None:
    write(tmp_path, x_csv=TURNED, y_csv=text)
    said = reader(str(tmp_path / "y.csv"))._replace(read=ReadRequest(transpose=True))
    with pytest.raises(DataError) as fault:
        read_table_sets({"training": [tmp_path / "x.csv"]}, said)
    assert str(fault.value).replace(f"{tmp_path}/", "") == (
        f"y.csv: holds {n} rows of answers, and x.csv 4 rows; give one row of answers for each row of data, in the same order"
    )


def test_several_columns_are_several_answers(tmp_path: Path) -> None:
    write(tmp_path, x_csv=X, y_csv="0.5,10\n1.5,20\n2.5,30\n3.5,40\n")
    data, _ = read_table_sets({"training": [tmp_path / "x.csv"]}, reader(str(tmp_path / "y.csv"), task="regression"))
    assert data.target_names == ("y_1", "y_2")
    assert data.targets.tolist() == [[0.5, 10], [1.5, 20], [2.5, 30], [3.5, 40]]


def test_arrays_are_answers_too(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(8.0).reshape(4, 2))
    np.save(tmp_path / "labels.npy", np.array([1, 0, 1, 1]))
    data, _ = read_table_sets({"training": [tmp_path / "x.npy"]}, reader(str(tmp_path / "labels.npy")))
    assert (data.roles.labels, data.roles.is_named) == (("labels",), False)
    assert [data.classes[k] for k in data.labels] == ["1", "0", "1", "1"]


def test_every_file_of_every_set_has_its_own(tmp_path: Path) -> None:
    write(
        tmp_path, x1_csv=X, x2_csv="b,a\n2,1\n", v_csv="a,b\n9,9\n", y1_txt="p\nq\np\nq\n", y2_txt="p\n", y3_txt="q\n"
    )
    files = [str(tmp_path / name) for name in ("y1.txt", "y2.txt", "y3.txt")]
    sets = {"training": [tmp_path / "x1.csv", tmp_path / "x2.csv"], "validation": [tmp_path / "v.csv"]}
    data, rows = read_table_sets(sets, reader(*files))
    assert data.roles.labels == ("y1",)
    assert [data.classes[k] for k in data.labels] == ["p", "q", "p", "q", "p", "q"]
    assert {name: found.tolist() for name, found in rows.items()} == {"training": [0, 1, 2, 3, 4], "validation": [5]}
    assert data.place_of(4) == (str(tmp_path / "x2.csv"), 2)
    with pytest.raises(UsageError) as fault:
        read_table_sets(sets, reader(*files[:2]))
    assert str(fault.value).replace(f"{tmp_path}/", "") == (
        "--label names 2 files of answers for 3 files of data; "
        "write a file:NAME for each of x1.csv, x2.csv, v.csv, in this order, with commas between them"
    )


def fault_of(folder: Path, kind: type[AnnError], **request: Any) -> str:
    with pytest.raises(kind) as fault:
        classes_of(folder, "y.txt", **request)
    return str(fault.value).replace(f"{folder}/", "")


def test_another_number_of_rows_is_refused_with_both(tmp_path: Path) -> None:
    write(tmp_path, x_csv=X, y_txt="p\nq\np\n")
    assert fault_of(tmp_path, DataError) == (
        "y.txt: holds 3 rows of answers, and x.csv 4 rows; give one row of answers for each row of data, in the same order"
    )


def test_an_answer_that_is_missing_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, x_csv=X, y_txt="# answers\np\nq\n?\np\n")
    assert fault_of(tmp_path, DataError) == (
        "y.txt:4: 1 of 4 rows has no label in column 'y'; --missing-label drop leaves them out"
    )
    assert classes_of(tmp_path, "y.txt", missing_label="drop") == ["p", "q", "p"]


def test_names_that_both_files_have_are_refused(tmp_path: Path) -> None:
    write(tmp_path, x_csv="a,y\n1,2\n3,4\n5,6\n7,8\n", y_txt="p\nq\np\nq\n")
    assert fault_of(tmp_path, UsageError) == (
        "x.csv: the answers in y.txt are called 'y', as a column of this file is; "
        "take the column out of one of them, or say --label y without the file"
    )


def test_answers_that_the_data_declare_are_left_out(tmp_path: Path) -> None:
    """Otherwise the answer in the file would be an input."""
    write(tmp_path, x_svm="1 1:2 2:3\n0 1:4 2:5\n1 1:6 2:7\n0 1:8 2:9\n", y_txt="p\nq\nq\nq\n")
    said = reader(str(tmp_path / "y.txt"))
    data, _ = read_table_sets({"training": [tmp_path / "x.svm"]}, said)
    assert (data.roles.columns, data.roles.inputs) == (("1", "2", "y"), ("1", "2"))
    assert said.remarks.notes[0].replace(f"{tmp_path}/", "") == (
        "x.svm: its answers, 'label', are left out: those in y.txt take their place"
    )


def network(label: tuple[str, ...] = ("kind",), first: bool = False, **rest: Any) -> Network:
    """A network whose output is a + 10 b; its label stands before or after the inputs."""
    columns = (*label, "a", "b") if first else ("a", "b", *label)
    roles = Roles(columns, label, ("a", "b"), task="regression" if "task" in rest else "classification")
    start = Network.create(1, [f"{len(label)} linear"], table=TableInputs(), **rest)
    made = start.with_encoder(TableEncoder(roles, (InputColumn("a"), InputColumn("b"))))
    made.set_parameters(np.array([[0] * len(label), [1] * len(label), [10] * len(label)]))
    return made


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("text", [X, X.split("\n", 1)[1]])
def test_a_network_is_tested_with_answers_of_any_name(tmp_path: Path, first: bool, text: str) -> None:
    """Also where the data have no names, and wherever the label stood in training."""
    write(tmp_path, x_csv=text, answers_txt="q\nq\np\nq\n")
    said = reader(str(tmp_path / "answers.txt"))
    data = read_labelled([tmp_path / "x.csv"], said, network(first=first, classes=("p", "q")))
    assert data.labels.tolist() == [1, 1, 0, 1]
    assert data.inputs.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_several_answers_are_matched_by_name_where_they_have_names(tmp_path: Path) -> None:
    made = network(("low", "high"), task="regression", target_names=("low", "high"))
    write(tmp_path, x_csv=X, y_csv="high,low\n2,1\n4,3\n6,5\n8,7\n", z_csv="2,1\n4,3\n6,5\n8,7\n", w_csv="high,lo\n2,1\n4,3\n6,5\n8,7\n")  # fmt: skip

    def targets(file: str) -> list[list[float]]:
        return read_labelled([tmp_path / "x.csv"], reader(str(tmp_path / file)), made).targets.tolist()

    assert targets("y.csv") == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert targets("z.csv") == [[2, 1], [4, 3], [6, 5], [8, 7]]
    with pytest.raises(DataError) as fault:
        targets("w.csv")
    assert str(fault.value).replace(f"{tmp_path}/", "") == (
        "w.csv:1: has no column 'low' of answers, which are 'low', 'high'; name the columns so"
    )


def test_a_class_that_the_network_does_not_know_is_named_where_it_stands(tmp_path: Path) -> None:
    write(tmp_path, x_csv=X, y_txt="p\nq\npp\nq\n")
    with pytest.raises(DataError) as fault:
        read_labelled([tmp_path / "x.csv"], reader(str(tmp_path / "y.txt")), network(classes=("p", "q")))
    assert (
        str(fault.value).replace(f"{tmp_path}/", "").startswith("y.txt:3: class 'pp' is not among the classes 'p', 'q'")
    )


def test_the_definition_says_what_the_answers_are_called(tmp_path: Path) -> None:
    write(tmp_path, x_csv=X, y_txt="p\nq\np\nq\n")
    for head, label in ((("kind",), "kind"), (("last",), "y"), ((), "y")):
        defined = Network.create(1, ["1 logistic"], table=TableInputs(label=head))
        data, _ = read_table_sets({"training": [tmp_path / "x.csv"]}, reader(str(tmp_path / "y.txt")), defined)
        assert data.roles.labels == (label,)
