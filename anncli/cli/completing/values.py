"""What may stand at one place of a line: names of options, their values, words of a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click
from click.shell_completion import CompletionItem

from anncli.cli.asking.column_names import column_names
from anncli.cli.completing.files import ANY, DATA, EITHER, NETWORK
from anncli.cli.names import COMMANDS, Takes
from anncli.cli.showing.figures.names import FIGURE_NAMES
from anncli.cli.topics.names import TOPIC_NAMES
from anncli.evaluation.names import METRIC_NAMES, RULE_NAMES
from anncli.formats.data.names import DATA_FORMAT_NAMES
from anncli.network.names import (
    ACTIVATION_NAMES,
    CALIBRATION_NAMES,
    INITIALIZATION_NAMES,
    LOSS_NAMES,
    SCALING_NAMES,
    TARGET_SCALING_NAMES,
)
from anncli.options.table import COLUMN, FILE, MISSING_NAMES, OPTIONS, TEXT, options_of
from anncli.options.wording import long_name
from anncli.training.names import TRAINER_NAMES, canonical_trainer

Item = CompletionItem[str]
# Options that name a network.
_NETWORKS = ("network", "teacher")


def option_items(ctx: click.Context, begun: str) -> list[Item]:
    """The options of a command that go on like that and are not there yet; an alias only where it is typed in full."""
    found = []
    for name, info in options_of(str(ctx.info_name)).items():
        is_there = ctx.get_parameter_source(name) is not None and ctx.params.get(name) not in (None, (), False, 0)
        if is_there and info.kind not in ("list", "count"):
            continue
        long = long_name(name)
        names = [long, f"--no-{long[2:]}"] if info.kind == "switch" else [long]
        names += [long_name(alias) for alias in info.aliases if long_name(alias) == begun]
        found += [(each, info.brief or info.help) for each in names]
    found += [("--help", "Show the common options"), ("--help-all", "Show all options")]
    return [CompletionItem(each, help=text) for each, text in found if each.startswith(begun.replace("_", "-"))]


def command_items(begun: str) -> list[Item]:
    """The commands that go on like that."""
    return _begun(((name, info.summary) for name, info in COMMANDS.items()), begun)


def value_items(ctx: click.Context, param: click.Parameter, words: tuple[str, ...], begun: str) -> list[Item]:
    """The values that go on like that, or, after a comma, its last item; where it is a file an item of the type `file`:
    which (a kind of completing.files), endings, and head, what stands before the name.

    words: as options.table has them.
    """
    if param.name == "words":
        return _word_items(ctx, begun)
    if param.name == "topic":
        topics = ((name, info.summary) for name, info in TOPIC_NAMES.items() if name not in COMMANDS)
        return [*command_items(begun), *_begun(topics, begun)]
    head, comma, last = begun.rpartition(",")
    about = _about(str(param.name))
    known = [(word, about.get(word, "")) for word in words if word not in FILE + COLUMN + TEXT]
    if param.name == "option":
        known = [(word, "") for word in _trainer_options(ctx)]
    if set(COLUMN) & set(words):
        known += [(name, "") for name in _columns(ctx, as_list=isinstance(param, click.Option) and param.multiple)]
    found = [CompletionItem(head + comma + item.value, help=item.help) for item in _begun(known, last)]
    if found or not set(FILE) & set(words):
        return found
    info = OPTIONS.get(str(param.name))
    which = NETWORK if param.name in _NETWORKS else DATA if param.name in ("data", "validation", "test") else ANY
    return [_file(last, which, _endings(info.metavar) if info else (), head + comma)]


def _about(name: str) -> Mapping[str, str]:
    """What is said about the values of an option, or of the word of `ann trainers`."""
    if name in ("trainer", "trainers", "name"):
        return {trainer: info.summary for trainer, info in TRAINER_NAMES.items()}
    if name in ("activation", "output_activation"):
        return {activation: info.formula for activation, info in ACTIVATION_NAMES.items()}
    if name == "loss":
        return {loss: info.formula for loss, info in LOSS_NAMES.items()}
    if name == "format":
        return {each: info.help for each, info in DATA_FORMAT_NAMES.items()}
    tables = {
        "scaling": SCALING_NAMES, "target_scaling": TARGET_SCALING_NAMES, "init": INITIALIZATION_NAMES,
        "calibration": CALIBRATION_NAMES, "missing": MISSING_NAMES, "metric": METRIC_NAMES, "threshold": RULE_NAMES,
    }  # fmt: skip
    return tables.get(name, {})


def _begun(known: Iterable[tuple[str, str]], begun: str) -> list[Item]:
    """The known (name, text) that begin like that, in another case only where none does in this one."""
    pairs = list(known)
    found = [pair for pair in pairs if pair[0].startswith(begun)]
    found = found or [pair for pair in pairs if pair[0].lower().startswith(begun.lower())]
    return [CompletionItem(name, help=text) for name, text in dict.fromkeys(found)]


def _file(begun: str, which: str, endings: tuple[str, ...] = (), head: str = "") -> Item:
    return CompletionItem(begun, type="file", which=which, endings=endings, head=head)


def _endings(metavar: str) -> tuple[str, ...]:
    """Those that the option says in help: FILE.yaml."""
    ending = metavar.partition(".")[2]
    return (".yaml", ".yml") if ending == "yaml" else (f".{ending}",) if ending.isalpha() else ()


def _word_items(ctx: click.Context, begun: str) -> list[Item]:
    """WHAT, NETWORK or DATA, by how many words there are already."""
    takes = COMMANDS[str(ctx.info_name)].takes
    assert takes is not None
    n = len(ctx.params.get("words") or ())
    if takes.what:
        if n == 0:
            return _begun(((name, info.summary) for name, info in FIGURE_NAMES.items()), begun)
        n -= 1
    which = _kind_of_word(takes, n if ctx.params.get("network") is None else max(n, 1))
    return [_file(begun, which)] if which else []


def _kind_of_word(takes: Takes, n: int) -> str:
    """Which files the word after n words names, WHAT not counted; '' for none."""
    if takes.network == "several":
        return NETWORK if n < 2 else EITHER
    if takes.network and n == 0:
        return EITHER if takes.network == "may" else NETWORK
    return DATA if takes.data else ""


def _trainer_options(ctx: click.Context) -> list[str]:
    """`NAME=` for the options of the trainer on the line, or of all."""
    trainers = list(TRAINER_NAMES.values())
    if ctx.params.get("trainer") is not None:
        try:
            trainers = [TRAINER_NAMES[canonical_trainer(ctx.params["trainer"])]]
        except ValueError:
            return []
    return sorted({f"{name}=" for info in trainers for name in info.defaults})


def _columns(ctx: click.Context, as_list: bool) -> list[str]:
    """The names of the columns of the first table on the line; as_list: a name with a comma or a quote stands in quotes."""
    data = [file for files in ctx.params.get("data") or () for file in str(files).split(",")]
    # While the last option still has no value, click leaves all words in `args`.
    words = (*(ctx.params.get("words") or ()), *filter(None, [ctx.params.get("source")]), *ctx.args)
    names = column_names([*words, *data])
    if not as_list:
        return names
    return [name if not set(name) & set(',"') else '"' + name.replace('"', '""') + '"' for name in names]
