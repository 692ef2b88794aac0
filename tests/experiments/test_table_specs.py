"""Tables as the data of specs: their identity, and trainings in other processes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from small_specs import options

from anncli.dataset.table_data import TableData
from anncli.experiments.executors.processes import Processes
from anncli.experiments.inputs import dataset_digest, forget, register, unreadable
from anncli.experiments.spec import Spec
from anncli.experiments.worker import run_spec
from anncli.tables import Roles, Table, TableColumn, make_table

NETWORK = b"anncli: 1\ninputs: {table: auto}\nlayers: [3 tanh, 1 logistic]\n"


def table_data(n: int = 40) -> TableData:
    """n rows of a number with gaps and a word; the class is whether k % 3 is 0."""
    cells = {"a": [None if k % 7 == 0 else float(k % 5) for k in range(n)], "b": ["pqr"[k % 3] for k in range(n)]}
    table = make_table({**cells, "y": ["yes" if k % 3 == 0 else "no" for k in range(n)]})
    roles = Roles(table.names, ("y",), ("a", "b"))
    labels = np.array([k % 3 != 0 for k in range(n)], dtype=np.int8)
    return TableData(table, roles, {"a": "number", "b": "category"}, labels, ("yes", "no"), missing="mean")


def with_column(data: TableData, place: int, column: TableColumn) -> TableData:
    columns = [*data.table.columns[:place], column, *data.table.columns[place + 1 :]]
    return replace(data, table=Table(tuple(columns), data.n_samples))


def other_number(data: TableData) -> TableData:
    numbers = np.array(data.table.columns[0].numbers)
    numbers[3] += 1
    return with_column(data, 0, TableColumn("a", numbers))


def other_word(data: TableData) -> TableData:
    return with_column(data, 1, TableColumn("b", None, data.table.columns[1].codes, ("p", "q", "s")))


CHANGES: list[Callable[[TableData], TableData]] = [
    other_number,
    other_word,
    lambda data: replace(data, missing="median"),
    lambda data: replace(data, unknown="error"),
    lambda data: replace(data, kinds={"a": "category", "b": "category"}),
    lambda data: replace(data, labels=1 - data.labels),
    lambda data: replace(data, classes=("no", "yes")),
    lambda data: replace(data, weights=np.arange(data.n_samples)),
    lambda data: replace(data, groups=np.arange(data.n_samples)),
    lambda data: replace(data, roles=data.roles._replace(inputs=("a",))),
]


@pytest.mark.parametrize("change", CHANGES)
def test_everything_in_a_table_counts_in_its_digest(change: Callable[[TableData], TableData]) -> None:
    data = table_data()
    assert dataset_digest(pickle.loads(pickle.dumps(data))) == dataset_digest(data)
    assert dataset_digest(change(data)) != dataset_digest(data)


def test_other_processes_train_on_the_table_that_they_are_sent() -> None:
    ref = register(table_data())
    specs = [Spec(NETWORK, ref, None, options(seed=seed), 5, keep_network=True) for seed in (0, 1)]
    assert list(unreadable(specs)) == [ref.contents]
    here = [run_spec(spec) for spec in specs]
    assert [result.error for result in here] == [None, None]
    there = {result.digest: result for result in Processes(run_spec, 2).run(specs)}
    assert [there[result.digest].without_times() for result in here] == [result.without_times() for result in here]
    # Each training has filled the gaps by the mean of its own rows.
    fills = [str(result.network).split("fill: ")[1].split("}")[0] for result in here]
    assert fills[0] != fills[1]
    forget(ref)
