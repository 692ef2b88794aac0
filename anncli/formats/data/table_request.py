"""What is asked of a table: the words of the user before those of the network file, and what the columns then are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anncli.dataset.column_kinds import choose_kinds
from anncli.dataset.request import TableRequest
from anncli.dataset.roles import Place, choose_roles, find_all_columns
from anncli.errors import UsageError, quoted
from anncli.formats.data.remarks import Remarks
from anncli.network.encoders.table import TableEncoder, TableInputs
from anncli.network.network import Network
from anncli.tables import ABOUT_ROWS, Roles, Table, TableColumn

# Output layers whose networks compute numbers, not classes.
_OF_NUMBERS = ("linear", "exp")
# More names than that are not listed one by one.
_MOST_LISTED = 50


def with_head(request: TableRequest, head: TableInputs | None) -> TableRequest:
    """The request, completed with what the network file says about the columns."""
    if head is None:
        return request
    of_kind = {kind: tuple(n for n, k in head.kinds.items() if k == kind) for kind in ("category", "ignore")}
    kinds, named = {*request.category, *request.ignore}, {*request.category, *request.ignore, *request.use}
    return request._replace(
        label=request.label or (() if request.label_files else head.label),
        task=request.task or head.task,
        positive=request.positive or head.positive,
        missing=request.missing or head.missing,
        weight=request.weight or head.weight,
        group=request.group or head.group,
        order=request.order or head.order,
        row_names=request.row_names or head.row_names,
        category=(*request.category, *(name for name in of_kind["category"] if name not in kinds)),
        ignore=(*request.ignore, *(name for name in of_kind["ignore"] if name not in named)),
    )


def of_own_inputs(request: TableRequest, network: Network | None) -> TableRequest:
    """The request for a network whose answers are its inputs: these need no --label, and a label column of a memory has the
    names of its patterns."""
    reconstructs = network is not None and network.encoder is not None and network.encoder.roles.reconstructs
    if network is None or not (network.stores or reconstructs) or request.label_files:
        return request
    if not request.label:
        return request._replace(label=("inputs",))
    is_name = network.stores and len(request.label) == 1 and request.label != ("inputs",) and request.row_names is None
    return request._replace(label=("inputs",), row_names=request.label[0]) if is_name else request


def stored_roles(encoder: TableEncoder, request: TableRequest) -> Roles:
    """The roles of a network that training goes on with; raises UsageError where the user asks for others."""
    roles = encoder.roles
    asked: dict[str, Any] = {"label": request.label} | {role: getattr(request, role) for role in ABOUT_ROWS}
    table, place = Table(tuple(map(TableColumn, roles.columns)), 0, roles.is_named), Place("")
    for name, words in asked.items():
        stored = roles.labels if name == "label" else getattr(roles, name)
        if name == "label" and roles.reconstructs:
            stored = ("inputs",)
        if words and words != stored and not _mean(table, words, stored):
            raise _other(
                name, "with another column", ", ".join(stored) if isinstance(stored, tuple) else stored or "none"
            )
    if request.missing and request.missing != encoder.missing:
        raise _other("missing", "otherwise", encoder.missing)
    categories = {column.name for column in encoder.columns if column.kind == "category"}
    named = {
        option: set(find_all_columns(table, words, f"--{option}", place))
        for option, words in (("category", request.category), ("ignore", request.ignore), ("use", request.use))
    }
    if others := named["category"] - categories:
        raise _other("category", "without this category", min(others))
    if others := named["ignore"] - set(roles.ignored):
        raise _other("ignore", "with this column", min(others))
    if request.use and named["use"] != set(roles.inputs):
        raise _other("use", "with other columns", ", ".join(roles.inputs[:10]))
    return roles


def _mean(table: Table, words: Sequence[str] | str, stored: Sequence[str] | str | None) -> bool:
    """Whether words such as `last`, or a position, mean the columns that are stored; table: of the columns alone."""
    named, known = ((words,) if isinstance(words, str) else words), ((stored,) if isinstance(stored, str) else stored)
    try:
        return find_all_columns(table, named, "", Place("")) == tuple(known or ())
    except UsageError:
        return False


def _other(option: str, how: str, stored: str) -> UsageError:
    message = f"--{option}: this network was trained {how} ({stored})"
    return UsageError(message, advice="leave the option out, or train anew without --continue")


def columns_of(
    table: Table, request: TableRequest, network: Network | None, shown: str, remarks: Remarks
) -> tuple[Roles, dict[str, str]]:
    """The roles of the columns of the training data, and for each input its kind, 'number' or 'category'.

    Args: request: complete, see with_head(). Raises: UsageError, DataError as choose_roles() and choose_kinds().
    """
    place = Place(shown)
    output = "" if network is None else network.topology.output_activation
    if network is not None and network.task == "regression":
        # A definition may say so although its outputs are those of classes.
        request = request._replace(task=request.task or network.task)
    if output == "softmax":
        request = request._replace(task=request.task or "classification")
    roles = choose_roles(table, request, place, lambda text: remarks.note(shown, text), output in _OF_NUMBERS)
    head = {} if network is None or network.table is None else dict(network.table.kinds)
    asked = {name: kind for name, kind in head.items() if kind == "number"}
    categories = find_all_columns(table, request.category, "--category", place)
    if strange := [name for name in categories if name not in roles.inputs and name not in head]:
        message = f"column {quoted(strange[0])} is named by --category, and is no input"
        raise place.usage(message, "leave it out, or name it with --use where that is given")
    asked |= dict.fromkeys(categories, "category")
    shape = None if network is None else network.topology.inputs
    if shape is not None and (shape.grid is not None or shape.tokens or shape.descriptors is not None):
        # Pixels, tokens and descriptors are inputs whatever their values are.
        asked = {**dict.fromkeys(_numbers_of(table, roles), "number"), **asked}
    used = set(find_all_columns(table, request.use, "--use", place))
    kinds = choose_kinds(
        table, roles.inputs, asked, used, lambda text: remarks.note(shown, text), lambda m, a: place.fault(m, a)
    )
    if roles.reconstructs:
        _check_reconstructed(kinds, request, place, network is not None and network.stores)
    kept = tuple(name for name, kind in kinds.items() if kind != "ignore")
    if not kept:
        advice = "name columns to take with --use or --category; a column of texts becomes a file for each class, with a text on each line, for --inputs documents"
        raise place.fault("no column is left for the inputs", advice)
    remarks.guess(shown, _kinds_text(roles, kinds))
    return roles._replace(inputs=kept), {name: kinds[name] for name in kept}


def _numbers_of(table: Table, roles: Roles) -> list[str]:
    """The columns of numbers among the inputs."""
    return [name for name in roles.inputs if table.by_name[name].as_numbers() is not None]


def _check_reconstructed(kinds: dict[str, str], request: TableRequest, place: Place, stores: bool) -> None:
    """Raises UsageError for inputs that cannot be their own answers: words, and inputs that are no columns."""
    if request.task == "classification":
        raise place.usage("--label inputs predicts numbers, not classes", "leave --task out")
    words = [name for name, kind in kinds.items() if kind == "category"]
    if words:
        shown = ", ".join(map(quoted, words[:10])) + (", ..." if len(words) > 10 else "")
        if stores and len(words) == 1:
            raise place.usage(
                f"column {shown} has words, and a memory stores numbers",
                f"name the patterns by it: --row-names {words[0]}",
            )
        message = f"--label inputs is for numbers, and these columns are categories: {shown}"
        raise place.usage(
            message, f"leave them out: --ignore {','.join(words[:10])}{',...' if len(words) > 10 else ''}"
        )
    if "indicator" in (request.missing or ""):
        message = f"--missing {request.missing} makes inputs that are no columns, which --label inputs cannot predict"
        raise place.usage(message, "say --missing mean or median")


def _kinds_text(roles: Roles, kinds: dict[str, str]) -> str:
    """'label species; number: a, b; category: city; ignored: id'."""
    parts = [f"label: {', '.join(roles.labels) or 'the inputs'}"]
    for kind in ("number", "category"):
        names = [name for name, found in kinds.items() if found == kind]
        parts += [f"{kind}: {_listed(names)}"] if names else []
    left = (*roles.ignored, *(name for name, kind in kinds.items() if kind == "ignore"))
    parts += [f"ignored: {_listed(left)}"] if left else []
    parts += [f"{role.replace('_', ' ')}: {name}" for role in ABOUT_ROWS if (name := getattr(roles, role))]
    return "; ".join(parts)


def _listed(names: Sequence[str]) -> str:
    """All names, of very many (pixels, say) the first and the last one and their number."""
    if len(names) <= _MOST_LISTED:
        return ", ".join(names)
    return f"{', '.join(names[:3])}, ..., {names[-1]} ({len(names)} columns)"
