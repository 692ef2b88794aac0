"""Resumption: the checkpoints a training job writes on its way, and the one it goes on from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anncli.errors import NetworkError, UsageError, printable

if TYPE_CHECKING:
    from anncli.formats.files.checkpoint import Checkpoint
    from anncli.network.network import Network
    from anncli.training.attempt import EpochReport
    from anncli.training.run import TrainingRun


class Checkpoints:
    """Writes the run to `path` after every `every` epochs and at the end of the selection; nowhere for None."""

    def __init__(self, path: str | None, every: int, network_bytes: bytes, training: TrainingRun) -> None:
        self.path, self.every, self.network_bytes, self.training = path, every, network_bytes, training
        self.done = False

    def see(self, report: EpochReport) -> None:
        """Take note of an epoch. The final fit is not written down: it is short and made again."""
        if report.phase == "refit":
            self.finish()
        elif report.epoch % self.every == 0:
            self._save()

    def finish(self) -> None:
        """The last one: all epochs are done, or the user wants to stop here."""
        if not self.done:
            self._save()
            self.done = True

    def _save(self) -> None:
        if self.path is None:
            return
        from anncli.formats.files.checkpoint import Checkpoint, save_checkpoint

        save_checkpoint(Checkpoint(self.network_bytes, settings_of(self.training), self.training.state()), self.path)


def settings_of(training: TrainingRun) -> dict[str, Any]:
    """What decides a run besides the network: options and data."""
    chosen = training.setup.options._asdict()
    return {
        "options": plain({**chosen.pop("trainer_options"), **chosen}),
        "data": [[source.sha256, source.n_samples] for source in training.setup.data.sources],
        "parts": {name: len(rows) for name, rows in training.setup.rows.items()},
        "kernel": training.setup.backend.name,
    }


def plain(value: Any) -> Any:
    """The value as JSON gives it back."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def take_up(path: str, checkpoint: Checkpoint, training: TrainingRun) -> str | None:
    """Put the run where the checkpoint is; the answer is a warning, or None.

    Raises: UsageError naming the first thing in which this run differs from the one that wrote it.
    """
    ours, theirs = settings_of(training), checkpoint.settings
    damaged = NetworkError(
        "is a damaged checkpoint, or that of another network", path=path, advice="begin anew without --resume"
    )
    if not isinstance(theirs, dict) or theirs.keys() != ours.keys() or not isinstance(theirs["options"], dict):
        raise damaged
    for name, value in ours["options"].items():
        before = theirs["options"].get(name)
        # How a run ends may change; what its epochs do may not.
        if value != before and name != "time_limit":
            raise UsageError(
                f"--resume {printable(path)}: it was made with {_shown(name, before)}, this run has {_shown(name, value)}",
                advice="repeat the options of the first run",
            )
    for name in ("data", "parts"):
        if ours[name] != theirs[name]:
            raise UsageError(
                f"--resume {printable(path)}: it was made from other data than this run's",
                advice="give the same files in the same order",
            )
    try:
        training.restore(checkpoint.state)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        raise damaged from None
    if ours["kernel"] != theirs["kernel"]:
        return f"{path} was made by the kernels '{theirs['kernel']}', these are '{ours['kernel']}': the bits may differ"
    return None


def check_same_shape(path: str, checkpoint_network: Network, network: Network) -> None:
    """Raises UsageError when the network file has another shape than the run began with."""
    if checkpoint_network.topology != network.topology:
        raise UsageError(
            f"--resume {printable(path)}: it is of a {checkpoint_network.topology} network, "
            f"the network file has {network.topology} or other activations",
            advice="give the network file of the first run",
        )


def _shown(name: str, value: Any) -> str:
    unset = "auto" if name in ("validation", "l2", "patience") else "none"
    return f"{name} {unset if value is None else value}"
