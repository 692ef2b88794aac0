"""The verdict: whether a result deserves a warning in words."""

from __future__ import annotations

from typing import Any


def collapse_warning(evaluation: Any, part: str) -> str | None:
    """A warning when the network answers one class only, or does no better than the larger class alone would."""
    from anncli.evaluation.collapse import collapsed

    verdict = collapsed(evaluation)
    if verdict is None:
        return None
    return f"{part}: {verdict}; try --class-weight balanced, more epochs, more hidden units or another scaling"
