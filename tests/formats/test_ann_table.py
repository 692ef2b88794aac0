"""Tables in network files: `inputs: {table: ...}`, the encoder in the trained part, round trips, and faults with their place."""

import re
from pathlib import Path

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.formats.networks.storage import load, save
from anncli.network.encoders.table import InputColumn, TableEncoder, TableInputs
from anncli.network.network import Network
from anncli.tables import Roles

HEAD = "anncli: 1\ninputs: {inputs}\nlayers: [2 tanh, 1 logistic]\n"


def parse(inputs: str) -> Network:
    return parse_network(HEAD.format(inputs=inputs), "n.nn")


@pytest.mark.parametrize(
    ("inputs", "table"),
    [
        ("{table: auto}", TableInputs()),
        ("{table: {label: species}}", TableInputs(label=("species",))),
        ("{table: {label: [a, 'b, c']}}", TableInputs(label=("a", "b, c"))),
        ("{table: {label: 15}}", TableInputs(label=("15",))),
        (
            "{table: {label: y, task: classification, positive: sick, missing: median+indicator, weight: w, "
            "group: g, order: t, columns: {age: number, city: category, id: ignore}}}",
            TableInputs(
                ("y",), "classification", "sick", "median+indicator", "w", "g", "t",
                {"age": "number", "city": "category", "id": "ignore"},
            ),
        ),
    ],
)  # fmt: skip
def test_what_a_head_says_about_a_table(inputs: str, table: TableInputs) -> None:
    network = parse(inputs)
    assert network.table == table
    assert network.needs_encoder
    assert network.task == table.task
    assert (
        parse_network(render_network(Network.create(1, ["2 tanh", "1 logistic"], table=table)), "n.nn").table == table
    )


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            "{table: yes}",
            "2:17: `table` must be `auto` or a mapping, found 'yes'; "
            "write `inputs: {table: auto}`, or for example `inputs: {table: {label: species}}`",
        ),
        ("{tabel: auto}", "2:10: unknown key 'tabel'; did you mean 'table'?"),
        ("{table: {lable: y}}", "2:18: unknown key 'lable'; did you mean 'label'?"),
        (
            "{table: {missing: zero}}",
            "2:27: `missing` must be one of error, mean, median, indicator, median+indicator, found 'zero'",
        ),
        ("{table: {task: guess}}", "2:24: `task` must be one of classification, regression, found 'guess'"),
        ("{table: {columns: {a: text}}}", "2:31: `a` must be one of number, category, ignore, found 'text'"),
        ("{table: {columns: [a]}}", "2:27: `columns` must be a mapping of names to values, found a list"),
        ("{table: {label: []}}", "2:25: `label` must be one name or a list of names, found an empty list"),
        ("{table: {label: 1.5}}", "2:25: `label` must be a name, found the number 1.5"),
        ("text", "2:9: unknown form of inputs 'text'; write `9` for vectors, `28x28` or `28x28x3` for pictures, `any x 12` for samples of rows, `500 tokens` for sparse ones, `5 spikes` for spike times, `characters`, `words` or `documents` for texts, `{table: auto}` for tables"),
    ],
)  # fmt: skip
def test_faults_of_a_head(inputs: str, message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        parse(inputs)
    assert str(caught.value) == f"n.nn:{message}"


COLUMNS = (
    InputColumn("age", fill=38.1, indicator=True),
    InputColumn("yes", "category", ("1", "2.5", "no", "Ünï: #"), ("rare, one", " 'x' "), indicator=True),
    InputColumn("x", "category", ("a",)),
)
ROLES = Roles(("id", "age", "w", "yes", "y", "x", "t"), ("y",), ("age", "yes", "x"), weight="w", order="t")
ENCODER = TableEncoder(ROLES, COLUMNS, "median+indicator")


def trained(encoder: TableEncoder = ENCODER, table: TableInputs | None = TableInputs()) -> Network:  # noqa: B008
    start = Network.create(1 if table is not None else encoder.width, ["2 tanh", "1 logistic"], table=table)
    network = start.with_encoder(encoder)
    network.set_parameters(np.linspace(-1, 1, network.topology.n_parameters))
    return network


@pytest.mark.parametrize("table", [TableInputs(), TableInputs(label=("y",), kinds={"id": "ignore"}), None])
def test_a_network_with_an_encoder_is_read_as_it_was_written(tmp_path: Path, table: TableInputs | None) -> None:
    network = trained(table=table)
    save(network, tmp_path / "n.nn")
    found = load(tmp_path / "n.nn")
    assert found.encoder == ENCODER
    assert found.table == table
    assert found.topology == network.topology
    np.testing.assert_array_equal(found.parameters, network.parameters)
    save(found, tmp_path / "again.nn")
    assert (tmp_path / "again.nn").read_bytes() == (tmp_path / "n.nn").read_bytes()


def test_the_lines_of_an_encoder() -> None:
    text = render_network(trained())
    lines = text[text.index("  encoder:") : text.index("  weights:")]
    assert lines == (
        "  encoder:\n"
        "    task: classification\n"
        "    missing: median+indicator\n"
        "    columns:\n"
        "    - {name: id, kind: ignore}\n"
        "    - {name: age, kind: number, fill: 38.1, indicator: true}\n"
        "    - {name: w, kind: weight}\n"
        '    - {name: "yes", kind: category, levels: ["1", "2.5", "no", "Ünï: #"], rare: ["rare, one", " \'x\' "], indicator: true}\n'
        '    - {name: "y", kind: label}\n'
        "    - {name: x, kind: category, levels: [a]}\n"
        "    - {name: t, kind: order}\n"
    )


def test_what_a_person_wrote_stays_byte_for_byte() -> None:
    head = "# mine\nanncli: 1\ninputs: {table: {label: y,   columns: {id: ignore}}}  # note\nlayers: [2 tanh, 1 logistic]\n"
    network = parse_network(head, "n.nn").with_encoder(ENCODER)
    network.set_parameters(np.zeros(network.topology.n_parameters))
    text = render_network(network, network.source.head)
    assert text.startswith(head + "trained:\n")
    assert render_network(parse_network(text, "n.nn"), head) == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fill: 38.1", "fill: 38.2"),
        ("levels: [a]", "levels: [b]"),
        ("kind: ignore", "kind: group"),
        ("{name: t", "{name: u"),
    ],
)
def test_the_checksum_covers_the_encoder(old: str, new: str) -> None:
    text = render_network(trained())
    assert old in text
    with pytest.raises(NetworkError, match="the checksum does not fit"):
        parse_network(text.replace(old, new), "n.nn")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: weight", "kind: heavy", "`kind` must be one of number, category, ignore, label, weight, group, order, sequence, row_names, found 'heavy'"),
        ("name: id", "name: age", "two columns are called 'age'"),
        ("kind: ignore", "kind: weight", "two columns have the kind weight"),
        ("fill: 38.1", "fill: much", "`fill` must be a number, found 'much'"),
        ("levels: [a]", "levels: [a, a]", "a level stands there twice"),
        ("kind: number, fill: 38.1", "kind: number, levels: [a]", "a column of numbers has no levels"),
        ("indicator: true", "indicator: 1", "`indicator` must be true or false, found the number 1"),
        ("    task: classification", "    task: both", "`task` must be one of classification, regression, found 'both'"),
        ("    missing: median+indicator", "    missing: x", "`missing` must be one of error, mean,"),
    ],
)  # fmt: skip
def test_faults_of_an_encoder_have_a_place(old: str, new: str, message: str) -> None:
    text = render_network(trained())
    assert old in text
    with pytest.raises(NetworkError) as caught:
        parse_network(text.replace(old, new, 1), "n.nn")
    assert message in str(caught.value)
    assert re.match(r"n\.nn:\d+:\d+: ", str(caught.value))


def test_an_encoder_must_fit_the_head() -> None:
    text = render_network(trained(table=None))
    with pytest.raises(NetworkError, match="the encoder gives 9 inputs, `inputs` says 8"):
        parse_network(text.replace("inputs: 9", "inputs: 8"), "n.nn")
    alone = re.sub(r"  encoder:\n(?:    .*\n)+", "", render_network(trained()))
    with pytest.raises(NetworkError, match="the trained part has no `encoder`, which a network for tables needs"):
        parse_network(alone, "n.nn")


def test_the_definition_of_a_trained_network_is_open_again() -> None:
    again = trained(table=TableInputs(label=("y",))).definition()
    assert again.needs_encoder
    assert again.table == TableInputs(label=("y",))
    assert trained(table=None).definition().n_inputs == ENCODER.width


SIGNS = "aZ09 .,:;'\"#-{}[]&*!|>%@`\\\t\n\r\x00\x7f\x85\u2028\ufeffäß漢😀"


def test_any_words_can_be_levels() -> None:
    rng = np.random.default_rng(8)

    def word() -> str:
        return "".join(SIGNS[k] for k in rng.integers(0, len(SIGNS), rng.integers(0, 7)))

    for _ in range(200):
        levels, name = tuple(dict.fromkeys(word() for _ in range(5))), word()
        fill = float(str(np.float32(rng.normal() * 10.0 ** rng.integers(-30, 30))))
        columns = (InputColumn(name, "category", levels[1:], levels[:1]), InputColumn(f"{name}.", fill=fill))
        names = tuple(column.name for column in columns)
        network = trained(TableEncoder(Roles((*names, "y"), ("y",), names, is_named=False), columns, "mean"))
        assert parse_network(render_network(network), "n.nn").encoder == network.encoder
