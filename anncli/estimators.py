"""Estimators as scikit-learn has them: AnnClassifier and AnnRegressor. Their parameters are the options of `ann train`, with its defaults.

They work with and without scikit-learn. The attributes of a fitted one end in `_`, as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import numpy as np

from anncli.api import make_network, read_epochs, read_shape, start_training, training_options_of
from anncli.arrays import Array
from anncli.dataset.given import has_several_rows, inputs_of
from anncli.errors import UsageError, ValueFault, listed, value_text
from anncli.inference import predict as inference
from anncli.options.table import OPTIONS
from anncli.python.base import (
    BaseEstimator,
    ClassifierMixin,
    NotFittedError,
    RegressorMixin,
    as_value_errors,
    check_names,
    feature_names,
    old_tags,
    seed_of,
    warn_of_column,
)
from anncli.python.class_scores import class_weights, margins, probabilities
from anncli.python.frames import read_table
from anncli.python.partial import PartialTraining
from anncli.python.samples import Columns, Samples, read_samples, warn_of_columns
from anncli.python.targets import Asked, Targets, all_classes
from anncli.python.use import inputs_for
from anncli.tables import Table

# Parameters that are not options of a training; what else an __init__ has is one.
_OTHERS = ("hidden", "activation", "epochs", "positive", "missing", "unknown", "category", "options", "random_state")


class _AnnEstimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators have in common: fitting, the inputs of a prediction, and what scikit-learn asks of them."""

    def _fit(self, inputs: Any, answers: Any, weights: Any, asked: Asked) -> Samples:
        """Make a network for the samples, train it, and set the fitted attributes."""
        with as_value_errors():
            samples = self._read(inputs, answers, weights, asked)
            if samples.table.n_rows < 2:
                raise ValueFault("X holds n_samples = 1, and training needs at least 2 rows")
            self._set_features(inputs, samples)
            self.__dict__.pop("_partial", None)
            options = self._options(samples.targets)
            with closing(start_training(self._new_network(samples), samples.data, **options)) as run:
                for _ in run.epochs(read_epochs(self.epochs)):
                    pass
                result = run.finish()
        self.network_, self.n_iter_ = result.network, result.epochs
        self.loss_curve_ = [report.training_loss for report in result.history]
        self.validation_curve_ = (
            [report.validation_loss for report in result.history] if len(result.rows["validation"]) else None
        )
        self.warnings_ = (*samples.remarks, *result.warnings)
        return samples

    def _partial_fit(self, inputs: Any, answers: Any, weights: Any, asked: Asked) -> Samples:
        """One epoch over these rows, from the weights of the fitted network if there is one."""
        with as_value_errors():
            is_new = not hasattr(self, "network_")
            if not is_new:
                self._check_features(inputs, read_table(inputs))
            as_table = not is_new and self.network_.encoder is not None
            samples = self._read(inputs, answers, weights, asked, as_table)
            if is_new:
                self._set_features(inputs, samples)
            if not hasattr(self, "_partial"):
                network = self._new_network(samples) if is_new else self.network_
                if network.members:
                    raise UsageError(
                        "partial_fit() goes on with one network, and this is an ensemble", advice="fit with ensemble=1"
                    )
                self._partial = PartialTraining(network, training_options_of(network, self._options(samples.targets)))
            loss = self._partial.see(samples.data)
        self.network_ = self._partial.network
        self.n_iter_ = getattr(self, "n_iter_", 0) + 1
        self.loss_curve_ = [*getattr(self, "loss_curve_", ()), loss]
        self.validation_curve_, self.warnings_ = None, samples.remarks
        return samples

    def _read(self, inputs: Any, answers: Any, weights: Any, asked: Asked, as_table: bool = False) -> Samples:
        category = self.category if isinstance(self.category, (list, tuple)) else (self.category,)
        columns = Columns(self.missing, self.unknown, tuple(category))
        samples = read_samples(inputs, answers, weights, asked=asked, columns=columns, as_table=as_table)
        warn_of_columns(samples)
        return samples

    def _new_network(self, samples: Samples) -> Any:
        shape = {"hidden": self.hidden, "activation": self.activation}
        fitting = read_shape(shape, samples.data, {"trainer": self.trainer})
        positive = getattr(self, "positive", None)
        return make_network(samples.data, loss=self.loss, positive=positive, **fitting)

    def _options(self, targets: Targets) -> dict[str, Any]:
        """The options of the training: those parameters that say something else than the command's defaults."""
        given = {name: value for name, value in self.get_params(deep=False).items() if name not in _OTHERS}
        found = {k: v for k, v in given.items() if v is not None and v != OPTIONS[k].default}
        more = self.options or {}
        if not isinstance(more, Mapping):
            raise UsageError(f"options: expected a dict of options of `ann train`, found {value_text(more)}")
        if "abstain" in more:
            raise UsageError("options: abstain cannot be among them", advice="predict() decides every row")
        if taken := [name for name in more if name in (*given, *_OTHERS, "seed")]:
            own = "random_state" if taken[0] == "seed" else taken[0]
            advice = f"it is a parameter: {type(self).__name__}({own}=...)"
            raise UsageError(f"options: {taken[0]} cannot be among them", advice=advice)
        return {**found, **more, "seed": seed_of(self.random_state)}

    def _set_features(self, inputs: Any, samples: Samples) -> None:
        self.n_features_in_ = len(samples.table.columns)
        self.__dict__.pop("feature_names_in_", None)
        names = feature_names(inputs)
        if names is not None:
            self.feature_names_in_ = names

    def _check_features(self, inputs: Any, table: Table) -> None:
        """Raises ValueError unless the columns are those of fit()."""
        check_names(self, inputs)
        if len(table.columns) != self.n_features_in_:
            name, known = type(self).__name__, self.n_features_in_
            message = f"X has {len(table.columns)} features, but {name} is expecting {known} features as input"
            raise ValueFault(message, "give the columns that fit() had")

    def _outputs(self, inputs: Any) -> Array:
        """The network's outputs (n, n_outputs) for the rows of X, which has to have the columns of fit()."""
        if not hasattr(self, "network_"):
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet; call fit(X, y) first")
        with as_value_errors():
            if has_several_rows(inputs):
                return inference.predict(self.network_, inputs_of(inputs))
            table = read_table(inputs)
            self._check_features(inputs, table)
            return inference.predict(self.network_, inputs_for(self.network_, table, self.unknown))


class AnnClassifier(ClassifierMixin, _AnnEstimator):  # type: ignore[misc]
    """A network that learns classes, or several labels per row.

    X is an array (n, d) of numbers or words, a list of rows, or a data frame of pandas, polars or pyarrow, whose words become
    categories; y holds n classes of any type, or 0 and 1 for each label (n, k). The parameters are options of `ann train`: see
    docs/python.md. options: further ones by name, such as {"momentum": 0.5}; class_weight: also {class: weight}; positive: the class
    that threshold is about, default as `ann train`; category: names, or positions from 0, of columns of codes; random_state: the
    seed, None for another one each time.

    Fitted: network_, classes_ (ascending), n_features_in_, feature_names_in_ (of data frames), n_iter_ (epochs), loss_curve_,
    validation_curve_ (None without a validation set), warnings_.
    Raises: ValueError (an AnnError too) and TypeError in words, in fit() and later; nothing is checked before.
    """

    def __init__(
        self, hidden: Any = "auto", activation: str = "tanh", *, trainer: str = "adam", epochs: int = 1000,
        learning_rate: float | None = None, batch_size: int | str = "auto", l2: float | str = "auto", l1: float = 0.0,
        dropout: float | None = None, loss: str = "auto", scaling: str = "auto", class_weight: Any = None,
        validation: float | str = "auto", patience: int | str = "auto", metric: str = "loss", refit: str = "auto",
        restarts: int = 1, ensemble: int = 1, threshold: float | str | None = None, calibration: str = "none",
        positive: Any = None, missing: str = "error", unknown: str = "zeros", category: Any = (),
        options: Mapping[str, Any] | None = None, random_state: Any = 0,
    ) -> None:  # fmt: skip
        self.hidden, self.activation = hidden, activation
        self.trainer, self.epochs = trainer, epochs
        self.learning_rate, self.batch_size = learning_rate, batch_size
        self.l2, self.l1, self.dropout = l2, l1, dropout
        self.loss, self.scaling, self.class_weight = loss, scaling, class_weight
        self.validation, self.patience, self.metric, self.refit = validation, patience, metric, refit
        self.restarts, self.ensemble = restarts, ensemble
        self.threshold, self.calibration, self.positive = threshold, calibration, positive
        self.missing, self.unknown, self.category = missing, unknown, category
        self.options, self.random_state = options, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> AnnClassifier:  # noqa: N803
        """Train a new network on X (n, d), y (n,) or (n, k), and weights (n,): 2 counts as two rows, 0 leaves a row out."""
        warn_of_column(y)
        samples = self._fit(X, y, sample_weight, Asked("classification", self.positive))
        self._set_classes(samples.targets)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> AnnClassifier:  # noqa: N803
        """Train for one epoch on these rows, from the weights so far; classes: all of them, needed in the first call.

        Scaling and encoder are those of the first batch, or of fit(); there is no validation set."""
        warn_of_column(y)
        if not hasattr(self, "classes_") and classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all classes that y will ever hold"
            )
        with as_value_errors():
            every = None if hasattr(self, "classes_") else all_classes(classes, self.positive)
            if every is None and classes is not None and list(np.unique(classes)) != list(self.classes_):
                raise ValueFault(
                    f"classes={listed([str(c) for c in classes])} are others than before", "give the same ones, or none"
                )
        names = self._names if every is None else every.classes
        samples = self._partial_fit(X, y, sample_weight, Asked("classification", classes=names))
        if not hasattr(self, "classes_"):
            self._set_classes(samples.targets if every is None or samples.targets.labels is None else every)
        return self

    def _set_classes(self, targets: Targets) -> None:
        if targets.levels is None or targets.places is None:
            self.classes_, self._names, self._order = np.arange(len(targets.names)), targets.classes, np.arange(0)
        else:
            self.classes_, self._names, self._order = targets.levels, targets.classes, targets.places

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The class of each row (n,), of the type of classes_; of several labels 0 and 1 (n, k). The network's threshold decides."""
        outputs = self._outputs(X)
        chosen = inference.decide(self.network_, outputs)
        return chosen.astype(np.int64) if chosen.ndim == 2 else self.classes_[np.argsort(self._order)[chosen]]

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """float64 (n, n_classes), the probabilities in the order of classes_, whose sum is 1; of several labels (n, k), one each."""
        outputs = self._outputs(X)
        return probabilities(self.network_, outputs, self._order)

    def predict_log_proba(self, X: Any) -> Array:  # noqa: N803
        """The natural logarithms of predict_proba(); of a probability of 0 -inf."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def decision_function(self, X: Any) -> Array:  # noqa: N803
        """Scores (n, n_classes) in the order of classes_, the highest of which predict() takes; of two classes (n,), above 0 for
        classes_[1]; of several labels (n, k), above 0 for a label that the row is given."""
        outputs = self._outputs(X)
        return margins(self.network_, outputs, self._order)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing != "error"
        tags.classifier_tags.multi_label = True
        return tags

    def _more_tags(self) -> dict[str, Any]:
        return old_tags(self, "multilabel")

    def _options(self, targets: Targets) -> dict[str, Any]:
        options = super()._options(targets)
        if self.class_weight is None or isinstance(self.class_weight, str):
            return options
        return {**options, "class_weight": class_weights(self.class_weight, targets)}


class AnnRegressor(RegressorMixin, _AnnEstimator):  # type: ignore[misc]
    """A network that learns numbers: y (n,), or several targets (n, k). X, parameters, fitted attributes and errors are as of
    AnnClassifier; target_scaling: how targets are scaled for the training, which predict() undoes."""

    def __init__(
        self, hidden: Any = "auto", activation: str = "tanh", *, trainer: str = "adam", epochs: int = 1000,
        learning_rate: float | None = None, batch_size: int | str = "auto", l2: float | str = "auto", l1: float = 0.0,
        dropout: float | None = None, loss: str = "auto", scaling: str = "auto", target_scaling: str = "auto",
        validation: float | str = "auto", patience: int | str = "auto", metric: str = "loss", refit: str = "auto",
        restarts: int = 1, ensemble: int = 1, missing: str = "error", unknown: str = "zeros", category: Any = (),
        options: Mapping[str, Any] | None = None, random_state: Any = 0,
    ) -> None:  # fmt: skip
        self.hidden, self.activation = hidden, activation
        self.trainer, self.epochs = trainer, epochs
        self.learning_rate, self.batch_size = learning_rate, batch_size
        self.l2, self.l1, self.dropout = l2, l1, dropout
        self.loss, self.scaling, self.target_scaling = loss, scaling, target_scaling
        self.validation, self.patience, self.metric, self.refit = validation, patience, metric, refit
        self.restarts, self.ensemble = restarts, ensemble
        self.missing, self.unknown, self.category = missing, unknown, category
        self.options, self.random_state = options, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> AnnRegressor:  # noqa: N803
        """Train a new network on X (n, d), y (n,) or (n, k), and weights (n,): 2 counts as two rows, 0 leaves a row out."""
        self._is_flat = self._fit(X, y, sample_weight, Asked("regression")).targets.is_flat
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> AnnRegressor:  # noqa: N803
        """Train for one epoch on these rows, from the weights so far; scaling and encoder are those of the first batch, or of fit()."""
        self._is_flat = self._partial_fit(X, y, sample_weight, Asked("regression")).targets.is_flat
        return self

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The numbers (n,), or (n, k) of several targets, float64, in the units of y; where quantiles were learnt, the one nearest to
        the median: network_.predict(X) gives all of them."""
        outputs = self._outputs(X).astype(np.float64)
        if quantiles := self.network_.quantiles:
            outputs = outputs[:, int(np.argmin(np.abs(np.array(quantiles) - 0.5))) :: len(quantiles)]
        return outputs[:, 0] if self._is_flat else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing != "error"
        tags.target_tags.multi_output = True
        return tags

    def _more_tags(self) -> dict[str, Any]:
        return old_tags(self, "multioutput")
