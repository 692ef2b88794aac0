"""The settings of `ann train`: everything the command line, variables and config file say, checked before any file is read."""

from __future__ import annotations

from typing import Any, NamedTuple

from anncli.cli.asking.devices import check_device
from anncli.cli.asking.tables import read_request, table_request
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.showing.console import Console
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.errors import UsageError
from anncli.experiments.executors.base import Executor
from anncli.experiments.executors.names import executes_elsewhere
from anncli.options.layers import Layer
from anncli.options.requirements import Requirement


class TrainSettings(NamedTuple):
    """One training as it was asked for.

    network_path: None where a network is to be made, until it has a place; is_new: it was made; hidden, activation: of its hidden
    layers; inputs: what a sample is, None where the data show it; says_epochs: whether somebody gave the epochs; request, read: what was said about tables and files;
    output: where the network is written, '-' for stdout; is_output_given: with --output; layers: training options of
    command line, variables and config file, strongest first; continues: with --continue; threads: 0 for the fastest number; jobs:
    restarts or networks of an ensemble at a time; executor: what trains them in other processes, None: this process; executor_text:
    as it was asked for, '' where nobody did; says_executor: on the command line; device: 'cpu' for none;
    confidence: None where nobody gave it; the others as OPTIONS says.
    """

    network_path: str | None
    class_files: tuple[str, ...]
    epochs: int
    says_epochs: bool
    output: str
    is_output_given: bool
    layers: tuple[Layer, ...]
    continues: bool
    backup: bool
    row_digests: bool
    patterns: bool
    dialect: str | None
    history: str | None
    dry_run: bool
    as_json: bool
    keep_on_interrupt: bool
    checkpoint: str | None
    checkpoint_every: int
    resume: str | None
    threads: int
    jobs: int
    executor: Executor | None
    executor_text: str
    says_executor: bool
    reproducible: bool
    console: Console
    request: TableRequest
    read: ReadRequest
    hidden: tuple[int, ...] | None
    activation: str
    is_new: bool
    require: tuple[Requirement, ...]
    confidence: float | None
    prevalence: float | None
    junit: str | None
    baselines: bool
    inputs: str | None
    device: str
    keep_device_weights: bool
    worker_timeout: float

    @property
    def trains_in_turn(self) -> bool:
        """Whether --executor asks for one training after another in this process."""
        return self.executor_text.endswith(" in-process")

    @property
    def path(self) -> str:
        """The network file, once it has a place."""
        assert self.network_path is not None
        return self.network_path

    @property
    def streams(self) -> list[str]:
        """What goes to stdout instead of the report."""
        streams = {
            "the network": self.output == "-",
            "the history": self.history == "-",
            "--json": self.as_json,
        }
        return [name for name, wanted in streams.items() if wanted]


def train_settings(values: Values, words: Words) -> TrainSettings:
    """The settings; raises UsageError for options that contradict each other or have no effect."""
    output = values["output"]
    _check_new(values, words)
    settings = TrainSettings(
        network_path=words.network,
        class_files=words.data,
        epochs=words.epochs, says_epochs=words.says_epochs,
        # An empty name, as from an unset variable, is a mistake and must not mean to write in place.
        output=(words.network or "") if output is None else output,
        is_output_given=output is not None,
        layers=values.layers,
        continues=values["continue"],
        as_json=values["json"],
        console=values.console,
        **{
            name: values[name]
            for name in (
                "dialect", "history", "dry_run", "keep_on_interrupt", "checkpoint", "checkpoint_every", "resume",
                "threads", "jobs", "reproducible", "backup", "row_digests", "patterns", "require", "junit", "prevalence", "baselines",
                "inputs", "device", "keep_device_weights", "worker_timeout",
            )
        },
        **_executor(values),
        request=table_request(values),
        read=read_request(values),
        confidence=values.given_value("confidence"),
        hidden=values["hidden"],
        activation=values["activation"],
        is_new=words.network is None,
    )  # fmt: skip
    _check_written(values, settings)
    return settings


def _check_written(values: Values, settings: TrainSettings) -> None:
    """Raises UsageError for a checkpoint that cannot be, and for two things that go to stdout."""
    # Variables and config files serve many runs, so only the command line is refused.
    if "checkpoint_every" in values.on_command_line and not settings.checkpoint:
        raise UsageError("--checkpoint-every needs --checkpoint", advice="name the file with --checkpoint FILE")
    if settings.checkpoint == "-":
        message = "--checkpoint cannot be '-': the file is rewritten during the run"
        raise UsageError(message, advice="name a file")
    if len(settings.streams) > 1:
        both = " and ".join(settings.streams)
        raise UsageError(f"{both} cannot both go to stdout", advice="name a file for one of them")


def _executor(values: Values) -> dict[str, Any]:
    """The settings of --executor; raises UsageError for one that is not there."""
    name = values["executor"]
    if name is None:
        return {"executor": None, "executor_text": "", "says_executor": False}
    # Loaded only here: nothing else of this module needs numpy.
    from anncli.cli.running.executing import executor_of

    executor = executor_of(values)
    return {
        "executor": executor if executes_elsewhere(name) else None,
        "executor_text": f"--executor {name}",
        "says_executor": "executor" in values.on_command_line,
    }


def _check_new(values: Values, words: Words) -> None:
    """Raises UsageError for options that say what a new network is like, where there is one, and that need an old one, and for
    what does not go with a device."""
    check_device(values)
    for name in ("hidden", "activation", "inputs") if words.network is not None else ("continue",):
        if name in values.on_command_line:
            message = f"--{name} is for a {'new' if words.network is not None else 'trained'} network"
            there = f"leave it out, or change the layers in {words.network}" if words.network else "name the network"
            raise UsageError(message, advice=there)
