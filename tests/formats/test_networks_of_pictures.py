"""Network files with convolutions, pools and reductions: long forms, weights, and faults with their place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks import ann
from anncli.network.network import Network

HEAD = "anncli: 1\ninputs: 12x10\nlayers: [{}, 1 logistic]\n"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("{units: 6, activation: tanh, kind: convolution, size: 5x5, padding: valid, stride: 2}", "6 tanh convolution 5x5 valid stride 2"),
        ("{kind: convolution, units: 6, activation: sigmoid, size: 3x5}", "6 logistic convolution 3x5"),
        ("{kind: mean-pool, size: 2x2}", "mean-pool 2x2"),
        ("{kind: max-pool, size: 3x2, stride: 1}", "max-pool 3x2 stride 1"),
        ("{kind: flatten}", "flatten"),
    ],
)  # fmt: skip
def test_the_long_form_of_a_layer(form: str, text: str) -> None:
    network = ann.parse_network(HEAD.format(form), "x.nn")
    assert network.layers[0].text() == text
    assert network.topology == ann.parse_network(HEAD.format(text), "x.nn").topology


def test_the_long_form_of_layers_of_rows() -> None:
    forms = "{kind: window, rows: 2}, {units: 4, activation: relu, kind: convolution, size: 8}, {kind: max-pool, size: 2}, {kind: last}"
    network = ann.parse_network(f"anncli: 1\ninputs: any x 3\nlayers: [{forms}, 1 logistic]\n", "x.nn")
    assert network.layers_text == "window 2, 4 relu convolution 8, max-pool 2, last, 1 logistic"


@pytest.mark.parametrize(
    ("form", "at", "message"),
    [
        ("{units: 6, activation: tanh, kind: convolution}", "{units", "`size` is missing; write for example `size: 5x5`"),
        ("{units: 6, activation: tanh, kind: convolution, size: 5x}", "5x}", "`size` must be one whole number above 0, or two such as `5x5`, found '5x'; write for example `6 tanh convolution 5x5` for pictures, `16 relu convolution 8` for rows"),
        ("{units: 6, activation: tanh, kind: convolution, size: 5x5, padding: vaild}", "vaild", "unknown padding 'vaild'; did you mean 'valid'?"),
        ("{units: 6, activation: tanh, kind: convolution, size: 5x5, stride: 2x2x2}", "2x2x2", "`stride` must be one whole number above 0, or two such as `5x5`, found '2x2x2'; write for example `stride 2`"),
        ("{units: 6, activation: tanh, kind: convolution, size: 5x5, dilation: 2}", "dilation", "unknown key 'dilation'; use one of units, activation, size, padding, stride, kind"),
        ("{kind: max-pol, size: 2x2}", "max-pol", "unknown kind of layer 'max-pol'; did you mean 'max-pool'?"),
        ("6 tanh convolution 5x5, last", "[6", "layer 2: `last` needs samples of several rows; `mean-pool` and `max-pool` are for pictures"),
    ],
)  # fmt: skip
def test_faults_have_their_place(form: str, at: str, message: str) -> None:
    with pytest.raises(NetworkError) as found:
        ann.parse_network(HEAD.format(form), "x.nn")
    assert str(found.value) == f"x.nn:3:{HEAD.format(form).splitlines()[2].index(at) + 1}: {message}"


@pytest.mark.parametrize(
    ("inputs", "layers"),
    [
        ("6x5x2", ["3 tanh convolution 3x2 valid", "max-pool 2x2", "flatten", "4 relu", "2 softmax"]),
        ("any x 2", ["window 1", "3 tanh convolution 4 stride 2", "mean-pool 2", "max", "2 softmax"]),
    ],
)
def test_weights_are_written_and_read(inputs: str, layers: list[str]) -> None:
    network = Network.create(inputs, layers, classes=("a", "b"), targets=(1.0, 0.0), loss="cross-entropy")
    rng = np.random.default_rng(0)
    network.set_parameters(rng.normal(size=network.topology.n_parameters))
    text = ann.render_network(network)
    assert f"inputs: {inputs}\nlayers: [{', '.join(layers)}]\n" in text
    found = ann.parse_network(text, "x.nn")
    assert found.parameters is not None
    assert network.parameters is not None
    assert found.parameters.tobytes() == network.parameters.tobytes()
    assert ann.render_network(found) == text
    # A block for each layer with weights, and a line for each of its units: bias first.
    block = network.topology.blocks(network.parameters)[layers.index(next(x for x in layers if "conv" in x))][0]
    line = " ".join(repr(float(str(value))) for value in block[:, 1])
    assert len(re.findall(r"  - \|", text)) == sum(map(bool, network.topology.block_shapes))
    assert line[:40] in text
