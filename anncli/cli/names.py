"""The commands of `ann`: name, section of the overview, and one line of help (imports nothing, so help is fast)."""

from __future__ import annotations

from typing import NamedTuple


class Takes(NamedTuple):
    """Which words a command has: `WHAT NETWORK DATA... EPOCHS`.

    network: 'must' (the first word), 'several' (all first words that are networks), 'may' (the first word if it is a network), 'makes' (the first word, a new file), or ''
    for none; data: 'must', 'may', or '' for none; epochs: whether the last word may be EPOCHS; what: whether the first word is
    WHAT to do with the others.
    """

    network: str = "must"
    data: str = "must"
    epochs: bool = False
    what: bool = False

    @property
    def usage(self) -> str:
        """The words as usage shows them."""
        network = {"must": "NETWORK", "several": "NETWORK NETWORK...", "makes": "NETWORK", "may": "[NETWORK]", "": ""}[
            self.network
        ]
        data = {"must": "DATA...", "may": "[DATA...]", "": ""}[self.data]
        what, epochs = "WHAT" if self.what else "", "[EPOCHS]" if self.epochs else ""
        return " ".join(filter(None, (what, network, data, epochs)))


class CommandName(NamedTuple):
    """section: the heading of `ann --help` it stands under; module: below anncli.cli, which has NAME_command;
    words: its words, or their usage where they are of another kind."""

    section: str
    summary: str
    module: str
    words: Takes | str

    @property
    def takes(self) -> Takes | None:
        """The words, or None where they are of another kind."""
        return None if isinstance(self.words, str) else self.words

    @property
    def arguments(self) -> str:
        """The words after the command, as usage shows them."""
        return self.words if isinstance(self.words, str) else self.words.usage


_FIT = Takes("may", "must", epochs=True)

COMMANDS: dict[str, CommandName] = {
    "train": CommandName("Train and use", "Train a network on data and write it to a file.", "commands.train", _FIT),
    "test": CommandName("Train and use", "Evaluate a network on test data.", "commands.test", Takes()),
    "predict": CommandName(
        "Train and use", "Print scores and class of each row.", "commands.predict", Takes(data="may")
    ),
    "init": CommandName(
        "Train and use", "Write a new network definition.", "commands.init", Takes("makes", data="may")
    ),
    "info": CommandName(
        "Train and use", "Show the contents of a network file and verify it.", "commands.info", Takes(data="")
    ),
    "cv": CommandName("Evaluate", "Cross-validate a network on data.", "commands.cv", _FIT),
    "search": CommandName("Evaluate", "Search for good options and layers.", "commands.search", _FIT),
    "check": CommandName(
        "Evaluate", "Look for mistakes in data.", "commands.check", Takes("may", "must")
    ),
    "compare": CommandName(
        "Evaluate", "Compare networks on the same rows or folds.", "commands.compare",
        Takes("several", "must", epochs=True),
    ),
    "explain": CommandName(
        "Evaluate", "Show which columns a network needs, and how.", "commands.explain", Takes()
    ),
    "report": CommandName("Evaluate", "Write a page about a network and its results on data.", "commands.report", Takes()),
    "plot": CommandName(
        "Evaluate", "Draw one figure of a network.", "commands.plot", Takes(data="may", what=True)
    ),
    "convert": CommandName("Files", "Write data in another format.", "commands.convert", "IN OUT"),
    "export": CommandName(
        "Files", "Write a network for other programs, and check what they compute.", "commands.export", Takes(data="may")
    ),
    "import": CommandName(
        "Files", "Write a network of another program as one of ann.", "commands.import_network", "FILE"
    ),
    "trainers": CommandName("Look inside", "List the trainers and their options.", "commands.trainers", "[NAME]"),
    "bench": CommandName("Look inside", "Compare trainers on a network and data.", "commands.bench", _FIT),
    "gradcheck": CommandName(
        "Look inside", "Compare the gradient with finite differences.", "commands.gradcheck", Takes()
    ),
    "curvature": CommandName(
        "Look inside", "Measure how the loss curves around the weights.", "commands.curvature", Takes()
    ),
    "words": CommandName(
        "Words and pictures", "Look for near words, and test the vectors of words.", "commands.words", "NETWORK [TERM...]"
    ),
    "scan": CommandName("Words and pictures", "Find in pictures what a network has learnt.", "commands.scan", Takes()),
    "generate": CommandName(
        "Words and pictures", "Write a text as a network has learnt to.", "commands.generate", Takes(data="")
    ),
    "t": CommandName(
        "ann1dn's forms", "Train with ann1dn's positional arguments.", "classic.commands",
        "NET CLS1 CLS2 EPOCHS [VAL TST TH METRIC] [NORM] [ERR]",
    ),
    "r": CommandName(
        "ann1dn's forms", "Run with ann1dn's positional arguments.", "classic.commands", "NET DATA [TH] [NORM]",
    ),
    "help": CommandName("Shell", "Explain a command or a topic.", "commands.help", "[COMMAND|TOPIC]"),
    "completion": CommandName("Shell", "Print the completion script of a shell.", "commands.completion", "bash|zsh|fish"),
}  # fmt: skip
