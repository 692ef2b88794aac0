"""A config file as a layer of options, each with its place in the file."""

from __future__ import annotations

from collections.abc import Container

from anncli.errors import UsageError, did_you_mean
from anncli.options.elsewhere import advice_elsewhere
from anncli.options.layers import Given
from anncli.options.table import ALIASES, OPTIONS, canonical_option, option_names


def config_layer(path: str, infos: Container[str]) -> dict[str, Given]:
    """The options that a config file gives to a command, by name, not yet checked.

    A file may serve many commands: known options that are not in `infos`, the command's own, are left out.
    Raises: UsageError for a file that cannot be read, an unknown option, or one that is given twice.
    """
    from anncli.formats.files.document import read_config

    known = [name for name in (*OPTIONS, *option_names(), *ALIASES) if name != "config"]
    layer: dict[str, Given] = {}
    for key, value, place in read_config(path).items_with_places():
        name = canonical_option(key)
        if name not in known:
            raise UsageError(
                f"{place}: unknown option '{key}'", advice=advice_elsewhere(key) or did_you_mean(name, known)
            )
        if name in layer:
            raise UsageError(f"{place}: '{key}' is given twice", advice="remove one")
        layer[name] = Given(value, f"{place}: {key}")
    # Options of single trainers belong to the commands that have --option.
    return {
        name: given for name, given in layer.items() if name in infos or (name not in OPTIONS and "option" in infos)
    }
