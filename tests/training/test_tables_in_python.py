"""Tables for Python users: the same networks as `ann train` makes, and the same errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anncli
from anncli.cli.main import run

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "tests/data/tables"
CASES: list[tuple[Path, dict[str, Any]]] = [
    (ROOT / "data/iris.csv", {"label": "species"}),
    (TABLES / "horse.csv", {"label": "lesion", "missing": "median+indicator"}),
    (TABLES / "autompg.csv", {"label": "mpg", "missing": "mean", "category": ["origin"]}),
    (ROOT / "data/iris.csv", {"label": "inputs", "ignore": "species"}),
    (ROOT / "data/iris.csv", {"label": ["sepal_width", "petal_width"], "task": "regression", "ignore": ["species"]}),
]


def words(options: dict[str, Any]) -> list[str]:
    found = []
    for name, value in options.items():
        found += [f"--{name.replace('_', '-')}", ",".join(value) if isinstance(value, list) else value]
    return found


@pytest.mark.parametrize(("path", "options"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_a_table_trains_the_network_of_the_command(tmp_path: Path, path: Path, options: dict[str, Any]) -> None:
    if "category" in options:
        head = path.read_text().split("\n", 1)[0]
        assert "origin" in head
    assert run(["train", str(path), "10", *words(options), "-q", "-o", str(tmp_path / "net.nn")]) == 0
    expected = anncli.load(tmp_path / "net.nn")
    data = anncli.read_table_data(path, **options)
    network = anncli.make_network(data)
    anncli.train(network, data, 10)
    assert network.encoder == expected.encoder
    assert network.parameters.tobytes() == expected.parameters.tobytes()
    assert (network.classes, network.target_names) == (expected.classes, expected.target_names)
    rows = anncli.read_table_for(network, path)
    unlabelled = anncli.read_table_for(network, path, labelled=False)
    assert (rows.inputs == unlabelled.inputs).all()
    assert anncli.evaluate(network, rows).as_dict() == anncli.evaluate(expected, rows).as_dict()
    # A network that was saved knows the columns of its table, and is trained from its head as before.
    anncli.save(network, tmp_path / "own.nn")
    again = anncli.load(tmp_path / "own.nn")
    anncli.train(again, anncli.read_table_data(path, **options), 10)
    assert again.parameters.tobytes() == expected.parameters.tobytes()


def test_answers_in_a_file_and_several_tables(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,z\n1,2\n3,4\n")
    (tmp_path / "b.csv").write_text("z,x\n6,5\n8,7\n")
    for name, text in (("p.txt", "no\nyes\n"), ("q.txt", "yes\nno\n")):
        (tmp_path / name).write_text(text)
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    data = anncli.read_table_data(files, label=[f"file:{tmp_path / 'p.txt'}", f"file:{tmp_path / 'q.txt'}"])
    assert (data.roles.labels, data.classes, data.labels.tolist()) == (("p",), ("yes", "no"), [1, 0, 0, 1])
    assert data.table.column("x").numbers.tolist() == [1, 3, 5, 7]


def test_how_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("1,5;nothing;p\n2,5;3;q\n;4;p\n")
    data = anncli.read_table_data(
        tmp_path / "d.csv", label="last", decimal=",", na=["nothing"], header="no", missing="mean"
    )
    assert np.isnan(data.table.column("1").numbers).tolist() == [False, False, True]
    assert np.isnan(data.table.column("2").numbers).tolist() == [True, False, False]
    assert data.missing == "mean"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lable": "y"}, "unknown option 'lable' of tables; did you mean "),
        ({"missing": "medien"}, "missing: unknown treatment 'medien'; did you mean 'median'?"),
        ({"label": "specie"}, "iris.csv: --label: no column 'specie'; did you mean 'species'?"),
        ({"label": ["file:a", "b"]}, "label: answers are in files or in columns, found 'file:a' and 'b'"),
    ],
)
def test_errors_are_those_of_the_command_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(anncli.AnnError) as fault:
        anncli.read_table_data(ROOT / "data/iris.csv", **options)
    assert str(fault.value).replace(f"{ROOT}/data/", "").startswith(message)


def test_a_dataset_needs_no_table() -> None:
    rng = np.random.default_rng(0)
    data = anncli.Dataset.from_classes(rng.normal(1, 1, (9, 2)), rng.normal(-1, 1, (9, 2)), rng.normal(0, 1, (9, 2)))
    assert str(anncli.make_network(data, [5, 4], "relu").topology) == "2-5-4-3"
    numbers = anncli.Dataset(data.inputs, targets=data.inputs)
    made = anncli.make_network(numbers, [3], loss="quantile:0.1,0.9")
    assert (str(made.topology), made.task) == ("2-3-4", "regression")
