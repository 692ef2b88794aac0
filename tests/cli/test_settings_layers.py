"""Where an option's value comes from: command line, then variable, then config file, then network file, then default."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ann_process import NETWORK, Ann

TRAIN = ("train", "net.nn", "pos.txt", "neg.txt", 3)
PLACES = ("command line", "variable", "config", "network file", "default")


def understood(folder: Path, ann: Ann, places: dict[str, str], option: str) -> dict[str, object]:
    """The dry run's answer when `option` has the given value at each of the places."""
    arguments: list[str] = []
    env = {}
    if "command line" in places:
        arguments += [f"--{option.replace('_', '-')}", places["command line"]]
    if "variable" in places:
        env[f"ANN_{option.upper()}"] = places["variable"]
    if "config" in places:
        (folder / "train.yaml").write_text(f"{option}: {places['config']}\n")
        arguments += ["--config", "train.yaml"]
    if "network file" in places:
        (folder / "net.nn").write_text(NETWORK + f"training: {{{option}: {places['network file']}}}\n")
    document: dict[str, object] = json.loads(ann(*TRAIN, "--dry-run", "--json", *arguments, env=env).stdout)
    return document


@pytest.mark.parametrize("stronger", range(4))
def test_of_two_neighbours_the_stronger_wins(small: Path, ann: Ann, stronger: int) -> None:
    values = {"command line": "11", "variable": "12", "config": "13", "network file": "14", "default": "0"}
    places = {place: values[place] for place in PLACES[stronger : stronger + 2] if place != "default"}
    assert understood(small, ann, places, "seed")["seed"] == int(values[PLACES[stronger]])


def test_options_of_the_trainer_follow_the_same_order(small: Path, ann: Ann) -> None:
    places = {"variable": "0.2", "config": "0.3", "network file": "0.4"}
    found = understood(small, ann, places, "learning_rate")
    assert found["options"]["learning_rate"] == 0.2  # type: ignore[index]
    # One that has no option of its own on the command line.
    found = understood(small, ann, places, "beta1")
    assert found["options"]["beta1"] == 0.2  # type: ignore[index]
    done = ann(*TRAIN, "--dry-run", "--json", "--option", "beta1=0.1", env={"ANN_BETA1": "0.2"})
    assert json.loads(done.stdout)["options"]["beta1"] == 0.1


@pytest.mark.slow
def test_flags_follow_the_same_order(small: Path, ann: Ann) -> None:
    (small / "yes.yaml").write_text("json: true\n")
    (small / "no.yaml").write_text("json: false\n")

    def is_json(*arguments: str, **env: str) -> bool:
        return ann(*TRAIN, "--dry-run", *arguments, env=env).stdout.startswith("{")

    assert not is_json()
    assert is_json("--config", "yes.yaml")
    assert not is_json("--config", "yes.yaml", ANN_JSON="0")
    assert is_json("--config", "no.yaml", ANN_JSON="1")
    assert is_json("--json", ANN_JSON="0")
    assert is_json(ANN_CONFIG="yes.yaml")
    assert not is_json("--config", "no.yaml", ANN_CONFIG="yes.yaml")


def test_quiet_from_a_variable(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, env={"ANN_QUIET": "1"})
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.slow
def test_parts_in_a_config_file(small: Path, ann: Ann) -> None:
    for text, samples in {"0.25": 4, "[pos.txt, neg.txt]": 16, "pos.txt,neg.txt": 16}.items():
        (small / "train.yaml").write_text(f"validation: {text}\n")
        done = ann(*TRAIN, "--dry-run", "--json", "--config", "train.yaml", "-q")
        assert json.loads(done.stdout)["samples"]["validation"] == samples


@pytest.mark.parametrize(
    ("text", "option", "value"),
    [
        ("learning_rate: 1e-3", "learning_rate", 0.001),
        ("learning-rate: '1e-3'", "learning_rate", 0.001),
        ('learning_rate: ".5"', "learning_rate", 0.5),
        ("batch_size: 010", "batch_size", 10),
        ("trainer: sgd\nnesterov: yes", "nesterov", True),
        ("trainer: sgd\nnesterov: 'off'", "nesterov", False),
    ],
)
def test_yaml_means_what_a_person_means(small: Path, ann: Ann, text: str, option: str, value: object) -> None:
    (small / "train.yaml").write_text(text + "\n")
    found = json.loads(ann(*TRAIN, "--dry-run", "--json", "--config", "train.yaml").stdout)["options"]
    assert found[option] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: 1\nsede: 2", "train.yaml:2:1: unknown option 'sede'; did you mean 'seed'?"),
        ("json: perhaps", "train.yaml:1:1: json: must be true or false, found 'perhaps'"),
        ("seed: 1.5", "train.yaml:1:1: seed: must be a whole number, at least 0, found '1.5'; write for example 1"),
        ("seed: .nan", "train.yaml:1:7: '.nan' is not a finite number; write a finite number, or quotes around text"),
        ("seed: 1\nseed: 2", "train.yaml:2:1: 'seed' is given twice, first in line 1; remove one"),
        ("batch_size: 4\nbatch-size: 5", "train.yaml:2:1: 'batch-size' is given twice; remove one"),
        ("trainer: [adam]", "train.yaml:1:1: trainer: unknown trainer '['adam']'; did you mean 'adam'?"),
        ("output: [a, b]", "train.yaml:1:1: output: expected one value, found ['a', 'b']"),
        ("momentum: 0.5", "train.yaml:1:1: momentum: trainer adam has no momentum; its options are "),
    ],
)
def test_faults_of_a_config_file_name_their_place(small: Path, ann: Ann, text: str, message: str) -> None:
    (small / "train.yaml").write_text(text + "\n")
    done = ann(*TRAIN, "--config", "train.yaml", check=2)
    assert done.stderr.startswith(f"ann: {message}"), done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training: {sede: 2}", "net.nn:5:12: unknown training option 'sede'; did you mean 'seed'?"),
        ("training:\n  seed: x", "net.nn:6:9: seed: must be a whole number, at least 0, found 'x'"),
        ("training: {batch_size: 2, batch-size: 3}", "net.nn:5:27: 'batch-size' is given twice; remove one"),
        ("training: {output: x}", "net.nn:5:12: unknown training option 'output'"),
    ],
)
def test_faults_of_the_network_files_training_name_their_place(small: Path, ann: Ann, text: str, message: str) -> None:
    (small / "net.nn").write_text(NETWORK + text + "\n")
    done = ann(*TRAIN, "--seed", "1", check=4)
    assert done.stderr.startswith(f"ann: {message}"), done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ANN_SEDE", "1", "unknown variable ANN_SEDE; did you mean ANN_SEED?"),
        ("ANN_SEED", "x", "ANN_SEED: must be a whole number, at least 0, found 'x'; write for example 1"),
        ("ANN_JSON", "x", "ANN_JSON: must be true or false, found 'x'"),
        ("ANN_BETA1", "x", "ANN_BETA1: must be a number"),
        ("ANN_CONFIG", "none.yaml", "none.yaml: no such file"),
    ],
)
def test_faults_of_variables_name_them(small: Path, ann: Ann, variable: str, value: str, message: str) -> None:
    done = ann(*TRAIN, check=2, env={variable: value})
    assert done.stderr.startswith(f"ann: {message}"), done.stderr


def test_variables_of_other_programs_are_left_alone(small: Path, ann: Ann) -> None:
    ann(*TRAIN, "--dry-run", env={"ANN_ARBOR": "Michigan", "ANNOTATE": "1", "ANN_KERNEL_VARIANT": ""})


def test_an_option_meant_for_another_trainer_does_not_apply(small: Path, ann: Ann) -> None:
    (small / "net.nn").write_text(NETWORK + "training: {trainer: sgd, momentum: 0.5}\n")
    found = json.loads(ann(*TRAIN, "--dry-run", "--json", "--trainer", "adam").stdout)
    assert "momentum" not in found["options"]
    assert json.loads(ann(*TRAIN, "--dry-run", "--json").stdout)["options"]["momentum"] == 0.5


@pytest.mark.slow
def test_other_commands_read_config_and_variables_too(trained: Path, ann: Ann) -> None:
    (trained / "all.yaml").write_text("seed: 3\njson: true\nthreshold: 0.25\nhidden: 5\n")
    found = json.loads(ann("test", "net.nn", "pos.txt", "neg.txt", "--config", "all.yaml").stdout)
    assert found["threshold"] == 0.25
    found = json.loads(
        ann("test", "net.nn", "pos.txt", "neg.txt", "--config", "all.yaml", env={"ANN_THRESHOLD": "0.5"}).stdout
    )
    assert found["threshold"] == 0.5
    ann("init", "new.nn", "--inputs", 2, "--config", "all.yaml")
    assert "layers: [5 tanh, 1 logistic]" in (trained / "new.nn").read_text()
    ann("init", "newer.nn", env={"ANN_INPUTS": "4", "ANN_HIDDEN": "0"})
    assert "layers: [1 logistic]" in (trained / "newer.nn").read_text()
