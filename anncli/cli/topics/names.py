"""The names of the topics that `ann help` explains: name and one line (imports nothing, so help and completion are fast)."""

from __future__ import annotations

from typing import NamedTuple


class TopicName(NamedTuple):
    """summary: a line of help; guide: the file in docs/ that says more."""

    summary: str
    guide: str


TOPIC_NAMES: dict[str, TopicName] = {
    "data": TopicName("the words of a command, tables, labels and classes", "data.md"),
    "formats": TopicName("formats of data files", "formats.md"),
    "networks": TopicName("network files and their formats", "network-file.md"),
    "activations": TopicName("activations of layers", "network-file.md"),
    "initial-weights": TopicName("how initial weights are drawn (--init)", "options.md"),
    "scaling": TopicName("scaling of inputs and of targets", "network-file.md"),
    "losses": TopicName("losses (--loss)", "options.md"),
    "trainers": TopicName("training algorithms (--trainer)", "trainers.md"),
    "metrics": TopicName("metrics that may be required or choose an epoch", "evaluation.md"),
    "thresholds": TopicName("rules that choose a threshold, and calibration", "thresholds.md"),
    "environment": TopicName("variables, config files, and what is stronger", "options.md"),
    "exit-codes": TopicName("exit codes, for scripts", "exit-codes.md"),
    "matlab": TopicName("names of MATLAB and other programs, and what they are here", "matlab.md"),
}
