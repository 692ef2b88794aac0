"""The calls on chains of layers refuse whatever could make them read or write outside the arrays that they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

native = pytest.importorskip("anncli.compiled._native", reason="the compiled module is not built")

FIELDS, CODES = native.step_layout(), {name: code for code, name in enumerate(native.steps())}
NONE = np.zeros(0, dtype=np.float32)
OUTPUTS, LOSS, GRADIENT, EPOCH = range(4)
WINDOW = {"size_x": 3, "size_y": 3, "stride_x": 1, "stride_y": 1}


def table(*steps: dict[str, Any]) -> Any:
    named = [step | {"kind": CODES.get(step["kind"], step["kind"])} for step in steps]
    return np.array([[step.get(name, 0) for name in FIELDS] for step in named], dtype=np.int32)


def chain(
    *steps: dict[str, Any], form: tuple[int, int, int] = (4, 5, 2), tokens: bool = False, products: Any = NONE
) -> Any:
    return native.chain(table(*steps), *form, tokens, 1, products, NONE, None)


DENSE: dict[str, Any] = {"kind": "dense", "units": 2, "activation": 1}
LSTM: dict[str, Any] = {"kind": "lstm", "units": 2, "directions": 1}


@pytest.mark.parametrize(
    ("steps", "form", "tokens", "words"),
    [
        ([], (1, 1, 2), False, "needs steps"),
        ([DENSE], (0, 1, 2), False, "needs steps"),
        ([DENSE], (2, 0, 2), False, "needs steps"),
        ([DENSE], (1, 3, 2), True, "needs steps"),
        ([DENSE], (2**13, 2**13, 1), False, "needs steps"),
        ([{"kind": 99}], (1, 1, 2), False, "step 1: there is no such kind"),
        ([DENSE | {"units": 0}], (1, 1, 2), False, "step 1: it is too large"),
        ([DENSE | {"units": -1}], (1, 1, 2), False, "step 1: a number is out of range"),
        ([DENSE | {"activation": 15}], (1, 1, 2), False, "step 1: it cannot have this activation"),
        ([DENSE | {"activation": 14}, DENSE], (1, 1, 2), False, "step 1: it cannot have this activation"),
        ([DENSE], (1, 0, 2), True, "step 1: it cannot follow these inputs"),
        ([DENSE | {"kind": "embedding"}], (1, 1, 2), False, "step 1: it cannot follow these inputs"),
        ([DENSE], (4, 5, 2), False, "step 1: it cannot be the output"),
        ([{"kind": "mean"}], (1, 0, 2), False, "step 1: it cannot be the output"),
        ([{"kind": "flatten"}, DENSE], (1, 0, 2), False, "step 1: it needs a fixed number of rows"),
        (
            [DENSE | WINDOW | {"kind": "convolution", "size_y": 5}, DENSE],
            (4, 5, 2),
            False,
            "larger than what it is given",
        ),
        ([WINDOW | {"kind": "max-pool", "stride_x": 0}, DENSE], (4, 5, 2), False, "step 1: it has no size"),
        ([WINDOW | {"kind": "max-pool"}, DENSE], (1, 0, 2), False, "step 1: it is for pictures"),
        ([WINDOW | {"kind": "window", "size_x": 65537}, DENSE], (1, 0, 2), False, "step 1: it is too large"),
        ([DENSE | {"kind": "communicate", "skip": 1}, DENSE], (1, 0, 2), False, "step 1: it skips to a later layer"),
        (
            [DENSE, {"kind": "mean"}, DENSE | {"kind": "communicate", "skip": 1}],
            (1, 0, 2),
            False,
            "step 3: it skips over other rows",
        ),
        ([DENSE | {"kind": "bilinear", "components": 3}], (1, 1, 2), False, "step 1: its components do not fit"),
        ([DENSE | {"kind": "bilinear", "components": 2}], (1, 1, 2), False, "the products have the wrong length"),
        ([LSTM | {"directions": 0}, DENSE], (1, 0, 2), False, "step 1: it is too large"),
        ([LSTM | {"directions": 3}, DENSE], (1, 0, 2), False, "step 1: it is too large"),
        ([LSTM | {"activation": 2}, DENSE], (1, 0, 2), False, "step 1: it cannot have this activation"),
        ([LSTM, DENSE], (4, 5, 2), False, "step 1: it reads rows, not pictures"),
        ([LSTM], (1, 0, 2), False, "step 1: it cannot be the output"),
    ],
)
def test_a_chain_that_cannot_be_is_refused(steps: list[dict[str, Any]], form: Any, tokens: bool, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        chain(*steps, form=form, tokens=tokens) if steps else native.chain(
            np.zeros((0, len(FIELDS)), np.int32), *form, tokens, 1, NONE, NONE, None
        )


def call(plan: Any, aim: int = LOSS, **changes: Any) -> Any:
    """A loss over two samples of three and two rows, with what is changed."""
    given: dict[str, Any] = {
        "aim": aim, "loss": 0, "rule": None, "batch_size": 1, "step": 0, "rows_seen": 0, "threads": 1,
        "truncate": 0, "first_row": -1, "states": None,
        "parameters": np.zeros(6, np.float32), "first": None, "second": None, "gradient": None, "outputs": None,
        "values": np.ones((5, 2), np.float32), "tokens": None, "starts": np.array([0, 3, 5]), "targets": np.ones((2, 2), np.float32),
        "target_starts": None, "weights": None, "rows": None,
    }  # fmt: skip
    return native.run_chain(plan, *(given | changes).values())


ROWS = np.array([0, 1], dtype=np.int32)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"aim": 4}, ValueError, "there is no aim 4"),
        ({"loss": 99}, ValueError, "there is no loss 99"),
        ({"rule": b"short"}, ValueError, "a rule has"),
        ({"aim": EPOCH}, ValueError, "an epoch needs a rule"),
        ({"parameters": np.zeros(5, np.float32)}, ValueError, "parameters has the wrong shape"),
        ({"parameters": np.zeros(6)}, ValueError, "parameters has the wrong type"),
        ({"aim": GRADIENT}, TypeError, "bytes-like"),
        ({"aim": OUTPUTS, "outputs": np.zeros((3, 2), np.float32)}, ValueError, "outputs has the wrong shape"),
        ({"values": np.ones((5, 3), np.float32)}, ValueError, "values has the wrong shape"),
        ({"starts": None}, ValueError, "inputs have the wrong shape"),
        ({"starts": np.array([0, 3, 6])}, ValueError, "starts have the wrong shape"),
        ({"starts": np.array([0, -1, 5])}, ValueError, "starts have the wrong shape"),
        ({"starts": np.array([4, 3, 5])}, ValueError, "starts have the wrong shape"),
        ({"starts": np.array([0, 0, 5])}, ValueError, "sample 0 is too short for step 1"),
        ({"targets": np.ones((3, 2), np.float32)}, ValueError, "targets have the wrong shape"),
        ({"weights": np.ones(3, np.float32)}, ValueError, "weights has the wrong shape"),
        ({"rows": np.array([0, 2], np.int32)}, IndexError, "a row number is not in 0 .. 1"),
        ({"rows": np.array([-1], np.int32)}, IndexError, "a row number is not in 0 .. 1"),
        ({"rows": np.zeros(0, np.int32)}, ZeroDivisionError, "no rows"),
        ({"truncate": -1}, ValueError, "does not take its samples in pieces"),
        ({"truncate": 2}, ValueError, "does not take its samples in pieces"),
        ({"truncate": 2, "first_row": 2}, ValueError, "one piece is for a gradient"),
    ],
)
def test_a_call_that_does_not_fit_is_refused(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    plan = chain({"kind": "mean"}, DENSE, form=(1, 0, 2))
    assert call(plan)[1:] == (2, 0)
    with pytest.raises(error, match=words):
        call(plan, **changes)


def test_targets_for_every_row_belong_to_the_rows() -> None:
    plan, targets = chain(DENSE, form=(1, 0, 2)), np.ones((5, 2), np.float32)
    good = {"targets": targets, "target_starts": np.array([0, 3, 5])}
    assert call(plan, **good)[1] == 5
    for wrong in (None, np.array([0, 2, 5]), np.array([0, 3, 6]), np.array([-1, 2, 4]), np.array([0, 3])):
        with pytest.raises(ValueError, match="wrong shape"):
            call(plan, **(good | {"target_starts": wrong}))


@pytest.mark.parametrize("wrong", [-1, 7, 2**31 - 1])
def test_tokens_are_in_range(wrong: int) -> None:
    plan = chain(DENSE | {"kind": "sparse"}, form=(1, 0, 7), tokens=True)
    tokens = np.array([0, 6, 2, 3, 1], dtype=np.int32)
    good: dict[str, Any] = {"parameters": np.zeros(16, np.float32), "values": np.ones(5, np.float32), "tokens": tokens}
    assert call(plan, **good)[1] == 2
    tokens[3] = wrong
    with pytest.raises(IndexError, match=f"token {wrong} is not in 0 .. 6"):
        call(plan, **good)
    with pytest.raises(ValueError, match="inputs have the wrong shape"):
        call(plan, **(good | {"tokens": tokens[:4]}))


def test_a_piece_has_the_state_before_it_and_gives_the_state_after_it() -> None:
    """A unit that adds half of its last value to each input: 1, then 2 + 0.5; then 4 + 1.25 in a piece of its own."""
    linear = {"activation": 0, "units": 1}
    plan = chain({"kind": "recurrent", "directions": 1} | linear, DENSE | linear, form=(1, 0, 1))
    states, gradient, outputs = np.zeros((2, 16), np.float32), np.empty(5, np.float32), np.empty((3, 1), np.float32)
    given: dict[str, Any] = {
        "parameters": np.array([0, 1, 0.5, 0, 1], np.float32), "values": np.array([[1], [2], [4]], np.float32),
        "starts": np.array([0, 3]), "targets": np.array([[0], [0], [5]], np.float32), "target_starts": np.array([0, 3]),
        "gradient": gradient, "outputs": outputs, "truncate": 2,
    }  # fmt: skip
    assert call(plan, GRADIENT, **given, first_row=0, states=states)[1] == 2
    assert (states[0, 0], states[1, 0]) == (0, 2.5)
    states[0] = states[1]
    assert call(plan, GRADIENT, **given, first_row=2, states=states)[:2] == (0.0625, 1)
    assert (outputs[:, 0].tolist(), states[1, 0]) == ([1, 2.5, 5.25], 5.25)
    # 2 (5.25 - 5) = 0.5 by the bias, the input 4, the state 2.5, the bias of the output and the value 5.25.
    assert gradient.tolist() == [0.5, 2, 1.25, 0.5, 2.625]
    for wrong in (None, np.zeros((1, 16), np.float32), np.zeros((2, 15), np.float32)):
        with pytest.raises((ValueError, TypeError), match=r"states|bytes-like"):
            call(plan, GRADIENT, **given, first_row=2, states=wrong)
    with pytest.raises(ValueError, match="begins at a multiple"):
        call(plan, GRADIENT, **given, first_row=1, states=states)


def test_two_rows_by_hand() -> None:
    """One sample of two rows, 1 and 3: their mean is 2, and z = 0.5 + 2 * 2 = 4.5 against 4."""
    plan = chain({"kind": "mean"}, DENSE | {"units": 1, "activation": 0}, form=(1, 0, 1))
    gradient, outputs = np.empty(2, np.float32), np.empty((1, 1), np.float32)
    total, answers, _ = call(
        plan, GRADIENT, parameters=np.array([0.5, 2.0], np.float32), gradient=gradient, outputs=outputs,
        values=np.array([[1.0], [3.0]], np.float32), starts=np.array([0, 2]), targets=np.array([[4.0]], np.float32),
    )  # fmt: skip
    assert (total, answers, outputs.tolist()) == (0.25, 1, [[4.5]])
    assert gradient.tolist() == [1.0, 2.0]


def test_a_window_by_hand() -> None:
    """A picture of 2 x 2, a window of 2 x 2 with zeros to the right and below: z = sum of w x at each place, and their mean."""
    step = {"kind": "convolution", "units": 1, "activation": 0, "size_x": 2, "size_y": 2, "stride_x": 1, "stride_y": 1}
    pool = {"kind": "mean-pool", "size_x": 2, "size_y": 2, "stride_x": 2, "stride_y": 2}
    plan = chain(
        step | {"after_x": 1, "after_y": 1},
        pool,
        {"kind": "flatten"},
        DENSE | {"units": 1, "activation": 0},
        form=(2, 2, 1),
    )
    # Biases and weights of the window: 0, 1 2 / 3 4; of the output: 0, 1. The places: 1 2 / 3 4 gives 30, 10 / 11, 4.
    parameters, gradient = np.array([0, 1, 2, 3, 4, 0, 1], np.float32), np.empty(7, np.float32)
    outputs = np.empty((1, 1), np.float32)
    call(
        plan, GRADIENT, parameters=parameters, gradient=gradient, outputs=outputs, values=np.array([[1, 2, 3, 4]], np.float32),
        starts=None, targets=np.array([[13.5]], np.float32),
    )  # fmt: skip
    z = [1 * 1 + 2 * 2 + 3 * 3 + 4 * 4, 2 * 1 + 4 * 3, 3 * 1 + 4 * 2, 4 * 1]
    assert outputs.tolist() == [[sum(z) / 4]]
    # The delta of each place is 2 (y - 13.5) / 4; a weight sees the values below it.
    slope = 2 * (sum(z) / 4 - 13.5) / 4
    assert gradient.tolist() == [
        4 * slope,
        10 * slope,
        6 * slope,
        7 * slope,
        4 * slope,
        4 * slope,
        4 * slope * sum(z) / 4,
    ]
