"""A YAML document is read as a person means it, with the place of every value."""

from __future__ import annotations

import copy
import pickle
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from anncli.errors import NetworkError, UsageError
from anncli.formats.files.document import PlacedMapping, parse_document, plain_value, read_config
from anncli.formats.files.yaml_text import write_block, write_flow


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 1e5), (".5", 0.5), ("-1.", -1.0), ("+7", 7), ("0123", 123), ("-0", 0),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"), ("true", True), ("False", False),
        ("1:30", "1:30"), ("1_000", "1_000"), ("0x1f", "0x1f"), ("2020-01-01", "2020-01-01"), ("1e", "1e"),
        ("~", None), ("null", None), ("", None), ("nan", "nan"), ("inf", "inf"), ("=", "="), ("١", "١"),
    ],
)  # fmt: skip
def test_plain_words_mean_what_a_person_expects(text: str, value: object) -> None:
    found = parse_document(f"a: {text}\n", "c.yaml")["a"]
    assert found == value
    assert type(found) is type(value)


def test_quoted_words_are_text() -> None:
    assert parse_document("a: '1'\nb: \"true\"\nc: |-\n  2\n", "c") == {"a": "1", "b": "true", "c": "2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "c.yaml:3:1: 'a' is given twice, first in line 1; remove one"),
        ("a: &x 1\n", "c.yaml:1:4: anchors (&x) are not supported; remove it"),
        ("a: *x\n", "c.yaml:1:4: aliases (*x) are not supported; write the value out"),
        ("a: !!str 1\n", "c.yaml:1:4: tags (tag:yaml.org,2002:str) are not supported; remove it"),
        ("a: 1\n---\nb: 2\n", "c.yaml:2:1: a second YAML document starts here; keep one"),
        ("- 1\n", "c.yaml:1:1: expected lines of the form `key: value`, found a list"),
        ("hello\n", "c.yaml:1:1: expected lines of the form `key: value`, found 'hello'"),
        ("? [a]\n: 1\n", "c.yaml:1:3: a key must be one word; write `key: value`"),
        ("a:\n  b: .nan\n", "c.yaml:2:6: '.nan' is not a finite number; write a finite number, or quotes around text"),
        ("a: -.inf\n", "c.yaml:1:4: '-.inf' is not a finite number; write a finite number, or quotes around text"),
        (
            "a: 1e-400\n",
            "c.yaml:1:4: '1e-400' is too close to 0 for a number; write a finite number, or quotes around text",
        ),
        ("a: 1e400\n", "c.yaml:1:4: '1e400' is too large for a number; write a finite number, or quotes around text"),
        (
            "a:\n\tb: 1\n",
            "c.yaml:2:1: not valid YAML: found character that cannot start any token; use spaces, not tabs",
        ),
        (
            "a: \x01\n",
            "c.yaml:1:4: the character '\\x01' is not allowed; remove it or check that this is the right file",
        ),
        ("a: " + "[" * 33 + "]" * 33, "c.yaml:1:35: nested deeper than 32 levels; write it flatter"),
    ],
)
def test_faults_are_named_with_line_and_column(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_document(text, "c.yaml")
    assert str(error.value) == message


def test_endless_nesting_is_refused() -> None:
    # libyaml's own limit, where it has one, is met some thousand characters ahead of ours.
    with pytest.raises(UsageError, match=r"^c\.yaml:1:\d+: nested deeper than 32 levels; write it flatter$"):
        parse_document("a: " + "[" * 100_000, "c.yaml")


def test_the_caller_chooses_the_error_class() -> None:
    with pytest.raises(NetworkError):
        parse_document("a: [\n", "x.nn", NetworkError)


def test_places_count_characters_not_bytes() -> None:
    document = parse_document("é: {ü: [1, x]}\n\nb:\n  c: 3\n", "c.yaml")
    assert document.key_places == {"é": (1, 1), "b": (3, 1)}
    assert document["é"].value_places == {"ü": (1, 8)}
    assert document["é"]["ü"].value_places == [(1, 9), (1, 12)]
    assert str(document["b"].fault("c", "c must be text", "write 'x'")) == "c.yaml:4:6: c must be text; write 'x'"
    assert str(document["b"].fault(None, "d is missing")) == "c.yaml:4:3: d is missing"
    with pytest.raises(UsageError, match=r"^c.yaml:3:1: unknown key 'b'; use one of é, bb$"):
        document.refuse_unknown(["é", "bb"])


def test_empty_text_is_an_empty_mapping() -> None:
    assert parse_document("", "c") == {}
    assert parse_document("# only a comment\n", "c") == {}
    assert parse_document("---\n", "c") == {}


def test_mappings_survive_copying(tmp_path: Path) -> None:
    document = parse_document("a: {b: 1}\n", "c")
    for copied in (copy.deepcopy(document), pickle.loads(pickle.dumps(document))):
        assert copied == {"a": {"b": 1}}
        assert copied["a"].value_places["b"] == (1, 8)


def test_read_config(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfepochs: 10\r\nlearning_rate: 1e-2\r\n")
    config = read_config(path)
    assert isinstance(config, PlacedMapping)
    assert config == {"epochs": 10, "learning_rate": 0.01}
    assert list(config.items_with_places()) == [
        ("epochs", 10, f"{path}:1:1"),
        ("learning_rate", 0.01, f"{path}:2:1"),
    ]
    with pytest.raises(UsageError, match="no such file"):
        read_config(tmp_path / "none.yaml")


TRAPS = (
    "yes", "No", "n", "Y", "on", "true", "null", "~", "1", "1e3", "0x1", "1:30", ".5", "2020-01-01", "", " ", " a", "a ",
    "a: b", "a:", ":a", "#x", "a #b", "- a", "-", "?", "a\nb", "\n", "\t", "{", "}", "[a", "a, b", "a,b", "'", '"', "\\", "\\n",
    "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "<<", "=", "---", "...", "é", "ß x", "\u2028", "\x85", "\x7f", "\x00", "\ufeff",
    "\ue000", "😀", "a  b", "a b", "malignant", "class 1", "C:\\x", "a.b/c-d_e+f", "nan", "inf",
)  # fmt: skip


@pytest.mark.parametrize("text", TRAPS)
def test_text_is_read_back_here_and_by_other_yaml_readers(text: str) -> None:
    written = f"a: {write_flow(text)}\nb: [{write_flow(text)}]\n{write_flow({'c': {text: text}})[1:-1]}\n"
    expected = {"a": text, "b": [text], "c": {text: text}}
    assert parse_document(written, "c") == expected
    assert yaml.safe_load(written) == expected


def test_random_values_are_read_back_with_their_types() -> None:
    rng = random.Random(7)

    def value(depth: int) -> Any:
        kind = rng.randrange(9 if depth else 7)
        if kind == 7:
            return [value(depth - 1) for _ in range(rng.randrange(4))]
        if kind == 8:
            return {rng.choice(TRAPS): value(depth - 1) for _ in range(rng.randrange(4))}
        number = struct.unpack("d", struct.pack("Q", rng.getrandbits(64)))[0]
        finite = number if abs(number) < float("inf") else -0.0
        return (None, True, rng.getrandbits(80) - 2**79, finite, rng.choice(TRAPS), -0.0, 10.0 ** rng.randrange(30))[
            kind
        ]

    for _ in range(300):
        mapping = {rng.choice(TRAPS): value(3) for _ in range(3)}
        found = parse_document("\n".join(write_block(mapping)), "c")
        assert repr(found) == repr(mapping)  # repr, for the types and the sign of zero


def test_numbers_that_are_not_finite_are_written_as_words() -> None:
    assert write_flow([float("nan"), float("inf"), -float("inf")]) == '[nan, inf, "-inf"]'


def test_numpy_values_are_written_as_plain_ones() -> None:
    assert write_flow({"a": np.float64(0.5), "b": np.arange(2), "c": np.bool_(True)}) == "{a: 0.5, b: [0, 1], c: true}"


def test_half_a_surrogate_pair_is_shown_by_its_number() -> None:
    assert parse_document(f"a: {write_flow(chr(0xDC80))}\n", "c") == {"a": "\\udc80"}


def test_very_long_integer_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        plain_value("9" * 5000)
