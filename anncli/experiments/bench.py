"""The bench: several trainers on one network and one dataset, each from the same initial weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

from anncli.errors import ExitCode
from anncli.experiments.executors.base import Executor
from anncli.experiments.ledger import Ledger, Progress, run_with_ledger
from anncli.experiments.spec import DataRef, Result, RowsRef, Spec
from anncli.options.table import TrainingOptions


class LossCurve(NamedTuple):
    """One training: losses of the training set before the first epoch and after each, the seconds spent by then, the
    lowest validation loss (None without a validation set), and the reason why it ended early, or ''."""

    losses: tuple[float, ...]
    seconds: tuple[float, ...]
    validation: float | None
    ended: str


# Trainer -> a curve for each start, or the reason why the trainer cannot train this network.
Curves = dict[str, list[LossCurve] | str]


def bench_specs(
    network: bytes,
    data: DataRef,
    options: Mapping[str, TrainingOptions],
    starts: int,
    epochs: int,
    rows: RowsRef | None = None,
) -> list[Spec]:
    """A spec for each start of each trainer in `options`; start k has the seed of the options plus k - 1.

    rows: of the sets, where the data say which they are.
    """
    return [
        Spec(
            network,
            data,
            rows,
            chosen._replace(seed=chosen.seed + start - 1).by_name(),
            epochs,
            mode="epochs",
            labels={"trainer": name, "start": start},
        )
        for name, chosen in options.items()
        for start in range(1, starts + 1)
    ]


def bench_curves(
    specs: Sequence[Spec], executor: Executor, ledger: Ledger | None = None, progress: Progress | None = None
) -> tuple[Curves, list[str]]:
    """The curves of every trainer, and the engines that computed them, in the order of specs.

    Raises: the error of the first training that failed, unless its trainer refused the network.
    """
    with closing(run_with_ledger(specs, executor, ledger, progress)) as running:
        results = list(_checked(running))
    curves: Curves = {}
    for spec, result in zip(specs, results, strict=True):
        found = curves.setdefault(str(spec.labels["trainer"]), [])
        if isinstance(found, str):
            continue
        if result.error is not None:
            curves[str(spec.labels["trainer"])] = result.error.reason
        else:
            found.append(_curve(result))
    return curves, list(dict.fromkeys(result.engine for result in results if result.error is None))


def _checked(results: Iterable[Result]) -> Iterable[Result]:
    for result in results:
        if result.error is not None and result.error.exit_code != ExitCode.USAGE:
            raise result.error.error()
        yield result


def _curve(result: Result) -> LossCurve:
    losses = tuple(loss for loss in result.curves["training"] if loss is not None)
    return LossCurve(losses, result.seconds, result.evaluations.get("validation", {}).get("lowest_loss"), result.ended)
