"""`ann check`: forms of data, exit codes, text and JSON; and the warnings of `ann train`."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ann_process import ROOT, clean_environment

from anncli.cli.main import run

HEAD = "size,colour,ill\n"
ROWS = [
    f"{random.Random(k).gauss(50, 9):.3f},{['red', 'green', 'blue'][k % 3]},{['yes', 'no'][k * 7 % 5 % 2]}"
    for k in range(60)
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text(HEAD + "\n".join(ROWS) + "\n")
    (tmp_path / "bad.csv").write_text(
        "told," + HEAD + "\n".join(f"{'PQ'[row.endswith('no')]},{row}" for row in ROWS) + "\n"
    )
    return tmp_path


class Done(NamedTuple):
    stdout: str
    stderr: str


Ann = Callable[..., Done]


@pytest.fixture
def ann(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ann:
    """ann("check", ...) in this process; check: the exit code."""

    def here(*arguments: Any, check: int = 0, env: dict[str, str] | None = None) -> Done:
        with monkeypatch.context() as patched:
            for name, value in (env or {}).items():
                patched.setenv(name, value)
            code = run([str(word) for word in arguments])
        done = Done(*capsys.readouterr())
        assert code == check, done
        return done

    return here


def test_a_clean_table(folder: Path, ann: Ann) -> None:
    done = ann("check", "good.csv", "--label", "ill", "--strict")
    assert done.stdout == "good.csv: 60 rows, 2 inputs, label 'ill': yes 36, no 24\n\nnothing found\n"
    assert done.stderr == ""


def test_a_finding_has_its_place_and_what_to_do(folder: Path, ann: Ann) -> None:
    done = ann("check", "bad.csv", "--label", "ill")
    assert done.stdout == (
        "bad.csv: 60 rows, 3 inputs, label 'ill': yes 36, no 24\n\n"
        "warning: bad.csv:1:1: column 'told' stands for the label 'ill'; if it is not known before the answer is, leave it out "
        "with --ignore told\n\n1 warning, 0 notes\n"
    )
    assert ann("check", "bad.csv", "--label", "ill", "--ignore", "told").stdout.endswith("nothing found\n")


def test_strict_exits_with_3_after_the_report_and_skip_leaves_kinds_out(folder: Path, ann: Ann) -> None:
    done = ann("check", "bad.csv", "--label", "ill", "--strict", check=3)
    assert "1 warning" in done.stdout
    assert done.stderr == "ann: --strict: 1 finding; --skip KINDS leaves kinds of findings out\n"
    assert ann("check", "bad.csv", "--label", "ill", "--strict", "--skip", "leak").stdout.endswith("nothing found\n")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "ann: x.csv: is empty; "),
        (HEAD, "ann: x.csv: holds no rows; "),
        (HEAD + "1,2\n", "ann: x.csv:2: "),
        (HEAD + "1e999,red,yes\n", "ann: x.csv:2:1: "),
    ],
)
def test_rows_that_cannot_be_read(folder: Path, ann: Ann, content: str, text: str) -> None:
    (folder / "x.csv").write_text(content)
    done = ann("check", "x.csv", check=3)
    assert done.stderr.startswith(text), done.stderr
    assert done.stdout == ""


def test_a_label_is_not_needed(folder: Path, ann: Ann) -> None:
    (folder / "x.csv").write_text("a,b\n" + "".join(f"{k * k % 37},{k * k % 41}\n" for k in range(50)))
    document = json.loads(ann("check", "x.csv", "--json").stdout)
    assert (document["labels"], document["task"], document["inputs"]) == ([], None, ["a", "b"])
    (folder / "y.csv").write_text("y\n1\n2\n3\n")
    done = ann("check", "y.csv")
    assert (
        done.stderr
        == "ann: y.csv: no column is known to be the label, so that nothing is said about it (--label NAME)\n"
    )


def test_class_files_lists_folders_and_streams(folder: Path, ann: Ann) -> None:
    flowers = sorted(ROOT.glob("data/iris/*.txt"))
    shown = "150 rows, 4 inputs, label 'class': setosa 50, versicolor 50, virginica 50"
    assert shown in ann("check", *flowers).stdout
    (folder / "list.txt").write_text("".join(f"v{k} {1 + k % 2}\n{k} {k * k % 7}\n" for k in range(30)))
    assert "list.txt: 30 rows, 2 inputs, label 'class': " in ann("check", "list.txt").stdout
    for name in ("a", "b"):
        (folder / "all" / name).mkdir(parents=True)
        (folder / "all" / name / "x.csv").write_text(
            "p,q\n" + "".join(f"{k * 3 % 11}.5,{len(name) + k}\n" for k in range(20))
        )
    assert "label 'class': a 20, b 20" in ann("check", "all").stdout
    command = [sys.executable, "-m", "anncli", "check", "-", "--label", "ill"]
    data = (folder / "good.csv").read_bytes()
    done = subprocess.run(command, input=data, capture_output=True, env=clean_environment(), timeout=60)
    assert done.stdout.startswith(b"<stdin>: 60 rows, 2 inputs, label 'ill'")
    refused = ann("check", flowers[0], flowers[1], "--test", flowers[2], check=2)
    assert refused.stderr.startswith("ann: 2 class files, and other sets have another number; give one file per class")


def test_sets_are_files(folder: Path, ann: Ann) -> None:
    (folder / "new.csv").write_text(HEAD + "\n".join(ROWS[:20]) + "\n1e9,violet,yes\n")
    document = json.loads(ann("check", "good.csv", "--label", "ill", "--test", "new.csv", "--json").stdout)
    assert [(one["set"], one["rows"]) for one in document["data"]] == [("training", 60), ("test", 21)]
    found = {one["kind"]: one for one in document["findings"]}
    assert {"shared-rows", "range", "unknown-words"} <= set(found)
    assert found["shared-rows"]["count"] == 20
    assert (found["range"]["path"], found["range"]["line"], found["range"]["column"]) == ("new.csv", 22, 1)
    assert "'violet'" in found["unknown-words"]["message"]
    done = ann("check", "good.csv", "--test", "0.2", check=2)
    assert done.stderr == "ann: --test: ann check compares files; name them: --test FILES\n"
    assert ann("check", "good.csv", "--label", "ill", env={"ANN_TEST": "0.2"}).stdout.endswith("nothing found\n")


def test_several_labelled_tables_are_one_set_and_are_compared(folder: Path, ann: Ann) -> None:
    shifted = [row.replace(row.split(",")[0], str(float(row.split(",")[0]) + 30)) for row in ROWS]
    (folder / "other.csv").write_text(HEAD + "\n".join(shifted) + "\n")
    done = ann("check", "good.csv", "other.csv")
    assert "good.csv, other.csv: 120 rows" in done.stdout
    assert "other.csv:1:1: column 'size' is distributed otherwise than in good.csv: " in done.stdout


def test_rows_of_weight_0_are_not_examined(folder: Path, ann: Ann) -> None:
    (folder / "w.csv").write_text("w," + HEAD + "\n".join([*(f"1,{row}" for row in ROWS), f"0,{ROWS[0]}", f"0,{ROWS[0].rpartition(',')[0]},maybe"]) + "\n")  # fmt: skip
    assert "62 rows" in ann("check", "w.csv", "--label", "ill", "--ignore", "w").stdout
    done = ann("check", "w.csv", "--label", "ill", "--weight", "w")
    assert done.stdout.endswith("60 rows, 2 inputs, label 'ill': yes 36, no 24\n\nnothing found\n")


def test_quoted_line_ends_keep_the_lines_right(folder: Path, ann: Ann) -> None:
    cells = [f'"a\nb",{k * k % 19}.5,{"yn"[k % 2]}' for k in range(30)]
    (folder / "q.csv").write_text("text,x,ill\n" + "\n".join([*cells, '"a\nb",-999,y']) + "\n")
    found = json.loads(ann("check", "q.csv", "--label", "ill", "--json").stdout)["findings"]
    assert [one["line"] for one in found if one["kind"] == "codes"] == [62]


def test_a_network_is_asked_what_it_knows(folder: Path, ann: Ann) -> None:
    swapped = [",".join(row.split(",")[k] for k in (1, 0, 2)) for row in ROWS]
    (folder / "good.csv").write_text("colour,size,ill\n" + "\n".join(swapped) + "\n")
    ann("train", "good.csv", 3, "--label", "ill", "--scaling", "minmax", "-q")
    (folder / "new.csv").write_text(HEAD + "\n".join(ROWS) + "\n99,violet,perhaps\n")
    found = json.loads(ann("check", "good.nn", "new.csv", "--json").stdout)["findings"]
    own = [(one["kind"], one["line"], one["column"]) for one in found if one["kind"] in ("range", "unknown-words")]
    assert own == [("range", 62, 1), ("unknown-words", 62, 3), ("unknown-words", 62, 2)]
    # Data without answers are examined without them, and a network of rows of numbers has no names.
    (folder / "bare.csv").write_text(
        "colour,size\n" + "\n".join(",".join(row.split(",")[1::-1]) for row in ROWS) + "\n"
    )
    assert "2 inputs, no label" in ann("check", "bare.csv", "--network", "good.nn").stdout
    done = ann("check", "good.nn", ROOT / "data/iris/setosa.txt", check=3)
    assert done.stderr.startswith(f"ann: {ROOT / 'data/iris/setosa.txt'}: 4 columns, and the network has ")


def test_an_untrained_network_names_the_label_only(folder: Path, ann: Ann) -> None:
    ann("init", "new.nn", "good.csv", "--label", "ill")
    done = ann("check", "new.nn", "good.csv")
    assert done.stderr == "ann: new.nn is not trained: data are not compared with it\n"
    assert "label 'ill'" in done.stdout


def test_many_findings_of_a_kind_are_cut_and_v_shows_all(folder: Path, ann: Ann) -> None:
    names = [f"c{k}" for k in range(30)]
    (folder / "many.csv").write_text(",".join([*names, *[f"m{k}" for k in range(5)]]) + "," + HEAD + "\n".join(",".join(["4"] * 30 + ["" if n == k else f"{(n * (k + 2)) % 7}.5" for k in range(5)]) + "," + row for n, row in enumerate(ROWS)) + "\n")  # fmt: skip
    short, long = (ann("check", "many.csv", "--label", "ill", *more).stdout for more in ((), ("-v",)))
    assert short.count("has the same value") == 10
    assert "warning: 20 more findings of the kind constant (-v shows all)\n" in short
    assert "note: many.csv: cells are missing in 5 columns: 'm0' 1, 'm1' 1, " in short
    assert long.count("has the same value") == 30
    assert long.count("cells are missing; --missing median fills them\n") == 5


def test_train_warns_of_what_is_serious(folder: Path, ann: Ann) -> None:
    done = ann("train", "bad.csv", 3, "--label", "ill", "-o", "bad.nn")
    text = "ann: warning: bad.csv:1:1: column 'told' stands for the label 'ill'; if it is not known before the answer is, leave it out with --ignore told\n"  # fmt: skip
    assert done.stderr.count(text) == 1
    assert "told" not in ann("train", "bad.csv", 3, "--label", "ill", "-o", "quiet.nn", "-q").stderr
    (folder / "new.csv").write_text(HEAD + "\n".join(ROWS[:20]) + "\n")
    done = ann("train", "good.csv", 3, "--label", "ill", "--test", "new.csv", "--json", "-o", "good.nn")
    shared = [one for one in json.loads(done.stdout)["warnings"] if "have the inputs of a row of" in one]
    assert len(shared) == 1
    assert shared[0].startswith("new.csv:2: 20 of 20 (100 %) rows have the inputs of a row of good.csv")
    clean = ann("train", "good.csv", 3, "--label", "ill", "-o", "clean.nn").stderr
    assert "good.csv:1" not in clean


@pytest.mark.slow
def test_the_guide_shows_what_the_commands_print(tmp_path: Path) -> None:
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "ann").write_text(f"#!/bin/sh\nexec '{sys.executable}' -m anncli \"$@\"\n")
    (tmp_path / "ann").chmod(0o755)
    environment = clean_environment(PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    guide = (ROOT / "docs/check.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```(?:\n\n```\n(.*?)```)?", guide, re.DOTALL)
    assert sum(bool(shown) for _, shown in blocks) == 5
    for script, shown in blocks:
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert not shown or done.stdout == shown


def test_codes_mean_the_same_in_all_files_whatever_their_first_row_is(folder: Path, ann: Ann) -> None:
    rows = [f"{random.Random(k).gauss(0, 1):.4f},{k % 7 % 3},{int(k % 4 < 1)}" for k in range(240)]
    other = [f"{random.Random(k).gauss(0, 1):.4f},{k % 7 % 3},{int(k % 4 > 2)}" for k in range(240, 480)]
    for name, own in (("a.csv", rows), ("b.csv", other), ("again.csv", rows[:0:-1])):
        (folder / name).write_text("size,code,ill\n" + "\n".join(own) + "\n")
    # The first class of one file is 1, and of the other one 0: both have as many of each.
    options = "--label", "ill", "--category", "code"
    assert ann("check", "a.csv", "b.csv", *options).stdout.endswith("nothing found\n")
    assert ann("check", "a.csv", "--test", "b.csv", *options).stdout.endswith("nothing found\n")
    assert (
        "239 of 239 (100 %) rows have the inputs of a row of a.csv"
        in ann("check", "a.csv", "--test", "again.csv", *options).stdout
    )
