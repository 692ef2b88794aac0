"""Networks as Python, JavaScript and SQL (in SQLite) compute the same, and every name stays a name."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
from random_networks import N_PLAIN_SEEDS, random_network
from text_exports import (
    answers,
    assert_proved,
    assert_same,
    edge_cases,
    hostile_network,
    hostile_table,
    random_case,
    table_rows,
)

from anncli.analysis.exporting import check_choices
from anncli.errors import UsageError
from anncli.inference.predict import predict

# Seeds of networks that each of them runs in the default tests.
SEEDS = {"python": (1, 3, 10), "javascript": (1, 3), "sql": (1, 3, 5, 22)}

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")


def of_format(name: str, *values: Any) -> Any:
    return pytest.param(name, *values, marks=needs_node if name == "javascript" else ())


every_format = pytest.mark.parametrize("name", [of_format(name) for name in SEEDS])


@pytest.mark.parametrize(("name", "seed"), [of_format(name, seed) for name, seeds in SEEDS.items() for seed in seeds])
def test_random_networks_compute_the_same(name: str, seed: int) -> None:
    assert_same(name, *random_case(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(N_PLAIN_SEEDS))
@every_format
def test_all_random_networks_are_proved(name: str, seed: int) -> None:
    assert_proved(name, random_network(seed))


@pytest.mark.parametrize("case", edge_cases())
@every_format
def test_jumps_and_saturated_outputs_compute_the_same(name: str, case: str) -> None:
    network, rows = edge_cases()[case]
    # Without an allowance for rounding: these numbers are exact.
    found = answers(name, network, rows).outputs
    np.testing.assert_allclose(found, predict(network, rows.inputs), rtol=1e-5, atol=1e-5)


@every_format
def test_hostile_names_stay_names(name: str) -> None:
    network = hostile_network()
    assert_same(name, network, table_rows(network, hostile_table()))


@pytest.mark.parametrize("name", SEEDS)
def test_there_are_no_fixed_point_numbers(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_choices(name, 8, stateful=False)
    assert str(refused.value) == f"--int8: {name} has no fixed-point numbers; write c or c-header, or leave it out"
