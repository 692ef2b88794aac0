"""The options of every command: all values are checked before any data file is read, wherever they come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ann_process import NEGATIVE, NETWORK, POSITIVE, ROOT, Ann

from anncli.cli.main import run
from anncli.cli.names import COMMANDS
from anncli.options.in_command import IN_COMMAND, OwnWords
from anncli.options.table import COLUMN, FILE, OPTIONS, TEXT, TrainingOptions, option_names, options_of
from anncli.options.variables import variable
from anncli.options.wording import long_name

# The words of every command, with data files that are missing; net.nn is there and untrained.
WORDS = {
    "train": ["net.nn", "none1.txt", "none2.txt", "5"],
    "test": ["net.nn", "none1.txt", "none2.txt"],
    "predict": ["net.nn", "none1.txt"],
    "init": ["new.nn"],
    "info": ["net.nn"],
    "trainers": [],
    "cv": ["net.nn", "none1.txt", "none2.txt", "5"],
    "search": ["net.nn", "none1.txt", "none2.txt", "5"],
    "compare": ["net.nn", "net.nn", "none1.txt", "none2.txt"],
    "explain": ["net.nn", "none1.txt", "none2.txt"],
    "report": ["net.nn", "none1.txt", "none2.txt"],
    "plot": ["roc", "net.nn", "none1.txt", "none2.txt"],
    "bench": ["net.nn", "none1.txt", "none2.txt", "5"],
    "gradcheck": ["net.nn", "none1.txt", "none2.txt"],
    "curvature": ["net.nn", "none1.txt", "none2.txt"],
    "check": ["net.nn", "none1.txt", "none2.txt"],
    "convert": ["none1.txt", "out.csv"],
    "export": ["net.nn", "-o", "out.txt"],
    "import": ["net.nn"],
    "scan": ["net.nn", "none1.txt"],
    "generate": ["net.nn"],
    "words": ["net.nn", "king"],
    "t": ["net.nn", "none1.txt", "none2.txt", "5"],
    "r": ["net.nn", "none1.txt"],
    "help": [],
    "completion": ["bash"],
}
# Any text may be the name of a file.
FREE = {name for name, info in OPTIONS.items() if set(FILE + COLUMN + TEXT) & set(info.words)} - {"validation", "test"}
BAD = {"delimiter": "5", "validation": "1.5", "test": "a,,b", "option": "beta1"}
CASES = [(command, name) for command in COMMANDS for name in options_of(command) if name not in FREE]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with net.nn and no data, and without ANN_ variables."""
    monkeypatch.chdir(tmp_path)
    for name in (*OPTIONS, *option_names()):
        monkeypatch.delenv(variable(name), raising=False)
    (tmp_path / "net.nn").write_text(NETWORK)
    return tmp_path


def message(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 2) -> str:
    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return err


@pytest.mark.parametrize(("command", "name"), CASES)
def test_a_bad_value_is_refused_by_name_before_data_are_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, name: str
) -> None:
    bad = BAD.get(name, "?bad?")
    if OPTIONS[name].kind in ("value", "list"):
        err = message([command, *WORDS[command], long_name(name), bad], capsys)
        assert err.startswith(f"ann: {long_name(name)}: "), err
    (folder / "all.yaml").write_text(f"{name}: '{bad}'\n")
    err = message([command, *WORDS[command], "--config", "all.yaml"], capsys)
    assert err.startswith(f"ann: all.yaml:1:1: {name}: "), err
    monkeypatch.setenv(variable(name), bad)
    err = message([command, *WORDS[command]], capsys)
    assert err.startswith(f"ann: {variable(name)}: "), err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--loss", "cross-entropy"], "loss cross-entropy needs softmax outputs, this network has logistic; use loss "),
        (["--targets", "3,0"], "targets 3,0 are outside the range of logistic outputs, 0 to 1; "),
        (["--class-weight", "1,2,3"], "--class-weight names 3 weights, the network has 2 classes"),
        (["--momentum", "0.5"], "--momentum: trainer adam has no momentum; its options are learning_rate"),
        (["--option", "beta1=2x"], "--option beta1: must be a number"),
        (["--option", "nonsense=1"], "--option nonsense: unknown option; "),
        (["--checkpoint-every", "5"], "--checkpoint-every needs --checkpoint; "),
        (["--output", "./none2.txt"], "--output ./none2.txt would overwrite a file that this run needs; "),
        (["--dividetrain", "90", "--validation", "0.2"], "--dividetrain trains on all rows; leave --validation out"),
    ],
)
def test_values_that_do_not_fit_the_network_are_refused_before_data_are_read(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    assert message(["train", *WORDS["train"], *arguments], capsys).startswith(f"ann: {text}")


def test_good_values_reach_the_missing_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "cv", "search", "bench", "gradcheck"):
        assert message([command, *WORDS[command], "--seed", "3"], capsys, 3).startswith("ann: none1.txt: no such file")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_of_another_command_is_refused_with_its_command(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    if command in ("t", "r"):
        return  # Their words may begin with a dash.
    # With --json a document is printed, also where the command does not have it.
    for name in sorted(OPTIONS.keys() - options_of(command).keys() - {"json"}):
        belongs = ", ".join(OPTIONS[name].commands)
        expected = f"ann: ann {command} has no option {long_name(name)}; it belongs to {belongs}\n"
        assert message([command, *WORDS[command], long_name(name), "1"], capsys) == expected


def test_epochs_are_checked_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert message(["train", "none.nn", "a", "b", "1e3"], capsys) == (
        "ann: EPOCHS must be a whole number, found '1e3'; write digits only, for example 1000; a file of this name is written ./1e3\n"
    )
    assert message(["bench", "none.nn", "a", "b", "0"], capsys).startswith(
        "ann: EPOCHS must be a whole number, at least 1, found '0'; "
    )


@pytest.mark.slow
def test_variables_and_config_files_reach_the_options_of_bench_and_gradcheck(small: Path, ann: Ann) -> None:
    (small / "all.yaml").write_text("rows: 4\nstarts: 2\ntrainers: [gd, adam]\nplot: none\nthreads: 2\n")
    files = ("pos.txt", "neg.txt")
    document = json.loads(ann("gradcheck", "net.nn", *files, "--config", "all.yaml", "--json").stdout)
    assert document["rows"] == 4
    document = json.loads(ann("gradcheck", "net.nn", *files, "--json", env={"ANN_ROWS": "3", "ANN_LIMIT": "5"}).stdout)
    assert document["rows"] == 3
    assert document["checked"] <= 5
    bench = ("bench", "net.nn", *files, 2, "--json", "--config", "all.yaml")
    document = json.loads(ann(*bench, env={"ANN_STARTS": "1"}).stdout)
    assert {entry["trainer"]: len(entry["starts"]) for entry in document["trainers"]} == {"gd": 1, "adam": 1}
    assert document["plot"] is None


@pytest.mark.slow
def test_one_labelled_list_serves_every_command_that_reads_classes(small: Path, ann: Ann) -> None:
    entries = [(line, 1) for line in POSITIVE.splitlines()] + [(line, 2) for line in NEGATIVE.splitlines()]
    (small / "all.txt").write_text("".join(f"v{k} {label}\n{line}\n" for k, (line, label) in enumerate(entries)))
    assert json.loads(ann("gradcheck", "net.nn", "all.txt", "--json").stdout)["rows"] == 16
    ann("bench", "net.nn", "all.txt", 2, "--trainers", "gd", "--plot", "none")
    ann("train", "net.nn", "all.txt", 2, "-q")
    ann("test", "net.nn", "all.txt")


def test_a_list_option_is_one_layer_at_a_time(small: Path, ann: Ann) -> None:
    """--option of the command line does not hide a variable of another trainer option."""
    run = ("train", "net.nn", "pos.txt", "neg.txt", 3, "--dry-run", "--json")
    found = json.loads(ann(*run, "--option", "beta1=0.5", env={"ANN_OPTION": "beta2=0.6", "ANN_BETA1": "0.1"}).stdout)
    assert (found["options"]["beta1"], found["options"]["beta2"]) == (0.5, 0.6)


def lines_of(text: str) -> set[str]:
    return {line.split()[0].rstrip(",") for line in text.splitlines() if line.startswith("  -")}


def test_short_help_of_train_shows_about_a_dozen_options_and_how_to_see_all(ann: Ann) -> None:
    text = ann("train", "-h").stdout
    assert 10 <= len(lines_of(text)) <= 16
    assert {"--trainer", "--validation", "--learning-rate", "-o"} <= lines_of(text)
    n_more = len(options_of("train")) - len(lines_of(text))
    assert text.splitlines()[-1] == f"{n_more} more options: ann train --help-all"
    assert 3 <= text.count("\n    ann train ") <= 4
    assert len(text.splitlines()) < 55


@pytest.mark.parametrize("command", COMMANDS)
def test_help_all_shows_every_option_in_its_group(ann: Ann, command: str) -> None:
    text = ann(command, "--help-all").stdout
    for name, info in options_of(command).items():
        assert long_name(name) in text.replace(",", " ").split(), name
        # Every word is whole: no value such as cross-entropy is broken over two lines.
        own = IN_COMMAND.get((command, name), OwnWords("")).full
        assert set((own or info.help).split()) <= set(text.split()), name
    assert "more options" not in text


def test_bench_and_gradcheck_have_only_options_that_they_use() -> None:
    ends = {"trainer", "average", "patience", "stop", "goal", "dividetrain", "time_limit", "metric", "keep", "refit", "restarts", "threshold"}  # fmt: skip
    assert not ends & options_of("bench").keys()
    trains = ends | {"validation", "test", "batch_size", "dropout", "option", "momentum"}
    assert not trains & options_of("gradcheck").keys()
    assert set(TrainingOptions._fields) & options_of("gradcheck").keys() == {
        "loss", "targets", "scaling", "target_scaling", "class_weight", "l2", "l1", "label_smoothing", "init", "seed",
    }  # fmt: skip


def test_the_overview_has_sections_and_four_examples(ann: Ann) -> None:
    text = ann("-h").stdout
    sections = ["Train and use:", "Look inside:", "ann1dn's forms:"]
    assert [line for line in text.splitlines() if line in sections] == sections
    assert text.count("\n    ann ") == 4
    for name, info in COMMANDS.items():
        assert f"  {name} ".ljust(12) in text
        assert info.summary in text


@pytest.mark.slow
def test_without_compiled_kernels_a_training_says_how_to_get_them(small: Path, ann: Ann) -> None:
    """A finder that hides the compiled module stands in for an installation without a compiler."""
    (small / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'anncli.compiled._native':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    env = {"PYTHONPATH": f"{small}:{ROOT}", "ANN_KERNELS": ""}
    run = ("train", "net.nn", "pos.txt", "neg.txt", 20, "-o", "o.nn")
    note = (
        "ann: trained with the slow numpy code, because there is no compiled code (not built); install anncli with a C++ "
        "compiler present (pip install --force-reinstall --no-binary anncli anncli)\n"
    )
    done = ann(*run, env=env)
    assert done.stderr.endswith(note)
    assert "kernels" not in done.stdout
    assert ann(*run, "-q", env=env).stderr == ""
    # Nothing is missing for somebody who asked for numpy.
    assert "kernels" not in ann(*run, env={**env, "ANN_KERNELS": "numpy"}).stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_80_columns(ann: Ann, command: str) -> None:
    assert [line for line in ann(command, "-h").stdout.splitlines() if len(line) > 80] == []


def test_folds_are_told_as_each_command_has_them(ann: Ann) -> None:
    for command, default in (("cv", "[default: 10]"), ("search", "[default: 3;"), ("compare", "same K folds")):
        after = ann(command, "-h").stdout.partition("--folds K|loo")[2]
        assert default in " ".join(after.split()[:20]), command
