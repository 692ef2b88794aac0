"""What is known of the directions of an error surface, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def words_of(told: Mapping[str, Any]) -> str:
    """What is known of the directions, in sentences."""
    found = []
    if "fractions" in told:
        fractions = " and ".join(f"{100 * fraction:.1f} %" for fraction in told["fractions"])
        found.append(f"Of the path from the last checkpoint {fractions} lie along the directions.")
        where = f"{told['distance']:.3g} away from" if told["distance"] else "on"
        found.append(f"The network lies {where} this slice.")
    if "eigenvalues" in told:
        values = " and ".join(f"{value:.4g}" for value in told["eigenvalues"])
        found.append(f"Eigenvalue{'s' * (len(told['eigenvalues']) > 1)} {values}.")
    if "cosine" in told:
        with_weights = " and ".join(map(_three, told["cosines_with_weights"]))
        found.append(f"Cosine of the two directions {_three(told['cosine'])}, of each with the weights {with_weights}.")
    return " ".join(found)


def _three(value: float) -> str:
    """Three digits; what rounds to 0 has no sign."""
    return f"{round(value, 3) + 0.0:.3f}"
