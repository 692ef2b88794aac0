"""`ann predict` on tables: CSV with a header, or JSON lines, as a stream in constant memory."""

from __future__ import annotations

from collections.abc import Iterator

from anncli.cli.asking.values import Values
from anncli.cli.showing.not_finite import NotFinite
from anncli.cli.showing.table_predictions import Shape, csv_header, csv_writer, json_lines_writer
from anncli.dataset.roles import Place, find_all_columns
from anncli.errors import UsageError
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.table_use import stream_encoded
from anncli.formats.files.textfile import shown_name
from anncli.inference.predict import decide, predict
from anncli.network.network import Network


def table_texts(
    values: Values,
    network: Network,
    files: tuple[str, ...],
    reader: TableReader,
    threshold: float | None,
    not_finite: NotFinite,
) -> Iterator[str]:
    """The text of every batch of the tables in `files`; the header comes with the first."""
    shape, as_lines = _shape(values, network), values["to"] == "jsonl"
    write, is_first = (json_lines_writer if as_lines else csv_writer)(shape), True
    for file in files:
        place = Place(shown_name(file))
        for table, encoded in stream_encoded(file, reader, network):
            columns = find_all_columns(table, values["with"], "--with", place)
            outputs = predict(network, encoded.inputs, threads=values["threads"])
            not_finite.look(outputs)
            head = csv_header(shape, columns) if is_first and not as_lines else ""
            is_first = False
            chosen = None if network.task == "regression" else decide(network, outputs, threshold)
            yield head + write([table.column(name) for name in columns], outputs, chosen)


def _shape(values: Values, network: Network) -> Shape:
    if values["to"] == "parquet":
        raise UsageError("--to parquet is not written by ann predict yet", advice="write csv or jsonl")
    top: int | None = values["top"]
    task = network.task or "classification"
    if top is not None and (task != "classification" or network.n_outputs == 1):
        raise UsageError("--top is for networks with more than two classes", advice="leave it out")
    for name in ("scores", "classes"):
        if top is not None and values[name]:
            raise UsageError(f"--top and --{name} exclude each other", advice="leave one of them out")
    for name in ("scores", "classes"):
        if task == "regression" and values[name]:
            raise UsageError(f"--{name} is for classes, and this network predicts numbers", advice="leave it out")
    classes = class_names(network)
    return Shape(
        classes=classes,
        n_outputs=network.n_outputs,
        task=task,
        with_class=not values["scores"],
        with_scores=not values["classes"],
        top=None if top is None else min(top, len(classes)),
        delimiter=values["delimiter"] if "delimiter" in values.given else ",",
    )


def class_names(network: Network) -> list[str]:
    """The names of the classes, of the labels, or of the outputs that are numbers; without names they are numbered."""
    if network.classes:
        return list(network.classes)
    n = network.n_targets or network.n_classes
    names = list(network.target_names) or [str(k) for k in range(1, n + 1)]
    quantiles = network.quantiles
    return [f"{name}_{q:g}" for name in names for q in quantiles] if quantiles else names
