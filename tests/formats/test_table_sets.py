"""Tables in files: columns matched by name, labels, sets, and the same inputs whole and as a stream."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.dataset.request import ReadRequest, TableRequest
from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.data.cell_text import cell_texts
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_columns import TableMatcher
from anncli.formats.data.table_sets import TableReader, read_table_sets
from anncli.formats.data.table_use import read_labelled, stream_encoded
from anncli.network.encoders.table import InputColumn, TableEncoder, TableInputs
from anncli.network.network import Network
from anncli.tables import Roles, make_table
from anncli.training.table_encoder import fit_encoder

CSV = "age,city,weight,sick\n" + "".join(
    f"{20 + k},{'abc'[k % 3]},{1 + k % 2},{'yes' if k % 4 == 0 else 'no'}\n" for k in range(24)
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def reader(**request: object) -> TableReader:
    return TableReader(TableRequest(**request), ReadRequest(), Remarks())


def fitted(**changes: object) -> Network:
    """A network for the tables of this module; it adds 100 * (city is a) to the age, in its only unit."""
    columns = (InputColumn("age", fill=30.0), InputColumn("city", "category", ("a", "b"), ("c",)))
    roles = Roles(("age", "city", "weight", "sick"), ("sick",), ("age", "city"), weight="weight")
    start = Network.create(1, ["1 linear"], table=TableInputs(), classes=("yes", "no"), threshold=50.0)
    network = start.with_encoder(TableEncoder(roles._replace(**changes), columns, "median"))
    network.set_parameters(np.array([0, 1, 100, 0, 0]))
    return network


def message(fault: pytest.ExceptionInfo[AnnError], folder: Path) -> str:
    return str(fault.value).replace(f"{folder}/", "")


def test_one_table(tmp_path: Path) -> None:
    said = reader(label=("sick",), weight="weight")
    data, rows = read_table_sets({"training": [write(tmp_path / "d.csv", CSV)]}, said)
    assert rows["training"].tolist() == list(range(24))
    assert data.classes == ("yes", "no")
    assert data.labels.tolist() == [0 if k % 4 == 0 else 1 for k in range(24)]
    assert data.weights.tolist() == [1 + k % 2 for k in range(24)]
    assert data.kinds == {"age": "number", "city": "category"}
    assert data.roles == Roles(("age", "city", "weight", "sick"), ("sick",), ("age", "city"), weight="weight")
    assert [source[::2] for source in data.sources] == [("d.csv", 24)]
    notes = [text.replace(f"{tmp_path}/", "") for text in said.remarks.notes]
    assert notes == ["d.csv: the positive class is 'yes': of yes and no (--positive NAME takes the other)"]
    assert "label: sick; number: age; category: city; weight: weight" in said.remarks.guesses[-1]


def test_sets_in_files_of_their_own(tmp_path: Path) -> None:
    """The columns of the other files may stand in another order, and there may be more of them."""
    other = "extra,sick,city,age\n1,no,c,70\n2,yes,zz,71\n"
    sets = {"training": [write(tmp_path / "d.csv", CSV)], "validation": [write(tmp_path / "v.csv", other)]}
    said = reader(label=("sick",), ignore=("weight",))
    data, rows = read_table_sets(sets, said)
    assert rows["validation"].tolist() == [24, 25]
    assert data.table.names == ("sick", "age", "city")
    assert data.table.column("age").numbers[24:].tolist() == [70, 71]
    assert data.labels[24:].tolist() == [1, 0]
    assert data.place_of(25) == (str(tmp_path / "v.csv"), 3)
    assert data.place_of(0) == (str(tmp_path / "d.csv"), 2)
    name = str(tmp_path / "d.csv")
    assert said.remarks.notes[0] == f"{tmp_path / 'v.csv'}: columns that {name} does not have are left out: 'extra'"


def test_several_training_files_are_one_set(tmp_path: Path) -> None:
    lines = CSV.splitlines(keepends=True)
    one = write(tmp_path / "one.csv", "".join(lines[:13]))
    two = write(tmp_path / "two.csv", "".join([lines[0], *lines[13:]]))
    data, _ = read_table_sets({"training": [one, two]}, reader(label=("sick",)))
    whole, _ = read_table_sets({"training": [write(tmp_path / "d.csv", CSV)]}, reader(label=("sick",)))
    assert data.labels.tolist() == whole.labels.tolist()
    assert data.table.column("age").numbers.tolist() == whole.table.column("age").numbers.tolist()
    assert [source.n_samples for source in data.sources] == [12, 12]


@pytest.mark.parametrize(
    "asked",
    [
        {"use": ("age", "city")},
        {"use": ("1", "2"), "weight": "3"},
        {"ignore": ("id", "note")},
        {"ignore": ("5", "last")},
        {"use": ("3", "city")},
    ],
    ids=str,
)
@pytest.mark.parametrize("memory", [None, 500])
def test_a_file_need_not_have_what_is_not_used(tmp_path: Path, asked: dict[str, Any], memory: int | None) -> None:
    """The first file alone has numbers and words that nobody uses; without them in both the set is the same."""
    lines = CSV.splitlines()
    longer = [f"{line},{k or 'id'},{'xy'[k % 2] if k else 'note'}" for k, line in enumerate(lines)]
    one = write(tmp_path / "one.csv", "\n".join(longer[:13]) + "\n")
    two = write(tmp_path / "two.csv", "\n".join([lines[0], *lines[13:]]) + "\n")
    whole = write(tmp_path / "whole.csv", "\n".join(longer) + "\n")
    said = reader(label=("sick",), **asked)
    said = said._replace(read=ReadRequest(memory=memory))
    data, _ = read_table_sets({"training": [one, two]}, said)
    expected, _ = read_table_sets({"training": [whole]}, reader(label=("sick",), **asked))
    assert (data.roles, data.kinds) == (expected.roles, expected.kinds)
    assert data.labels.tolist() == expected.labels.tolist()
    for name in data.roles.inputs:
        assert cell_texts(data.table.column(name), "") == cell_texts(expected.table.column(name), "")


def test_a_file_must_have_what_is_used(tmp_path: Path) -> None:
    one = write(tmp_path / "one.csv", "a,b,y,w\n1,2,p,1\n3,4,q,1\n")
    two = write(tmp_path / "two.csv", "a,y\n1,p\n3,q\n")
    for asked in ({}, {"use": ("a", "b"), "label": ("y",)}, {"use": ("a",), "label": ("y",), "weight": "w"}):
        with pytest.raises(DataError, match=r"two.csv:1: no column '[bw]'"):
            read_table_sets({"training": [one, two]}, reader(**asked))
    # The label is found by its name, and the other file does not have it.
    two = write(tmp_path / "two.csv", "a,b\n1,2\n3,4\n")
    with pytest.raises(DataError, match=r"two.csv:1: no column 'y'"):
        read_table_sets({"training": [one, two]}, reader(use=("a",)))


def test_a_class_that_training_does_not_have(tmp_path: Path) -> None:
    sets = {
        "training": [write(tmp_path / "d.csv", CSV)],
        "test": [write(tmp_path / "t.csv", "age,city,weight,sick\n1,a,1,no.\n")],
    }
    with pytest.raises(DataError) as caught:
        read_table_sets(sets, reader(label=("sick",)))
    assert message(caught, tmp_path) == (
        "t.csv:2: class 'no.' is not among the classes 'yes', 'no' (1 row in all); is it 'no'? correct the file"
    )


def test_rows_without_a_label_can_be_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", CSV + "50,a,1,?\n51,b,1,no\n")
    with pytest.raises(DataError) as caught:
        read_table_sets({"training": [path]}, reader(label=("sick",)))
    assert message(caught, tmp_path) == (
        "d.csv:26: 1 of 26 rows has no label in column 'sick'; --missing-label drop leaves them out"
    )
    data, rows = read_table_sets({"training": [path]}, reader(label=("sick",), missing_label="drop"))
    assert data.n_samples == len(rows["training"]) == data.sources[0].n_samples == 25
    assert data.table.column("age").numbers[-1] == 51


@pytest.mark.parametrize("cell", ["-1", "x", ""])
def test_weights_that_are_none(tmp_path: Path, cell: str) -> None:
    path = write(tmp_path / "d.csv", CSV + f"50,a,{cell},no\n")
    with pytest.raises(
        DataError, match="the weights in column 'weight' must be numbers, 0 or more; correct the column"
    ):
        read_table_sets({"training": [path]}, reader(label=("sick",), weight="weight"))


@pytest.mark.parametrize(
    ("column", "cell", "fault"),
    [
        ("weight", "-1", "the weights in column 'weight' must be numbers, 0 or more; correct the column"),
        (
            "group",
            "",
            "1 of 48 rows has no cell in column 'group', which says which rows belong together; fill the column",
        ),
        ("order", "", "1 of 48 rows has no cell in column 'order', which says the order of the rows; fill the column"),
    ],
)
@pytest.mark.parametrize("sets", [("training", "training"), ("training", "validation")])
def test_a_fault_in_a_column_about_rows_names_its_own_file(
    tmp_path: Path, column: str, cell: str, fault: str, sets: tuple[str, str]
) -> None:
    text = CSV.replace("weight", column)
    lines = text.splitlines()
    lines[5] = "24,a," + cell + ",yes"
    good, bad = write(tmp_path / "good.csv", text), write(tmp_path / "bad.csv", "\n".join(lines))
    files: dict[str, list[Path]] = {"training": [good]}
    files.setdefault(sets[1], []).append(bad)
    with pytest.raises(DataError) as caught:
        read_table_sets(files, reader(label=("sick",), **{column: column}))
    assert message(caught, tmp_path) == f"bad.csv:6: {fault}"


def test_the_head_of_the_network_says_what_the_columns_are(tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", CSV)
    head = TableInputs(label=("sick",), missing="mean", kinds={"weight": "ignore", "age": "category"}, positive="no")
    network = Network.create(1, ["1 logistic"], table=head)
    data, _ = read_table_sets({"training": [path]}, reader(), network)
    assert data.roles.inputs == ("age", "city")
    assert (data.kinds["age"], data.missing, data.classes) == ("category", "mean", ("no", "yes"))
    data, _ = read_table_sets({"training": [path]}, reader(missing="median", positive="yes", use=("weight",)), network)
    assert (data.missing, data.classes, data.roles.inputs) == ("median", ("yes", "no"), ("weight",))


def test_training_goes_on_with_the_same_label(tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", CSV)
    data, _ = read_table_sets({"training": [path]}, reader(label=("sick",)), fitted())
    assert data.roles.labels == ("sick",)
    place = CSV.split("\n")[0].split(",").index("sick") + 1
    data, _ = read_table_sets({"training": [path]}, reader(label=(str(place),)), fitted())
    assert data.roles.labels == ("sick",)
    with pytest.raises(UsageError) as caught:
        read_table_sets({"training": [path]}, reader(label=("city",)), fitted())
    assert str(caught.value) == (
        "--label: this network was trained with another column (sick); leave the option out, or train anew without --continue"
    )


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"missing": "mean"}, "--missing: this network was trained otherwise (median)"),
        ({"ignore": ("age",)}, "--ignore: this network was trained with this column (age)"),
        ({"category": ("age",)}, "--category: this network was trained without this category (age)"),
        ({"use": ("age",)}, "--use: this network was trained with other columns (age, city)"),
        ({"weight": "age"}, "--weight: this network was trained with another column (weight)"),
    ],
)
def test_training_goes_on_with_the_same_columns(tmp_path: Path, asked: dict[str, object], fault: str) -> None:
    path = write(tmp_path / "d.csv", CSV)
    with pytest.raises(UsageError) as caught:
        read_table_sets({"training": [path]}, reader(**asked), fitted())
    assert message(caught, tmp_path) == f"{fault}; leave the option out, or train anew without --continue"
    same = reader(missing="median", category=("city",), use=("1", "city"), positive="yes", weight="weight")
    assert read_table_sets({"training": [path]}, same, fitted())[0].kinds == {"age": "number", "city": "category"}


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (
            {"label": ("age",), "positive": "yes"},
            "d.csv: --positive is for two classes, and the answers are numbers; leave it out",
        ),
        (
            {"label": ("one", "two"), "task": "classification", "positive": "yes"},
            "d.csv: --positive is for two classes, and the answers are several labels; leave it out",
        ),
        (
            {"label": ("sick",), "category": ("sick",)},
            "d.csv: column 'sick' is named by --category, and is no input; leave it out, or name it with --use where that is given",
        ),
        (
            {"label": ("sick",), "use": ("city",), "category": ("age",)},
            "d.csv: column 'age' is named by --category, and is no input; leave it out, or name it with --use where that is given",
        ),
        ({"label": ("sick",), "weight": "last:2"}, "d.csv: --weight: 'last:2' means 2 columns; name one column"),
    ],
)
def test_options_that_would_do_nothing_are_refused(tmp_path: Path, asked: dict[str, object], fault: str) -> None:
    header, *rows = CSV.splitlines()
    lines = [f"{header},one,two", *(f"{row},{k % 2},{k % 3 % 2}" for k, row in enumerate(rows))]
    path = write(tmp_path / "d.csv", "\n".join(lines) + "\n")
    with pytest.raises(UsageError) as caught:
        read_table_sets({"training": [path]}, reader(**asked))
    assert message(caught, tmp_path) == fault


def test_the_positive_class_of_a_network_stays(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_table_sets({"training": [write(tmp_path / "d.csv", CSV)]}, reader(positive="no"), fitted())
    assert message(caught, tmp_path) == (
        "d.csv: --positive: the positive class of this network is 'yes'; leave the option out, or train anew without --continue"
    )


def test_a_category_of_the_definition_that_use_names_stays_one(tmp_path: Path) -> None:
    table = TableInputs(label=("sick",), kinds={"weight": "category"})
    network = Network.create(1, ["1 logistic"], table=table)
    path = write(tmp_path / "d.csv", CSV)
    data, _ = read_table_sets({"training": [path]}, reader(use=("weight", "age")), network)
    assert data.kinds == {"age": "number", "weight": "category"}


def test_words_that_differ_only_in_case_are_told(tmp_path: Path) -> None:
    text = "n,flag,ok\n" + "".join(
        f"{k % 5},{('Yes', 'yes', 'no')[k % 3]},{('True', 'true', 'FALSE')[k % 3]}\n" for k in range(24)
    )
    said = reader(label=("ok",))
    read_table_sets({"training": [write(tmp_path / "d.csv", text)]}, said)
    assert [note.replace(f"{tmp_path}/", "") for note in said.remarks.notes] == [
        "d.csv: column 'flag': words that differ only in case are different ones: 'Yes' and 'yes'",
        "d.csv: the label 'ok': classes that differ only in case are different ones: 'True' and 'true'",
    ]


def test_rows_are_encoded_alike_as_a_whole_and_as_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "d.csv", CSV.replace("43,c", "?,new"))
    whole = read_labelled([path], reader(), fitted())
    assert whole.inputs[3].tolist() == [23, 1, 0, 0]
    assert whole.inputs[-1].tolist() == [30, 0, 0, 0]
    said = reader()
    blocks = list(stream_encoded(path, said, fitted()))
    np.testing.assert_array_equal(np.concatenate([rows.encoded.inputs for rows in blocks]), whole.inputs)
    assert said.remarks.notes == [
        f"{path}: column 'city': 1 cell has a word that the network does not know; its inputs are 0 there"
    ]


def test_a_stream_in_small_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch whose column of words holds only numbers, and one whose column of numbers has no cell, are encoded alike."""
    import anncli.formats.data.table_input as table_input
    from anncli.formats.data.base import TableWant

    monkeypatch.setattr(table_input, "TableWant", lambda **rest: TableWant(**rest, block_rows=2))
    rows = "age,city\n1,a\n2,7\n3,7\n4,7\n?,b\n?,c\n7,x\n"
    batches = [found.encoded.inputs for found in stream_encoded(write(tmp_path / "d.csv", rows), reader(), fitted())]
    assert len(batches) > 2
    assert np.concatenate(batches).tolist() == [
        [1, 1, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0], [4, 0, 0, 0], [30, 0, 1, 0], [30, 0, 0, 1], [7, 0, 0, 0],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("age,town\n1,a\n", "d.csv:1: no column 'city'; the columns of the network are 'age', 'city'"),
        ("age,citi\n1,a\n", "d.csv:1: no column 'city'; is it 'citi'?"),
        ("age,city\n1,a\nold,a\n", "d.csv:3: column 'age': expected a number, found 'old'; correct it; --na names words that stand for a missing cell"),
        ("age,city\n", "d.csv: holds no rows; write one row of values per line"),
    ],
)  # fmt: skip
def test_tables_that_do_not_fit_the_network(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(DataError) as caught:
        list(stream_encoded(write(tmp_path / "d.csv", text), reader(), fitted()))
    assert message(caught, tmp_path) == fault


def test_unknown_words_are_refused_if_the_user_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", "age,city\n1,a\n2,zz\n")
    with pytest.raises(DataError, match=r"d.csv:3: column 'city': 'zz' was not among the training rows"):
        list(stream_encoded(path, reader(unknown="error"), fitted()))


def test_the_label_may_be_called_otherwise_in_a_test_file(tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", CSV.replace("sick", "ill"))
    with pytest.raises(DataError, match="no column 'sick'"):
        read_labelled([path], reader(), fitted())
    assert read_labelled([path], reader(label=("ill",)), fitted()).labels.tolist()[:5] == [0, 1, 1, 1, 0]
    assert read_labelled([path], reader(label=("last",)), fitted()).labels.tolist()[:5] == [0, 1, 1, 1, 0]


def matched(names: Iterable[str], *, named: bool = True, roles_named: bool = True) -> tuple[tuple[str, ...], list[str]]:
    table = make_table({name: [1.0] for name in names})._replace(is_named=named)
    roles = Roles(("a", "y", "b", "id"), ("y",), ("a", "b"), is_named=roles_named)
    remarks = Remarks()
    return TableMatcher(roles, roles.inputs, remarks).fit(table, "f").names, remarks.guesses + remarks.notes


def test_columns_without_names_are_taken_by_their_places() -> None:
    said = ["f: the file has no column names; the columns are taken in the order of the network"]
    assert matched("1234", named=False) == (("a", "y", "b", "id"), said)
    assert matched("123", named=False) == (("a", "b", "id"), said)
    assert matched("12", named=False) == (("a", "b"), said)
    assert matched("1234", named=False, roles_named=False) == (("a", "y", "b", "id"), [])
    said = ["f: the training data had no column names; the columns are taken in the order of the network"]
    assert matched("pqrs", roles_named=False) == (("a", "y", "b", "id"), said)


def test_a_word_that_is_the_name_of_a_column_does_not_make_a_line_of_names(tmp_path: Path) -> None:
    """The category 'city' of the column 'city'."""
    rows = [f"{20 + k},{('city', 'a', 'b')[k % 3]},1,no" for k in range(12)]
    path = write(tmp_path / "d.csv", "\n".join(rows) + "\n")
    found = read_labelled([path], reader(), fitted(is_named=True))
    assert found.inputs[:, 0].tolist() == [20 + k for k in range(12)]
    named = write(
        tmp_path / "named.csv", "\n".join(["sick,weight,city,age", *(",".join(r.split(",")[::-1]) for r in rows)])
    )
    assert read_labelled([named], reader(), fitted(is_named=True)).inputs.tolist() == found.inputs.tolist()


def test_weights_that_a_test_file_does_not_have_are_told(tmp_path: Path) -> None:
    text = "\n".join(",".join(line.split(",")[:2] + line.split(",")[3:]) for line in CSV.splitlines())
    path, said = write(tmp_path / "d.csv", text), reader()
    assert read_labelled([path], said, fitted()).weights is None
    assert said.remarks.notes == [f"{path}: no column 'weight' with the weights of the rows: every row counts once"]
    whole, said = write(tmp_path / "w.csv", CSV), reader()
    assert read_labelled([whole], said, fitted()).weights.tolist() == [1 + k % 2 for k in range(24)]
    assert said.remarks.notes == []


def test_a_wrong_number_of_columns_without_names() -> None:
    with pytest.raises(DataError) as caught:
        matched("12345", named=False)
    assert str(caught.value) == (
        "f: 5 columns, and the network has 4 or 3 or 2; give a file with the columns of the training data"
    )


def test_a_network_without_an_encoder_takes_columns_of_numbers(tmp_path: Path) -> None:
    network = Network.create(2, ["1 linear"], classes=("yes", "no"), threshold=0.0, columns=("b", "a"))
    path = write(tmp_path / "d.csv", "a,b,y,id\n1,2,yes,7\n3,4,no,8\n")
    data = read_labelled([path], reader(label=("y",)), network)
    assert (data.inputs.tolist(), data.labels.tolist()) == ([[2, 1], [4, 3]], [0, 1])
    with pytest.raises(UsageError, match="the network does not know which column is the label; say --label NAME"):
        read_labelled([path], reader(), network)
    network.columns = ()
    data = read_labelled([path], reader(label=("y",), ignore=("id",)), network)
    assert data.inputs.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(DataError, match="3 columns for 2 inputs of the network; leave columns out with --ignore"):
        read_labelled([path], reader(label=("y",)), network)


def test_numbers_that_32_bits_do_not_hold_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{16777216 + k},{k / 7},{'xy'[k % 2]}\n" for k in range(40))
    said = reader(label=("y",))
    read_table_sets({"training": [write(tmp_path / "d.csv", "id,a,y\n" + rows)]}, said)
    assert len(said.remarks.warnings()) == 1
    assert said.remarks.warnings()[0].startswith(
        "column 1 ('id'): 16777216 and 16777217 differ by 1 and become the same"
    )


def test_columns_of_words_do_not_disturb_the_look_at_numbers(tmp_path: Path) -> None:
    rows = "".join(f"w{k % 3},{1e9 + k},,{'xy'[k % 2]}\n" for k in range(40))
    said = reader(label=("y",))
    read_table_sets({"training": [write(tmp_path / "d.csv", "w,n,e,y\n" + rows)]}, said)
    assert "('n')" in said.remarks.warnings()[0]


@pytest.mark.slow
def test_a_wide_table_takes_time_for_each_column_once(tmp_path: Path) -> None:
    """Searching the names for every column took minutes for 20,000 of them."""
    n = 20_000
    names = [f"c{k}" for k in range(n)]
    rows = "".join(",".join(str((k * (row + 3)) % 7) for k in range(n)) + f",{'ab'[row % 2]}\n" for row in range(4))
    path = write(tmp_path / "wide.csv", ",".join([*names, "y"]) + "\n" + rows)
    start = time.process_time()
    data, _ = read_table_sets({"training": [path]}, reader(label=("y",)))
    encoder = fit_encoder(data.table, np.arange(4), data.roles, data.kinds)
    assert [data.roles.role_of(name) for name in ("c7", "y", "z")] == ["input", "label", "ignore"]
    assert data.roles.ignored == ()
    matcher = TableMatcher(encoder.roles, encoder.roles.inputs, Remarks())
    fitted_table = matcher.fit(data.table.select([*reversed(names), "y"]), "wide.csv")
    assert encoder.encode(fitted_table).inputs[:, :3].tolist() == [[0, row + 3, 2 * (row + 3) % 7] for row in range(4)]
    assert time.process_time() - start < 10


def test_of_many_columns_the_first_and_the_last_are_said(tmp_path: Path) -> None:
    lines = [",".join(str((row * k) % 7) for k in range(60)) + f",{'ab'[row % 2]}" for row in range(1, 9)]
    said = reader(label=("last",))
    read_table_sets({"training": [write(tmp_path / "d.csv", "\n".join(lines) + "\n")]}, said)
    assert said.remarks.guesses[-1].endswith("label: 61; number: 1, 2, 3, ..., 60 (60 columns)")


def test_softmax_outputs_are_of_classes(tmp_path: Path) -> None:
    path = write(tmp_path / "d.csv", "1.5,2\n3,1\n2,3\n" * 4)
    data, _ = read_table_sets({"training": [path]}, reader(label=("2",)), Network.create(1, ["3 softmax"]))
    assert (data.roles.task, data.classes) == ("classification", ("1", "2", "3"))
    with pytest.raises(UsageError, match="they can be classes or numbers"):
        read_table_sets({"training": [path]}, reader(label=("2",)), Network.create(1, ["3 logistic"]))
