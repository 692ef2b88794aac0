"""What estimators are made of: the classes of scikit-learn where it is installed, and small ones of the same names otherwise.

scikit-learn is imported when an estimator is first used, never by `import anncli`.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import AnnError, UsageError, ValueFault, did_you_mean, value_text
from anncli.python.frames import column_names

try:
    from sklearn.base import BaseEstimator as BaseEstimator
    from sklearn.base import ClassifierMixin as ClassifierMixin
    from sklearn.base import RegressorMixin as RegressorMixin
    from sklearn.exceptions import DataConversionWarning as DataConversionWarning
    from sklearn.exceptions import NotFittedError as NotFittedError
except ImportError:

    class NotFittedError(ValueError, AttributeError):  # type: ignore[no-redef]
        """An estimator is used before it was fitted."""

    class DataConversionWarning(UserWarning):  # type: ignore[no-redef]
        """The answers are taken in another shape than they were given in."""

    class BaseEstimator:  # type: ignore[no-redef]
        """The parameters of an estimator are the arguments of its __init__."""

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """The parameters by name; deep is for estimators that hold others, which these do not."""
            return {name: getattr(self, name) for name in list(inspect.signature(type(self).__init__).parameters)[1:]}

        def set_params(self, **params: Any) -> Any:
            """Change parameters; raises ValueError for an unknown name. Returns the estimator."""
            known = self.get_params()
            for name, value in params.items():
                if name not in known:
                    raise ValueFault(
                        f"Invalid parameter {name!r} for estimator {type(self).__name__}", did_you_mean(name, known)
                    )
                setattr(self, name, value)
            return self

        def __repr__(self) -> str:
            defaults = inspect.signature(type(self).__init__).parameters
            given = [f"{k}={v!r}" for k, v in self.get_params().items() if repr(v) != repr(defaults[k].default)]
            return f"{type(self).__name__}({', '.join(given)})"

    class ClassifierMixin:  # type: ignore[no-redef]
        """A classifier is scored by its accuracy."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
            """The fraction of rows whose class, or whose every label, is predicted, weighted by sample_weight (n,)."""
            right = np.asarray(self.predict(X) == np.asarray(y))  # type: ignore[attr-defined]
            return float(np.average(right if right.ndim == 1 else right.all(axis=1), weights=sample_weight))

    class RegressorMixin:  # type: ignore[no-redef]
        """A regressor is scored by R2."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
            """R2, the fraction of the variance that is explained, of several targets the mean, weighted by sample_weight (n,)."""
            wanted = np.asarray(y, dtype=np.float64)
            wanted = wanted.reshape(len(wanted), -1)
            found = np.asarray(self.predict(X), dtype=np.float64).reshape(wanted.shape)  # type: ignore[attr-defined]
            mean = np.average(wanted, axis=0, weights=sample_weight)
            error = np.average((wanted - found) ** 2, axis=0, weights=sample_weight)
            spread = np.average((wanted - mean) ** 2, axis=0, weights=sample_weight)
            constant = np.where(error > 0, 0.0, 1.0)
            return float(np.mean(np.where(spread > 0, 1 - error / np.where(spread > 0, spread, 1), constant)))


class EstimatorError(AnnError, ValueError):
    """What is wrong with samples or parameters, in words; a ValueError, as users of scikit-learn expect, and an AnnError."""


@contextmanager
def as_value_errors() -> Iterator[None]:
    """Turn every AnnError into an EstimatorError."""
    try:
        yield
    except EstimatorError:
        raise
    except AnnError as error:
        raise EstimatorError(str(error).removeprefix("train() ")) from None


def seed_of(random_state: Any) -> int:
    """The seed that a random_state stands for: a whole number itself; a generator of numpy gives one; None one of numpy's own."""
    if random_state is None:
        return int(np.random.mtrand._rand.randint(2**31 - 1))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31 - 1))
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool) and random_state >= 0:
        return int(random_state)
    raise UsageError(
        f"random_state: expected a whole number from 0, a generator or None, found {value_text(random_state)}"
    )


def feature_names(inputs: Any) -> Array | None:
    """The names of the columns (d,), dtype object, None where there are none."""
    names = None if isinstance(inputs, np.ndarray) else column_names(inputs)
    return None if names is None else np.array(names, dtype=object)


def check_names(estimator: Any, inputs: Any) -> None:
    """Raises ValueError unless the columns have the names and the order that they had in fit(), as estimators of scikit-learn do;
    where only one of the two has names, a warning says so."""
    found, known = feature_names(inputs), getattr(estimator, "feature_names_in_", None)
    name = type(estimator).__name__
    if found is None or known is None:
        if found is not None:
            warnings.warn(f"X has feature names, but {name} was fitted without feature names", stacklevel=4)
        elif known is not None:
            warnings.warn(
                f"X does not have valid feature names, but {name} was fitted with feature names", stacklevel=4
            )
        return
    if list(found) == list(known):
        return
    message = "The feature names should match those that were passed during fit.\n"
    unseen, missing = sorted({*found} - {*known}), sorted({*known} - {*found})
    for title, names in (
        ("Feature names unseen at fit time", unseen),
        ("Feature names seen at fit time, yet now missing", missing),
    ):
        if names:
            message += (
                f"{title}:\n" + "".join(f"- {one}\n" for one in names[:5]) + ("- ...\n" if len(names) > 5 else "")
            )
    if not (unseen or missing):
        message += "Feature names must be in the same order as they were in fit.\n"
    raise ValueError(message)


def old_tags(estimator: Any, several: str) -> dict[str, Any]:
    """The tags of scikit-learn 1.5; several: the one for more than one answer per row."""
    reason = "rows that are repeated are divided into sets and batches otherwise than rows of a weight"
    failing = {"check_sample_weights_invariance": reason}
    return {several: True, "allow_nan": estimator.missing != "error", "_xfail_checks": failing}


def warn_of_column(answers: Any) -> None:
    """Warn of a column (n, 1) where one answer per row is expected, which is taken as (n,)."""
    shape: tuple[int, ...] = getattr(answers, "shape", ())
    if len(shape) == 2 and shape[1] == 1:
        message = "A column-vector y was passed when a 1d array was expected; give y.ravel(), of shape (n,)"
        warnings.warn(message, DataConversionWarning, stacklevel=3)
