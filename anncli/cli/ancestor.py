"""`ann t` and `ann r`: the positional forms of the console trainer ann1dn, for scripts that already call it.

Kept: arguments, codes, classic learning rule, output lines. Mended: nothing stale is reported, data files are never
written, the last line of a list counts, numbers are checked, scaling by z-score subtracts the mean, an empty
validation and test file give 25 % each, and the seed is fixed unless --seed says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from anncli.cli import options
from anncli.errors import UsageError
from anncli.training.options import METRIC_NAMES, OPTIONS, integer, number

# Positions are codes: scaling 0 to 5 and metrics 0 to 8.
SCALINGS = ("keep", "minmax", "zscore", "sigmoidal", "energy", "vector-minmax")
METRICS = tuple(name for name in METRIC_NAMES if name != "loss")

_T_USAGE = "ann t NET CLS1 CLS2 EPOCHS [VAL TST TH METRIC] [NORM] [ERR]"
_R_USAGE = "ann r NET DATA [TH] [NORM]"


@dataclass(frozen=True)
class Arguments:
    """The positional arguments of `t`, by meaning."""

    network: str
    class_files: tuple[str, str]
    epochs: int
    validation: str | None = None
    test: str | None = None
    threshold: float = 0.5
    metric: int = 0
    scaling: int = 0
    tolerance: float = 0.05


@options.command("t", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, required=True, metavar="NET CLS1 CLS2 EPOCHS [VAL TST TH METRIC] [NORM] [ERR]")
@options.option("--seed", default="0", metavar="N", help="Decides initial weights, split and order.  [default: 0]")
@options.data_format
@options.common
@click.pass_context
def t_command(ctx: click.Context, /, arguments: tuple[str, ...], seed: str, **given: Any) -> None:
    """Train as ann1dn did: online, classes in turn, stop after 10 quiet epochs.

    \b
    Examples:
      ann t net.nn cls1.txt cls2.txt 1000
      ann t net.nn cls1.txt cls2.txt 1000 1 0.05
      ann t net.nn cls1.txt cls2.txt 1000 val.txt tst.txt 0.5 0 1 0.05

    NORM: 0 none, 1 minmax, 2 zscore, 3 sigmoidal, 4 energy, 5 minmax per vector. METRIC: 0 mse, 1 accuracy,
    2 gm(SE,SP), 3 gm(SE,PP), 4 gm(SE,SP,AC), 5 gm of all, 6 7 8 F-measure with b 1, 1.5, 3. The best network on VAL
    is written to maxacur.nn, the last one to NET. An empty VAL or TST file is drawn from the training data.
    """
    from anncli.cli.ancestor_train import ClassicRun

    console = options.make_console(ctx)
    seed_number = _read("--seed", OPTIONS["seed"].read, seed)
    ClassicRun(console, read_arguments(arguments), seed_number, given["data_format"], given["as_json"]).run()


@options.command("r", context_settings={"ignore_unknown_options": True})
@click.argument("network_path", metavar="NET")
@click.argument("data_path", metavar="DATA")
@click.argument("rest", nargs=-1, metavar="[TH] [NORM]")
@options.data_format
@options.common
@click.pass_context
def r_command(ctx: click.Context, /, network_path: str, data_path: str, rest: tuple[str, ...], **given: Any) -> None:
    """Run a network on a list or data file as ann1dn did.

    \b
    Examples:
      ann r net.nn data.txt
      ann r net.nn data.txt 0.5 4

    An output above TH is class 1. NORM 4 and 5 scale each vector, where the network file does not remember it.
    """
    from anncli.cli.ancestor_run import run_network

    console = options.make_console(ctx)
    if len(rest) > 2:
        raise UsageError(f"unexpected argument '{rest[2]}'", advice=_R_USAGE)
    threshold = _threshold(rest[0]) if rest else None
    code = _code("NORM", rest[1], len(SCALINGS)) if len(rest) > 1 else 0
    run_network(console, network_path, data_path, threshold, code, given["data_format"], given["as_json"])


def read_arguments(words: tuple[str, ...]) -> Arguments:
    """Both train forms; the sixth word of one character is a scaling code, a longer one the validation file."""
    if len(words) < 4:
        raise UsageError(f"{len(words)} arguments, at least 4 are needed", advice=_T_USAGE)
    epochs = _read("EPOCHS", integer(0, example="1000"), words[3])
    base: dict[str, Any] = {"network": words[0], "class_files": (words[1], words[2]), "epochs": epochs}
    rest = list(words[4:])
    if rest and len(rest[0]) > 1:
        if len(rest) < 4:
            advice = f"{_T_USAGE}; a scaling code is one character"
            raise UsageError(
                f"'{rest[0]}' is a validation file, and no test file, threshold and metric follow", advice=advice
            )
        base |= {"validation": rest[0], "test": rest[1], "threshold": _threshold(rest[2])}
        base["metric"] = _code("METRIC", rest[3], len(METRICS))
        rest = rest[4:]
    if rest and len(rest[0]) == 1 and not rest[0].isdecimal():
        advice = f"a validation file of one character is written ./{rest[0]}"
        raise UsageError(f"NORM: must be 0 to {len(SCALINGS) - 1}, found '{rest[0]}'", advice=advice)
    if rest:
        base["scaling"] = _code("NORM", rest.pop(0), len(SCALINGS))
    if rest:
        base["tolerance"] = _read("ERR", number(0, example="0.05"), rest.pop(0))
    if rest:
        raise UsageError(f"unexpected argument '{rest[0]}'", advice=_T_USAGE)
    return Arguments(**base)


def _read(name: str, reader: Callable[[str], Any], word: str) -> Any:
    try:
        return reader(word)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None


def _threshold(word: str) -> float:
    return float(_read("TH", OPTIONS["threshold"].read, word))


def _code(name: str, word: str, count: int) -> int:
    code = int(_read(name, integer(0, example="0"), word))
    if code >= count:
        raise UsageError(f"{name}: must be 0 to {count - 1}, found '{word}'")
    return code
