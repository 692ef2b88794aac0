"""What the trial of the defaults has for each option that a search draws."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.cli.running.candidates import Candidates
from anncli.cli.showing.search_command import layer_options
from anncli.network.layers.dense import Dense
from anncli.options.table import OPTIONS
from anncli.training.names import TRAINER_NAMES


def own_values(candidates: Candidates, names: Sequence[str]) -> dict[str, str]:
    """The values as they would be typed; without those that are not known before a training."""
    options = candidates.options({})
    found: dict[str, object] = {name: OPTIONS[name].default for name in names if name in OPTIONS}
    found |= {**TRAINER_NAMES[options.trainer].defaults, "epochs": candidates.problem.epochs}
    found |= {name: value for name, value in options._asdict().items() if value is not None}
    network = candidates.network({}, options)
    if all(isinstance(layer, Dense) for layer in network.layers):
        found |= {"activation": OPTIONS["activation"].default, **layer_options(network)}
    return {name: _typed(found[name]) for name in names if isinstance(found.get(name), str | int | float)}


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
