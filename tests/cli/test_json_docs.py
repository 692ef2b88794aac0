"""docs/json.md: the documents that the commands print have the keys and types that it describes, and no others."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from ann_process import POSITIVE, ROOT, clean_environment, make_small

from anncli.evaluation.multilabel import evaluate_labels
from anncli.evaluation.regression import evaluate_numbers

TEXT = (ROOT / "docs/json.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \|", re.MULTILINE)
SECTIONS = {
    title.strip("` "): dict(ROW.findall(body)) for title, body in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
}  # fmt: skip
BINARY, MULTICLASS = (dict(ROW.findall(text)) for text in TEXT.split("## An evaluation\n")[1].split("## ")[0].split("Of a network with K"))  # fmt: skip
OF_TASKS = {"An evaluation of numbers", "An evaluation of labels"}
KINDS: dict[str, Any] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "list": list, "null": type(None),
}  # fmt: skip


def fits(value: Any, kind: str) -> bool:
    """Whether a value is of a documented type, such as `list of number or null`."""
    kind = kind.strip()
    if kind == "any":
        return True
    if kind.startswith("list of "):
        inner = kind.removeprefix("list of ")
        if value is None:
            return inner.endswith(" or null")
        return isinstance(value, list) and all(fits(entry, inner) for entry in value)
    for word in kind.split(" or "):
        if isinstance(value, KINDS[word]) and (word == "boolean" or not isinstance(value, bool)):
            return True
    return False


def described(path: str, table: dict[str, str]) -> str | None:
    """The row of a table that describes a key: itself, or one with `*` in the place of free names."""
    if path in table:
        return path
    for row in table:
        if "*" in row and re.fullmatch(re.escape(row).replace(r"\*", "[^.]+"), path):
            return row
    return None


def faults(document: Any, table: dict[str, str], path: str = "", seen: set[str] | None = None) -> Iterator[str]:
    """Every key that is not described, or has another type; rows of the table that were met go into `seen`."""
    for key, value in document.items():
        here = f"{path}.{key}" if path else key
        row = described(here, table)
        if row is None and isinstance(value, dict) and any(other.startswith(f"{here}.") for other in table):
            yield from faults(value, table, here, seen)
            continue
        if row is None:
            yield f"{here} is not described"
            continue
        if seen is not None:
            seen.add(row)
        if not fits(value, table[row]):
            yield f"{here} is {value!r}, not {table[row]}"
        elif isinstance(value, dict) and table[row].strip().startswith("object") and any(r.startswith(f"{row}.") for r in table):  # fmt: skip
            yield from faults(value, table, row, seen)
        elif isinstance(value, list) and any(r.startswith(f"{row}[]") for r in table):
            for entry in value:
                yield from faults(entry, table, f"{row}[]", seen)


def check(document: dict[str, Any], section: str) -> set[str]:
    seen: set[str] = set()
    head = dict(ROW.findall(TEXT.split("## ")[0]))
    assert list(faults(document, {**head, **SECTIONS[section]}, seen=seen)) == []
    assert document["schema"] == 3
    return seen


def check_evaluation(evaluation: dict[str, Any]) -> None:
    table = MULTICLASS if "matrix" in evaluation else BINARY
    seen: set[str] = set()
    assert list(faults(evaluation, table, seen=seen)) == []
    special = ("undefined.*", "intervals.*", "n_undecided", "coverage", "symbol", "bits", "perplexity")
    assert {row for row in table if row not in special} - seen == set()


# max(2 x, 0) is the answer; 3 gives 6.
FOREIGN = """<PMML><DataDictionary><DataField name="x" optype="continuous"/><DataField name="y" optype="continuous"/></DataDictionary>
<NeuralNetwork functionName="regression" activationFunction="rectifier"><MiningSchema><MiningField name="x"/>
<MiningField name="y" usageType="target"/></MiningSchema><NeuralInputs><NeuralInput id="0"><DerivedField>
<FieldRef field="x"/></DerivedField></NeuralInput></NeuralInputs><NeuralLayer><Neuron id="1"><Con from="0" weight="2"/></Neuron></NeuralLayer>
<NeuralOutputs><NeuralOutput outputNeuron="1"><DerivedField><FieldRef field="y"/></DerivedField></NeuralOutput></NeuralOutputs>
<ModelVerification><VerificationFields><VerificationField field="x"/><VerificationField field="y"/></VerificationFields>
<InlineTable><row><x>3</x><y>6</y></row></InlineTable></ModelVerification></NeuralNetwork></PMML>
"""

CASES = {
    "ann train": [
        ("train", "net.nn", "pos.txt", "neg.txt", 20, "--test", "0.25", "--restarts", 2, "--baselines", "--require", "acc>=0", "-o", "a.nn"),
        ("train", "k.nn", "pos.txt", "neg.txt", "third.txt", 20, "--l2", 0, "--option", "beta1=0.8", "-o", "b.nn"),
        ("train", "net.nn", "pos.txt", "neg.txt", 5, "--test", "0.25", "--prevalence", "1%", "--confidence", "90%", "-o", "e.nn"),
        ("train", "net.nn", "pos.txt", "neg.txt", 5, "--test", "more.txt,neg.txt", "-o", "c.nn"),
        ("train", "net.nn", "pos.txt", "neg.txt", 5, "--ensemble", 2, "-o", "e.nn"),
        ("train", "long.csv", 2, "--window", 3, "--label", "v", "--test", "0.2", "-o", "h.nn"),
        ("train", "t.nn", "pos.txt", "neg.txt", 2, "--continue", "--prune", "0.3", "-o", "f.nn"),
        ("train", "net.nn", "pos.txt", "neg.txt", 2, "--teacher", "t.nn", "-o", "g.nn"),
        ("train", "letters.nn", "text.txt", 2, "--test", "0.2", "-o", "h2.nn"),
        ("train", "net.nn", "pos.txt", "neg.txt", 20, "--dry-run", "--class-weight", "2,1", "--stop", "gl:5"),
        ("train", "net.nn", "pos.txt", "neg.txt", 5, "--test", "0.2", "--threshold", "f1", "--calibration", "platt", "--abstain", "0.2,0.8", "-o", "d.nn"),
    ],
    "ann test": [("test", "ht.nn", "text.txt"), ("test", "t.nn", "pos.txt", "neg.txt", "--prevalence", "0.01"), ("test", "t.nn", "pos.txt", "neg.txt", "--baselines", "--training", "pos.txt,neg.txt"), ("test", "t.nn", "more.txt", "neg.txt", "--require", "acc>=0"), ("test", "kt.nn", "pos.txt", "neg.txt", "third.txt"), ("test", "t.nn", "pos.txt", "neg.txt", "--abstain", "0.4,0.6"), ("test", "kt.nn", "pos.txt", "neg.txt", "third.txt", "--abstain", "0.6"), ("test", "lt.nn", "long.csv")],
    "ann predict": [("predict", "t.nn", "pos.txt"), ("predict", "kt.nn", "list.txt"), ("predict", "rt.nn", "pos.txt"), ("predict", "ht.nn", "text.txt")],
    "ann info": [("info", "t.nn"), ("info", "t.nn", "--verify"), ("info", "net.nn"), ("info", "d.nn"), ("info", "dt.nn"), ("info", "ct.nn"), ("info", "it.nn"), ("info", "et.nn"), ("info", "pt.nn"), ("info", "foreign.pmml"), ("info", "t.nn", "--weights"), ("info", "et.nn", "--weights"), ("info", "picture.nn"), ("info", "t.nn", "--reseal"), ("info", "edited.nn", "--reseal"), ("info", "ht.nn"), ("info", "lt.nn")],
    "ann init": [("init", "new.nn", "--inputs", 3), ("init", "table.nn", "table.csv", "--label", "c")],
    "ann convert": [("convert", "pos.txt", "pos.jsonl")],
    "ann import": [("import", "ot.nn", "-o", "imported.nn"), ("import", "foreign.pmml", "-o", "imported2.nn")],
    "ann export": [("export", "t.nn", "pos.txt", "neg.txt", "-o", "t.json"), ("export", "t.nn", "-o", "t.dot", "-f"), ("export", "t.nn", "-o", "t2.json", "--no-prove"), ("export", "t.nn", "-o", "t.c", "--int16")],
    "ann trainers": [("trainers",), ("trainers", "lm")],
    "ann gradcheck": [("gradcheck", "t.nn", "pos.txt", "neg.txt"), ("gradcheck", "t.nn", "pos.txt", "neg.txt", "--show", "--lr", 1), ("gradcheck", "ht.nn", "text.txt")],
    "ann curvature": [("curvature", "t.nn", "pos.txt", "neg.txt"), ("curvature", "t.nn", "pos.txt", "neg.txt", "--matrix", "gauss-newton", "--l2", 0)],
    "ann cv": [("cv", "net.nn", "pos.txt", "neg.txt", 5, "--baselines", "--folds", 3, "--require", "acc>=0", "--prevalence", "1%"), ("cv", "table.csv", "--label", "c", 5, "--folds", 2), ("cv", "net.nn", "pos.txt", "neg.txt", 5, "--folds", 4, "--threshold", "f1"), ("cv", "long.csv", 2, "--window", 3, "--label", "v", "--folds", 2)],
    "ann compare": [("compare", "t.nn", "t2.nn", "pos.txt", "neg.txt", "--baselines", "--training", "pos.txt,neg.txt"), ("compare", "t.nn", "t2.nn", "more.txt", "neg.txt"), ("compare", "net.nn", "t2.nn", "pos.txt", "neg.txt", 3, "--folds", 2)],
    "ann explain": [("explain", "t.nn", "pos.txt", "neg.txt", "--permutations", 2), ("explain", "t.nn", "more.txt", "neg.txt", "--column", "1"), ("explain", "dt.nn", "table.csv", "--column", "b", "--by", "acc,mcc"), ("explain", "line.nn", "good.txt", "more.txt"), ("explain", "line.nn", "good.txt", "--row", 2)],
    "ann report": [("report", "t.nn", "pos.txt", "neg.txt"), ("report", "ot.nn", "pos.txt", "neg.txt")],
    "ann plot": [("plot", "roc", "t.nn", "pos.txt", "neg.txt"), ("plot", "words", "v.vec"), ("plot", "loss", "t.nn"), ("plot", "surface", "t.nn", "pos.txt", "neg.txt", "--points", 3), ("plot", "surface", "t.nn", "pos.txt", "neg.txt", "--points", 3, "--directions", "to:t2.nn", "-o", "line.svg"), ("plot", "surface", "t2.nn", "pos.txt", "neg.txt", "--points", 3, "--directions", "sharpest"), ("plot", "surface", "t2.nn", "pos.txt", "neg.txt", "--points", 3, "--directions", "path:t2.ckpt", "-o", "path.svg")],
    "ann check": [("check", "table.csv", "--label", "c"), ("check", "t.nn", "pos.txt", "neg.txt"), ("check", "table.csv"), ("check", "pos.txt", "neg.txt", "--inputs", "words")],
    "ann search": [("search", "net.nn", "pos.txt", "neg.txt", 5, "--trials", 3, "--folds", 2, "--outer-folds", 2, "-o", "s.nn"), ("search", "table.csv", "--label", "c", 5, "--trials", 1, "--test", 0.25, "--baselines", "--require", "acc>=0")],
    "ann bench": [("bench", "net.nn", "pos.txt", "neg.txt", 5, "--trainers", "scg,adam"), ("bench", "net.nn", "pos.txt", "neg.txt", 5, "--plot", "none")],
    "ann generate": [("generate", "ht.nn", "--start", "ab", "--length", 5)],
    "ann words": [("words", "v.vec", "king", "-", "man"), ("words", "v.vec", "--analogies", "q.txt", "--pairs", "p.tsv"), ("words", "v.vec", "--pairs", "few.tsv"), ("words", "nt.nn", "--complete", "abca")],
    "ann scan": [("scan", "rgb.nn", "a.ppm", "--per-pixel"), ("scan", "rgb.nn", "a.ppm", "--patch", "1x1", "--find", "a,b,d")],
    "ann t": [("t", "old.nn", "pos.txt", "neg.txt", 5, "valid.txt", "valid.txt", 0.5, 0)],
    "ann r": [("r", "ot.nn", "list.txt"), ("r", "ot.nn", "pos.txt")],
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The files of the commands: one making serves all sections."""
    small = make_small(tmp_path_factory.mktemp("made"))
    (small / "foreign.pmml").write_text(FOREIGN)
    (small / "v.vec").write_text("3 2\nking 0 1\nman 1 0\nqueen 1 1\n")
    (small / "q.txt").write_text(": one\nking man queen king\n: none\na b c d\n")
    (small / "p.tsv").write_text("king man 1\nking queen 2\nman queen 2\nking king 9\n")
    (small / "few.tsv").write_text("king man 1\n")
    (small / "third.txt").write_text(POSITIVE.replace(" ", " -"))
    (small / "more.txt").write_text(POSITIVE + "3 3\n")
    (small / "list.txt").write_text("first 1\n1 2\nsecond 2\n-1 -2\n")
    (small / "k.nn").write_text("anncli: 1\ninputs: 2\nlayers: [3 tanh, 3 softmax]\n")
    (small / "letters.nn").write_text("anncli: 1\ninputs: characters\nlayers: [2 embedding, 3 lstm, softmax]\n")
    (small / "next.nn").write_text("anncli: 1\ninputs: words\nlayers: [2 embedding, softmax]\n")
    (small / "text.txt").write_text("abca\ncabbage\n" * 20)
    (small / "lines.nn").write_text("anncli: 1\ninputs: characters\nlayers: [2 embedding, mean, 1 logistic]\n")
    (small / "good.txt").write_text("good day\nso good\n" * 3)
    (small / "bad.txt").write_text("bad day\nso bad\n" * 3)
    (small / "rows.nn").write_text("anncli: 1\ninputs: any x 2\nlayers: [1 logistic]\n")
    (small / "old.nn").write_text("3\n2 2 1\n\n0\n1\n")
    (small / "valid.txt").write_text("a 1\n1 2\nb 2\n-1 -2\n")
    (small / "table.csv").write_text("a,b,c\n" + "1,x,yes\n2,y,no\n" * 4)
    (small / "long.csv").write_text("v\n" + "".join(f"{k % 7 + k % 3}\n" for k in range(60)))
    (small / "rgb.csv").write_text("red,green,blue,c\n" + "9,9,9,a\n2,2,200,b\n200,3,3,d\n" * 6)
    (small / "a.ppm").write_bytes(b"P6 2 1 255\n\x09\x09\x09\x02\x02\xc8")
    for command in (
        "init d.nn table.csv --label c -q",
        "train d.nn table.csv 5 -q -o dt.nn",
        "train net.nn pos.txt neg.txt 5 -q -o t.nn",
        "train net.nn pos.txt neg.txt 9 --seed 1 -q -o t2.nn --checkpoint t2.ckpt",
        "train k.nn pos.txt neg.txt third.txt 5 -q -o kt.nn",
        "train net.nn pos.txt neg.txt 5 -q --ensemble 2 -o et.nn",
        "train rgb.csv --label c 5 -q -o rgb.nn",
        "train old.nn pos.txt neg.txt 5 -q -o ot.nn",
        "train rows.nn pos.txt neg.txt 2 -q -o rt.nn --validation 0",
        "train long.csv 2 --window 3 --label v --test 0.2 -q -o lt.nn",
        "train t.nn pos.txt neg.txt 0 -q --continue --prune 0.99 -o pt.nn",
        "train net.nn pos.txt neg.txt 5 -q -o ct.nn --threshold youden --calibration platt --abstain 0,1",
        "train net.nn pos.txt neg.txt 5 -q -o it.nn --calibration isotonic",
        "train letters.nn text.txt 1 -q -o ht.nn",
        "train next.nn text.txt 1 -q -o nt.nn",
        "train lines.nn good.txt bad.txt 1 -q -o line.nn --validation 0",
    ):
        line = [sys.executable, "-m", "anncli", *command.split()]
        subprocess.run(line, cwd=small, env=clean_environment(), check=True, timeout=120)
    layers = "[3 tanh convolution 3x3 valid stride 2, mean-pool 2x2, 1 logistic]"
    (small / "picture.nn").write_text(f"anncli: 1\ninputs: 6x6\nlayers: {layers}\n")
    (small / "edited.nn").write_text((small / "t.nn").read_text().replace("threshold: 0.5", "threshold: 0.4"))
    return small


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path, dirs_exist_ok=True)


@pytest.mark.slow
@pytest.mark.parametrize("section", CASES)
def test_the_documents_are_as_described(section, folder, ann):
    seen: set[str] = set()
    for command in CASES[section]:
        document = json.loads(ann(*command, "--json").stdout)
        assert document["command"] == section.removeprefix("ann ")
        seen |= check(document, section)
        sets = [*document.get("sets", {}).values(), *filter(None, document.get("unseen", {}).values())]
        sets += (document.get("before_retraining") or {}).get("sets", {}).values()
        sets += [entry for network in document.get("networks", {}).values() for entry in network.values()]
        for evaluation in [*sets, *([document["evaluation"]] if document.get("evaluation") else [])]:
            if "rmse" not in evaluation:
                check_evaluation(evaluation)
    # What is described exists: each row was met, but for names that are only there in special runs.
    of_other_tasks = {row for row in SECTIONS[section] if row == "task" or row.startswith("target_")}
    # A mixture is fitted by scikit-learn, and a device belongs to torch, which are not there.
    assert set(SECTIONS[section]) - seen <= {"training.*", "starts[].value", "mixture", "device", *of_other_tasks}


def test_evaluations_of_numbers_and_labels_are_as_described():
    targets = np.arange(4.0)[:, None]
    numbers = [
        evaluate_numbers(targets + 1, targets),
        evaluate_numbers(np.hstack([targets, targets + 1]), targets, quantiles=(0.1, 0.9)),
        evaluate_numbers(targets, 0 * targets),
    ]
    labels = [evaluate_labels(targets / 4, (targets > 1) * 1.0), evaluate_labels(0 * targets, 0 * targets)]
    for section, evaluations in zip(sorted(OF_TASKS, reverse=True), (numbers, labels), strict=True):
        seen: set[str] = set()
        for evaluation in evaluations:
            assert list(faults(evaluation.as_dict(), SECTIONS[section], seen=seen)) == []
        assert set(SECTIONS[section]) - seen <= {"intervals.*"}


def test_every_command_is_described():
    from anncli.cli.main import COMMANDS

    assert {f"ann {name}" for name in COMMANDS} - {"ann help", "ann completion"} == set(CASES)
    assert set(CASES) | {"An evaluation", "Changes", *OF_TASKS} == set(SECTIONS)


def test_a_missing_key_and_a_wrong_type_are_found():
    table = {"a": "integer", "b[].c": "string", "b": "list of object", "d.*": "number or null"}
    assert list(faults({"a": 1, "b": [{"c": "x"}], "d": {"e": None}}, table)) == []
    assert list(faults({"a": 1.5}, table)) == ["a is 1.5, not integer"]
    assert list(faults({"b": [{"c": 1}]}, table)) == ["b[].c is 1, not string"]
    assert list(faults({"x": 1}, table)) == ["x is not described"]
