"""The table of options: consistent in itself, and the same as the real commands, help, variables, config files and manual."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from anncli.cli.main import cli
from anncli.cli.names import COMMANDS
from anncli.errors import UsageError, ValueFault
from anncli.options import table
from anncli.options.layers import Given, read_layer, resolve_options
from anncli.options.manual import manual
from anncli.options.table import ALL, GROUPS, LONG, OPTIONS, TrainingOptions, option_names, options_of, read_option
from anncli.options.variables import check_variables, variable
from anncli.options.wording import long_name, shown_default, spelling
from anncli.training.names import TRAINER_NAMES

ROOT = Path(__file__).parents[2]


def test_commands_of_the_table_are_the_commands() -> None:
    # Those of the shell have none of the options that all others have.
    assert tuple(COMMANDS) == (*ALL, "help", "completion")
    assert set(LONG) < set(ALL)
    for name, info in OPTIONS.items():
        assert set(info.commands) <= {*ALL, "help"}, name
        assert set(info.common) <= set(LONG) & set(info.commands), name
        assert info.group in GROUPS, name
        assert info.kind in ("value", "flag", "switch", "count", "list"), name
        assert bool(info.metavar) == (info.kind in ("value", "list")), name


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_the_options_of_the_table_and_help_and_no_others(command: str) -> None:
    made = cli.get_command(click.Context(cli), command)
    assert made is not None
    options = {p.name: p for p in made.params if isinstance(p, click.Option)}
    assert list(options) == [*options_of(command), "wants_help", "wants_help_all"]
    for name, info in options_of(command).items():
        option = options[name]
        assert long_name(name) in option.opts
        assert (f"-{info.short}" in option.opts) == bool(info.short)
        assert option.secondary_opts == ([f"--no-{long_name(name)[2:]}"] if info.kind == "switch" else [])
        # Variables are read by collect(), so that errors name them.
        assert option.envvar is None


def test_a_short_letter_means_one_thing_in_a_command() -> None:
    for command in COMMANDS:
        letters = [info.short for info in options_of(command).values() if info.short]
        assert len(letters) == len(set(letters)), command


@pytest.mark.parametrize("name", [n for n, info in OPTIONS.items() if info.default is not None])
def test_defaults_pass_their_readers(name: str) -> None:
    info = OPTIONS[name]
    read = info.read(info.default)
    if name in TrainingOptions._fields:
        assert read == TrainingOptions._field_defaults[name]


def test_options_without_a_default_are_none_in_a_run() -> None:
    for name, info in OPTIONS.items():
        if info.default is None and name in TrainingOptions._fields:
            assert TrainingOptions._field_defaults[name] is None, name


def test_every_option_of_a_trainer_has_a_reader_that_takes_its_default() -> None:
    for trainer, info in TRAINER_NAMES.items():
        for name, default in info.defaults.items():
            assert name in option_names()
            assert read_option(name, default) == default, (trainer, name)


def test_words_for_completion_pass_the_reader() -> None:
    for info in OPTIONS.values():
        for word in set(info.words) - set(table.FILE + table.COLUMN + table.TEXT):
            if not word.endswith(">="):
                info.read(word)


def test_names_that_network_files_may_use() -> None:
    assert set(TrainingOptions._fields) - {"trainer_options"} <= set(option_names())
    assert {"beta1", "momentum", "seed"} <= set(option_names())
    assert not {"output", "json", "data", "threads", "starts"} & set(option_names())
    for name in ("output", "nonsense"):
        with pytest.raises(ValueFault, match="unknown option; "):
            read_option(name, "x")


@pytest.mark.parametrize(
    ("name", "form", "default"),
    [
        ("output", "-o, --output FILE", ""),
        ("nesterov", "--nesterov / --no-nesterov", ""),
        ("keep_on_interrupt", "--keep-on-interrupt / --no-keep-on-interrupt", "on"),
        ("verbose", "-v, --verbose", ""),
        ("delimiter", "--delimiter TEXT", "tab"),
        ("l1", "--l1 X", "0"),
        ("l2", "--l2 X", "auto"),
        ("checkpoint_every", "--checkpoint-every N", "100"),
    ],
)
def test_wording(name: str, form: str, default: str) -> None:
    assert spelling(name, OPTIONS[name]) == form
    assert shown_default(OPTIONS[name]) == default


def test_help_texts_are_sentences_without_a_full_stop() -> None:
    for name, info in OPTIONS.items():
        for text in (info.help, info.brief or "X"):
            assert text[0].isupper() or text.startswith("-"), name
            assert not text.endswith("."), name


def test_the_manual_is_up_to_date() -> None:
    text = (ROOT / "docs/options.md").read_text(encoding="utf-8")
    assert text == manual(), "docs/options.md: write it again, see anncli/options/manual.py"
    for name in OPTIONS:
        assert f"`{variable(name)}`" in text


def test_the_strongest_layer_wins_and_invalid_values_name_their_place() -> None:
    strong = read_layer({"seed": Given("3", "--seed")})
    weak = read_layer({"seed": Given(4, "a.yaml:1:1: seed"), "l2": Given("0.5", "ANN_L2")})
    found = resolve_options([strong, weak])
    assert (found.seed, found.l2) == (3, 0.5)
    with pytest.raises(UsageError) as caught:
        read_layer({"seed": Given("x", "ANN_SEED")})
    assert str(caught.value) == "ANN_SEED: must be a whole number, at least 0, found 'x'; write for example 1"
    # An option of another trainer counts only if its layer did not choose the trainer weaker than another.
    momentum = read_layer({"momentum": Given("0.5", "--momentum")})
    with pytest.raises(ValueFault, match="--momentum: trainer adam has no momentum; its options are learning_rate"):
        resolve_options([momentum])
    adam = read_layer({"trainer": Given("adam", "--trainer")})
    assert "momentum" not in resolve_options([adam, momentum]).trainer_options


def test_a_misspelt_variable_is_refused_for_options_of_any_command() -> None:
    check_variables({"ANN_STARTS": "1", "ANN_ROWS": "2", "ANN_KERNELS": "numpy", "ANN_ARBOR": "x"}, OPTIONS)
    with pytest.raises(UsageError, match=r"unknown variable ANN_STRATS; did you mean ANN_STARTS\?"):
        check_variables({"ANN_STRATS": "1"}, OPTIONS)
