"""`ann explain`: which columns a network needs, and how its outputs depend on one of them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from ann_process import Ann


@pytest.fixture
def table(tmp_path: Path, ann: Ann) -> Path:
    """A network that learnt y = 'hot' where the number is above 0 or the colour is red; noise and constant say nothing."""
    rng = random.Random(1)
    lines = []
    for _ in range(120):
        number, colour = rng.gauss(0, 1), rng.choice(["red", "green", "blue"])
        lines.append(
            f"{number:.3f},{colour},{rng.gauss(0, 1):.3f},7,{'hot' if number > 0 or colour == 'red' else 'cold'}"
        )
    head = "number,colour,noise,constant,y"
    (tmp_path / "t.csv").write_text("\n".join([head, *lines[:80]]) + "\n")
    (tmp_path / "new.csv").write_text("\n".join([head, *lines[80:]]) + "\n")
    (tmp_path / "both.csv").write_text("\n".join([head, *lines]) + "\n")
    ann("train", "t.csv", "--label", "y", 150, "--validation", 0, "-q", "-o", "n.nn")
    return tmp_path


@pytest.mark.slow
def test_columns_are_ranked_and_those_that_say_nothing_lose_nothing(table: Path, ann: Ann) -> None:
    found = json.loads(ann("explain", "n.nn", "new.csv", "--column", "colour", "--json").stdout)
    names = [one["column"] for one in found["columns"]]
    assert set(names[:2]) == {"number", "colour"}
    by_name = {one["column"]: one for one in found["columns"]}
    assert {one["mean"] for one in by_name["constant"]["importance"].values()} == {0}
    assert by_name["constant"]["gradient"] == 0
    assert by_name["colour"]["gradient"] is None
    assert by_name["number"]["gradient"] > by_name["noise"]["gradient"]
    assert (found["n"], found["rows_seen"], found["new_rows"]) == (40, 0, None)
    points = {one["value"]: one["means"][0] for one in found["dependence"][0]["points"]}
    assert set(points) == {"red", "green", "blue"}
    outputs = found["dependence"][0]["outputs"]
    assert (max if outputs == ["hot"] else min)(points, key=lambda word: points[word]) == "red"
    assert ann("explain", "n.nn", "new.csv").stdout == ann("explain", "n.nn", "new.csv", "--threads", 2).stdout


@pytest.mark.slow
def test_rows_that_trained_the_network_are_counted_and_left_out(table: Path, ann: Ann) -> None:
    text = ann("explain", "n.nn", "both.csv", "--permutations", 2).stdout
    assert text.startswith("lost without, all rows*  ")
    assert "lost without, new rows  " in text
    assert text.endswith("\n* 80 of these 120 rows trained the network, so the losses may be too large; trust the table of new rows\n")  # fmt: skip
    found = json.loads(ann("explain", "n.nn", "both.csv", "--permutations", 2, "--json").stdout)
    new = json.loads(ann("explain", "n.nn", "new.csv", "--permutations", 2, "--json").stdout)
    assert (found["rows_seen"], found["new_rows"]["n"]) == (80, 40)
    assert found["new_rows"]["columns"] == new["columns"]
    assert "they say what the network learnt" in ann("explain", "n.nn", "t.csv").stdout
    assert ann("explain", "n.nn", "new.csv").stdout.endswith("\nrows that trained the network: none of these\n")


@pytest.mark.slow
def test_the_figures_go_to_a_file(table: Path, ann: Ann) -> None:
    found = json.loads(ann("explain", "n.nn", "new.csv", "--by", "acc,mcc", "--json", "-o", "i.csv").stdout)
    lines = [line.split(",") for line in (table / "i.csv").read_text().splitlines()]
    assert lines[0] == ["column", "accuracy", "accuracy_deviation", "mcc", "mcc_deviation", "gradient"]
    assert [line[0] for line in lines[1:]] == [one["column"] for one in found["columns"]]
    assert float(lines[1][1]) == pytest.approx(found["columns"][0]["importance"]["accuracy"]["mean"])
    assert "i.csv exists; overwrite it with --force" in ann("explain", "n.nn", "new.csv", "-o", "i.csv", check=2).stderr
    assert (
        "new.csv is the file that is read" in ann("explain", "n.nn", "new.csv", "-o", "new.csv", "-f", check=2).stderr
    )


@pytest.mark.slow
def test_numbers_pipes_and_class_files_are_taken(trained: Path, ann: Ann) -> None:
    assert "input 1" in ann("explain", "net.nn", "pos.txt", "neg.txt").stdout
    rows = "a,b\n" + "".join(f"{k * k % 17},{(k * k % 17) * 2 + k % 3}\n" for k in range(30))
    (trained / "n.csv").write_text(rows)
    ann("train", "n.csv", "--label", "b", "--task", "regression", 40, "-q", "-o", "r.nn")
    found = json.loads(ann("explain", "r.nn", "-", "--column", "a", "--json", input=rows).stdout)
    assert list(found["metrics"]) == ["rmse"]
    assert found["columns"][0]["importance"]["rmse"]["mean"] > 0
    assert found["dependence"][0]["outputs"] == ["b"]


@pytest.mark.slow
def test_one_row_and_one_class_give_figures_that_exist(table: Path, ann: Ann) -> None:
    head, *lines = (table / "new.csv").read_text().splitlines()
    hot = [line for line in lines if line.endswith("hot")]
    (table / "one.csv").write_text("\n".join([head, hot[0]]) + "\n")
    (table / "hot.csv").write_text("\n".join([head, *hot]) + "\n")
    assert json.loads(ann("explain", "n.nn", "one.csv", "--json").stdout)["n"] == 1
    assert json.loads(ann("explain", "n.nn", "hot.csv", "--json").stdout)["n"] == len(hot)
    done = ann("explain", "n.nn", "hot.csv", "--by", "auc", check=2)
    assert done.stderr.endswith(
        "ann: --by: auc cannot be computed: it needs samples of both classes; take another one\n"
    )


@pytest.mark.slow
def test_what_cannot_be_is_refused(table: Path, ann: Ann) -> None:
    (table / "d.nn").write_text("anncli: 1\ninputs: 4\nlayers: [1 logistic]\n")
    assert "the network has no weights yet" in ann("explain", "d.nn", "new.csv", check=4).stderr
    assert "unknown metric 'acuracy'; did you mean" in ann("explain", "n.nn", "none.csv", "--by", "acuracy", check=2).stderr  # fmt: skip
    assert "no input column 'size'" in ann("explain", "n.nn", "new.csv", "--column", "size", check=2).stderr
    assert "--to needs --output; name the file" in ann("explain", "n.nn", "none.csv", "--to", "csv", check=2).stderr
    assert "the tables go to stdout" in ann("explain", "n.nn", "new.csv", "-o", "-", check=2).stderr
