"""The names of selection metrics and of rules for thresholds, for help, errors and files (no numpy)."""

from __future__ import annotations

from typing import NamedTuple

from anncli.errors import ValueFault
from anncli.limits import decimal

# After `loss` they stand in the order of ann1dn's codes.
METRIC_NAMES: dict[str, str] = {
    "loss": "the training loss on the validation set (lower is better)",
    "mse": "one over the mean squared error against the targets; ann1dn's metric 0",
    "accuracy": "fraction of correct predictions; ann1dn's metric 1",
    "gm-se-sp": "(SE SP)^(1/2); metric 2",
    "gm-se-ppv": "(SE PPV)^(1/2); metric 3",
    "gm-se-sp-acc": "(SE SP ACC)^(1/3); metric 4",
    "gm-all": "(SE SP PPV NPV ACC)^(1/5); metric 5",
    "f1": "F-measure, b = 1; metric 6",
    "f1.5": "F-measure, b = 1.5; metric 7",
    "f3": "F-measure, b = 3; metric 8",
}

# What stands in place of the number of a class, and of its name, where a row is not decided.
UNDECIDED = -1
UNDECIDED_WORD = "undecided"

# How the threshold between two classes is chosen, for help, errors and files; METRIC>=X stands for one line of FLOOR_NAMES.
RULE_NAMES: dict[str, str] = {
    "youden": "the highest sensitivity + specificity",
    "f1": "the highest F1",
    "fbeta:B": "the highest F measure, in which sensitivity counts B times as much as PPV",
    "mcc": "the highest Matthews correlation",
    "cost:FP,FN": "the lowest cost, where a false positive costs FP and a false negative FN",
    "se>=X": "the highest specificity with a sensitivity of at least X",
    "sp>=X": "the highest sensitivity with a specificity of at least X",
    "ppv>=X": "the highest sensitivity with a PPV of at least X",
    "npv>=X": "the highest specificity with an NPV of at least X",
}
# Other names of the metrics that a rule may hold above a limit.
FLOOR_NAMES: dict[str, str] = {
    "se": "se", "sensitivity": "se", "recall": "se", "tpr": "se",
    "sp": "sp", "specificity": "sp", "tnr": "sp",
    "ppv": "ppv", "precision": "ppv",
    "npv": "npv",
}  # fmt: skip
_EXAMPLE = "use a number or one of " + ", ".join(RULE_NAMES)


class Rule(NamedTuple):
    """A rule that chooses a threshold: its name, a key of RULE_NAMES without its numbers or one of se sp ppv npv, and its numbers."""

    name: str
    numbers: tuple[float, ...] = ()

    @property
    def is_floor(self) -> bool:
        """Whether it holds a metric above a limit, which no threshold may reach."""
        return self.name in FLOOR_NAMES

    def __str__(self) -> str:
        numbers = ",".join(f"{number:g}" if number == float(f"{number:g}") else repr(number) for number in self.numbers)
        return self.name + (f">={numbers}" if self.is_floor else f":{numbers}" if numbers else "")


def parse_rule(text: str) -> Rule:
    """The rule that a text such as `youden`, `cost:1,5` or `se>=95%` is; raises ValueFault for anything else."""
    word = text.strip().lower()
    if word in ("youden", "f1", "mcc"):
        return Rule(word)
    name, sign, rest = word.partition(">=")
    if sign and (name := name.strip()) in FLOOR_NAMES:
        rest = rest.strip()
        # The nearest number to a percentage: 99.9 / 100 is another one than 0.999.
        limit = decimal(f"{rest[:-1].strip()}e-2") if rest.endswith("%") else decimal(rest)
        if not 0 < limit <= 1:
            raise ValueFault(
                f"the limit of {name} must be above 0 and at most 1, found '{text}'", f"write {name}>=0.95"
            )
        return Rule(FLOOR_NAMES[name], (limit,))
    if sign or name.split(":")[0] not in ("fbeta", "cost"):
        raise ValueFault(f"must be a number or a rule, found '{text}'", _EXAMPLE)
    name, _, rest = word.partition(":")
    numbers = tuple(decimal(part) for part in rest.split(","))
    if name == "fbeta" and not (len(numbers) == 1 and 0 < numbers[0] <= 1000):
        raise ValueFault(f"fbeta needs a number above 0 and at most 1000, found '{text}'", "write for example fbeta:2")
    if name == "cost" and not (len(numbers) == 2 and all(0 < number <= 1e9 for number in numbers)):
        raise ValueFault(f"cost needs two numbers above 0, found '{text}'", "write for example cost:1,5")
    return Rule(name, numbers)


# Fields of evaluations that are the better the lower they are.
LOWER_IS_BETTER = frozenset({"mse", "log_loss", "brier", "calibration_error", "rmse", "mae", "pinball", "hamming_loss"})
