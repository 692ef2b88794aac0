"""Threshold rules, undecided scores and calibrations in network files: round trips, and faults with their places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.formats.networks.ann_checksum import checksum
from anncli.formats.networks.ann_trained import AFRESH
from anncli.formats.networks.storage import render
from anncli.inference.predict import predict
from anncli.network.calibration import Calibration
from anncli.network.network import Network

KNOTS = np.array([[0.1, 0.0], [0.2, 0.25], [0.7, 1.0]], dtype=np.float32).astype(np.float64)
CALIBRATIONS = {
    "platt": Calibration("platt", np.array([1 / 3, -1e-9]), True),
    "platt of outputs": Calibration("platt", np.array([-2.5, 0.1])),
    "isotonic": Calibration("isotonic", KNOTS),
    "temperature": Calibration("temperature", np.array([1.7])),
}


def network(calibration: Calibration | None = None) -> Network:
    made = Network.create(2, [(3, "tanh"), (1, "logistic")], threshold=0.25, calibration=calibration)
    made.set_parameters(np.linspace(-2, 2, made.topology.n_parameters))
    return made


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_a_network_comes_back_as_it_was_written(name: str) -> None:
    made = replace(network(CALIBRATIONS[name]), threshold_rule="se>=0.95", abstain=(0.1, 1 / 3))
    text = render_network(made)
    back = parse_network(text, "x.nn")
    assert (back.threshold, back.threshold_rule, back.abstain) == (0.25, "se>=0.95", (0.1, 1 / 3))
    assert back.calibration is not None
    assert (back.calibration.method, back.calibration.of_logits) == (
        CALIBRATIONS[name].method,
        CALIBRATIONS[name].of_logits,
    )
    assert (back.calibration.numbers == CALIBRATIONS[name].numbers).all()
    inputs = np.random.default_rng(0).normal(size=(20, 2))
    assert (predict(back, inputs) == predict(made, inputs)).all()
    assert render_network(back, back.source.head) == text


def test_a_network_without_decisions_has_none_of_the_keys() -> None:
    text = render_network(network())
    assert not any(key in text for key in ("threshold_rule", "abstain", "calibration"))


def test_several_classes_have_one_score() -> None:
    made = Network.create(2, [(3, "softmax")], abstain=(0.6,), calibration=CALIBRATIONS["temperature"])
    made.set_parameters(np.zeros(made.topology.n_parameters))
    text = render_network(made)
    assert "  abstain: 0.6\n" in text
    assert parse_network(text, "x.nn").abstain == (0.6,)


def text_of(*lines: str) -> str:
    """A file with these lines in the trained part."""
    head, found = "anncli: 1\ninputs: 2\nlayers: [1 logistic]\n", ["trained:", *lines]
    found += ["  weights:", "  - |", "    0.5 1.0 -1.0"]
    return head + "\n".join([*found, f"  checksum: {checksum(parse_network(head, 'x').topology, found)}"]) + "\n"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["  threshold_rule: youden"], f"x.nn:5:3: `threshold_rule` stands without a threshold; {AFRESH}"),
        (["  threshold: 0.5", "  threshold_rule: best"], f"x.nn:6:19: `threshold_rule`: must be a number or a rule, found 'best'; {AFRESH}"),
        (["  abstain: [0.6, 0.4]"], f"x.nn:5:12: `abstain` must be two numbers, the lower one first, found a list; {AFRESH}"),
        (["  abstain: 0.6"], f"x.nn:5:12: `abstain` must be two numbers, the lower one first, found the number 0.6; {AFRESH}"),
        (["  calibration:", "    method: plat"], f"x.nn:6:13: `method` must be one of platt, isotonic, temperature; {AFRESH}"),
        (["  calibration:", "    method: platt", "    slope: 1"], f"x.nn:6:5: `intercept` is missing; {AFRESH}"),
        (["  calibration:", "    method: platt", "    of: z", "    slope: 1", "    intercept: 1"], f"x.nn:7:9: `of` must be output or logit, found 'z'; {AFRESH}"),
        (["  calibration:", "    method: temperature", "    temperature: 0"], f"x.nn:7:18: `temperature` must be above 0; {AFRESH}"),
        (["  calibration:", "    method: temperature", "    slope: 0"], "x.nn:7:5: unknown key 'slope'; use one of method, temperature"),
        (["  calibration:", "    method: isotonic", "    knots: |", "      0.1 0", "      0.2"], f"x.nn:9: `knots` has 2 numbers a line, found 1 number; {AFRESH}"),
        (["  calibration:", "    method: isotonic", "    knots: |", "      0.2 0", "      0.1 1"], f"x.nn:7:12: both columns of `knots` must rise; {AFRESH}"),
    ],
)  # fmt: skip
def test_faults_have_their_place(lines: list[str], message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        parse_network(text_of(*lines), "x.nn")
    assert str(caught.value) == message


def test_a_changed_number_is_found_by_the_checksum() -> None:
    text = render_network(replace(network(CALIBRATIONS["platt"]), threshold_rule="mcc"))
    for old, new in (
        ("intercept: -1", "intercept: -2"),
        ("rule: mcc", "rule: f1"),
        ("threshold: 0.25", "threshold: 0.5"),
    ):
        assert old in text
        with pytest.raises(NetworkError, match="the checksum does not fit"):
            parse_network(text.replace(old, new), "x.nn")


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"calibration": CALIBRATIONS["platt"]}, "the calibration"),
        ({"abstain": (0.1, 0.9), "threshold_rule": "f1"}, "scores that are left undecided and the threshold by f1"),
    ],
)
def test_a_file_of_ann1dn_cannot_hold_them(fields: dict, lost: str) -> None:
    made = Network.create(2, [(1, "logistic")])
    made.set_parameters(np.zeros(3))
    assert render(made, "ann1dn")
    with pytest.raises(NetworkError, match=f"a file of the format ann1dn cannot hold {lost}"):
        render(replace(made, **fields), "ann1dn")
