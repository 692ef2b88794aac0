"""The metrics of evaluations in words: how a table calls each, and whether it is shown in percent."""

from __future__ import annotations

from typing import NamedTuple

from anncli.cli.showing.report import plain

_RATES = (
    "accuracy", "balanced_accuracy", "sensitivity", "specificity", "ppv", "npv", "f1", "macro_recall", "macro_precision",
    "macro_f1", "micro_recall", "micro_precision", "micro_f1", "subset_accuracy", "hamming_loss",
    "recall", "precision", "top_3", "top_5", "calibration_error", "below", "majority_share", "coverage",
)  # fmt: skip
_TITLES = {
    "auc": "AUC", "pr_auc": "PR-AUC", "mcc": "MCC", "f1": "F1", "macro_f1": "macro F1", "micro_f1": "micro F1", "r2": "R2",
    "rmse": "RMSE", "mae": "MAE", "ppv": "PPV", "npv": "NPV", "brier": "Brier score", "subset_accuracy": "subset accuracy",
    "hamming_loss": "Hamming loss", "macro_auc": "macro AUC", "macro_pr_auc": "macro PR-AUC", "top_3": "among the top 3",
    "top_5": "among the top 5", "below": "targets not above the output",
}  # fmt: skip


class MetricWords(NamedTuple):
    """title: in words; factor: 100 for rates, which are shown in percent, and 1 for others."""

    title: str
    factor: float

    @property
    def heading(self) -> str:
        return f"{self.title} %" if self.factor != 1 else self.title

    def shown(self, value: float | None, sign: bool = False) -> str:
        """The value with two decimals of a percent, or four significant digits; sign: also where it is above 0."""
        if value is None:
            return "undefined"
        text = f"{self.factor * value:.2f}" if self.factor != 1 else plain(value)
        if not float(text):
            return text.lstrip("-")
        return f"+{text}" if sign and value > 0 else text

    def with_unit(self, value: float | None) -> str:
        """The value as a sentence has it."""
        return f"{self.shown(value)} %" if self.factor != 1 and value is not None else self.shown(value)

    def difference(self, value: float) -> str:
        """The size of a difference as a sentence has it."""
        return f"{self.shown(abs(value))} points" if self.factor != 1 else self.shown(abs(value))


def metric_words(field: str) -> MetricWords:
    """Of a field of an evaluation."""
    return MetricWords(_TITLES.get(field, field.replace("_", " ")), 100.0 if field in _RATES else 1.0)
