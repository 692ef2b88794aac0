"""How predicted and actual classes go together, whatever the sizes of the classes: Matthews correlation and Cohen's kappa."""

from __future__ import annotations

import math
from collections.abc import Sequence


def matthews_correlation(
    n_correct: int | float, counts: Sequence[int | float], predicted: Sequence[int | float]
) -> float | str:
    """From -1 to 1, 1 where every prediction is correct and 0 for chance; or in words why it is undefined.

    (c s - sum p_k t_k) / sqrt((s^2 - sum p_k^2)(s^2 - sum t_k^2)) with c correct predictions of s samples, t_k samples of
    class k and p_k predictions of it. With two classes this is (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)).
    Sources: Matthews 1975, Biochim. Biophys. Acta 405, 442-451; Gorodkin 2004, Comput. Biol. Chem. 28, 367-374.
    """
    if not sum(counts):
        return "no sample has a label"
    if sum(count > 0 for count in counts) < 2:
        return "all samples are of one class"
    if sum(count > 0 for count in predicted) < 2:
        return "only one class was predicted"
    total = sum(counts)
    agreement = n_correct * total - sum(p * t for p, t in zip(predicted, counts, strict=True))
    spread = (total * total - sum(p * p for p in predicted)) * (total * total - sum(t * t for t in counts))
    return max(-1.0, min(1.0, agreement / math.sqrt(spread)))


def cohen_kappa(n_correct: int | float, counts: Sequence[int | float], predicted: Sequence[int | float]) -> float | str:
    """(a - c) / (1 - c) with the accuracy a and c, that of chance: of predictions with the same frequencies that know nothing of
    the sample. 1 where every prediction is correct; or in words why it is undefined. Arguments as above.

    Source: Cohen 1960, Educational and Psychological Measurement 20, 37-46.
    """
    total = sum(counts)
    if not total:
        return "no sample has a label"
    chance = sum(p * t for p, t in zip(predicted, counts, strict=True))
    if chance >= total * total:
        return "all samples are of one class, and no other was predicted"
    return (n_correct * total - chance) / (total * total - chance)
