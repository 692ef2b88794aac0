"""Options of the commands: those all commands share, those of training, and their values from variables and config files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from anncli.cli.asking.config import COMMAND_OPTIONS, PARTS, Raw, load_config
from anncli.cli.asking.help import with_help
from anncli.cli.showing.console import Console
from anncli.errors import UsageError, did_you_mean
from anncli.options.layers import Given
from anncli.options.readers import integer
from anncli.options.table import OPTIONS, option_names, read_option
from anncli.options.variables import check_variables

if TYPE_CHECKING:
    from anncli.network.network import Network

Function = TypeVar("Function", bound=Callable[..., Any])


def variable(name: str) -> str:
    """The environment variable of an option."""
    return f"ANN_{name.upper()}"


def option(*names: str, **settings: Any) -> Callable[[Function], Function]:
    """click.option with its ANN_ variable, named after the long form."""
    long = next(n for n in names if n.startswith("--")).split("/")[0].strip("-").replace("-", "_")
    return click.option(*names, envvar=variable(long), **settings)


def command(name: str, **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """click.command with our help option."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        wrap: Callable[[Callable[..., Any]], click.Command] = click.command(name, add_help_option=False, **settings)
        return with_help(wrap(function))

    return decorate


def common(command: Function) -> Function:
    """-q, -v, --json, --no-color and --config, the same in every command."""
    decorators = [
        option("-q", "--quiet", is_flag=True, help="Only results and errors; train: errors alone."),
        option("-v", "--verbose", count=True, help="Say more on stderr."),
        option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables."),
        option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same."),
        click.option(
            "--config",
            envvar="ANN_CONFIG",
            metavar="FILE.yaml",
            is_eager=True,
            expose_value=False,
            callback=load_config,
            help="Options from a YAML file: long names, _ or -.",
        ),
    ]
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def data_format(command: Function) -> Function:
    """--data-format, for commands that read class files."""
    kinds = click.Choice(["auto", "vectors", "list"])
    return option(
        "--data-format",
        type=kinds,
        default="auto",
        help="What the class files are: one vector per line, or ann1dn's lists.  [default: auto]",
    )(command)


def kernel_threads(command: Function) -> Function:
    """--threads, for commands that run a network on many vectors; read it with threads()."""
    return option(
        "--threads",
        default="1",
        metavar="N|auto",
        help="Threads of the compiled kernels; auto: as many as pay. The result does not depend on it.  [default: 1]",
    )(command)


def threshold(command: Function) -> Function:
    """--threshold, for commands that answer with a trained network; read it with read_threshold()."""
    return option(
        "--threshold",
        type=Raw(),
        metavar="X",
        help="Score above which the first class is answered; default: the network's.",
    )(command)


def read_threshold(network: Network, text: Any) -> float | None:
    """The threshold in force, the one asked for or the network's own; None for networks with several outputs."""
    if network.n_outputs > 1:
        # Variables and config files serve many networks; only a threshold meant for this one is refused.
        context = click.get_current_context()
        if context.get_parameter_source("threshold") is ParameterSource.COMMANDLINE:
            raise UsageError(
                "--threshold is for networks with one output", advice="leave it out: the largest output wins"
            )
        return None
    if text is None:
        return network.decision_threshold
    try:
        return float(read_option("threshold", text))
    except ValueError as error:
        raise UsageError(f"--threshold: {error}") from None


def training(command: Function) -> Function:
    """One option per training option, unread until their places are known."""
    command = option(
        "--option",
        "extra",
        multiple=True,
        metavar="NAME=VALUE",
        help="Any other option of the trainer (ann trainers NAME lists them).",
    )(command)
    for name, info in reversed(OPTIONS.items()):
        long = "--" + name.replace("_", "-")
        default = (
            ""
            if info.default is None
            else f"  [default: {info.default:g}]"
            if isinstance(info.default, float)
            else f"  [default: {info.default}]"
        )
        if info.metavar:
            command = option(
                long, name, type=Raw(), metavar=info.metavar, help=info.help + default, multiple=name in PARTS
            )(command)
        else:
            command = option(f"{long}/--no-{long[2:]}", name, default=None, help=info.help)(command)
    return command


def training_layers(ctx: click.Context) -> list[dict[str, Given]]:
    """Command line, variables and config file as layers of training options, strongest first."""
    layers: dict[ParameterSource, dict[str, Given]] = {
        ParameterSource.COMMANDLINE: {},
        ParameterSource.ENVIRONMENT: _own_variables(),
        ParameterSource.DEFAULT_MAP: dict(ctx.meta.get("anncli.config_extra", {})),
    }
    marks: Mapping[str, str] = ctx.meta.get("anncli.config_places", {})
    for name in OPTIONS:
        source = ctx.get_parameter_source(name)
        value = ctx.params.get(name)
        if source not in layers or value is None:
            continue
        if name in PARTS:
            value = [item for entry in value for item in (entry if isinstance(entry, list) else [entry])]
        places = {
            ParameterSource.COMMANDLINE: "--" + name.replace("_", "-"),
            ParameterSource.ENVIRONMENT: variable(name),
            ParameterSource.DEFAULT_MAP: marks.get(name, "config"),
        }
        layers[source][name] = Given(value, places[source])
    source = ctx.get_parameter_source("extra")
    if source in layers:
        layers[source] |= _named_values(
            ctx.params["extra"],
            "--option" if source is ParameterSource.COMMANDLINE else marks.get("extra", "ANN_OPTION"),
        )
    return list(layers.values())


def _own_variables() -> dict[str, Given]:
    """ANN_ variables of options that single trainers have, which are no options of the command line."""
    names = [name for name in option_names() if name not in OPTIONS and variable(name) in os.environ]
    return {name: Given(os.environ[variable(name)], variable(name)) for name in names}


def _named_values(entries: Iterable[str], place: str) -> dict[str, Given]:
    """NAME=VALUE entries."""
    values = {}
    for entry in entries:
        name, equals, value = str(entry).partition("=")
        if not equals:
            raise UsageError(f"{place}: expected NAME=VALUE, found '{entry}'")
        values[name.strip().replace("-", "_")] = Given(value, f"{place} {name}")
    return values


def file_layer(network: Network, path: str) -> dict[str, Given]:
    """The training options that a network file asks for.

    Raises: NetworkError with the place in the file for an unknown name or a value that cannot be.
    """
    layer: dict[str, Given] = {}
    asked = network.source
    for key, value in asked.training.items():
        name = key.replace("-", "_")
        if name not in option_names():
            advice = did_you_mean(name, option_names())
            raise asked.key_fault(key, f"unknown training option '{key}'", advice)
        if name in layer:
            raise asked.key_fault(key, f"'{key}' is given twice", "remove one")
        try:
            read_option(name, value)
        except ValueError as error:
            raise asked.value_fault(key, f"{key}: {error}") from None
        layer[name] = Given(value, f"{path}: training: {key}")
    return layer


def class_names(network: Network, n_files: int) -> Sequence[str] | None:
    """The names of the classes, where the files' own names do not say them."""
    if network.classes:
        return network.classes
    return None if n_files == network.n_classes else [str(k) for k in range(1, network.n_classes + 1)]


def threads(text: str) -> int:
    """The number --threads asks for, 0 for as many as pay."""
    if text == "auto":
        return 0
    return whole_number("--threads", text)


def whole_number(option: str, text: str) -> int:
    """A number from 1 up; raises UsageError naming the option."""
    try:
        return integer(1, example="2")(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def make_console(ctx: click.Context) -> Console:
    """The console the common options ask for; also refuses misspelt ANN_ variables."""
    check_variables(os.environ, [*option_names(), *COMMAND_OPTIONS])
    return Console(ctx.params["quiet"], ctx.params["verbose"], not ctx.params["no_color"])
