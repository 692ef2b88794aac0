"""Ensembles: several networks trained on the same sets, from different initial weights and in another order of rows.

Their outputs are averaged. Each learns from all training rows: the networks of small data sets differ enough by their initial
weights, and samples with replacement would take rows from each of them (Lakshminarayanan, Pritzel & Blundell 2017, Advances in
Neural Information Processing Systems 30; docs/ensembles.md has what was measured).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anncli.training.outcome import Outcome


def together(outcomes: Sequence[Outcome], asked: int) -> Outcome:
    """The outcome of a run with these networks, in order; of one network its own. asked: how many there should be.

    What an outcome says about one network alone, such as its number of epochs, is that of the first that had a final fit.
    """
    first = next((outcome for outcome in outcomes if outcome.refit is not None), outcomes[0])
    warnings = list(dict.fromkeys(text for outcome in outcomes for text in outcome.warnings))
    if len(outcomes) < asked:
        kept = "one network" if len(outcomes) == 1 else f"an ensemble of {len(outcomes)} networks"
        warnings.append(f"{asked - len(outcomes)} of {asked} networks were not trained to their end; {kept} is kept")
    members = () if len(outcomes) == 1 else tuple(outcomes)
    # Where the weights of one are a device's, those of the whole are.
    used = [outcome.device for outcome in outcomes if outcome.device is not None]
    device = next((one for one in used if one.trained), used[0] if used else None)
    return first._replace(warnings=tuple(warnings), members=members, device=device)


def members_record(outcome: Outcome) -> list[dict[str, Any]]:
    """What the network file says about each network of an ensemble."""
    return [
        {
            "start": member.attempt.number,
            "epochs": len(member.attempt.history),
            "kept_epoch": member.kept_epoch,
            "refit_epochs": 0 if member.refit is None else member.refit.epochs,
            "stop": member.stop_reason,
        }
        for member in outcome.members
    ]
