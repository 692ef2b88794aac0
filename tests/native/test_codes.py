"""The codes that Python and the compiled module share: each name has the same number on both sides."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest

from anncli import compiled
from anncli.backends.rules import SWEEP_RULES, TURN_CODES
from anncli.network.names import ACTIVATION_NAMES, LOSS_NAMES

native = pytest.importorskip("anncli.compiled._native", reason="the compiled module is not built")


def in_code_order(codes: dict[str, int]) -> tuple[str, ...]:
    assert sorted(codes.values()) == list(range(len(codes)))
    return tuple(sorted(codes, key=codes.__getitem__))


def test_activations_have_the_same_codes() -> None:
    assert native.activations() == in_code_order({name: info.code for name, info in ACTIVATION_NAMES.items()})


def test_losses_have_the_same_codes() -> None:
    assert native.losses() == in_code_order(
        {name: info.code for name, info in LOSS_NAMES.items() if info.code is not None}
    )


def test_rules_have_the_same_codes() -> None:
    assert native.rules() == in_code_order(SWEEP_RULES)


def test_turns_have_the_same_codes() -> None:
    assert native.turns() == in_code_order(TURN_CODES)


def test_a_rule_is_packed_as_the_compiled_module_reads_it() -> None:
    layout, fields = native.rule_layout()
    assert struct.calcsize(layout) == struct.calcsize("=q10dQII") == 104
    assert len(fields) == len(struct.unpack(layout, bytes(104))) == 14
    assert (fields[0], fields[1], fields[-3:]) == ("code", "learning_rate", ("seed", "drop_limit", "input_drop_limit"))


def changed(**changes: object) -> SimpleNamespace:
    """The built module with other functions; None takes one away."""
    functions = {name: getattr(native, name) for name in dir(native) if not name.startswith("_")} | changes
    return SimpleNamespace(**{name: function for name, function in functions.items() if function is not None})


@pytest.mark.parametrize(
    "module",
    [
        SimpleNamespace(),
        changed(parse_table=None),
        changed(parse_pairs=None),
        changed(activations=lambda: native.activations()[::-1]),
        changed(losses=lambda: native.losses()[:-1]),
    ],
    ids=["older", "without tables", "without pairs", "other activations", "other losses"],
)
def test_a_module_of_other_sources_is_not_used(module: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "import_module", lambda name: module)
    monkeypatch.setenv("ANN_KERNELS", "")
    compiled._import_native.cache_clear()
    try:
        assert compiled.native_module() is None
        assert compiled.why_missing() == "built from other sources, build it anew"
        assert compiled.describe_backend() == "numpy (no compiled code: built from other sources, build it anew)"
    finally:
        monkeypatch.undo()
        compiled._import_native.cache_clear()


def test_the_built_module_is_used() -> None:
    assert compiled._knows_the_names(native)


def test_every_function_of_the_module_is_asked_for() -> None:
    functions = {name for name in dir(native) if callable(getattr(native, name)) and not name.startswith("_")}
    assert {*compiled.CALLS, "activations", "losses"} == functions


@pytest.mark.parametrize(("activations", "layer"), [((15,), 1), ((1, 99), 2), ((14, 1), 1)])
def test_a_plan_refuses_an_activation(activations: tuple[int, ...], layer: int) -> None:
    code = activations[layer - 1]
    with pytest.raises(ValueError, match=f"layer {layer} cannot have activation {code}"):
        native.plan((2,) * (len(activations) + 1), activations, None)


@pytest.mark.parametrize(
    ("numbers", "error"), [((0.5,), ValueError), ((0.1, 0.2, 0.3), ValueError), (("a", 1), TypeError)]
)
def test_a_plan_refuses_numbers_of_a_loss(numbers: tuple[object, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        native.plan((3, 2), (0,), None, numbers)
    native.plan((3, 2), (0,), None, (0.1, 0.9))
