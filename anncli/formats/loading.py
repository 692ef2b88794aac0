"""Loading a format: what the registries of data and network formats do with a line of their tables."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from anncli.errors import UsageError


class FormatName(Protocol):
    """A line of a table of formats."""

    @property
    def module(self) -> str: ...

    @property
    def extra(self) -> str: ...


def load_format(room: str, what: str, name: str, info: FormatName, called: str = "FORMAT") -> Any:
    """The object `called` FORMAT, or otherwise, of a module of anncli.formats.`room`.

    Raises: UsageError that names the extra to install, if the module needs a package that is not there.
    """
    try:
        return getattr(import_module(f"anncli.formats.{room}.{info.module}"), called)
    except ModuleNotFoundError as missing:
        if not info.extra:
            raise
        raise _not_there(f"the {what} {name}", str(missing.name), info.extra) from None


def needed(library: str, what: str, extra: str) -> Any:
    """A library of an extra, imported now; what: the thing that needs it, for the message.

    Raises: UsageError that names the extra to install, if it is not there.
    """
    try:
        return import_module(library)
    except ModuleNotFoundError as missing:
        raise _not_there(what, str(missing.name), extra) from None


def _not_there(what: str, library: str, extra: str) -> UsageError:
    return UsageError(f"{what} needs {library}", advice=f"install it: pip install 'anncli[{extra}]'")
