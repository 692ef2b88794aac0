"""The commands of `ann`: name, section of the overview, and one line of help (imports nothing, so help is fast)."""

from __future__ import annotations

from typing import NamedTuple


class CommandName(NamedTuple):
    """section: the heading of `ann --help` it stands under; module: below anncli.cli, which has NAME_command;
    arguments: the words after the command, as usage shows them."""

    section: str
    summary: str
    module: str
    arguments: str


COMMANDS: dict[str, CommandName] = {
    "train": CommandName(
        "Train and use", "Train a network on class files and write it back.", "commands.train",
        "NETWORK CLASSFILE... EPOCHS",
    ),
    "test": CommandName(
        "Train and use", "Evaluate a network on test data.", "commands.test", "NETWORK CLASSFILE...",
    ),
    "predict": CommandName(
        "Train and use", "Print scores and class of each row.", "commands.predict", "NETWORK [FILE|-]",
    ),
    "init": CommandName("Train and use", "Write a new network definition.", "commands.init", "NETWORK"),
    "info": CommandName("Train and use", "Show the contents of a network file and verify it.", "commands.info", "NETWORK"),
    "trainers": CommandName("Look inside", "List the trainers and their options.", "commands.trainers", "[NAME]"),
    "bench": CommandName(
        "Look inside", "Compare trainers on a network and class files.", "commands.bench",
        "NETWORK CLASSFILE... EPOCHS",
    ),
    "gradcheck": CommandName(
        "Look inside", "Compare the gradient with finite differences.", "commands.gradcheck", "NETWORK CLASSFILE...",
    ),
    "t": CommandName(
        "ann1dn's forms", "Train with ann1dn's positional arguments.", "classic.commands",
        "NET CLS1 CLS2 EPOCHS [VAL TST TH METRIC] [NORM] [ERR]",
    ),
    "r": CommandName(
        "ann1dn's forms", "Run with ann1dn's positional arguments.", "classic.commands", "NET DATA [TH] [NORM]",
    ),
}  # fmt: skip
