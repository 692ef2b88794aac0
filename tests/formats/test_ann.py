"""Our network file: exact round trips, and every edit that matters is found."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.formats.networks.numbers import to_float32, write_rows
from anncli.network.network import Network, NetworkSource, SelfTest
from anncli.network.scaling import Scaling

TRAINED = (Path(__file__).parent.parent / "data/networks/xor_trained.nn").read_text(encoding="utf-8")
HEAD = "anncli: 1\ninputs: 2\nlayers: [3 tanh, 1 logistic]\n"
AFRESH = "undo the change or restore a copy, or delete everything from `trained:` on to train afresh"


def bits(value: Any) -> Any:
    """A value made comparable with ==, arrays by their bits."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, Scaling):
        return {field.name: bits(getattr(value, field.name)) for field in fields(value)}
    return tuple(map(bits, value)) if isinstance(value, SelfTest) else value


def state(network: Network) -> dict[str, Any]:
    """Everything in a network, except the place of its file and places in it."""
    source = network.source._replace(path=None, key_places={}, value_places={})
    return {field.name: bits(getattr(network, field.name)) for field in fields(network)} | {"source": source}


def fault_of(text: str) -> str:
    with pytest.raises(NetworkError) as error:
        parse_network(text, "x.nn")
    return str(error.value)


def random_network(rng: np.random.Generator, *sizes: int) -> Network:
    network = Network.create(sizes[0], [(n, "relu") for n in sizes[1:-1]] + [(sizes[-1], "linear")])
    network.set_parameters(rng.standard_normal(network.topology.n_parameters))
    return network


def test_every_part_of_a_file_is_read() -> None:
    network = parse_network(TRAINED, "x.nn")
    assert network.topology == Network.create(2, [(2, "tanh"), (1, "logistic")]).topology
    # One unit per line, bias first: the biases of layer 1 are the first numbers of its two lines.
    assert network.biases[0].tolist() == [0.5, -1.25]
    assert network.weights[0].tolist() == [[1.0, 2.0], [-0.0, float(np.float32(1e-45))]]
    assert network.biases[1].tolist() == [float(np.float32(0.1))]
    assert network.weights[1].tolist() == [[float(np.float32(3.4028235e38))], [-7.0]]
    assert network.parameters is not None
    assert np.signbit(network.parameters[4])
    assert network.classes == ("yes", "a: b")
    assert (network.threshold, network.targets, network.columns) == (0.5, (0.9, 0.1), ("x", "1"))
    assert network.scaling.method == "zscore"
    assert network.scaling.add is not None
    assert network.scaling.add.tolist() == [0.5, -1.0]
    assert network.source.training == {"trainer": "online", "learning_rate": 0.1}
    assert network.record == {"trainer": "online", "seed": 7, "loss": 1.5e-05, "parts": {"training": [3, 1]}}
    assert network.self_test is not None
    assert network.self_test.outputs.tolist() == [[0.75], [0.125]]
    assert network.source.dialect == "ann"


def test_writing_what_was_read_gives_the_same_bytes() -> None:
    network = parse_network(TRAINED, "x.nn")
    assert network.source.head == TRAINED[: TRAINED.index("trained:")]
    assert render_network(network, network.source.head) == TRAINED


def test_a_file_is_plain_yaml() -> None:
    document = yaml.safe_load(TRAINED)
    assert document["trained"]["classes"] == {"positive": "yes", "negative": "a: b"}
    assert document["trained"]["weights"][1] == "0.1 3.4028235e+38 -7.0\n"


def test_checksum_is_that_of_layers_and_trained_part() -> None:
    part = TRAINED[TRAINED.index("trained:") : TRAINED.index("\n  checksum")]
    digest = hashlib.sha256(("inputs: 2\nlayers: 2 tanh, 1 logistic\n" + part).encode()).hexdigest()
    assert TRAINED.endswith(f"checksum: sha256:{digest}\n")


@pytest.mark.parametrize("sizes", [(1, 1), (1, 1, 1), (3, 1, 4), (7, 5, 3, 2), (40, 33, 1)])
def test_round_trip_keeps_every_bit(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(5)
    network = random_network(rng, *sizes)
    network.scaling = Scaling("minmax", *rng.standard_normal((2, sizes[0])).astype(np.float32), "energy", "logistic")
    network.self_test = SelfTest(*(rng.standard_normal((3, n)).astype(np.float32) for n in (sizes[0], sizes[-1])))
    network.threshold, network.targets = 1 / 3, (1e-300, -0.1)
    network.classes = tuple(f"class {k}" for k in range(network.n_classes))
    text = render_network(network)
    found = parse_network(text, "x.nn")
    head = found.source.head
    assert head == text[: text.index("trained:\n")]
    found.source = network.source
    assert state(found) == state(network)
    assert render_network(found, head) == text


def test_logarithms_and_the_soft_clip_are_kept() -> None:
    network = random_network(np.random.default_rng(5), 3, 1)
    numbers = np.random.default_rng(6).standard_normal((2, 3)).astype(np.float32)
    floor = np.array([0, 1e-45, 2.5], dtype=np.float32)
    network.scaling = Scaling("soft-clip", *numbers, activation="soft-clip", log_floor=floor)
    network.classes = ("a", "b")
    text = render_network(network)
    assert "    log_floor: |\n      0.0 1e-45 2.5\n" in text
    found = parse_network(text, "x.nn").scaling
    assert found.log_floor is not None
    assert found.log_floor.tobytes() == floor.tobytes()
    assert (found.method, found.activation, found.of_logarithms) == ("soft-clip", "soft-clip", [1, 2])
    rows = np.array([[-1.0, 2.0, 0.5]], dtype=np.float32)
    assert found.apply(rows).tobytes() == network.scaling.apply(rows).tobytes()


def test_any_float32_survives_as_text() -> None:
    patterns = np.random.default_rng(3).integers(0, 2**32, 50_000, dtype=np.uint32)
    edges = np.array([0, 1, 2**31, 2**31 + 1, 0x7F7FFFFF, 0x00800000, 0x007FFFFF, 0x3DCCCCCD], dtype=np.uint32)
    values = np.concatenate([edges, patterns]).view(np.float32)
    values = values[np.isfinite(values)].reshape(1, -1)
    (line,) = write_rows(values)
    assert to_float32([line.split()]).tobytes() == values.tobytes()
    assert write_rows(np.array([[0.1, 1e-45, -0.0, 1.5]], dtype=np.float32)) == ["0.1 1e-45 -0.0 1.5"]


def test_the_compiled_code_lays_numbers_out_as_numpy_does() -> None:
    rng = np.random.default_rng(4)
    scales = np.float32(10.0) ** rng.integers(-44, 6, size=(200, 50)).astype(np.float32)
    values = (rng.normal(size=(200, 50)).astype(np.float32) * scales).clip(-999999, 999999)
    edges = np.float32([1e-4, 9.9999e-5, 1.0001e-4, -0.0, 1e6, 999999.94, 1e7, 123456.79])
    values = values.astype(np.float32)
    values[0, : len(edges)] = edges
    assert write_rows(values) == [" ".join(map(str, row)) for row in values]
    for edge in edges:
        assert write_rows(edge.reshape(1, 1)) == [str(edge)]


def test_an_untrained_network_is_its_head_alone() -> None:
    network = parse_network("# mine\n" + HEAD, "x.nn")
    assert not network.is_trained
    assert render_network(network, network.source.head) == "# mine\n" + HEAD


def test_what_is_known_before_training_is_kept() -> None:
    network = Network.create(2, [(1, "tanh")], classes=("a", "b"), scaling=Scaling("stored", activation="logistic"))
    found = parse_network(render_network(network), "x.nn")
    assert not found.is_trained
    assert (found.classes, found.scaling) == (("a", "b"), Scaling("stored", activation="logistic"))


def test_new_head_is_commented_and_holds_the_training_settings() -> None:
    network = Network.create(
        4, [(8, "tanh"), (3, "softmax")], source=NetworkSource(training={"trainer": "adam", "stop": {"patience": 5}})
    )
    assert render_network(network) == (
        "# A network with 4 inputs and layers of 8 tanh, 3 softmax.\n"
        "# Everything above the line `trained:` is yours to edit; what follows it is written by ann.\n"
        "anncli: 1\n"
        "inputs: 4\n"
        "layers: [8 tanh, 3 softmax]\n"
        "training:\n"
        "  trainer: adam\n"
        "  stop:\n"
        "    patience: 5\n"
    )


def test_a_head_about_another_network_is_replaced() -> None:
    network = parse_network(TRAINED, "x.nn")
    other = random_network(np.random.default_rng(0), 2, 5, 1)
    assert parse_network(render_network(other, network.source.head), "x.nn").topology == other.topology
    network.source = network.source._replace(training={"trainer": "adam"})
    assert parse_network(render_network(network, network.source.head), "x.nn").source.training == {"trainer": "adam"}


@pytest.mark.parametrize(
    "edited",
    [
        TRAINED.replace("\n", "\r\n"),
        TRAINED.replace("\n", "  \n"),
        TRAINED + "\n\n",
        TRAINED[:-1],
        "# another comment\n" + TRAINED.replace("1e-1}", "0.5, epochs: 9}").replace("2 tanh", "2   tanh"),
        TRAINED.replace("layers:\n- {units: 2, activation: tanh}\n- 1 sigmoid ", "layers: [2 tansig, 1 logistic]"),
    ],
    ids=["CRLF", "trailing blanks", "blank lines", "no last line end", "head", "layers written otherwise"],
)
def test_harmless_edits_are_free(edited: str) -> None:
    found, original = state(parse_network(edited, "x.nn")), state(parse_network(TRAINED, "x.nn"))
    # The head and the training options in it are a person's to edit.
    found.pop("source"), original.pop("source")
    assert found == original


def test_crlf_files_stay_crlf() -> None:
    text = TRAINED.replace("\n", "\r\n")
    network = parse_network(text, "x.nn")
    assert render_network(network, network.source.head) == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-1.25", "-1.26"), ("activation: tanh", "activation: relu"), ("threshold: 0.5", "threshold: 0.25"), ("2.0 0.25", "2.0 0.26"),
        ("seed: 7", "seed: 8"), ("0.9, 0.1", "0.9, 0.2"), ('"a: b"', '"a: c"'), ("0.75", "0.76"), ("    trainer: online\n", ""),
        ("sha256:868d", "sha256:868e"),
    ],
)  # fmt: skip
def test_any_edit_of_the_trained_part_or_the_layers_is_found(old: str, new: str) -> None:
    assert old in TRAINED
    line = TRAINED.replace(old, new).count("\n")
    message = "the checksum does not fit: inputs, layers or the trained part were changed after training"
    assert fault_of(TRAINED.replace(old, new)) == (
        f"x.nn:{line}:13: {message}; {AFRESH}; a change that was meant: ann info x.nn --reseal"
    )


@pytest.mark.parametrize("end", range(TRAINED.index("trained:") + 8, len(TRAINED) - 1, 7))
def test_a_file_cut_short_anywhere_is_refused(end: int) -> None:
    assert fault_of(TRAINED[:end]) == f"x.nn: the trained part is cut short: its checksum is missing; {AFRESH}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("-1.25 2.0", "-1.25 2.o", "x.nn:23:11: '2.o' is not a number"),
        ("-1.25 2.0", "-1.25   nan", "x.nn:23:13: 'nan' is not a finite number"),
        ("-1.25 2.0", "-1.25 1_0", "x.nn:23:11: '1_0' is not a number"),
        ("-1.25 2.0", "-1.25 ٣", "x.nn:23:11: '٣' is not a number"),
        ("3.4028235e+38", "3.41e38", "x.nn:25:9: '3.41e38' is too large for a number"),
        ("-1.25 2.0 1e-45", "-1.25 2.0", "x.nn:23: a unit of layer 1 has a bias and 2 weights, found 2 numbers"),
        ("units: 2", "units: 3", "x.nn:21:3: the weights are those of a 2-2-1 network, inputs and layers say 2-3-1"),
        ("0.5 -1.0", "0.5", "x.nn:17: `add` has 2 numbers a line, found 1 number"),
        ("      1.0 1.0\n", "", "x.nn:35:14: `outputs` has 2 lines, needs 1"),
        ("    add: |", "    log_floor: |\n      0 -1\n    add: |", "x.nn:16:16: `log_floor` must not be below 0"),
        ("[x, \"1\"]", "[x]", "x.nn:13:12: `columns` names 1, this network has 2"),
    ],
)  # fmt: skip
def test_faults_in_the_trained_part_have_their_place(old: str, new: str, message: str) -> None:
    assert old in TRAINED
    assert fault_of(TRAINED.replace(old, new, 1)) == f"{message}; {AFRESH}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("threshold:", "treshold:", "x.nn:11:3: unknown key 'treshold'; did you mean 'threshold'?"),
        ("threshold: 0.5", "threshold: high", "x.nn:11:14: `threshold` must be a number, found 'high'"),
        ('"yes"', "1", "x.nn:10:23: `positive` must be the name of a class, found the number 1"),
        ("[0.9, 0.1]", "0.9", "x.nn:12:12: `targets` must be two numbers; write for example `[0.9, 0.1]`"),
        ("zscore\n", "zscore\n    per_vector: enrgy\n", "x.nn:16:17: `per_vector` must be one of none, energy, minmax, found 'enrgy'"),
    ],
)  # fmt: skip
def test_wrong_values_in_the_trained_part_are_named(old: str, new: str, message: str) -> None:
    assert fault_of(TRAINED.replace(old, new, 1)) == message


def test_what_follows_the_checksum_is_refused() -> None:
    line = TRAINED.count("\n")
    assert fault_of(TRAINED + "# note\n") == f"x.nn:{line}:3: something follows the checksum; remove it"
    assert fault_of(TRAINED + "x: 1\n").startswith(f"x.nn:{line + 1}:1: unknown key 'x'; use one of anncli, inputs")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n", "x.nn:1:1: holds no network; write at least `anncli: 1`, `inputs:` and `layers:`"),
        (HEAD.replace("1\n", "3\n", 1) + "new: 1\n", "x.nn:1:9: is in format 3, this program reads format 1; update anncli"),
        (HEAD.replace("anncli: 1\n", ""), "x.nn:1:1: the format version is missing; add the line `anncli: 1`"),
        (HEAD.replace("anncli: 1\n", "anncli: one\n"), "x.nn:1:9: unknown format version 'one'; write `anncli: 1`"),
        (HEAD + "trainig: {}\n", "x.nn:4:1: unknown key 'trainig'; did you mean 'training'?"),
        (HEAD + "training: fast\n", "x.nn:4:11: `training` must be a mapping of names to values, found 'fast'"),
        (HEAD.replace("inputs: 2\n", ""), "x.nn:1:1: `inputs` is missing; write for example `inputs: 9` or `inputs: {table: auto}`"),
        (HEAD.replace("2", "2.5"), "x.nn:2:9: `inputs` must be a whole number above 0, found 2.5; write for example `inputs: 9` or `inputs: {table: auto}`"),
        (HEAD.replace("2", "true"), "x.nn:2:9: `inputs` must be a whole number above 0, found true; write for example `inputs: 9` or `inputs: {table: auto}`"),
        (HEAD.replace("2", "0"), "x.nn:2:9: `inputs` must be a whole number above 0, found 0; write for example `inputs: 9` or `inputs: {table: auto}`"),
        (HEAD.replace("tanh", "tahn"), "x.nn:3:10: unknown activation 'tahn'; did you mean 'tanh'?"),
        (HEAD.replace("3 tanh", "{units: 3, activation: tahn}"), "x.nn:3:33: unknown activation 'tahn'; did you mean 'tanh'?"),
        (HEAD.replace("3 tanh", "{units: 3, activaton: tanh}"), "x.nn:3:21: unknown key 'activaton'; did you mean 'activation'?"),
        (HEAD.replace("3 tanh", "{units: 3}"), "x.nn:3:10: `activation` is missing; write for example `activation: tanh`"),
        (HEAD.replace("3 tanh", "3"), "x.nn:3:10: a layer is its units and activation, found the number 3; write for example `8 tanh`"),
        (HEAD.replace("3 tanh", "0 tanh"), "x.nn:3:10: a layer needs at least 1 unit, found 0; write for example `8 tanh`"),
        (HEAD.replace("3 tanh", "1000000000 tanh"), "x.nn:3:10: 1000000000 units or inputs are more than the 1000000 this program handles; make the network smaller"),
        (HEAD.replace("3 tanh", "999999 tanh, 999999 tanh"), "x.nn:3:9: 1000002999997 weights and biases are more than the 50000000 this program handles; make the network smaller"),
        (HEAD.replace("[3 tanh, 1 logistic]", "3 tanh"), "x.nn:3:9: `layers` must be a list of layers, found '3 tanh'; write for example `layers: [8 tanh, 1 logistic]`"),
        (HEAD.replace("3 tanh", "3 softmax"), "x.nn:3:9: layer 1: softmax is for the output layer only"),
        (HEAD.replace("1 logistic", "1 softmax"), "x.nn:3:9: softmax over a single output is always 1; use '1 logistic' or 'K softmax' with K classes"),
        (HEAD + "trained: {}\n", "x.nn:4:1: `trained:` must stand alone on its line; move its values below it"),
    ],
)  # fmt: skip
def test_faults_of_a_head_have_their_place(text: str, message: str) -> None:
    assert fault_of(text) == message


@pytest.mark.parametrize(
    "name", ["yes", "1", "a: b", "#x", "é\n\u2028\t", "", "null", "😀", '"', "\\", "- a", "sha256:0"]
)
def test_class_names_of_any_kind_survive(name: str) -> None:
    two = Network.create(1, [(1, "tanh")], classes=(name, "other"))
    three = Network.create(1, [(3, "softmax")], classes=(name, "other", "third"), columns=(name,))
    for network in (two, three):
        found = parse_network(render_network(network), "x.nn")
        assert (found.classes, found.columns) == (network.classes, network.columns)


def test_nothing_in_a_file_depends_on_the_moment() -> None:
    assert not re.search(r"20\d\d-|:\d\d:", TRAINED)
    network = parse_network(TRAINED, "x.nn")
    assert render_network(network) == render_network(network)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{anncli: 1, inputs: 2, layers: [1 logistic]}\n", "x.nn:1:2"),
        ("  anncli: 1\n  inputs: 2\n  layers: [1 logistic]\n", "x.nn:1:3"),
        ("---\nanncli: 1\ninputs: 2\nlayers: [1 logistic]\n...\n", "x.nn:2:1"),
    ],
)
def test_a_head_that_no_trained_part_could_follow_is_refused(text: str, place: str) -> None:
    assert fault_of(text).startswith(
        f"{place}: `trained:` could not follow this text; start every key at the left edge"
    )
    # Where Python code hands one over, a new head stands in for it.
    network = random_network(np.random.default_rng(0), 2, 1)
    network = Network.create(2, [(1, "logistic")], parameters=network.parameters)
    assert parse_network(render_network(network, head=text), "x.nn").is_trained


def test_a_document_start_and_a_missing_last_line_end_are_fine() -> None:
    head = "%YAML 1.2\n---\n" + HEAD.rstrip("\n")
    network = parse_network(head, "x.nn")
    network.parameters = random_network(np.random.default_rng(0), 2, 3, 1).parameters
    text = render_network(network, network.source.head)
    assert text.startswith(head + "\ntrained:\n")
    assert parse_network(text, "x.nn").is_trained
