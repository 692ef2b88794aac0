"""The help of a command: its options in the groups of the table, the common ones for -h, all for --help-all.

The help options are made here because click's own looks for translations of its text, which takes 2 ms.
"""

from __future__ import annotations

import inspect

import click

from anncli.cli.names import COMMANDS
from anncli.options.in_command import IN_COMMAND, OwnWords
from anncli.options.table import GROUPS, LONG, OptionInfo, options_of
from anncli.options.wording import help_text, shown_default, spelling

_EVERYTHING = "anncli.help_all"


def help_options() -> list[click.Option]:
    """-h, --help and --help-all."""
    plain = ["-h", "--help", "wants_help"], "Show this message and exit."
    everything = ["--help-all", "wants_help_all"], "Show all options and exit."
    return [
        click.Option(names, is_flag=True, is_eager=True, expose_value=False, help=text, callback=_show)
        for names, text in (plain, everything)
    ]


def _show(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        ctx.meta[_EVERYTHING] = option.name == "wants_help_all"
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


class HelpFormat:
    """Writes the help of the command of `ctx`."""

    def __init__(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.command, self.formatter = str(ctx.info_name), formatter
        self.path, self.text = ctx.command_path, inspect.cleandoc(ctx.command.help or "")
        self.everything = bool(ctx.meta.get(_EVERYTHING))

    def write(self) -> None:
        """Usage, description with examples, options in groups, and where to find the rest."""
        self.formatter.write_usage(self.path, f"{COMMANDS[self.command].arguments} [OPTIONS]")
        self.formatter.write_paragraph()
        with self.formatter.indentation():
            self.formatter.write_text(self.text)
        every = options_of(self.command)
        shown = {name: info for name, info in every.items() if self.everything or self._is_common(info)}
        for group, title in GROUPS.items():
            rows = [self._row(name, info) for name, info in shown.items() if info.group == group]
            if rows:
                self._write_group(title, rows)
        self.formatter.write_paragraph()
        if len(shown) < len(every):
            more = f"{len(every) - len(shown)} more options: {self.path} --help-all"
        else:
            more = "-h, --help: show this message and exit"
        self.formatter.write_text(more)

    def _write_group(self, title: str, rows: list[tuple[str, str]]) -> None:
        """Names in one column, texts in another. Not click's write_dl(), which breaks `cross-entropy` at the hyphen."""
        from textwrap import wrap

        column = min(max(len(name) for name, _ in rows), 28) + 4
        self.formatter.write(f"\n{title}:\n")
        for name, text in rows:
            lines = wrap(text, max(self.formatter.width - column, 20), break_on_hyphens=False)
            first = lines.pop(0) if len(name) + 4 <= column else ""
            self.formatter.write(f"{'  ' + name:<{column}}{first}".rstrip() + "\n")
            for line in lines:
                self.formatter.write(f"{'':{column}}{line}\n")

    def _is_common(self, info: OptionInfo) -> bool:
        return self.command not in LONG or self.command in info.common

    def _row(self, name: str, info: OptionInfo) -> tuple[str, str]:
        """An option and its description with the default."""
        own = IN_COMMAND.get((self.command, name), OwnWords(info.brief))
        default = shown_default(info) if own.default is None else own.default
        is_short = not self.everything and (self.command in LONG or (self.command, name) in IN_COMMAND)
        text = (own.brief or info.help) if is_short else help_text(info, own.full)
        return spelling(name, info), text + (f"  [default: {default}]" if default else "")
