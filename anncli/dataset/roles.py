"""Roles: which column of a table is the answer, which are inputs, and which have another purpose or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from anncli.dataset.column_kinds import is_identifier
from anncli.dataset.request import TableRequest
from anncli.dataset.task import task_of
from anncli.errors import DataError, UsageError, did_you_mean, quoted
from anncli.tables import Roles, Table, TableColumn

# Names of columns that are the answer where nobody says which column is.
LABEL_NAMES = ("class", "target", "label", "y")
# More different numbers than these do not look like classes.
_MOST_CLASSES = 20

Say = Callable[[str], None]


class Place(NamedTuple):
    """The file that messages about a table name."""

    shown: str

    def usage(self, message: str, advice: str | None = None) -> UsageError:
        return UsageError(message, path=self.shown, advice=advice)

    def fault(self, message: str, advice: str | None = None, line: int | None = None) -> DataError:
        return DataError(message, path=self.shown, line=line, advice=advice)


def choose_roles(table: Table, request: TableRequest, place: Place, say: Say, linear_output: bool = False) -> Roles:
    """The roles of the columns of a table that a network is trained on.

    Args: request: what the user said; say: takes what was found out and everyone should be told; linear_output: the
        network ends in a linear layer, so that the answers are numbers.
    Raises: UsageError for a column that is not there, for two roles of one column, and where it is not clear which column
        is the answer or whether answers are classes or numbers; DataError for a table without inputs.
    """
    reconstructs = inputs_are_answers(table, request)
    others = _about_rows(table, request, place)
    labels = () if reconstructs else _labels(table, request, place, say, {*filter(None, others.values())})
    ignored = find_all_columns(table, request.ignore, "--ignore", place)
    used = find_all_columns(table, request.use, "--use", place)
    _refuse_two_roles(
        {"--label": labels, **{_option(k): (v,) for k, v in others.items() if v}, "--ignore": ignored}, place
    )
    _refuse_two_roles({"--label": labels, "--ignore": ignored, "--use": used}, place)
    taken = {*labels, *filter(None, others.values()), *ignored}
    if reconstructs and (declared := [name for name in table.labels if name not in (*taken, *used)]):
        say(f"the answers of the file are left out: {', '.join(map(quoted, declared))} (--use takes them as inputs)")
        taken |= {*declared}
    allowed = set(used or table.names)
    inputs = tuple(name for name in table.names if name not in taken and name in allowed)
    if not inputs:
        raise place.fault("no column is left for the inputs", "name fewer columns with --ignore and --label")
    columns = [table.column(name) for name in labels]
    task = "regression" if reconstructs else task_of(columns, request.task, table.task, linear_output, place.usage)
    return Roles(table.names, labels, inputs, **others, task=task, is_named=table.is_named)


def needed_columns(table: Table, request: TableRequest, place: Place) -> tuple[str, ...]:
    """The columns that further tables of a set must have: all but those that the user leaves out, by --ignore or because
    --use names others. Where nobody says which column is the label, it need not be among them.

    Raises: UsageError for a column that is not there.
    """
    labels = table.labels
    if request.label:
        own = inputs_are_answers(table, request)
        labels = () if own else find_all_columns(table, request.label, "--label", place)
    others = _about_rows(table, request, place)
    ignored = find_all_columns(table, request.ignore, "--ignore", place)
    used = find_all_columns(table, request.use, "--use", place)
    named = {*labels, *filter(None, others.values()), *used}
    return tuple(name for name in table.names if (name in named if used else name not in ignored))


def _about_rows(table: Table, request: TableRequest, place: Place) -> dict[str, str | None]:
    """The columns of weights, groups, times, sequences and names, None where there is none."""
    return {
        name: (declared or None) if word is None else _one_column(table, word, _option(name), place)
        for name, word, declared in (
            ("weight", request.weight, table.weight),
            ("group", request.group, table.group),
            ("order", request.order, ""),
            ("sequence", request.sequence, ""),
            ("row_names", request.row_names, ""),
        )
    }


def _option(role: str) -> str:
    return f"--{role.replace('_', '-')}"


def inputs_are_answers(table: Table, request: TableRequest) -> bool:
    """Whether the inputs are to be their own answers; a column called 'inputs' is the answer itself."""
    return request.label == ("inputs",) and "inputs" not in table.names


def _labels(table: Table, request: TableRequest, place: Place, say: Say, taken: set[str]) -> tuple[str, ...]:
    """taken: the columns that are about rows, and so no answers unless the user says so."""
    if request.label:
        return find_all_columns(table, request.label, "--label", place)
    if table.labels:
        return table.labels
    free = Table(tuple(column for column in table.columns if column.name not in taken), table.n_rows, table.is_named)
    found, why = _likely_label(free if taken and free.columns else table, place)
    say(f"the label is column {quoted(found)}: {why} (--label NAME takes another)")
    return (found,)


def _likely_label(table: Table, place: Place) -> tuple[str, str]:
    """The column that is the answer where nobody said which, and why."""
    named = [name for name in table.names if name.lower() in LABEL_NAMES]
    if len(named) == 1:
        return named[0], "its name says so"
    worded = [column for column in table.columns if column.numbers is None]
    last = table.columns[-1]
    if not named and worded == [last] and len(table.columns) > 1 and not is_identifier(last):
        return last.name, "it is the only column of words, and the last one"
    # As a rule the answer is the last column, so it is named first.
    others = [column.name for column in table.columns[:-1] if _could_be_label(column)]
    could_be = named or [*([] if is_identifier(last) else [last.name]), *others]
    shown = ", ".join(map(quoted, could_be[:10])) + (", ..." if len(could_be) > 10 else "")
    advice = f"say --label NAME; it could be {shown}" if shown else "say --label NAME"
    raise place.usage(
        "it is not clear which column is the label", advice + ("" if table.is_named else " (counted from 1)")
    )


def _could_be_label(column: TableColumn) -> bool:
    if column.numbers is None:
        return len(column.words) > 1 and not is_identifier(column)
    values = np.unique(column.numbers[~np.isnan(column.numbers)])
    return 1 < len(values) <= min(_MOST_CLASSES, len(column) // 2) and bool((values == np.round(values)).all())


def with_column(roles: Roles, table: Table, role: str, word: str | None, place: Place) -> Roles:
    """The roles of a network's columns, where the user names a column of a table for a role that it need not have had in
    training; role: one of tables.ABOUT_ROWS; word: None for the column of the training.

    Raises: UsageError for a column that is not there, and for one that is an input or an answer.
    """
    if word is None or word == getattr(roles, role):
        return roles
    name = _one_column(table, word, _option(role), place)
    columns = tuple(dict.fromkeys((*roles.columns, name)))
    if not (table.is_named and roles.is_named):
        columns, name = _known_by_place(roles, table, name)
    if name in roles.labels:
        _refuse_two_roles({"--label": roles.labels, _option(role): (name,)}, place)
    if name in roles.inputs:
        raise place.usage(f"{_option(role)}: column {quoted(name)} is an input of the network", "name another column")
    named: dict[str, Any] = {role: name}
    return roles._replace(columns=columns, **named)


def refuse_other_inputs(roles: Roles, table: Table, request: TableRequest, place: Place) -> None:
    """Raises UsageError where --ignore names an input of a network, or --use other columns than its inputs."""
    for option, words in (("--ignore", request.ignore), ("--use", request.use)):
        named = chain(*((w,) if w in roles.columns else find_columns(table, w, option, place) for w in words))
        found = [own if own in roles.columns else _known_by_place(roles, table, own)[1] for own in named]
        wrong = [name for name in found if (name in roles.inputs) == (option == "--ignore")]
        if wrong:
            what = "is an input" if option == "--ignore" else "is no input"
            raise place.usage(f"{option}: column {quoted(wrong[0])} {what} of the network", "leave it out")
        if option == "--use" and words and (left := [name for name in roles.inputs if name not in found]):
            raise place.usage(f"--use: the network has the input {quoted(left[0])} too", "leave the option out")


def _known_by_place(roles: Roles, table: Table, name: str) -> tuple[tuple[str, ...], str]:
    """The columns of a network, and what it calls a column of a table that has no names, or whose names it does not know.

    One more column than the network has is that column, at its place and with a name of its own.
    """
    answers = table.labels if set(table.labels) == set(roles.labels) else ()
    own = [own for own in table.names if own not in answers]
    unlabelled = tuple(known for known in roles.columns if known not in roles.labels)
    at = own.index(name) if name in own else None
    for known in (roles.columns, unlabelled, roles.inputs):
        if at is not None and len(known) == len(own):
            return roles.columns, known[at]
    while name in roles.columns:
        name += "'"
    return (*roles.columns[:at], name, *([] if at is None else roles.columns[at:])), name


def find_columns(table: Table, word: str, option: str, place: Place) -> tuple[str, ...]:
    """The columns that a word of an option means: a column of exactly that name, else 'first', 'last', 'last:K', or a
    position counted from 1. Raises UsageError where there is none."""
    names = table.names
    if word in names:
        return (word,)
    if word == "first":
        return names[:1]
    head, colon, count = word.partition(":")
    if head == "last" and (not colon or count.isdecimal()):
        n = int(count or 1)
        if 0 < n < len(names):
            return names[-n:]
    elif word.isdecimal() and 0 < int(word) <= len(names):
        return (names[int(word) - 1],)
    elif not word.isdecimal() and table.is_named:
        raise place.usage(f"{option}: no column {quoted(word)}", did_you_mean(word, names[:20]))
    counted = f"there are {len(names)} columns, counted from 1"
    raise place.usage(f"{option}: no column {quoted(word)}", counted if table.is_named else f"{counted}, without names")


def _one_column(table: Table, word: str, option: str, place: Place) -> str:
    """The only column that a word of an option means; raises UsageError for several."""
    found = find_columns(table, word, option, place)
    if len(found) > 1:
        raise place.usage(f"{option}: {quoted(word)} means {len(found)} columns", "name one column")
    return found[0]


def find_all_columns(table: Table, words: Sequence[str], option: str, place: Place) -> tuple[str, ...]:
    """The columns that the words of an option mean, each once; see find_columns()."""
    found = [name for word in words for name in find_columns(table, word, option, place)]
    return tuple(dict.fromkeys(found))


def _refuse_two_roles(named: dict[str, Iterable[str]], place: Place) -> None:
    seen: dict[str, str] = {}
    for option, names in named.items():
        for name in names:
            if name in seen:
                message = f"column {quoted(name)} is named by {seen[name]} and by {option}"
                raise place.usage(message, "name it once")
            seen[name] = option
