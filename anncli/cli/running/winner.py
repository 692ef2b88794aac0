"""The network that a search has kept: its training on all rows, its file, and the command line that makes it."""

from __future__ import annotations

from typing import Any

from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.candidates import Candidates
from anncli.cli.showing.repeating import asked_for
from anncli.cli.showing.search_command import layer_options, train_command
from anncli.experiments.search import Candidate
from anncli.experiments.search_space import Trial
from anncli.experiments.spec import DataRef, Result, RowsRef, Spec
from anncli.formats.files.textfile import replace_file
from anncli.formats.networks.storage import parse, render
from anncli.options.table import TrainingOptions
from anncli.training.beginning import is_made_by_training


def final_spec(candidates: Candidates, trial: Trial, data: DataRef) -> Spec:
    """The training of the trial on all rows but those of sets that files or the data name."""
    made, sets = candidates(trial), candidates.problem.sets
    return Spec(
        made.network,
        data,
        RowsRef.of(sets) if sets else None,
        _options(made).by_name(),
        made.epochs,
        keep_network=True,
        labels={"training": "on all rows"},
    )


def _options(made: Candidate) -> TrainingOptions:
    """Without a test set that was drawn: its rows have done their work. Files of test rows stay what they are."""
    options = made.options
    return options if isinstance(options.test, tuple) else options._replace(test=0.0)


def write_network(candidates: Candidates, trial: Trial, result: Result, output: str) -> None:
    """Write the trained network as `ann train` writes it."""
    assert result.network is not None
    data, network = result.network, parse(result.network, output)
    if network.encoder is not None:
        network.record["asked"] = _asked(candidates, trial)
        data = render(network, None, output)
    replace_file(output, data)


def _asked(candidates: Candidates, trial: Trial) -> dict[str, Any]:
    made, said = candidates(trial), candidates.problem.asked
    return asked_for(made.epochs, _options(made), said.request, said.read)


def command_of(values: Values, words: Words, candidates: Candidates, trial: Trial) -> str | None:
    """The command line that makes the network; None where it needs layers that only --output can hold."""
    problem, output = candidates.problem, values["output"]
    network = candidates.network(trial, candidates.options(trial))
    named: list[str] = []
    shape: dict[str, str] = {}
    if problem.network is None:
        # Also where `ann train` would take as many units by itself: the command then says what the network is like.
        shape = layer_options(network)
    elif network is problem.network and words.network is None:
        shape = {"inputs": str(values["inputs"])}
    elif network is problem.network:
        named = ["--network", str(words.network)] if "network" in values.on_command_line else [str(words.network)]
        if network.is_trained and not is_made_by_training(network):
            shape = (
                {} if "init" in {**_asked(candidates, trial), **trial} else {"init": "auto"}
            )  # what ann train would ask for
    elif output in (None, "-"):
        return None
    else:
        named = [output]
    rest = {name: text for name, text in trial.items() if name not in ("hidden", "activation", "epochs")}
    place = _again(output) if output is not None else "network.nn"
    return train_command(named, words.data, {**_asked(candidates, trial), **shape}, rest, place)


def _again(output: str) -> str:
    """Another file beside the output, which the command would not replace."""
    if output == "-":
        return output
    stem, dot, ending = output.rpartition(".")
    return f"{stem}-again.{ending}" if dot and "/" not in ending else f"{output}-again"
