"""`ann plot` at work: draw one figure of a network, and of what it gives for rows, and write it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from anncli.analysis.word_plane import WordPlane, word_plane
from anncli.cli.asking.network_options import require_vectors
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.curving import spectrum_request
from anncli.cli.running.figure_facts import facts_of, load_trained, seen_words
from anncli.cli.running.forecast_facts import forecast_facts
from anncli.cli.running.places import refuse_both_on_stdout, refuse_existing, refuse_read_files, same_file
from anncli.cli.running.surface_request import check_surface_options, surface_request
from anncli.cli.showing.console import print_json
from anncli.cli.showing.figures.drawing import csv_of, draw, refuse_task
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet, SpectrumRequest, SpikesRequest
from anncli.cli.showing.figures.names import FIGURE_NAMES
from anncli.cli.showing.png import check_png, png_of
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.svg import svg_document
from anncli.errors import UsageError, ValueFault, printable
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.textfile import check_writable, replace_file
from anncli.network.network import Network
from anncli.network.word_vectors import word_vectors

ENDINGS = (".svg", ".png", ".csv")


def run_plot(values: Values, words: Words) -> None:
    """Write the figure; raises UsageError for a figure that this network does not have, and for a file that exists."""
    name, network_path = words.what, str(words.network)
    info = FIGURE_NAMES[name]
    output = values["output"] or f"{'network' if network_path == '-' else Path(network_path).stem}-{name}.svg"
    kind = _check_output(values, output)
    _check_words(values, words)
    _check_csv(values, output)
    network = load_trained(network_path)
    refuse_task(name, network.task or "classification")
    if not info.takes_samples:
        is_of_words = name == "importance" and network.text_use == "classes"
        require_vectors(network, f"plot {name}", "`ann explain` lists the words that decide" if is_of_words else None)
    if info.spikes and not network.topology.is_spiking:
        raise UsageError(
            f"plot {name} is for spiking networks, and this one has no neurons that fire",
            advice="train one whose `layers:` are `lif` and `first-spike` or `peak-voltage`",
        )
    facts = _facts(values, words, network)
    refuse_read_files({"--output": output, "--csv": values["csv"]})
    figures = _drawn(values, name, facts)
    replace_file(output, _bytes_of(kind, figures, facts.sets))
    if values["csv"] is not None:
        replace_file(values["csv"], _bytes_of(".csv", figures, facts.sets))
    if values["json"]:
        _print_document(values, words, output, facts, figures)
    elif output != "-" and not values.console.quiet:
        # The numbers of a surface are in no other command.
        values.console.note(figures[0].caption, 0 if name == "surface" else 1)
        click.echo(f"{name} written to {printable(output)}")


def _facts(values: Values, words: Words, network: Network) -> Facts:
    """What the figure is drawn from, with what there is to say about the data."""
    name = words.what
    surface = surface_request(values, network) if name == "surface" else None
    spectrum = spectrum_request(values, network) if name == "spectrum" else SpectrumRequest()
    remarks = Remarks()
    if name == "forecast":
        facts = Facts(network, forecast=forecast_facts(values, network, words.data, remarks))
        show_remarks(values.console, remarks)
    elif FIGURE_NAMES[name].needs_data:
        facts = facts_of(values, words.data, network, remarks)._replace(
            columns=values["column"], surface=surface, spectrum=spectrum,
            spikes=SpikesRequest(values["row"], values["unit"]),
        )  # fmt: skip
        show_remarks(values.console, remarks)
        values.console.note(seen_words(facts))
    elif FIGURE_NAMES[name].takes_words:
        facts = Facts(network, words=_plane(network, words))
    else:
        facts = Facts(network)
    return facts


def _plane(network: Network, words: Words) -> WordPlane:
    try:
        known = word_vectors(network)
    except ValueFault as fault:
        raise UsageError(fault.message, path=str(words.network), advice=fault.advice) from None
    try:
        return word_plane(known, words.data)
    except ValueFault as fault:
        raise UsageError(fault.message, advice=fault.advice) from None


def _drawn(values: Values, name: str, facts: Facts) -> list[Figure]:
    """The figure; where a surface takes long, with how far it is."""
    surface = facts.surface
    if surface is None or surface.dimensions == 1 or surface.other is not None:
        return draw(name, facts)
    with values.console.progress(surface.points**2, "place", delay=1.0) as shown:
        return draw(name, facts._replace(surface=surface._replace(tick=shown.update)))


def _bytes_of(kind: str, figures: list[Figure], sets: Sequence[RowSet]) -> bytes:
    """What is written to a file of this ending."""
    if kind == ".csv":
        return csv_of(figures, sets).encode("utf-8")
    text = svg_document([drawing for figure in figures for drawing in (figure.drawing, *figure.below)])
    return png_of(text) if kind == ".png" else text.encode("utf-8")


def _check_csv(values: Values, output: str) -> None:
    """Raises UsageError for a file of --csv that exists or is that of --output."""
    target = values["csv"]
    if target is None:
        return
    if target == "-" or same_file(target, output):
        raise UsageError(f"--csv {printable(target)} cannot hold the numbers", advice="name a file of its own")
    refuse_existing("--csv", target, values["force"])
    check_writable(target)


def _check_output(values: Values, output: str) -> str:
    """The ending that says what is written; raises UsageError for another one, and for a file that exists."""
    kind = ".svg" if output == "-" else os.path.splitext(output)[1].lower()
    if kind not in ENDINGS:
        message = f"--output {printable(output)}: the ending says what is written"
        raise UsageError(message, advice=f"use one of {', '.join(ENDINGS)}")
    refuse_both_on_stdout(output, values["json"])
    if kind == ".png":
        check_png()
    refuse_existing("--output", output, values["force"])
    check_writable(output)
    return kind


def _check_words(values: Values, words: Words) -> None:
    """Raises UsageError for data that the figure needs and are not there, or the other way round, and for --column."""
    needs_data = FIGURE_NAMES[words.what].needs_data
    if needs_data and not words.data:
        raise UsageError("Missing argument 'DATA...'", advice=f"plot {words.what} needs rows with answers")
    if words.data and not (needs_data or FIGURE_NAMES[words.what].takes_words):
        raise UsageError(f"plot {words.what} takes no DATA: everything is in the network file", advice="leave them out")
    if values["column"] and words.what != "boundary":
        raise UsageError(f"--column is not for plot {words.what}", advice="use it with plot boundary")
    if "matrix" in values.on_command_line and words.what != "spectrum":
        raise UsageError(f"--matrix is not for plot {words.what}", advice="use it with plot spectrum")
    for option, figures in (("row", ("raster", "voltage")), ("unit", ("voltage",))):
        if option in values.on_command_line and words.what not in figures:
            raise UsageError(
                f"--{option} is not for plot {words.what}", advice=f"use it with plot {' or '.join(figures)}"
            )
    check_surface_options(values, words.what)


def _print_document(values: Values, words: Words, output: str, facts: Facts, figures: list[Figure]) -> None:
    print_json(
        {
            "command": "plot",
            "figure": words.what,
            "network": printable(str(words.network)),
            "output": printable(output),
            "rows": len(facts.sets[0].numbers) if facts.sets else None,
            "rows_seen": facts.n_seen,
            "captions": [figure.caption for figure in figures],
            **figures[0].told,
        }
    )
