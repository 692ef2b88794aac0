"""A training run: everything prepared once, then one epoch after another, then the network with the weights worth keeping."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.dataset import Dataset
from anncli.dataset.encoding import class_sample_weights, encode_targets
from anncli.dataset.scaling import fit_scaling
from anncli.errors import AnnError, DataError, UsageError
from anncli.kernels import Kernel, active_kernel
from anncli.network.initialization import initialize, set_output_bias_to_priors
from anncli.network.names import check_loss, default_loss
from anncli.network.network import Network, SelfTest, default_targets
from anncli.network.scaling import Scaling
from anncli.training.objective import Objective
from anncli.training.options import TrainingOptions
from anncli.training.parts import check_fit, check_parts, divide
from anncli.training.record import make_record
from anncli.training.selection import Judge
from anncli.training.stopping import make_stop_rules
from anncli.training.trainers import make_trainer

Array = npt.NDArray[Any]

_SELF_TEST_ROWS = 3

# The default penalty is that of a Gaussian prior of variance 1/2.5 on every weight: l2 = 2.5 / n (MacKay 1992). It shrinks
# with the data, as it should; chosen on the development sets, see benchmarks/accuracy.md.
_PRIOR_PRECISION = 2.5
_REFIT_LIMIT = 10_000


class EpochReport(NamedTuple):
    """What one epoch showed: losses (validation_loss None without a validation part), the best epoch so far,
    the metric that chose it (None when this epoch was not judged), and the class means of trainers that watch them.
    phase is 'training', or 'refit' when the same initial weights are trained again on all vectors."""

    epoch: int
    training_loss: float
    validation_loss: float | None
    metric: float | None
    best_epoch: int | None
    class_means: tuple[float, ...] | None
    phase: str = "training"


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended: epochs run, the epoch whose weights were kept, the reason in words, rows of each part, all reports.

    refit_epochs: epochs of the final fit on training and validation rows together, 0 without one; then
    validation_parameters (P,) are the weights that the validation part judged, before that fit, else None.
    """

    network: Network
    epochs: int
    best_epoch: int | None
    kept_epoch: int
    stop_reason: str
    rows: dict[str, Array]
    history: tuple[EpochReport, ...]
    warnings: tuple[str, ...]
    refit_epochs: int = 0
    validation_parameters: Array | None = None


class TrainingRun:
    """One training of `network` on `data`; the network itself is changed only by finish().

    Args: parts: rows of 'training', 'validation' and 'test' where the user gave them, otherwise shares are drawn
        from options.validation and options.test; in_place: the data's inputs may be overwritten by scaled ones.
    Raises: DataError, UsageError for data and options that do not fit the network.
    """

    def __init__(
        self,
        network: Network,
        data: Dataset,
        options: TrainingOptions,
        *,
        parts: Mapping[str, Array] | None = None,
        in_place: bool = False,
        kernel: Kernel | None = None,
    ) -> None:
        self.network, self.data, self.options = network, data, options
        self.kernel = kernel or active_kernel()
        check_fit(network, data)
        self.rng, split_rng, init_rng = (np.random.default_rng((options.seed, stream)) for stream in range(3))
        self._validation_drawn = "validation" not in (parts or {})
        self.rows = divide(data, options, parts or {}, split_rng)
        self.warnings = check_parts(data, self.rows)
        self.self_test_inputs = data.inputs[_spread(self.rows["training"], _SELF_TEST_ROWS)].copy()
        self.loss = self._choose_loss()
        self.targets = (
            options.targets or self._kept_targets() or default_targets(network.topology.output_activation, self.loss)
        )
        self.scaling = self._choose_scaling()
        self.inputs = self.scaling.apply(data.inputs, in_place=in_place)
        if not np.isfinite(self.inputs).all():
            raise DataError("an input value overflows when it is scaled", advice="check the data for values near 1e38")
        self.objective = self._make_objective()
        self.parameters = self._initial_parameters(init_rng)
        self.initial_parameters = self.parameters.copy()
        self.trainer = make_trainer(options.trainer, options.trainer_options)
        self.trainer.start(self.objective, self.parameters)
        self.refit_epochs = 0
        self.refitted: Array | None = None
        self.remarks: dict[str, float | int | str] = {}
        self.stop_rules = make_stop_rules(options.stop, options.goal, options.time_limit)
        self.judge = Judge(self.objective, data.labels, self.rows["validation"], options, self.threshold)
        self.best_parameters: Array | None = None
        self.history: list[EpochReport] = []
        self.stop_reason = ""

    @property
    def threshold(self) -> float:
        """The score above which the first class is answered."""
        if self.options.threshold is not None:
            return self.options.threshold
        if self.network.is_trained and self.network.threshold is not None:
            return self.network.threshold
        return sum(self.targets) / 2

    @property
    def patience(self) -> int:
        """Epochs without a better validation result that end the run; 0: none do."""
        if self.options.patience is not None:
            return self.options.patience
        return max(20, min(500, 500_000 // max(len(self.rows["training"]), 1)))

    @property
    def l2(self) -> float:
        """The penalty in force: the one given, or 2.5 / n with n the vectors the final weights are fitted to."""
        if self.options.l2 is not None:
            return self.options.l2
        n = len(self.rows["training"]) + (len(self.rows["validation"]) if self._validation_drawn else 0)
        return _PRIOR_PRECISION / n

    @property
    def will_refit(self) -> bool:
        """Whether the run ends with a fit on training and validation rows together."""
        choice, n = self.options.refit, len(self.rows["training"]) + len(self.rows["validation"])
        if choice == "no" or self.options.keep != "best" or not len(self.rows["validation"]):
            return False
        if choice == "auto" and self.options.time_limit is not None:
            return False
        continued = self.network.is_trained and self.options.init is None
        return choice == "yes" or (self._validation_drawn and not continued and n <= _REFIT_LIMIT)

    def epochs(self, limit: int) -> Iterator[EpochReport]:
        """Train for at most `limit` epochs, reporting each; ends early when a stop rule fires (stop_reason says which).

        Where will_refit says so, the reports of the final fit follow.
        """
        yield from self._selection_epochs(limit)
        if self.will_refit and self.judge.best_epoch is not None:
            yield from self._refit_epochs()

    def _selection_epochs(self, limit: int) -> Iterator[EpochReport]:
        self.trainer.total_epochs = len(self.history) + limit
        for _ in range(limit):
            report = self._one_epoch()
            if report is None:
                return
            yield report
            if self.trainer.finished:
                self.stop_reason = self.trainer.finished
                return
            reasons = [rule.see(report.training_loss, report.validation_loss) for rule in self.stop_rules]
            if any(reasons):
                self.stop_reason = next(reason for reason in reasons if reason)
                return
            if self._out_of_patience(report):
                self.stop_reason = f"no better validation result for {self.patience} epochs"
                return
        self.stop_reason = f"all {limit} epochs done"

    def _refit_epochs(self) -> Iterator[EpochReport]:
        """The same initial weights and order of chance, all vectors, as many epochs as the selection ran.

        With a penalty chosen by the user the best epoch is the measure instead: only the default penalty is known to
        make up for the epochs after it.
        """
        assert self.judge.best_epoch is not None
        count = len(self.history) if self.options.l2 is None else self.judge.best_epoch
        rows = np.sort(np.concatenate([self.rows["training"], self.rows["validation"]]))
        objective = replace(self.objective, rows=rows)
        parameters = self.initial_parameters.copy()
        trainer = make_trainer(self.options.trainer, self.options.trainer_options)
        # The same schedule as in the selection, also where that ended early.
        trainer.total_epochs = self.trainer.total_epochs
        trainer.start(objective, parameters)
        rng = np.random.default_rng((self.options.seed, 0))
        for number in range(1, count + 1):
            with np.errstate(over="ignore", invalid="ignore"):
                loss = trainer.epoch(objective, parameters, rng)
                finite = math.isfinite(loss) and _all_finite(parameters)
            if not finite:
                self.warnings.append("the final fit on all vectors diverged; the weights of the best epoch are kept")
                return
            if number == count or trainer.finished:
                self.refitted, self.refit_epochs = parameters, number
                self.remarks = trainer.remarks()
            yield EpochReport(number, loss, None, None, self.judge.best_epoch, None, "refit")
            if trainer.finished:
                return

    def finish(self, interrupted: str | None = None) -> TrainingResult:
        """Put the weights worth keeping into the network, with scaling, classes, record and self-test."""
        network, kept = self.network, self.kept_epoch
        network.set_parameters(self.selected if self.refitted is None else self.refitted)
        network.scaling, network.targets, network.threshold = self.scaling, self.targets, self.threshold
        if not network.classes:
            network.classes = self.data.classes
        network.columns = network.columns or self.data.columns
        self.stop_reason = interrupted or self.stop_reason or "no epochs were asked for"
        network.record = make_record(self, kept)
        network.self_test = self._self_test()
        return TrainingResult(
            network=network,
            epochs=len(self.history),
            best_epoch=self.judge.best_epoch,
            kept_epoch=kept,
            stop_reason=self.stop_reason,
            rows=self.rows,
            history=tuple(self.history),
            warnings=tuple(self.warnings),
            refit_epochs=self.refit_epochs,
            validation_parameters=None if self.refitted is None else self.selected,
        )

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights finish() keeps: the best one where there is one and it is asked for, else the last."""
        best = self.judge.best_epoch
        return best if best is not None and self.options.keep == "best" else len(self.history)

    @property
    def selected(self) -> Array:
        """The weights (P,) of kept_epoch, those a validation part has judged."""
        is_best = self.kept_epoch == self.judge.best_epoch
        return self.best_parameters if is_best and self.best_parameters is not None else self.parameters

    def _one_epoch(self) -> EpochReport | None:
        number = len(self.history) + 1
        # Overflow on the way to divergence is found below and told in words.
        with np.errstate(over="ignore", invalid="ignore"):
            training_loss = self.trainer.epoch(self.objective, self.parameters, self.rng)
            finite = math.isfinite(training_loss) and _all_finite(self.parameters)
        if not finite:
            self._diverged(number)
            return None
        verdict = self.judge.see(number, self.parameters, self.trainer.class_means)
        if verdict.is_best:
            self.best_parameters = self.parameters.copy()
        means = None if self.trainer.class_means is None else tuple(self.trainer.class_means)
        report = EpochReport(number, training_loss, verdict.loss, verdict.metric, self.judge.best_epoch, means)
        self.history.append(report)
        return report

    def _diverged(self, epoch: int) -> None:
        if self.best_parameters is None or self.options.keep != "best":
            raise AnnError(
                f"training diverged in epoch {epoch}: the loss or a weight is not finite",
                advice="lower --learning-rate, or scale the inputs (--scaling zscore); no file was changed",
            )
        self.stop_reason = f"diverged in epoch {epoch}"
        self.warnings.append(
            f"training diverged in epoch {epoch}; the weights of epoch {self.judge.best_epoch} are kept. Lower --learning-rate"
        )

    def _out_of_patience(self, report: EpochReport) -> bool:
        if not self.patience or not len(self.rows["validation"]):
            return False
        # Before the first judged epoch (class means not yet apart) there is nothing to be patient about.
        return report.best_epoch is not None and report.epoch - report.best_epoch >= self.patience

    def _choose_loss(self) -> str:
        output = self.network.topology.output_activation
        loss = default_loss(output) if self.options.loss == "auto" else self.options.loss
        try:
            check_loss(loss, output)
        except ValueError as error:
            raise UsageError(str(error)) from None
        return loss

    def _kept_targets(self) -> tuple[float, float] | None:
        """A trained network keeps its targets as long as the loss is the same kind; an untrained ann1dn one brings its own."""
        if self.network.targets is None or (self.network.record.get("loss", self.loss) != self.loss):
            return None
        return self.network.targets

    def _choose_scaling(self) -> Scaling:
        method = self.options.scaling
        if method == "auto":
            method = "keep" if self.network.is_trained or not self.network.scaling.is_identity else "zscore"
        if method == "keep":
            return self.network.scaling
        return Scaling(*fit_scaling(method, self.data.inputs, self.rows["training"]))

    def _make_objective(self) -> Objective:
        data, options, topology = self.data, self.options, self.network.topology
        weights = None
        if options.class_weight is not None:
            if options.class_weight != "balanced" and len(options.class_weight) != self.network.n_classes:
                raise UsageError(
                    f"--class-weight names {len(options.class_weight)} weights, the network has {self.network.n_classes} classes"
                )
            weights = class_sample_weights(
                data.labels, self.rows["training"], options.class_weight, self.network.n_classes
            )
        targets = encode_targets(data.labels, topology.n_outputs, self.targets)
        rows = np.ascontiguousarray(self.rows["training"], dtype=np.int64)
        return Objective(self.kernel, topology, self.loss, self.inputs, targets, weights, rows, data.labels, self.l2)

    def _initial_parameters(self, rng: np.random.Generator) -> Array:
        if self.network.parameters is not None and self.options.init is None:
            return self.network.parameters.copy()
        # Not among the defaults of that dialect: there it would draw weights anew for a trained network too.
        method = self.options.init or ("ann1dn" if self.network.dialect == "ann1dn" else "auto")
        taken = self.inputs[self.rows["training"][:10000]]
        parameters = initialize(
            self.network.topology, method, rng, input_low=taken.min(axis=0), input_high=taken.max(axis=0)
        )
        if method == "auto" and self.loss != "mse" and self.options.class_weight is None:
            counts = self.data.class_counts(self.rows["training"])
            set_output_bias_to_priors(self.network.topology, parameters, counts / counts.sum())
        return parameters

    def network_parameters(self) -> Array:
        assert self.network.parameters is not None
        return self.network.parameters

    def _self_test(self) -> SelfTest:
        scaled = self.scaling.apply(self.self_test_inputs)
        outputs = self.kernel.forward(self.network.topology, self.network_parameters(), scaled)
        return SelfTest(self.self_test_inputs, outputs)


def _all_finite(values: Array) -> bool:
    """Whether no value is nan or infinite; the sum of squares says so in one pass unless it overflows itself."""
    return math.isfinite(np.dot(values, values)) or bool(np.isfinite(values).all())


def _spread(rows: Array, count: int) -> Array:
    """`count` of the rows, evenly spaced."""
    chosen: Array = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]
    return chosen
