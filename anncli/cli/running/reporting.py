"""`ann report` at work: read, draw every figure that there is, and write the page."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from anncli._version import __version__
from anncli.arrays import Rows, Tokens
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.figure_facts import facts_of, load_trained, seen_words
from anncli.cli.running.places import refuse_both_on_stdout, refuse_existing, refuse_read_files
from anncli.cli.showing.console import print_json
from anncli.cli.showing.figures.drawing import draw, why_not
from anncli.cli.showing.figures.facts import Facts, Figure
from anncli.cli.showing.figures.names import FIGURE_NAMES
from anncli.cli.showing.page import Section, details, figure, figures, listing, page, paragraph, table
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.repeating import repeating_line
from anncli.cli.showing.report_rows import mistakes
from anncli.cli.showing.report_tables import class_table, confusion_table, data_table, metric_table
from anncli.cli.showing.report_words import network_words, result_words, training_words
from anncli.errors import UsageError, count_of, printable
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.textfile import check_writable, replace_file

# Numbers of a figure stand below it if there are no more lines than these.
_FEW = 24
_RESULTS = ("roc", "pr", "calibration", "confusion", "scores", "predicted", "residuals")
_NETWORK = ("importance", "boundary", "surface", "weights")


def run_report(values: Values, words: Words) -> None:
    """Write the page; raises UsageError for a file that exists."""
    path = str(words.network)
    output = values["output"] or f"{'network' if path == '-' else Path(path).stem}-report.html"
    refuse_both_on_stdout(output, values["json"])
    refuse_existing("--output", output, values["force"])
    check_writable(output)
    network = load_trained(path)
    remarks = Remarks()
    facts = facts_of(values, words.data, network, remarks, values["confidence"])
    facts = facts._replace(single_rows=not values["no_rows"])
    show_remarks(values.console, remarks)
    refuse_read_files({"--output": output})
    drawn, left_out = _drawn(facts)
    text = _page(facts, path, drawn, left_out, values["confidence"])
    replace_file(output, text.encode("utf-8"))
    if values["json"]:
        print_json(_document(path, output, facts, drawn, left_out))
    elif output != "-" and not values.console.quiet:
        click.echo(f"report written to {printable(output)}")


def _drawn(facts: Facts) -> tuple[dict[str, list[Figure]], dict[str, str]]:
    """The figures by name, and why those are left out that cannot be drawn."""
    found: dict[str, list[Figure]] = {}
    left_out: dict[str, str] = {}
    for name in FIGURE_NAMES:
        # A figure over two of many inputs is drawn on demand, and so is one that takes long.
        if (
            why_not(name, facts.task)
            or not FIGURE_NAMES[name].on_page
            or (name == "boundary" and facts.network.n_inputs != 2)
        ):
            continue
        try:
            found[name] = draw(name, facts)
        except UsageError as reason:
            left_out[name] = reason.message
    return found, left_out


def _page(facts: Facts, path: str, drawn: dict[str, list[Figure]], left_out: dict[str, str], confidence: float) -> str:
    network, name = facts.network, printable(Path(path).name if path != "-" else "network")
    newest = facts.sets[-1]
    assert facts.data is not None
    files = ", ".join(f"{s.name} ({count_of(s.n_samples, 'row')})" for s in facts.data.sources if s.n_samples)
    opening = [paragraph(network_words(network)), paragraph(f"Evaluated on {files}.")]
    opening.append(paragraph(seen_words(facts), "notice" if facts.n_seen else "soft"))
    if words := result_words(facts, confidence):
        opening.append(paragraph(words))
    results = [metric_table(facts, confidence)]
    results.append(figures(_elements(drawn, _RESULTS)))
    results += [paragraph(f"No figure '{what}': {why}.", "soft") for what, why in left_out.items()]
    if facts.task == "classification":
        results += [class_table(facts, newest), confusion_table(facts, newest)]
    sections = [
        Section("results", "Results", results),
        Section("training", "Training", _training(facts, path, drawn)),
        Section("network", "What the network does", [figures(_elements(drawn, _NETWORK))]),
        Section("data", "Data", _data(facts)),
    ]
    if facts.single_rows and network.topology.takes_vectors:
        heading = "Largest errors" if facts.task == "regression" else "Mistakes"
        which = [paragraph(f"Of the {newest.title}.")] if len(facts.sets) > 1 else []
        sections.append(Section("mistakes", heading, [*which, *mistakes(facts, newest)]))
    return page(f"Report on {name}", opening, sections, f"Written by ann {__version__}.")


def _elements(drawn: dict[str, list[Figure]], names: tuple[str, ...]) -> list[str]:
    found = []
    for name in names:
        for number, one in enumerate(drawn.get(name, ()), 1):
            numbers = [[_word(x) for x in row] for row in one.rows]
            words = sum(isinstance(x, str) for x in one.rows[0]) if one.rows else 1
            more = (
                details("numbers", table(one.drawing.title, one.header, numbers, words))
                if 0 < len(numbers) <= _FEW
                else ""
            )
            found.append(figure(one.drawing.element(f"{name}-{number}"), one.drawing.title, one.caption, more))
    return found


def _word(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _training(facts: Facts, path: str, drawn: dict[str, list[Figure]]) -> list[str]:
    parts = [paragraph(text) for text in training_words(facts.network)]
    if line := repeating_line(facts.network, printable(path)):
        parts += [paragraph("This command repeats the training:"), listing(line)]
    if "loss" in drawn:
        parts.append(figures(_elements(drawn, ("loss",))))
    return parts


def _data(facts: Facts) -> list[str]:
    rows, data = facts.sets[0], facts.data
    assert data is not None
    if not isinstance(data.inputs, np.ndarray):
        return [paragraph(_samples_words(data.inputs[rows.numbers]))]
    words = f"{count_of(len(rows.numbers), 'row')} with answers, {count_of(data.n_inputs, 'input')}."
    if left := data.n_samples - len(rows.numbers):
        words += f" {count_of(left, 'row')} without answers or with weight 0 were left out."
    return [paragraph(words), data_table(facts, rows)]


def _samples_words(samples: Rows | Tokens) -> str:
    """How long samples of rows or tokens are; columns and single samples are shown of tables only."""
    what, lengths = "token" if isinstance(samples, Tokens) else "row", samples.lengths
    least = "" if lengths.min() == lengths.max() else f"{lengths.min()} to "
    words = f"{count_of(len(samples), 'sample')} with answers, of {least}{count_of(int(lengths.max()), what)} each"
    columns = "" if isinstance(samples, Tokens) else f" of {count_of(samples.columns, 'input')}"
    return f"{words}{columns}: {count_of(int(lengths.sum()), what)} in all."


def _document(
    path: str, output: str, facts: Facts, drawn: dict[str, list[Figure]], left_out: dict[str, str]
) -> dict[str, object]:
    return {
        "command": "report",
        "network": printable(path),
        "output": printable(output),
        "rows": len(facts.sets[0].numbers),
        "rows_seen": facts.n_seen,
        "figures": [name for name in FIGURE_NAMES if name in drawn],
        "left_out": left_out,
    }
