"""Resumption: the checkpoints that a training writes, and the one it continues from."""

from __future__ import annotations

from typing import Any

from anncli.cli.asking.settings import TrainSettings
from anncli.errors import NetworkError, UsageError, printable
from anncli.formats.files.checkpoint import Checkpoint, checkpoint_name, save_checkpoint
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.options.wording import long_name
from anncli.training.attempt import EpochReport
from anncli.training.beginning import begin
from anncli.training.decisions import keeps_scaling
from anncli.training.run import TrainingRun


class Checkpoints:
    """Writes the state of the run to `path` every `every` epochs, of a run elsewhere when a part of it has ended, and before the final fit; nowhere for None.

    With {epoch} in `path` every checkpoint is a file of its own, named after the epochs that the attempt in hand has done.
    latest: the file that was written last; None before the first one.
    """

    def __init__(self, path: str | None, every: int, network_bytes: bytes, training: TrainingRun) -> None:
        self.path, self.every, self.network_bytes, self.training = path, every, network_bytes, training
        self.latest: str | None = None
        self.done = False

    def see(self, report: EpochReport) -> None:
        """Write a checkpoint if it is time. The final fit has none: it is short and is repeated on --resume."""
        if report.phase == "refit":
            self.finish()
            return
        # The next network of an ensemble begins after the final fit of the one before.
        self.done = False
        if self._is_time(report):
            self._save()

    def _is_time(self, report: EpochReport) -> bool:
        if self.training.elsewhere is None:
            return report.epoch % self.every == 0
        # All reports of a restart come at once, when it has ended.
        ended = next((one for one in self.training.attempts if one.number == report.restart), None)
        return ended is None or report.epoch == len(ended.history)

    def finish(self) -> None:
        """Write the last one: all epochs are done, or the user stopped the run."""
        if not self.done:
            self._save()
            self.done = True

    def _save(self) -> None:
        if self.path is None:
            return
        path = checkpoint_name(self.path, len(self.training.attempts[-1].history))
        save_checkpoint(Checkpoint(self.network_bytes, settings_of(self.training), self.training.state()), path)
        self.latest = path


def settings_of(training: TrainingRun) -> dict[str, Any]:
    """Everything besides the network that decides a run: options, data and backend."""
    from anncli.experiments.spec import plain

    return {
        "options": plain(training.setup.options.by_name()),
        "data": [[source.sha256, source.n_samples] for source in training.setup.data.sources],
        "parts": {name: len(rows) for name, rows in training.setup.rows.items()},
        "kernel": training.setup.backend.name,
        "continued": training.setup.is_continued,
        **({} if training.setup.pruning is None else {"pruned": training.setup.pruning.n_removed}),
        **({} if training.setup.lesson is None else {"teacher": training.setup.lesson.record["sha256"]}),
    }


def begin_or_resume(
    settings: TrainSettings, network: Network, options: TrainingOptions, checkpoint: Checkpoint | None
) -> tuple[Network, TrainingOptions]:
    """As begin(). A checkpoint of a program that continued every trained network is resumed as it was begun."""
    if checkpoint is not None and isinstance(checkpoint.settings, dict) and "continued" not in checkpoint.settings:
        return network, options
    return begin(network, options, settings.continues, settings.layers[0])


def resume_from(path: str, checkpoint: Checkpoint, training: TrainingRun, settings: TrainSettings) -> None:
    """Put the run in the state of the checkpoint; warns if another backend wrote it.

    Raises: UsageError naming the first difference between this run and the one that wrote the checkpoint; NetworkError
        for a damaged one.
    """
    ours, theirs, is_earlier = settings_of(training), *_completed(checkpoint.settings, training)
    damaged = NetworkError(
        "is a damaged checkpoint, or one of another network", path=path, advice="start again without --resume"
    )
    if theirs.keys() != ours.keys() or not isinstance(theirs["options"], dict):
        raise damaged
    _check_same_settings(path, ours, theirs, is_earlier)
    try:
        training.restore(checkpoint.state)
    # A damaged state fails in as many ways as there are kinds of values in it.
    except Exception:
        raise damaged from None
    if ours["kernel"] != theirs["kernel"]:
        backends = f"{path} was written with the backend '{theirs['kernel']}', this run has '{ours['kernel']}'"
        settings.console.warn(f"{backends}: the last digits may differ")
    done = max(len(attempt.history) for attempt in training.attempts)
    if done > settings.epochs:
        raise UsageError(
            f"--resume {printable(path)}: it is at epoch {done} already, beyond the {settings.epochs} asked for",
            advice="give the EPOCHS of the first run, or more",
        )


def _completed(theirs: Any, training: TrainingRun) -> tuple[Any, bool]:
    """The settings of a checkpoint with what an earlier version left out, and whether it is one of a version with other
    defaults, which wrote down 'auto' for a scaling."""
    if not isinstance(theirs, dict):
        return theirs, False
    theirs = {"continued": training.setup.is_continued, **theirs}
    options = theirs.get("options")
    if not isinstance(options, dict) or options.get("scaling") != "auto":
        return theirs, False
    scaling = "keep" if keeps_scaling(training.setup.network) else "zscore"
    return {**theirs, "options": {**options, "scaling": scaling}}, True


def _check_same_settings(path: str, ours: dict[str, Any], theirs: dict[str, Any], is_earlier: bool) -> None:
    if ours["continued"] != theirs["continued"]:
        raise UsageError(
            f"--resume {printable(path)}: it {_begun(theirs['continued'])}, this run {_begun(ours['continued'])}",
            advice="repeat the options of the first run",
        )
    # A file of an older version lacks the options that came later; they had their defaults.
    before = {**TrainingOptions._field_defaults, "truncate": None, **theirs["options"]}
    # The time limit does not change the epochs of a run, only where it ends.
    others = [name for name, value in ours["options"].items() if value != before.get(name) and name != "time_limit"]
    if others:
        name, advice = others[0], "repeat the options of the first run"
        if is_earlier:
            words = (f"{long_name(name)} {'none' if before[name] is None else before[name]}" for name in others)
            advice = f"an earlier version began it, with other defaults: add {' '.join(words)}"
        was, now = _shown(name, before.get(name)), _shown(name, ours["options"][name])
        message = f"--resume {printable(path)}: it was written with {was}, this run has {now}"
        raise UsageError(message, advice=advice)
    if ours.get("pruned") != theirs.get("pruned"):
        message = f"--resume {printable(path)}: it has {theirs['pruned']} weights removed, this run {ours['pruned']}"
        raise UsageError(message, advice="repeat the first run with --prune and that fraction of the weights")
    if ours.get("teacher") != theirs.get("teacher"):
        message = f"--resume {printable(path)}: the file of the teacher has changed since"
        raise UsageError(message, advice="give the teacher of the first run")
    for name in ("data", "parts"):
        if ours[name] != theirs[name]:
            raise UsageError(
                f"--resume {printable(path)}: it was written with other data than this run's",
                advice="give the same files in the same order",
            )


def _begun(continued: Any) -> str:
    return "goes on from the weights of the network" if continued else "begins with new weights"


def check_same_shape(path: str, checkpoint_network: Network, network: Network) -> None:
    """Raises UsageError if the network file has another shape than the run began with."""
    begun, found = checkpoint_network.topology, network.topology
    if checkpoint_network.needs_encoder:
        # Its inputs are not known yet, nor the outputs of an open `softmax`; the interrupted run wrote a network that knows them.
        text = checkpoint_network.text
        found = found._replace(inputs=begun.inputs) if text is None or network.text != text else text.defined(found)
    if begun != found or checkpoint_network.text != network.text:
        shapes = (f"{begun} network", f"{found}")
        if checkpoint_network.needs_encoder:
            samples = "tables" if checkpoint_network.text is None else "texts"
            shapes = (f"network for {samples}, {checkpoint_network.layers_text}", network.layers_text)
        raise UsageError(
            f"--resume {printable(path)}: it has a {shapes[0]}, the network file has {shapes[1]} or other activations",
            advice="give the network file of the first run",
        )


def _shown(name: str, value: Any) -> str:
    unset = "auto" if name in ("validation", "l2", "patience") else "none"
    return f"{name} {unset if value is None else value}"
