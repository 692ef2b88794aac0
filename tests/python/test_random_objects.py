"""Whatever is handed over as X, y and weights: it is trained on, or refused in words; and what is trained survives its file."""

from __future__ import annotations

import datetime
import decimal
import random
import traceback
import warnings
from typing import Any

import numpy as np
import pytest

import anncli
from anncli import AnnClassifier, AnnRegressor
from anncli.formats.networks.storage import parse, render

N = 12
CELLS: list[Any] = [
    1, 2.5, -3, 0, None, float("nan"), float("inf"), 1e300, "a", "b", "", "1", "2.5", " ", True, False, np.float32(3), np.int64(4),
    b"x", 1j, [], {}, (1, 2), datetime.date(2020, 1, 1), decimal.Decimal("1.5"), 10**400, object(), np.datetime64("2020"),
    np.str_("q"), "\x00", "é" * 50,
]  # fmt: skip
POOLS: list[list[Any]] = [[1, 2, 3], [0.5, 1.5, -2], ["a", "b"], ["a", "b", None], [1, 0], [True, False], [1.0, None]]


def cells(dice: random.Random) -> list[Any]:
    pool = dice.sample(CELLS, dice.choice([1, 2, 3])) if dice.random() < 0.2 else dice.choice(POOLS)
    return [dice.choice(pool) for _ in range(dice.choice([N] * 60 + [0, 1, N - 1]))]


def inputs(dice: random.Random) -> Any:
    columns, kind = [cells(dice) for _ in range(dice.choice([1, 2, 3]))], dice.randrange(7)
    if kind == 0:
        return dice.choice([*CELLS, columns, cells(dice)])
    if kind == 1:
        return [list(row) for row in zip(*columns, strict=False)]
    if kind == 2:
        return {dice.choice([f"c{k}", "a", "y", 3]): own for k, own in enumerate(columns)}
    if kind == 3 and len({*map(len, columns)}) == 1:
        array = np.empty((len(columns[0]), len(columns)), dtype=object)
        for place, own in enumerate(columns):
            for row, cell in enumerate(own):
                array[row, place] = cell
        return array
    if kind == 4:
        return np.zeros(dice.choice([(), (N,), (N, 2, 2), (0, 2), (N, 0)]))
    made = np.random.default_rng(dice.randrange(99)).normal(size=(N, 2))
    return (
        made if kind == 5 else made.astype(dice.choice(["f2", "f4", "i1", "i8", "b1", "c16", "M8[s]", "U3", "S3", "O"]))
    )


def answers(dice: random.Random) -> Any:
    made = np.random.default_rng(dice.randrange(99))
    return dice.choice([
        cells(dice), inputs(dice), ["u", "v"] * (N // 2), [1, 2, 3] * (N // 3), made.normal(size=N), made.integers(0, 2, (N, 2)),
        dice.choice(CELLS),
    ])  # fmt: skip


def network_of(dice: random.Random, given: Any, y: Any) -> Any:
    weights = dice.choice([None] * 6 + [[1] * N, np.zeros(N), "w", [1, 2], [-1] * N, np.ones((N, 2)), np.arange(N)])
    missing = dice.choice(["error", "error", "mean", "median+indicator", "bad"])
    kind = dice.randrange(4)
    if kind == 0:
        return AnnClassifier(hidden=2, epochs=2, missing=missing).fit(given, y, weights).network_
    if kind == 1:
        return AnnRegressor(hidden=2, epochs=2, missing=missing).fit(given, y, weights).network_
    if kind == 2:
        return anncli.train(
            (given, y) if weights is None else (given, y, weights), 2, hidden=2, missing=missing
        ).network
    model = AnnClassifier(hidden=2, epochs=2, missing=missing)
    return model.partial_fit(given, y, dice.choice([["u", "v"], [1, 2, 3], None, cells(dice)]), weights).network_


@pytest.mark.parametrize("tries", [100, pytest.param(5000, marks=pytest.mark.slow)])
def test_anything_is_trained_on_or_refused_in_words(tries: int) -> None:
    dice, n_trained, refused = random.Random(1), 0, list[tuple[str, Any, Any]]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(tries):
            given, y = inputs(dice), answers(dice)
            try:
                network = network_of(dice, given, y)
            except (TypeError, ValueError, anncli.AnnError) as error:
                refused.append((traceback.extract_tb(error.__traceback__)[-1].filename, given, y))
                continue
            n_trained += 1
            np.testing.assert_array_equal(parse(render(network), "n.nn").predict(given), network.predict(given))
    # In words of this package, and not numpy's.
    assert [entry for entry in refused if "/anncli/" not in entry[0]] == []
    assert n_trained >= tries // 50
