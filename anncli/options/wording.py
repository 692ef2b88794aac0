"""The wording of an option in help, errors and the manual: how it is typed, and its default."""

from __future__ import annotations

from anncli.options.table import OptionInfo


def long_name(name: str) -> str:
    """The option as it is typed: --learning-rate."""
    return "--" + name.replace("_", "-")


def spelling(name: str, info: OptionInfo) -> str:
    """The forms of the option that help shows: `-o, --output FILE`, `--nesterov / --no-nesterov`."""
    long = long_name(name)
    if info.kind == "switch":
        return f"{long} / --no-{long[2:]}"
    short = f"-{info.short}, " if info.short else ""
    return f"{short}{long} {info.metavar}".rstrip()


def help_text(info: OptionInfo, own: str = "") -> str:
    """What help says about an option, with its other names; own: what one command says in place of the words for all."""
    aliases = f" (also {', '.join(map(long_name, info.aliases))})" if info.aliases else ""
    return (own or info.help) + aliases


def shown_default(info: OptionInfo) -> str:
    """The default as help shows it; '' where the help text says it, or for a flag that is off."""
    default = info.default
    if info.kind == "count" or default is None or default is False or default == ():
        return ""
    if default is True:
        return "on"
    if default == "\\t":
        return "tab"
    return f"{default:g}" if isinstance(default, float) else str(default)
