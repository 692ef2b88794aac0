"""What `ann words` prints: near words, the scores of analogies, and how pairs of words compare."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.cli.showing.console import table
from anncli.inference.analogies import AnalogyScore
from anncli.inference.word_pairs import PairScore


def similar_lines(found: Sequence[tuple[str, float]]) -> list[str]:
    """A line for each word, with its number behind it."""
    width = max((len(word) for word, _ in found), default=0)
    return [f"{word:<{width}}  {number:.4f}" for word, number in found]


def analogy_lines(scores: Sequence[AnalogyScore]) -> list[str]:
    """A table of the sections, and their total."""
    rows = [
        [score.name, f"{score.right:,}", f"{score.asked:,}", "-" if score.fraction is None else f"{100 * score.fraction:.1f}", f"{score.left_out:,}"]
        for score in scores
    ]  # fmt: skip
    return table(["section", "right", "of", "%", "unknown words"], rows).split("\n")


def pair_lines(scores: Sequence[tuple[str, PairScore]]) -> list[str]:
    """A line for each file."""
    rows = []
    for name, score in scores:
        value = score.spearman if isinstance(score.spearman, str) else f"{score.spearman:.4f}"
        interval = "-" if score.interval is None else f"{score.interval.low:.3f} to {score.interval.high:.3f}"
        rows.append([name, value, interval, f"{score.compared:,}", f"{score.left_out:,}"])
    return table(["pairs", "Spearman", "95 % interval", "compared", "unknown words"], rows).split("\n")
