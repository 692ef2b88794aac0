"""What a network file and the command line say together: the options in `training:`, and the threshold in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anncli.cli.asking.values import Values
from anncli.errors import NetworkError, UsageError, ValueFault, did_you_mean
from anncli.evaluation.names import UNDECIDED_WORD
from anncli.network.input_shapes import inputs_text
from anncli.options.elsewhere import advice_elsewhere
from anncli.options.layers import Given
from anncli.options.table import canonical_option, option_names, read_option
from anncli.training.operating_point import check_abstain

if TYPE_CHECKING:
    from anncli.network.network import Network


def file_layer(network: Network, path: str) -> dict[str, Given]:
    """The training options in a network file, checked.

    Raises: NetworkError with the place in the file for an unknown name or an invalid value.
    """
    layer: dict[str, Given] = {}
    asked = network.source
    for key, value in asked.training.items():
        name = canonical_option(key)
        if name not in option_names():
            advice = advice_elsewhere(key) or did_you_mean(name, option_names())
            raise asked.key_fault(key, f"unknown training option '{key}'", advice)
        if name in layer:
            raise asked.key_fault(key, f"'{key}' is given twice", "remove one")
        try:
            layer[name] = Given(read_option(name, value), f"{path}: training: {key}")
        except ValueFault as fault:
            raise asked.value_fault(key, f"{key}: {fault.message}", fault.advice) from None
    return layer


# What evaluates a network whose samples are no rows: a text is a whole, of which no folds are drawn.
_EVALUATED = {False: "`ann test` and `ann cv` evaluate such a network", True: "`ann test` evaluates such a network"}


def require_vectors(network: Network, what: str, advice: str | None = None) -> None:
    """Raises UsageError for a network whose samples are several rows or tokens, which `what` does not look into."""
    if not network.topology.takes_vectors:
        takes = inputs_text(network.topology.inputs) if network.text is None else network.text.kind
        message = f"{what} is for samples of one row of numbers, and this network takes `inputs: {takes}`"
        raise UsageError(message, advice=advice or _EVALUATED[network.predicts_next])


def refuse_several_rows(takes_vectors: bool) -> None:
    """Raises UsageError for --baselines and a network whose samples are several rows, which no baseline learns from."""
    if not takes_vectors:
        raise UsageError("--baselines: there are none for samples of several rows or of tokens", advice="leave it out")


def refuse_with(takes_vectors: bool) -> None:
    """Raises UsageError for --with and samples of several rows, whose rows are no samples of their own."""
    if not takes_vectors:
        raise UsageError("--with is for samples of one row each", advice="leave it out")


def require_trained(network: Network, path: str) -> None:
    """Raises NetworkError for a definition without weights."""
    if not network.is_trained:
        message = "the network has no weights yet"
        raise NetworkError(message, path=path, advice=f"train it first: ann train {path} ...")


def refuse_numbers(network: Network, option: str) -> None:
    """Raises UsageError for an option about classes and a network that predicts numbers."""
    if network.task == "regression":
        raise UsageError(f"{option} is for classes, and this network predicts numbers", advice="leave it out")


def threshold_of(network: Network, values: Values) -> float | None:
    """The threshold in force: the one given, or the network's own; None for networks with several outputs or of numbers."""
    is_of_numbers = network.task == "regression"
    if network.n_outputs > 1 or is_of_numbers:
        # Variables and config files serve many networks, so only the command line is refused.
        if "threshold" in values.on_command_line:
            refuse_numbers(network, "--threshold")
            message = "--threshold is for networks with one output"
            raise UsageError(message, advice="leave it out: the largest output wins")
        return None
    given = values["threshold"]
    # A rule in a variable or a config file is meant for training.
    return given if isinstance(given, float) else network.decision_threshold


def refuse_rule(values: Values) -> None:
    """Raises UsageError for a rule where there are no validation rows; ask before any file is read."""
    rule = values["threshold"]
    if "threshold" in values.on_command_line and isinstance(rule, str):
        message = f"--threshold {rule}: a rule would look at the rows that it is measured on"
        raise UsageError(message, advice=f"give a number, or choose it in training: ann train ... --threshold '{rule}'")


def abstain_of(network: Network, values: Values, threshold: float | None) -> tuple[float, ...] | None:
    """Which scores are no decision, as given or as the network says; None for none. threshold: the one in force.

    Raises: UsageError for scores that do not fit the network or the threshold.
    """
    given: tuple[float, ...] | None = values["abstain"]
    is_typed = "abstain" in values.on_command_line
    if network.n_classes == 0:
        if is_typed and given:
            raise UsageError(f"--abstain needs classes, and the task is {network.task}", advice="leave it out")
        return None
    # Variables and config files serve many networks, so only the command line is refused.
    if given and not is_typed and len(given) != (2 if network.n_outputs == 1 else 1):
        given = None
    abstain = network.abstain if given is None else given
    # A rule may have put the network's own threshold outside its undecided scores, of which the training warned.
    is_own = given is None and threshold == network.decision_threshold
    check_abstain(abstain, network, None if is_own else threshold)
    if abstain and UNDECIDED_WORD in network.classes:
        message = f"--abstain: a class is called '{UNDECIDED_WORD}', which is the word for rows without a decision"
        raise UsageError(message, advice="rename the class")
    return abstain or None
