"""The positional arguments of `ann t` and `ann r`, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anncli.errors import UsageError, asking
from anncli.evaluation.names import METRIC_NAMES
from anncli.options.readers import integer, number, threshold

# The position of a name is its code: scaling 0 to 5 and metric 0 to 8.
SCALINGS = ("keep", "minmax", "zscore", "sigmoidal", "energy", "vector-minmax")
METRICS = tuple(name for name in METRIC_NAMES if name != "loss")

T_USAGE = "ann t NET CLS1 CLS2 EPOCHS [VAL TST TH METRIC] [NORM] [ERR]"
R_USAGE = "ann r NET DATA [TH] [NORM]"


@dataclass(frozen=True)
class Arguments:
    """The positional arguments of `ann t`, by name."""

    network: str
    class_files: tuple[str, str]
    epochs: int
    validation: str | None = None
    test: str | None = None
    threshold: float = 0.5
    metric: int = 0
    scaling: int = 0
    tolerance: float = 0.05


def read_arguments(words: tuple[str, ...]) -> Arguments:
    """Both forms of `ann t`: a fifth word of one character is a scaling code, a longer one the validation file."""
    if len(words) < 4:
        raise UsageError(f"{len(words)} arguments, at least 4 are needed", advice=T_USAGE)
    epochs = read_word("EPOCHS", integer(0, example="1000"), words[3])
    base: dict[str, Any] = {"network": words[0], "class_files": (words[1], words[2]), "epochs": epochs}
    rest = list(words[4:])
    if rest and len(rest[0]) > 1:
        if len(rest) < 4:
            advice = f"{T_USAGE}; a scaling code is one character"
            raise UsageError(
                f"'{rest[0]}' is a validation file, but test file, threshold and metric do not follow", advice=advice
            )
        base |= {"validation": rest[0], "test": rest[1], "threshold": read_threshold(rest[2])}
        base["metric"] = read_code("METRIC", rest[3], len(METRICS))
        rest = rest[4:]
    if rest and len(rest[0]) == 1 and not rest[0].isdecimal():
        advice = f"a validation file of one character is written ./{rest[0]}"
        raise UsageError(f"NORM: must be 0 to {len(SCALINGS) - 1}, found '{rest[0]}'", advice=advice)
    if rest:
        base["scaling"] = read_code("NORM", rest.pop(0), len(SCALINGS))
    if rest:
        base["tolerance"] = read_word("ERR", number(0, example="0.05"), rest.pop(0))
    if rest:
        raise UsageError(f"unexpected argument '{rest[0]}'", advice=T_USAGE)
    return Arguments(**base)


def read_word(name: str, reader: Callable[[str], Any], word: str) -> Any:
    """The value of an argument; raises UsageError naming it."""
    with asking(name):
        return reader(word)


def read_threshold(word: str) -> float:
    return float(read_word("TH", threshold, word))


def read_code(name: str, word: str, count: int) -> int:
    code = int(read_word(name, integer(0, example="0"), word))
    if code >= count:
        raise UsageError(f"{name}: must be 0 to {count - 1}, found '{word}'")
    return code
