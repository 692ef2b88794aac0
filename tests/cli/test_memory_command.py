"""Memories on the command line: 26 letters are stored, recalled from noise, and told from vectors between two of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ann_process import ROOT, Ann

LETTERS = ROOT / "data/letters/letters.csv"
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letters() -> np.ndarray:
    return np.loadtxt(LETTERS, delimiter=",", skiprows=1, usecols=range(1, 36))


def write(path: Path, rows: np.ndarray, names: list[str] | None = None) -> None:
    head = LETTERS.read_text().partition("\n")[0]
    if names is None:
        path.write_text("".join(" ".join(map(repr, row)) + "\n" for row in rows.tolist()))
    else:
        path.write_text(head + "\n" + "".join(f"{name},{','.join(map(repr, row))}\n" for name, row in zip(names, rows.tolist(), strict=True)))  # fmt: skip


def define(folder: Path, layers: str, inputs: int = 35) -> None:
    (folder / "memory.nn").write_text(f"anncli: 1\ninputs: {inputs}\nlayers: [{layers}]\n")


def flipped(rows: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    rng, found = np.random.default_rng(seed), rows.copy()
    for row in found:
        places = rng.choice(len(row), count, replace=False)
        row[places] = 1 - row[places]
    return found


@pytest.fixture
def stored(tmp_path: Path, ann: Ann) -> Path:
    define(tmp_path, "memory beta 8")
    done = ann("train", "memory.nn", LETTERS, "--row-names", "letter")
    assert done.stdout == (
        "memory.nn: 35-35, 26 memory beta 8, 910 parameters\n"
        "stored 26 patterns in one pass\n\n"
        "patterns  26 of 26 are fixed points (100 %), 910 of 910 bits are recalled (100 %)\n"
        "a memory is stored in one pass: EPOCHS and the options of trainers have no effect\n\n"
        "written to memory.nn\n"
    )
    return tmp_path


def test_letters_are_recalled(stored: Path, ann: Ann) -> None:
    text = (stored / "memory.nn").read_text()
    assert text.startswith("anncli: 1\ninputs: 35\nlayers: [memory beta 8]\ntrained:\n")
    assert (
        f"    names: [{', '.join(name if name not in 'NY' else repr(name).replace(chr(39), chr(34)) for name in NAMES)}]\n"
        in text
    )
    rows, names = np.repeat(letters(), 20, axis=0), [name for name in NAMES for _ in range(20)]
    write(stored / "noisy.csv", flipped(rows, 3), names)
    memory = json.loads(ann("test", "memory.nn", "noisy.csv", "--json").stdout)["memory"]
    assert (memory["fixed_points"], memory["named"]) == (26, 520)
    assert memory["recalled"] >= 0.95 * 520
    lines = ann("predict", "memory.nn", "noisy.csv", "--classes").stdout.splitlines()
    between = sum(line.startswith("between ") for line in lines)
    assert between == memory["between"]
    assert sum(a == b for a, b in zip(lines, names, strict=True)) >= memory["recalled"] - between


@pytest.mark.slow
def test_a_vector_between_two_letters_is_said_to_be(stored: Path, ann: Ann) -> None:
    rows, (i, j) = letters(), np.triu_indices(26, 1)
    for share, is_between in ((0.55, False), (0.52, True), (0.5, True)):
        write(stored / "middle.txt", share * rows[i] + (1 - share) * rows[j])
        found = json.loads(ann("predict", "memory.nn", "middle.txt", "--json").stdout)["predictions"]
        assert sum((one["between"] is not None) == is_between for one in found) == len(i)
        if share != 0.5:
            assert sum(one["pattern"] == NAMES[k] for one, k in zip(found, i, strict=True)) >= 0.95 * len(i)
    # A and B: 0.5 of each.
    write(stored / "middle.txt", rows[:1] * 0.5 + rows[1:2] * 0.5)
    line = ann("predict", "memory.nn", "middle.txt").stdout.splitlines()[1].split(",")
    assert line[1] in ("A 0.50 B 0.50", "B 0.50 A 0.50")
    assert ann("predict", "memory.nn", "middle.txt", "--classes").stdout == f"between {line[1]}\n"


@pytest.mark.slow
def test_what_predict_writes(tmp_path: Path, ann: Ann) -> None:
    # Distances by hand: (0.5, 0, 1) is 0.5 from A, sqrt(0.25 + 1) from C and sqrt(0.25 + 1) from B.
    define(tmp_path, "memory beta 30", 3)
    (tmp_path / "p.csv").write_text("name,x,y,z\nA,1,0,1\nB,0,1,1\nC,1,1,0\n")
    (tmp_path / "x.csv").write_text("name,x,y,z\nnew,0.5,0,1\n")
    ann("train", "memory.nn", "p.csv", "--label", "name", "-q")
    lines = ann("predict", "memory.nn", "x.csv", "--with", "name").stdout.splitlines()
    assert (
        lines[0]
        == "name,pattern,between,distance,runner_up,runner_up_distance,recalled_distance,steps,recalled_x,recalled_y,recalled_z"
    )
    assert lines[1].split(",")[:6] == ["new", "A", "", "0.5", "B", "1.11803"]
    assert [float(cell) for cell in lines[1].split(",")[6:]] == pytest.approx([0, 1, 1, 0, 1], abs=1e-5)
    assert ann("predict", "memory.nn", "x.csv", "--scores").stdout.splitlines()[0] == "recalled_x,recalled_y,recalled_z"
    ann("predict", "memory.nn", "x.csv", "-o", "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text())["pattern"] == "A"
    document = json.loads(ann("predict", "memory.nn", "x.csv", "--json").stdout)["predictions"][0]
    assert (document["pattern"], document["runner_up"], document["between"], document["steps"]) == ("A", "B", None, 1)


@pytest.mark.slow
def test_names_of_files_are_names_of_patterns(tmp_path: Path, ann: Ann) -> None:
    define(tmp_path, "memory hopfield", 4)
    (tmp_path / "up.txt").write_text("1 1 -1 -1\n")
    (tmp_path / "left.txt").write_text("1 -1 1 -1\n-1 1 1 -1\n")
    ann("train", "memory.nn", "up.txt", "left.txt", "-q")
    assert "names: [up, left 1, left 2]" in (tmp_path / "memory.nn").read_text()
    assert ann("predict", "memory.nn", "-", "--classes", input="1 1 -1 -1\n").stdout == "up\n"


@pytest.mark.slow
def test_equal_patterns_are_stored_once(tmp_path: Path, ann: Ann) -> None:
    define(tmp_path, "memory", 3)
    (tmp_path / "p.txt").write_text("1 0 1\n0 1 1\n1 0 1\n")
    done = ann("train", "memory.nn", "p.txt")
    assert "ann: warning: 1 pattern equal to one before: each is stored once\n" in done.stderr
    assert "2 of 2 are fixed points" in done.stdout
    # A memory is replaced as other trained networks are.
    before = (tmp_path / "memory.nn").read_bytes()
    ann("train", "memory.nn", "p.txt", "-q")
    assert (tmp_path / "memory.nn").read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "rows", "options", "code", "message"),
    [
        ("memory", "1 2\n", "", 3, "the table has 2 input columns, the network 3 inputs; write `inputs: {table: auto}` in memory.nn, or leave columns out with --ignore"),
        ("memory hopfield", "1 0 .5\n0 1 1\n", "", 3, "`memory hopfield` stores patterns of -1 and 1, or of 0 and 1, and pattern '1' has 0.5 as value 3; `memory beta 8` stores any numbers"),
        ("memory hopfield", "1 0 -1\n0 1 1\n", "", 3, "`memory hopfield` stores patterns of two values, and these have -1, 0 and 1; write -1 and 1, or 0 and 1; `memory beta 8` stores any numbers"),
        ("memory", "1 0 1\n", "--validation 0.2", 2, "--validation: `memory beta 8` stores patterns, and a row that is held out would not be stored; give noisy rows in a file of their own to `ann test` or `ann predict`"),
        ("memory", "1 0 1\n", "--restarts 3", 2, "--restarts: `memory beta 8` stores patterns and learns nothing; leave it out"),
        ("memory hopfield", "1 0 1\n", "--scaling zscore", 2, "--scaling zscore: `memory hopfield` stores patterns, which must come back as they were; use --scaling none"),
    ],
)  # fmt: skip
def test_what_a_memory_cannot_store(
    tmp_path: Path, ann: Ann, layers: str, rows: str, options: str, code: int, message: str
) -> None:
    define(tmp_path, layers, 3)
    (tmp_path / "p.txt").write_text(rows)
    done = ann("train", "memory.nn", "p.txt", *options.split(), check=code)
    assert done.stderr.splitlines()[-1] == f"ann: {message}"


@pytest.mark.slow
def test_commands_that_a_memory_does_not_have(stored: Path, ann: Ann) -> None:
    done = ann("cv", "memory.nn", LETTERS, check=2)
    assert (
        done.stderr
        == "ann: ann cv compares trainings, and `memory beta 8` stores all patterns in one pass; `ann test NETWORK NOISY.csv` says how many rows recall their pattern\n"
    )
    done = ann("train", "memory.nn", LETTERS, "--continue", check=2)
    assert (
        done.stderr
        == "ann: the patterns of a memory are stored all at once; leave --continue out, and give all files\n"
    )
    done = ann("predict", "memory.nn", LETTERS, "--top", 2, check=2)
    assert done.stderr == "ann: --top is not for what a network recalls; leave it out\n"
    done = ann("export", "memory.nn", "--to", "c", "-o", "m.c", check=4)
    assert done.stderr == "ann: memory.nn: C cannot hold the layer `26 memory beta 8`; --to json writes it\n"
    assert "the gradient is right" in ann("gradcheck", "memory.nn", LETTERS).stdout
    define(stored, "memory hopfield")
    done = ann("gradcheck", "memory.nn", LETTERS, check=2)
    assert (
        done.stderr
        == "ann: `memory hopfield`: its outputs are signs, which have no gradient; use `memory beta 8`, which has one\n"
    )


@pytest.mark.slow
def test_a_network_that_learnt_to_recall(tmp_path: Path, ann: Ann) -> None:
    define(tmp_path, "200 tanh, 35 logistic")
    options = [
        "--row-names",
        "letter",
        "--validation",
        0,
        "--l2",
        0,
        "--batch-size",
        4,
        "--lr",
        0.005,
        "--option",
        "input_noise=0.4",
    ]
    few = ann("train", "memory.nn", LETTERS, 2, "--label", "inputs", "-o", "few.nn").stdout
    assert "patterns  0 of 26 are fixed points" in few
    assert (
        "\nfew fixed points: --validation 0 trains on all rows, and --l2 0 and --option input_noise=0.4 help; `memory"
        in few
    )
    done = ann("train", "memory.nn", LETTERS, 300, "--label", "inputs", *options)
    assert "patterns  26 of 26 are fixed points (100 %)" in done.stdout
    assert "few fixed points" not in done.stdout
    rows, names = np.repeat(letters(), 20, axis=0), [name for name in NAMES for _ in range(20)]
    write(tmp_path / "noisy.csv", flipped(rows, 3), names)
    memory = json.loads(ann("test", "memory.nn", "noisy.csv", "--json").stdout)["memory"]
    assert memory["recalled"] >= 0.95 * 520
    assert ann("predict", "memory.nn", "noisy.csv").stdout.startswith("pattern,between,")


@pytest.mark.slow
def test_rows_beside_weights_are_kept_where_they_are_few_or_named(tmp_path: Path, ann: Ann) -> None:
    define(tmp_path, "2 linear, 2 linear", 2)
    rows = [f"r{k},{k % 7},{k // 7}\n" for k in range(101)]
    (tmp_path / "p.csv").write_text("name,a,b\n" + "".join(rows))
    options = ["--label", "inputs", 2, "-q", "-o"]

    def kept(*more: object) -> bool:
        ann("train", "memory.nn", "p.csv", *options, "out.nn", *more)
        return "  patterns:\n    count: " in (tmp_path / "out.nn").read_text()

    assert not kept("--ignore", "name")
    assert ann("predict", "out.nn", "p.csv").stdout.startswith("predicted_a,predicted_b\n")
    assert ann("predict", "out.nn", "p.csv", "--steps", 3).stdout.startswith("steps,recalled_a,recalled_b\n")
    assert kept("--row-names", "name")
    assert ann("predict", "out.nn", "p.csv").stdout.startswith("pattern,between,")
    assert not kept("--row-names", "name", "--no-patterns")
    (tmp_path / "p.csv").write_text("name,a,b\n" + "".join(rows[:100]))
    assert kept("--ignore", "name")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    count: 2\n", "    count: two\n", "`count` must be a number of patterns, found 'two'"),
        ("    count: 2\n", "    count: 3\n", "block 1 of `weights` has 2 lines, inputs and layers need 3"),
        ("    count: 2\n", "    count: 2\n    more: 1\n", "unknown key 'more'; use one of count, names, values"),
        ("[A, B]", "[A]", "`names` has 1, and `count` says 2"),
        ("[A, B]", "[A, 3]", "`names` must be a list of names, found the number 3 among them"),
        ("  patterns:\n    count: 2\n    names: [A, B]\n", "", "`patterns` is missing: how many the memory stores"),
    ],
)
def test_faults_of_patterns_in_a_file(tmp_path: Path, ann: Ann, old: str, new: str, message: str) -> None:
    define(tmp_path, "memory", 2)
    (tmp_path / "p.csv").write_text("name,x,z\nA,1,0\nB,0,1\n")
    ann("train", "memory.nn", "p.csv", "--row-names", "name", "-q")
    text = (tmp_path / "memory.nn").read_text()
    assert old in text
    (tmp_path / "memory.nn").write_text(text.replace(old, new))
    done = ann("predict", "memory.nn", "p.csv", check=4)
    assert message in done.stderr
    assert done.stderr.startswith("ann: memory.nn:")
