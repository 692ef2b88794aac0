"""File names for completion: networks where a network is named, other files where data are."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from anncli.formats.networks.names import NETWORK_ENDINGS
from anncli.formats.networks.peek import has_network_ending

#: Which files a place of the command line takes: networks; data; networks, and after them data; all files.
NETWORK, DATA, EITHER, ANY = "network", "data", "either", "any"


def file_names(begun: str, wanted: str, endings: Sequence[str] = ()) -> list[str]:
    """The files whose path begins like that, in the order of preference; folders end in a slash.

    Where no file of the kind `wanted`, or with one of these endings, is among them, all are given. Hidden files and copies
    that an editor or `ann` left (`NAME~`) are only given to somebody who begins to type them.
    """
    folder, name = os.path.split(begun)
    entries = _entries(folder or ".", name)
    place = begun[: len(begun) - len(name)]
    kept = [entry for entry in entries if not entry.endswith("~")] or entries
    fits = _test_of(wanted, endings)
    fitting = [entry for entry in kept if fits(entry)]
    folders = [entry for entry in kept if entry.endswith("/")]
    if wanted == EITHER or not fitting:
        fitting += [entry for entry in kept if entry not in fitting and not entry.endswith("/")]
    return [place + entry for entry in (*fitting, *folders)]


def preferred_endings(wanted: str, endings: Sequence[str] = ()) -> tuple[str, ...]:
    """The endings of the files that are offered first, for shells that look for files themselves."""
    return NETWORK_ENDINGS if wanted == NETWORK else tuple(endings)


def _entries(folder: str, name: str) -> list[str]:
    try:
        with os.scandir(folder) as found:
            entries = [(entry.name, entry.is_dir()) for entry in found if entry.name.startswith(name)]
    except OSError:
        return []
    shown = [(each, is_dir) for each, is_dir in entries if name.startswith(".") or not each.startswith(".")]
    return [each + "/" * is_dir for each, is_dir in sorted(shown)]


def _test_of(wanted: str, endings: Sequence[str]) -> Callable[[str], bool]:
    if wanted in (NETWORK, EITHER):
        return lambda entry: not entry.endswith("/") and has_network_ending(entry)
    if wanted == DATA:
        return lambda entry: not entry.endswith("/") and not has_network_ending(entry)
    return lambda entry: not entry.endswith("/") and (not endings or entry.lower().endswith(tuple(endings)))
