"""Options as other programs call them, and what to write here: for errors about unknown options, and for `ann help matlab`."""

from __future__ import annotations

from collections.abc import Mapping

# MATLAB's properties of networks and of trainings, in the order in which a script sets them.
MATLAB: Mapping[str, str] = {
    "hiddenSizes": "--hidden",
    "hiddenLayerSize": "--hidden",
    "transferFcn": "--activation",
    "initFcn": "--init",
    "processFcns": "--scaling",
    "inputDelays": "--window",
    "feedbackDelays": "--window",
    "trainFcn": "--trainer",
    "trainParam": "--option NAME=VALUE",
    "performFcn": "--loss",
    "performParam": "--l2",
    "regularization": "--l2",
    "divideFcn": "--validation and --test",
    "divideParam": "--validation and --test",
    "valRatio": "--validation",
    "testRatio": "--test",
    "trainRatio": "--validation and --test",
    "max_fail": "--patience",
    "min_grad": "--option min_gradient=X",
    "mc": "--momentum",
    "time": "--time-limit",
    "showCommandLine": "-v",
    "showWindow": "-v",
    "mu_dec": "--option decrease=X",
    "mu_inc": "--option increase=X",
    "lr_inc": "--option increase=X",
    "lr_dec": "--option decrease=X",
    "max_perf_inc": "--option tolerated_growth=X",
    "delt_inc": "--option increase=X",
    "delt_dec": "--option decrease=X",
    "delta0": "--option step_init=X",
    "deltamax": "--option step_max=X",
    "lambda": "--option damping=X",
}
# Of scikit-learn, Keras and others.
OTHERS: Mapping[str, str] = {
    "solver": "--trainer",
    "hidden_layer_sizes": "--hidden",
    "hidden_layers": "--hidden",
    "max_iter": "--epochs",
    "num_epochs": "--epochs",
    "n_epochs": "--epochs",
    "learning_rate_init": "--learning-rate",
    "alpha": "--l2",
    "reg_lambda": "--l2",
    "early_stopping": "--patience",
    "n_iter_no_change": "--patience",
    "validation_fraction": "--validation",
    "validation_split": "--validation",
    "valid": "--validation",
    "random_state": "--seed",
    "warm_start": "--continue",
    "n_jobs": "--jobs",
    "monitor": "--metric",
    "out": "--output",
    "target_column": "--label",
}


def advice_elsewhere(word: str) -> str | None:
    """What to write instead of an option that other programs have under this name; None for other words."""
    found = _BY_PLAIN.get(_plain(word))
    return None if found is None else f"write {found}"


def _plain(word: str) -> str:
    return word.lstrip("-").lower().replace("_", "").replace("-", "")


_BY_PLAIN = {_plain(name): ours for names in (OTHERS, MATLAB) for name, ours in names.items()}
