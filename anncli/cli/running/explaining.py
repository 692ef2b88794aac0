"""`ann explain` at work: the importance of every column, and the partial dependence on some."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from anncli.analysis.columns import columns_of, find_column
from anncli.analysis.importance import permutation_importance
from anncli.analysis.partial_dependence import Dependence, partial_dependence
from anncli.analysis.sensitivity import mean_sensitivities
from anncli.arrays import Array
from anncli.cli.asking.network_options import require_trained, require_vectors
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.explaining_texts import check_text_options, explain_texts
from anncli.cli.running.reading import counted_rows, read_evaluated
from anncli.cli.running.required_values import kind_of
from anncli.cli.running.written_tables import check_target, format_of_target, refuse_read_target
from anncli.cli.showing.console import print_json
from anncli.cli.showing.explain_report import Explanation, dependence_document, dependence_text
from anncli.cli.showing.remarks import show_network_remarks, show_remarks
from anncli.cli.showing.seen_rows import NOT_KNOWN
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError, count_of, printable
from anncli.formats.data.names import SAMPLE_FORMATS, WRITTEN_FORMATS
from anncli.formats.data.registry import writer_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.formats.networks.storage import load
from anncli.inference.evaluate import check_data, rows_seen
from anncli.network.network import Network
from anncli.network.patterns import refuse_without_gradient
from anncli.options.requirements import METRICS, RANKING

_OF_FIGURES = tuple(name for name in WRITTEN_FORMATS if name not in SAMPLE_FORMATS)


def run_explain(values: Values, words: Words) -> None:
    """Print the tables, or one JSON document, and write the importances to the file of --output."""
    target = _target(values, words)
    path = str(words.network)
    network = load(path)
    show_network_remarks(values.console, network)
    require_trained(network, path)
    check_text_options(values, network)
    if network.text is not None:
        explain_texts(values, words, network, target)
        return
    require_vectors(network, "ann explain")
    refuse_without_gradient(network.topology)
    fields = _fields(values["by"], network)
    remarks = Remarks()
    data = read_evaluated(values, words.data, network, remarks)
    show_remarks(values.console, remarks)
    check_data(network, data)
    columns = [find_column(columns_of(network, data.columns), name) for name in values["column"]]
    counted = counted_rows(data, words.data)
    seen = rows_seen(network, data)
    n_seen = None if seen is None else int(np.count_nonzero(seen & counted))
    found = {"all rows": _explained(values, network, data, counted, fields)}
    if seen is not None and n_seen and (counted & ~seen).any():
        found["new rows"] = _explained(values, network, data, counted & ~seen, fields)
    dependences = [partial_dependence(network, data.vectors, c, data.weights, values["threads"]) for c in columns]
    if target is not None:
        _write(target, found["all rows" if "new rows" not in found else "new rows"])
    if values["json"]:
        _print_json(path, found, n_seen, dependences, network)
    else:
        _print_text(found, n_seen, network, dependences)


def _target(values: Values, words: Words) -> tuple[str, str] | None:
    """The file of --output and its format; raises UsageError for a format that is none of figures."""
    target = values["output"]
    if target is None:
        if "to" in values.on_command_line:
            raise UsageError("--to needs --output", advice="name the file with --output FILE")
        return None
    if target == "-":
        raise UsageError("--output: the tables go to stdout", advice="name a file, or say --json")
    name = format_of_target(target, values["to"], _OF_FIGURES)
    if name in SAMPLE_FORMATS:
        message = f"{name} is a format of inputs and answers, not of figures"
        raise UsageError(message, advice=f"use one of {', '.join(_OF_FIGURES)}")
    check_target(target, name, [*words.data, str(words.network)], values["force"], "--output")
    return target, name


def _write(target: tuple[str, str], found: Explanation) -> None:
    refuse_read_target(*target, "--output")
    table = found.table()
    write_stream(writer_of(target[1]), target[0], TableStream(lambda: iter([table])))


def _fields(names: tuple[str, ...], network: Network) -> tuple[str, ...]:
    """The fields of the network's evaluations that hold these metrics; raises UsageError for one that does not exist."""
    kind, fields = kind_of(network), []
    for name in names:
        field = next((field for field in METRICS[name].fields if field in kind.fields), None)
        if field is None:
            own = [other for other in RANKING if set(METRICS[other].fields) & set(kind.fields)]
            raise UsageError(f"--by: '{name}' does not exist for {kind.what}", advice="use one of " + ", ".join(own))
        fields.append(field)
    return tuple(fields)


def _explained(values: Values, network: Network, data: Dataset, rows: Array, fields: tuple[str, ...]) -> Explanation:
    n_columns = len(columns_of(network, data.columns))
    with values.console.progress(n_columns, "column") as bar:
        importances = permutation_importance(
            network,
            data,
            rows,
            metrics=fields,
            repeats=values["permutations"],
            seed=values["seed"],
            threads=values["threads"],
            progress=bar.update,
        )
    weights = None if data.weights is None else data.weights[rows]
    slopes = mean_sensitivities(network, data.vectors[rows], weights)
    columns = columns_of(network, data.columns)
    return Explanation(importances, {c.name: float(slopes[c.start]) for c in columns if c.kind == "number"})


def _outputs(network: Network) -> list[str]:
    """The names of the outputs."""
    if network.n_classes:
        names = network.classes or tuple(f"class {k}" for k in range(1, network.n_classes + 1))
        return [names[0]] if network.n_outputs == 1 else list(names)
    targets = network.target_names or tuple(f"target {k}" for k in range(1, network.n_targets + 1))
    if network.quantiles:
        return [f"{name} at {q:g}" for name in targets for q in network.quantiles]
    return list(targets)


def _print_text(
    found: dict[str, Explanation], n_seen: int | None, network: Network, dependences: list[Dependence]
) -> None:
    blocks = []
    for name, one in found.items():
        is_marked = name == "all rows" and n_seen
        blocks.append(one.text(f"lost without, {name}{'*' if is_marked else ''}"))
    blocks.append(_seen_line(found, n_seen))
    blocks += [dependence_text(one, _outputs(network)) for one in dependences]
    click.echo("\n\n".join(blocks))


def _seen_line(found: dict[str, Explanation], n_seen: int | None) -> str:
    if n_seen is None:
        return f"rows that trained the network: {NOT_KNOWN}"
    if not n_seen:
        return "rows that trained the network: none of these"
    n = found["all rows"].importances.n_rows
    advice = (
        "trust the table of new rows" if "new rows" in found else "they say what the network learnt, not what holds"
    )
    return f"* {n_seen} of these {count_of(n, 'row')} trained the network, so the losses may be too large; {advice}"


def _print_json(
    path: str, found: dict[str, Explanation], n_seen: int | None, dependences: list[Dependence], network: Network
) -> None:
    document: dict[str, Any] = {"command": "explain", "network": printable(path), **found["all rows"].document()}
    document |= {"rows_seen": n_seen, "new_rows": found["new rows"].document() if "new rows" in found else None}
    print_json({**document, "dependence": [dependence_document(one, _outputs(network)) for one in dependences]})
