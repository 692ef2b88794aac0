"""`ann trainers`: arguments and help."""

from __future__ import annotations

import click

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values
from anncli.cli.showing.console import print_json
from anncli.cli.showing.trainer_list import all_trainers, describe, one_trainer
from anncli.errors import asking
from anncli.training.names import DEFAULT_TRAINER, TRAINER_NAMES, canonical_trainer


@command("trainers")
@argument("name", "[NAME]", tuple(TRAINER_NAMES), required=False)
def trainers_command(values: Values, name: str | None) -> None:
    """List the trainers (training algorithms), or show NAME with its options and their defaults.

    \b
    Examples:
      ann trainers
      ann trainers scg
      ann trainers traincgp

    Storage is in vectors of the length of all weights and biases (P), besides the weights themselves.
    """
    with asking():
        names = list(TRAINER_NAMES) if name is None else [canonical_trainer(name)]
    if values["json"]:
        documents = [describe(each) for each in names]
        print_json({"command": "trainers", "default": DEFAULT_TRAINER, "trainers": documents})
    else:
        click.echo(all_trainers() if name is None else one_trainer(names[0]))
