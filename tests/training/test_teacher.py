"""A teacher: its outputs are the targets of the training, labels choose the epoch and make the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_pruning import chosen

import anncli
from anncli import Dataset, Network
from anncli.cli.main import run as main
from anncli.errors import DataError, NetworkError, UsageError
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare
from anncli.training.teacher import Teacher, check_teacher, with_teacher

RNG = np.random.default_rng(4)
INPUTS = RNG.normal(size=(60, 2)).astype(np.float32)
LABELS = (INPUTS[:, 0] + INPUTS[:, 1] > 0).astype(np.int32)


def classes_data() -> Dataset:
    return Dataset(INPUTS.copy(), LABELS.copy(), ("low", "high"))


def taught(layers: list[str], parameters: list[float], **fields: Any) -> Network:
    network = Network.create(2, layers)
    network.parameters = np.array(parameters, dtype=np.float32)
    for name, value in fields.items():
        setattr(network, name, value)
    return network


def teacher_of(network: Network) -> Teacher:
    return Teacher(network, "big.nn", "0" * 64)


def learn(network: Network, data: Dataset, teacher: Network, **values: Any) -> TrainingRun:
    return TrainingRun(with_teacher(prepare(network, data, chosen(**values)), teacher_of(teacher), data))


def test_a_linear_network_learns_the_teacher_and_not_the_answers() -> None:
    """The teacher says 2 x1 - x2 + 3, the answers are noise; Levenberg-Marquardt finds the teacher's parameters."""
    teacher = taught(["1 linear"], [3.0, 2.0, -1.0], task="regression")
    noise = np.random.default_rng(1).normal(size=(60, 1)).astype(np.float32)
    data = Dataset(INPUTS.copy(), targets=noise)
    network = Network.create(2, ["1 linear"])
    settings = {"trainer": "lm", "scaling": "none", "target_scaling": "none", "l2": 0.0, "validation": 0.0}
    run = learn(network, data, teacher, **settings)
    for _ in run.epochs(50):
        pass
    result = run.finish()
    assert result.network.parameters == pytest.approx([3.0, 2.0, -1.0], abs=1e-4)
    # The tables are about the answers: the error is far from 0.
    assert run.evaluate(result.parameters_for("training"), "training").rmse > 1
    assert result.network.record["taught_by"] == {"file": "big.nn", "sha256": "0" * 64, "layers": "1 linear"}


def test_targets_are_what_predict_says() -> None:
    teacher = taught(["1 logistic"], [0.3, 1.0, -2.0], classes=("low", "high"))
    run = learn(Network.create(2, ["3 tanh", "1 logistic"]), classes_data(), teacher)
    lesson = run.setup.lesson
    assert lesson is not None
    # By hand for the first row.
    z = 0.3 + float(INPUTS[0, 0]) - 2 * float(INPUTS[0, 1])
    assert lesson.targets[0, 0] == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-6)
    assert lesson.targets == pytest.approx(anncli.predict(teacher, INPUTS), abs=1e-6)
    assert np.array_equal(run.setup.smoothed, lesson.targets)
    # Validation measures by labels.
    assert set(np.unique(run.setup.encoded)) == {0.0, 1.0}


def test_the_outputs_of_an_ensemble_are_averaged() -> None:
    own = [np.array([0.0, 1.0, 0.0], np.float32), np.array([0.0, 0.0, 1.0], np.float32)]
    teacher = taught(["1 logistic"], [0.0, 0.0, 0.0], classes=("low", "high"))
    teacher.set_members(own)
    run = learn(Network.create(2, ["1 logistic"]), classes_data(), teacher)
    lesson = run.setup.lesson
    assert lesson is not None
    each = 1 / (1 + np.exp(-INPUTS.astype(float)))
    assert lesson.targets[:, 0] == pytest.approx(each.mean(axis=1), abs=1e-6)
    assert lesson.record["members"] == "2"


def test_a_final_fit_learns_from_the_teacher_too() -> None:
    teacher = taught(["1 logistic"], [0.0, 0.0, 0.0], classes=("low", "high"))
    run = learn(Network.create(2, ["1 logistic"]), classes_data(), teacher)
    objective = run.setup.open_final_objective(0.0)
    # The teacher says 0.5 of every row.
    assert np.unique(objective.targets).tolist() == [0.5]


REFUSED = [
    ({"label_smoothing": 0.1}, Network.create(2, ["1 logistic"]), "--label-smoothing changes answers"),
    ({"trainer": "online", "quiet_epochs": 5}, Network.create(2, ["1 logistic"]), "add --quiet-epochs 0"),
    ({}, Network.create(2, ["3 softmax"]), "'big.nn' has 1 output, this network has 3; give both the same outputs"),
]


@pytest.mark.parametrize(("values", "network", "message"), REFUSED)
def test_what_cannot_be_taught_is_refused_before_data_are_read(
    values: dict[str, Any], network: Network, message: str
) -> None:
    teacher = teacher_of(taught(["1 logistic"], [0.0, 0.0, 0.0]))
    with pytest.raises(UsageError, match=message):
        check_teacher(teacher, network, chosen(**values))


def test_other_classes_are_refused() -> None:
    teacher = taught(["1 logistic"], [0.0, 0.0, 0.0], classes=("high", "low"))
    with pytest.raises(
        UsageError, match=r"the outputs of 'big.nn' are for high, low, those of this network for low, high"
    ):
        learn(Network.create(2, ["1 logistic"]), classes_data(), teacher)


def test_a_teacher_without_weights_is_refused() -> None:
    with pytest.raises(NetworkError, match="a teacher needs weights"):
        check_teacher(teacher_of(Network.create(2, ["1 logistic"])), None, chosen())


def test_outputs_that_are_no_probabilities_are_refused() -> None:
    teacher = taught(["1 tanh"], [0.0, 0.0, 0.0], classes=("low", "high"))
    with pytest.raises(UsageError, match=r"the outputs of 'big.nn' are tanh and no probabilities"):
        learn(Network.create(2, ["1 logistic"]), classes_data(), teacher)


def test_a_teacher_of_other_inputs_is_refused() -> None:
    teacher = Network.create(3, ["1 logistic"])
    teacher.parameters = np.zeros(4, np.float32)
    with pytest.raises(DataError, match=r"'big.nn' takes 3 inputs, the data have 2"):
        learn(Network.create(2, ["1 logistic"]), classes_data(), teacher)


def test_numbers_of_another_name_are_refused() -> None:
    data = Dataset(INPUTS.copy(), targets=INPUTS[:, :1].copy(), target_names=("price",))
    teacher = taught(["1 linear"], [0.0, 1.0, 0.0], task="regression", target_names=("weight",))
    with pytest.raises(UsageError, match=r"outputs of 'big\.nn' are for weight, those of this network for price"):
        learn(Network.create(2, ["1 linear"]), data, teacher)


def test_a_table_without_a_column_of_the_teacher_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{x},{2 * x},{'yes' if x > 20 else 'no'}\n" for x in range(40))
    for name, columns in (("old", "a,b"), ("new", "a,c")):
        (tmp_path / f"{name}.csv").write_text(f"{columns},y\n{rows}")
    arguments = ["--label", "y", "-q", "--epochs", "2"]
    assert main(["train", str(tmp_path / "old.csv"), *arguments, "-o", str(tmp_path / "old.nn")]) == 0
    teacher, data = str(tmp_path / "old.nn"), str(tmp_path / "new.csv")
    assert main(["train", data, *arguments, "-o", str(tmp_path / "new.nn"), "--teacher", teacher]) == 3
    assert not (tmp_path / "new.nn").exists()


def test_numbers_are_not_taught_by_classes() -> None:
    data = Dataset(INPUTS.copy(), targets=INPUTS[:, :1].copy())
    teacher = taught(["1 logistic"], [0.0, 0.0, 0.0])
    with pytest.raises(UsageError, match=r"'big.nn' is for classification, the data for regression"):
        learn(Network.create(2, ["1 linear"]), data, teacher)


def test_rows_that_trained_the_teacher_are_told() -> None:
    data = classes_data()
    teacher = anncli.train(Network.create(2, ["1 logistic"]), data, 3, validation=0.0).network
    run = learn(Network.create(2, ["1 logistic"]), data, teacher, validation=0.2)
    held_out = len(run.setup.rows["validation"])
    assert run.setup.warnings[-1] == (
        f"{held_out} of the {held_out} rows of validation and test set trained the teacher big.nn: "
        "the figures of these sets may be optimistic"
    )


def test_from_python_by_the_name_of_the_file(tmp_path: Path) -> None:
    data, place = classes_data(), tmp_path / "big.nn"
    anncli.save(anncli.train(Network.create(2, ["4 tanh", "1 logistic"]), data, 20).network, place)
    small = Network.create(2, ["1 logistic"])
    result = anncli.train(small, data, 10, teacher=str(place))
    assert result.network.record["taught_by"]["file"] == "big.nn"


def test_a_setup_without_its_teacher_is_no_run() -> None:
    setup = prepare(Network.create(2, ["1 logistic"]), classes_data(), chosen(teacher="big.nn"))
    with pytest.raises(UsageError, match="a teacher is for one training"):
        TrainingRun(setup)
