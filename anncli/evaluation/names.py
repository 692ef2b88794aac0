"""The names of selection metrics, for help, errors and files (no numpy). After `loss` they stand in the order of ann1dn's codes."""

from __future__ import annotations

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
