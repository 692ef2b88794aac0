"""Gates of `ann train`: which rows --require is about, and that there are such rows before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.cli.running.gates import Judgement, check_wanted, judge
from anncli.cli.running.required_values import kind_of, kind_of_data
from anncli.cli.showing.train_report import RunReport
from anncli.errors import UsageError
from anncli.network.network import Network
from anncli.options.requirements import Requirement
from anncli.options.table import TrainingOptions
from anncli.training.setup import Setup


def check_gates(wanted: Sequence[Requirement], options: TrainingOptions, network: Network | None) -> None:
    """Raises UsageError, before data are read, for a run without validation and test set, and for metrics that the network,
    None where it is to be made, cannot have."""
    if not wanted:
        return
    # An option that is None leaves the set to the data.
    if not options.test and options.validation == 0:
        raise _no_rows()
    if network is not None and network.task is not None and not network.needs_encoder:
        check_wanted(wanted, kind_of(network))


def check_gates_of_run(wanted: Sequence[Requirement], setup: Setup) -> None:
    """The same once the data are known, before the first epoch."""
    if not wanted:
        return
    if not len(setup.rows["test"]) and not len(setup.rows["validation"]):
        raise _no_rows()
    check_wanted(wanted, kind_of_data(setup.data, setup.network))


def judge_training(wanted: Sequence[Requirement], setup: Setup, found: RunReport) -> Judgement:
    """The verdicts on the test set, without one on the validation set; there the network that validation chose is meant, if
    the written one was retrained on these rows. Never on rows that trained the network."""
    if not wanted:
        return Judgement()
    kind = kind_of_data(setup.data, setup.network)
    if "test" in found.written:
        return judge(wanted, kind, found.written["test"], "the test set")
    if "validation" in found.chosen:
        return judge(wanted, kind, found.chosen["validation"], "the validation set, before retraining")
    return judge(wanted, kind, found.written["validation"], "the validation set")


def _no_rows() -> UsageError:
    return UsageError(
        "--require: there is no test set and no validation set, and rows that trained a network say nothing about new ones",
        advice="add --test 0.25, or --test FILES",
    )
