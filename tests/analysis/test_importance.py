"""Importance of columns: permutations worked out by hand, input gradients against differences, partial dependence by hand."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.analysis.columns import columns_of, find_column
from anncli.analysis.importance import permutation_importance
from anncli.analysis.partial_dependence import partial_dependence
from anncli.analysis.sensitivity import input_gradients, mean_sensitivities
from anncli.dataset.dataset import Dataset
from anncli.dataset.statistics import fit_scaling
from anncli.errors import UsageError
from anncli.inference.predict import predict
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling
from anncli.tables import Roles


def linear(weights: list[float], **rest: object) -> Network:
    """A network that predicts bias 0 plus the weighted sum of its inputs."""
    network = Network.create(len(weights), [(1, "linear")], task="regression", **rest)
    network.set_parameters(np.array([0.0, *weights]))
    return network


def test_two_rows_can_only_keep_or_exchange_their_values() -> None:
    """y = 2 x1. In order the RMSE is 0; exchanged, each row is off by 2 (5 - 2) = 6. x2 is not used: it loses nothing."""
    data = Dataset(np.array([[2, 7], [5, 9]]), targets=np.array([4.0, 10.0]))
    found = permutation_importance(linear([2, 0]), data, repeats=20)
    assert [one.column.name for one in found.columns] == ["input 1", "input 2"]
    first, second = (one.changes["rmse"] for one in found.columns)
    assert first is not None
    assert second is not None
    assert set(first.values) == {0.0, 6.0}
    assert first.mean == pytest.approx(6 * first.values.count(6.0) / 20)
    # Of values 0 and 6 with k sixes among 20: the variance is 36 k (20 - k) / (20 19).
    k = first.values.count(6.0)
    assert first.deviation == pytest.approx((36 * k * (20 - k) / (20 * 19)) ** 0.5)
    assert first.error == pytest.approx(first.deviation / 20**0.5)
    assert set(second.values) == {0.0}
    assert found.base == {"rmse": 0.0}


def test_rows_without_an_answer_or_a_weight_do_not_count() -> None:
    inputs = np.array([[2, 7], [5, 9], [100, 0], [200, 0]])
    data = Dataset(inputs, targets=np.array([4.0, 10.0, np.nan, 0.0]), weights=np.array([1.0, 1, 1, 0]))
    found = permutation_importance(linear([2, 0]), data, repeats=20)
    assert found.n_rows == 2
    assert {value for one in found.columns for value in one.changes["rmse"].values} == {0.0, 6.0}
    alone = permutation_importance(linear([2, 0]), data, np.array([0]), repeats=3)
    assert alone.n_rows == 1
    assert alone.columns[0].changes["rmse"].values == (0.0, 0.0, 0.0)


def test_what_gets_better_counts_below_zero_and_metrics_have_signs() -> None:
    """The network says the opposite of the truth, so that exchanged rows are right: less than nothing is lost."""
    network = Network.create(1, [(1, "logistic")], classes=("a", "b"))
    network.set_parameters(np.array([0.0, -4.0]))
    data = Dataset(np.array([[1], [-1]]), np.array([0, 1]), ("a", "b"))
    found = permutation_importance(network, data, repeats=20, metrics=("accuracy", "mse"))
    one = found.columns[0]
    assert set(one.changes["accuracy"].values) == {0.0, -1.0}
    assert min(one.changes["mse"].values) < 0 == max(one.changes["mse"].values)
    with pytest.raises(UsageError, match="--by: rmse cannot be computed: this evaluation does not have it"):
        permutation_importance(network, data, metrics=("rmse",))


def table_network() -> Network:
    """A number that may be missing and a colour; output = 3 number + 5 missing + 10 red + 20 blue + 40 rare."""
    columns = (
        InputColumn("number", fill=0.0, indicator=True),
        InputColumn("colour", "category", ("red", "blue"), ("pink", "grey")),
    )
    roles = Roles(("number", "colour", "y"), ("y",), "regression")
    return linear([3, 5, 10, 20, 40], encoder=TableEncoder(roles, columns, "indicator"))


def test_all_inputs_of_a_category_change_places_together() -> None:
    """Rows red and blue: exchanged, each is off by 10. Permuted one by one, sums such as red and blue together would give
    0, 10 or 20 off."""
    inputs = np.array([[1, 0, 1, 0, 0], [1, 0, 0, 1, 0]], dtype=np.float32)
    data = Dataset(inputs, targets=np.array([13.0, 23.0]))
    found = permutation_importance(table_network(), data, repeats=30)
    assert [one.column.name for one in found.columns] == ["colour", "number"]
    assert set(found.columns[0].changes["rmse"].values) == {0.0, 10.0}


def test_the_same_seed_gives_the_same_figures_and_columns_do_not_depend_on_each_other() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(40, 3)).astype(np.float32)
    data = Dataset(inputs, targets=inputs @ [1, 2, 3])
    first, again = (permutation_importance(linear([1, 2, 3]), data, seed=4) for _ in range(2))
    assert first == again
    assert first != permutation_importance(linear([1, 2, 3]), data, seed=5)
    changed = permutation_importance(linear([0, 2, 3]), data, seed=4)
    assert [one.column.name for one in first.columns] == ["input 3", "input 2", "input 1"]
    # y = x1 + 2 x2 + 3 x3 minus its prediction is 0 before, so the third column loses the same difference.
    assert changed.columns[0].column.name == "input 3"


@pytest.mark.parametrize("scaling", ["none", "zscore", "soft-clip", "sigmoidal", "minmax", "robust", "energy", "vector-minmax"])  # fmt: skip
@pytest.mark.parametrize("output", ["softmax", "logistic", "linear"])
def test_input_gradients_are_those_of_differences(scaling: str, output: str) -> None:
    rng = np.random.default_rng(1)
    inputs = (rng.normal(size=(6, 4)) * [1, 5, 0.2, 3] + 2).astype(np.float32)
    task = "regression" if output == "linear" else "classification"
    network = Network.create(
        4, [(5, "tanh"), (1 if output == "logistic" else 3, output)], task=task,
        scaling=Scaling(*fit_scaling(scaling, inputs, np.arange(6))),
        target_scaling=TargetScaling("zscore", np.zeros(3), np.array([1.0, 2.0, 3.0])) if output == "linear" else TargetScaling(),
    )  # fmt: skip
    network.set_parameters(rng.normal(size=network.topology.n_parameters))
    found = input_gradients(network, inputs)
    assert np.abs(found).max() > 1e-3
    for k in range(4):
        step = np.zeros(4, dtype=np.float32)
        step[k] = 0.01 * inputs[:, k].std()
        high, low = inputs + step, inputs - step
        slopes = (predict(network, high).astype(float) - predict(network, low)) / (high - low)[:, [k]].astype(float)
        np.testing.assert_allclose(found[:, :, k], slopes, rtol=0.02, atol=0.002 * np.abs(slopes).max() + 1e-6)


def test_the_gradient_of_an_ensemble_is_the_mean() -> None:
    network = linear([2, -3])
    network.set_members([np.array([0.0, 2, -3]), np.array([1.0, 4, 5])])
    assert input_gradients(network, np.ones((1, 2))).tolist() == [[[3.0, 1.0]]]


def test_sensitivity_is_the_change_by_a_standard_deviation() -> None:
    """Output 2 x1 - 3 x2; x1 has the standard deviation 1, x2 the deviation 10, so one step of each is 2 and 30."""
    inputs = np.array([[1, 10], [-1, -10], [1, -10], [-1, 10]], dtype=np.float32)
    assert mean_sensitivities(linear([2, -3]), inputs).tolist() == pytest.approx([2, 30])
    # Of weight 3 and 1 with values 1 and -1: mean 0.5, variance 0.75.
    weighted = mean_sensitivities(linear([2, -3]), inputs[:2], np.array([3.0, 1.0]))
    assert weighted.tolist() == pytest.approx([2 * 0.75**0.5, 30 * 0.75**0.5])


def test_partial_dependence_by_hand() -> None:
    """Mean of 3 number + 5 missing + 10 red + 20 blue + 40 rare over rows (1, red), (missing, blue), (4, red)."""
    network = table_network()
    inputs = np.array([[1, 0, 1, 0, 0], [0, 1, 0, 1, 0], [4, 0, 1, 0, 0]], dtype=np.float32)
    number, colour = columns_of(network)
    found = partial_dependence(network, inputs, colour)
    # The rest is 3, 5 and 12: 20 / 3 on average.
    assert found.values == ("red", "blue", "(rare)")
    assert found.outputs[:, 0].tolist() == pytest.approx([20 / 3 + 10, 20 / 3 + 20, 20 / 3 + 40])
    assert found.fractions == pytest.approx((2 / 3, 1 / 3, 0))
    found = partial_dependence(network, inputs, number)
    # The indicator of the missing number is 0: colours give 40 / 3 on average.
    assert found.values == (0.0, 1.0, 4.0)
    assert found.outputs[:, 0].tolist() == pytest.approx([40 / 3, 40 / 3 + 3, 40 / 3 + 12])
    weighted = partial_dependence(network, inputs, number, np.array([0, 2.0, 0]))
    assert weighted.outputs[:, 0].tolist() == pytest.approx([20, 23, 32])
    # The row of weight 0 has the value 4, that of weight 3 the value 1.
    assert partial_dependence(network, inputs, number, np.array([3.0, 1.0, 0])).fractions == pytest.approx(
        (1 / 4, 3 / 4, 0)
    )
    assert partial_dependence(network, inputs, colour, np.array([3.0, 1.0, 0])).fractions == pytest.approx(
        (3 / 4, 1 / 4, 0)
    )


def test_a_column_of_many_numbers_is_shown_between_its_quantiles() -> None:
    inputs = np.arange(201, dtype=np.float32)[:, None]
    found = partial_dependence(linear([1]), inputs, columns_of(linear([1]))[0])
    assert found.values == tuple(10.0 + 18 * k for k in range(11))
    assert sum(found.fractions) == pytest.approx(1)


def test_columns_are_found_by_name_and_position() -> None:
    columns = columns_of(table_network())
    assert find_column(columns, "colour") is columns[1]
    assert find_column(columns, "1") is columns[0]
    with pytest.raises(UsageError, match=r"--column: the network has no input column 'color'; did you mean 'colour'\?"):
        find_column(columns, "color")
