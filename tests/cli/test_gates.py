"""--require and --junit: which rows are judged, what is said of them, exit codes, and the XML that CI servers read."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ann_process import Ann


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """60 rows of two classes that overlap."""
    rng = random.Random(1)
    lines = [f"{rng.gauss(2 * (k % 2), 1):.4f},{rng.gauss(0, 1):.4f},{'ab'[k % 2]}" for k in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *lines]) + "\n")
    return tmp_path


TRAIN = ("train", "t.csv", "--label", "y", "20", "-o", "n.nn")


def verdicts(text: str) -> list[list[str]]:
    """The lines of the table of requirements."""
    lines = text.split("required ")[1].splitlines()[1:]
    return [re.split(r"  +", line) for line in lines]


def test_train_is_judged_on_the_test_set(table: Path, ann: Ann) -> None:
    done = ann(*TRAIN, "--test", "0.25", "--require", "acc>=10%,se>=0.1,n=16")
    assert [row[0] for row in verdicts(done.stdout)] == ["acc>=10%", "se>=0.1", "n=16"]
    assert {row[2] for row in verdicts(done.stdout)} == {"the test set"}
    assert {row[3] for row in verdicts(done.stdout)} == {"met"}


def test_a_missed_gate_leaves_the_network_and_exit_code_5(table: Path, ann: Ann) -> None:
    done = ann(*TRAIN, "--test", "0.25", "--require", "n>=17,acc>=0,fn>99", "--json", check=5)
    assert (table / "n.nn").exists()
    found = json.loads(done.stdout)
    test = found["sets"]["test"]
    assert [(one["requirement"], one["value"], one["met"], one["of"], one["why"]) for one in found["requirements"]] == [
        ("n>=17", 16, False, "the test set", None),
        ("acc>=0", test["accuracy"], True, "the test set", None),
        ("fn>99", test["fn"], False, "the test set", None),
    ]
    assert (found["error"]["kind"], found["error"]["exit_code"]) == ("requirement", 5)
    lines = done.stderr.splitlines()[-2:]
    assert lines == [
        "ann: requirement not met: n>=17 (it is 16)",
        f"ann: requirement not met: fn>99 (it is {test['fn']}); the network was written to n.nn all the same",
    ]


def test_without_a_test_set_validation_rows_are_judged_by_a_network_that_has_not_seen_them(
    table: Path, ann: Ann
) -> None:
    found = json.loads(ann(*TRAIN, "--require", "acc>=0", "--json").stdout)
    (one,) = found["requirements"]
    assert one["of"] == "the validation set, before retraining"
    assert one["value"] == found["before_retraining"]["sets"]["validation"]["accuracy"]
    (table / "n.nn").unlink()
    found = json.loads(ann(*TRAIN, "--refit", "no", "--require", "acc>=0", "--json").stdout)
    (one,) = found["requirements"]
    assert (one["of"], one["value"]) == ("the validation set", found["sets"]["validation"]["accuracy"])


def test_training_rows_are_never_judged(table: Path, ann: Ann) -> None:
    message = (
        "ann: --require: there is no test set and no validation set, and rows that trained a network say nothing about new "
        "ones; add --test 0.25, or --test FILES\n"
    )
    # Known before the data are: the table does not exist.
    early = ann("train", "none.csv", "--label", "y", "--validation", 0, "--require", "acc>=0", check=2)
    assert early.stderr == message
    # Three rows of a class: no validation set is drawn, which only the data say.
    (table / "few.csv").write_text("x,y\n1,a\n2,a\n3,a\n4,b\n5,b\n6,b\n")
    late = ann("train", "few.csv", "--label", "y", "--require", "acc>=0", "-o", "f.nn", check=2)
    assert late.stderr.endswith(message)
    assert not (table / "f.nn").exists()
    assert "does not exist for two classes" in ann(*TRAIN, "--require", "rmse<1", check=2).stderr
    assert not (table / "n.nn").exists()


def test_quiet_judges_too(table: Path, ann: Ann) -> None:
    done = ann(*TRAIN, "--require", "n>=1000", "-q", check=5)
    assert done.stdout == ""
    assert done.stderr == (
        "ann: requirement not met: n>=1000 (it is 12); the network was written to n.nn all the same\n"
    )


def test_cv_is_judged_on_means_over_folds(table: Path, ann: Ann) -> None:
    words = ("cv", "t.csv", "--label", "y", 10, "--folds", 4, "--repeats", 2)
    wanted = "acc>=0,acc.low>=0,acc.high<=1,n=60,recall[a]>=0,tp>=0"
    found = json.loads(ann(*words, "--require", wanted, "--json").stdout)
    accuracy, together = found["metrics"]["accuracy"], found["together"]
    values = {one["requirement"]: (one["value"], one["of"]) for one in found["requirements"]}
    mean = "the mean of 8 folds"
    assert values["acc>=0"] == (accuracy["mean"], mean)
    assert values["acc.low>=0"] == (accuracy["low"], mean)
    assert values["acc.high<=1"] == (accuracy["high"], mean)
    assert values["n=60"] == (60, "all rows together")
    assert values["tp>=0"] == ((together[0]["tp"] + together[1]["tp"]) / 2, "all rows together")
    assert values["recall[a]>=0"][0] == pytest.approx(found["metrics"]["specificity"]["mean"])
    assert found["requirements"][0]["met"] is True


def test_cv_takes_all_rows_where_a_fold_has_no_value(table: Path, ann: Ann) -> None:
    """With one row left out at a time no fold has an area under the curve."""
    (table / "s.csv").write_text("\n".join((table / "t.csv").read_text().splitlines()[:13]) + "\n")
    done = ann("cv", "s.csv", "--label", "y", 5, "--folds", 12, "--require", "auc>=0,acc>=0,auc>2%", "--json")
    found = json.loads(done.stdout)
    first, second, _ = found["requirements"]
    assert (first["of"], first["value"]) == ("all rows together", found["together"][0]["auc"])
    assert second["of"] == "the mean of 12 folds"


def cases(path: Path) -> tuple[ElementTree.Element, dict[str, ElementTree.Element]]:
    root = ElementTree.parse(path).getroot()
    return root, {str(case.get("name")): case for case in root.iter("testcase")}


@pytest.mark.slow
def test_junit_has_a_case_for_each_gate(table: Path, ann: Ann) -> None:
    ann(*TRAIN, "-q")
    (table / "t&<2>.csv").write_text((table / "t.csv").read_text())
    command = ("test", "n.nn", "t&<2>.csv", "--require", "n>=60,acc>=100%", "--junit", "r&<1>.xml")
    done = ann(*command, check=5)
    root, found = cases(table / "r&<1>.xml")
    assert [(name, [child.tag for child in case]) for name, case in found.items()] == [
        ("done", []), ("n>=60", ["system-out"]), ("acc>=100%", ["failure", "system-out"]),
    ]  # fmt: skip
    failure = found["acc>=100%"].find("failure")
    assert failure is not None
    value = done.stderr.split("(it is ")[1].split(")")[0]
    assert failure.attrib == {"message": f"it is {value} (the test set)", "type": "requirement"}
    check_schema(root)
    suite = root[0]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "0")
    assert (suite.get("name"), suite.get("tests"), suite.get("skipped")) == ("ann test n.nn", "3", "0")
    assert 0 < float(found["done"].get("time") or 0) == float(suite.get("time") or 0) < 60


# What the schema of Jenkins (junit-10.xsd) allows: attributes of each element, and its children. The first ones are required.
SCHEMA = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors", "disabled"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests"},
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname", "id", "package", "group"},
        {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": (
        {"name"}, {"name", "classname", "time", "status", "group"}, {"skipped", "error", "failure", "system-out"},
    ),
    "failure": (set(), {"message", "type"}, set()),
    "error": (set(), {"message", "type"}, set()),
    "system-out": (set(), set(), set()),
}  # fmt: skip


def check_schema(element: ElementTree.Element) -> None:
    """Elements, attributes and types of JUnit files."""
    required, allowed, children = SCHEMA[element.tag]
    assert required <= set(element.keys()) <= allowed
    for name in {"tests", "failures", "errors", "skipped"}.intersection(element.keys()):
        assert (element.get(name) or "").isdecimal()
    if element.get("time") is not None:
        assert re.fullmatch(r"[0-9]+\.[0-9]{3}", element.get("time") or "")
    if element.get("timestamp") is not None:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", element.get("timestamp") or "")
    assert {child.tag for child in element} <= children
    for child in element:
        check_schema(child)


def test_junit_tells_an_error_too(table: Path, ann: Ann) -> None:
    (table / "bad.csv").write_text("x,z,y\n1,2,a\n3,4\n")
    done = ann("train", "bad.csv", "--label", "y", "-o", "n.nn", "--junit", "j.xml", check=3)
    root, found = cases(table / "j.xml")
    error = found["done"].find("error")
    assert error is not None
    assert (error.get("type"), f"ann: {error.get('message')}\n") == ("data", done.stderr)
    assert (root.get("tests"), root.get("errors")) == ("1", "1")
    check_schema(root)
    # Another run replaces it.
    ann(*TRAIN, "-q", "--require", "n>=1", "--junit", "j.xml")
    assert cases(table / "j.xml")[0].get("errors") == "0"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["t.csv", "./t.csv", "n.nn"])
def test_junit_never_replaces_what_is_read_or_written(table: Path, ann: Ann, name: str) -> None:
    before = (table / "t.csv").read_bytes()
    done = ann(*TRAIN, "--require", "n>=1", "--junit", name, check=2)
    assert done.stderr == f"ann: --junit {name} would overwrite a file that this run needs; give another name\n"
    assert (table / "t.csv").read_bytes() == before
    assert not (table / "n.nn").exists()
    done = ann(*TRAIN, "--junit", "none/j.xml", check=1)
    assert done.stderr.startswith("ann: none/j.xml: cannot write: ")
    assert "--junit cannot be '-'" in ann("cv", "t.csv", "--label", "y", "--junit", "-", check=2).stderr
