"""`ann search` at work: searches on all rows and, for the estimate, on rows that leave some out; then the network that is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.beside_estimate import EstimateJudge
from anncli.cli.running.candidates import Candidates
from anncli.cli.running.devices import estimate_document, estimate_text
from anncli.cli.running.ending import EndingAtSignals
from anncli.cli.running.executing import executor_of
from anncli.cli.running.junit import JUnitFile
from anncli.cli.running.ledgers import open_ledger
from anncli.cli.running.places import refuse_both_on_stdout, refuse_existing, refuse_read_files, same_file
from anncli.cli.running.search_problem import search_problem
from anncli.cli.running.search_work import SearchWork
from anncli.cli.running.winner import command_of, write_network
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.search_plot import scatter, svg_of
from anncli.cli.showing.search_report import Found, document, report, trials_table
from anncli.errors import Interrupted, UsageError, printable
from anncli.experiments.search_space import Space
from anncli.experiments.strategies.choice import make_strategy
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.textfile import check_writable, replace_file
from anncli.formats.networks.endings import refuse_other_ending
from anncli.training.names import DEFAULT_TRAINER


def run_search(values: Values, words: Words) -> None:
    """Print tables, or one JSON document, and write the network and the picture that were asked for.

    An interrupted search prints the trials so far, writes nothing and raises Interrupted. Raises RequirementError where the
    estimate does not hold what is required; the network is then written all the same.
    """
    begin = time.monotonic()
    read = [*filter(None, [words.network, *(values[name] for name in ("ledger", "output", "plot"))]), *words.data]
    junit = JUnitFile(values["junit"], "search", words.network or words.data[0], read)
    with junit.of_run():
        _search(values, words, junit, begin)


def _search(values: Values, words: Words, junit: JUnitFile, begin: float) -> None:
    _check_places(values)
    # Before data are read, these say what cannot be, or which package is missing.
    executor_of(values)
    make_strategy(values["strategy"], Space((), DEFAULT_TRAINER), 1, 0)
    remarks = Remarks()
    candidates = Candidates(search_problem(values, words, remarks))
    judge = EstimateJudge(values, candidates)
    junit.check_read()
    show_remarks(values.console, remarks)
    refuse_read_files({"--ledger": values["ledger"], "--output": values["output"], "--plot": values["plot"]})
    with open_ledger(values["ledger"]) as ledger:
        work = SearchWork(values, candidates, ledger, begin)
        judge.check_rows(work.rows)
        values.console.note(work.announcement())
        found = _found(values, words, work)
    if values["plot"] is not None:
        replace_file(values["plot"], svg_of(found).encode())
    beside = judge(found, work.rows)
    said = (work.executor, values["keep_device_weights"], values["output"] is not None)
    blocks = [estimate_text(*said), *beside.blocks(found, candidates.problem.data.task)]
    _show(values, words, found, estimate_document(*said) | beside.document(), [*filter(None, blocks)])
    junit.write(beside.gates)
    if (output := values["output"]) is not None:
        place = "stdout" if output == "-" else printable(output)
        beside.gates.raise_missed(f"the network was written to {place} all the same")
    beside.gates.raise_missed()


def _found(values: Values, words: Words, work: SearchWork) -> Found:
    """Search, estimate, train and write."""
    output = values["output"]
    try:
        with EndingAtSignals(work.message), values.console.progress(work.n_trainings, "training") as bar:
            work.search(bar)
            estimate, defaults = work.estimate()
            final = work.train_kept() if output is not None else None
    except Interrupted:
        _show(values, words, work.found(), {"requirements": []})
        raise
    found = work.found()._replace(estimate=estimate, defaults=defaults, kept_outside=work.kept_outside)
    if final is not None and work.kept is not None:
        write_network(work.candidates, work.kept.trial, final, output)
    work.warn()
    assert work.kept is not None
    return found._replace(command=command_of(values, words, work.candidates, work.kept.trial), output=output)


def _show(values: Values, words: Words, found: Found, shown: Mapping[str, Any], blocks: Sequence[str] = ()) -> None:
    """Args: shown, blocks: what stands beside the estimate, as JSON values and as text."""
    if values["json"]:
        head = {"command": "search", "network": words.network, "epochs": words.epochs}
        print_json({**head, **document(found), **shown})
    elif found.estimate is None:
        if any(one.figure is not None for one in found.trials):
            click.echo(trials_table(found))
    else:
        text = report(found, scatter(found), blocks)
        # Not on stdout where that carries the network.
        if values["output"] == "-":
            values.console.report(text)
        else:
            click.echo(text)


def _check_places(values: Values) -> None:
    """Raises UsageError, or AnnError, for a file that cannot be written, and for one that would be lost."""
    output, plot = values["output"], values["plot"]
    refuse_both_on_stdout(output, values["json"])
    if plot in ("none", "-"):
        raise UsageError(f"--plot {plot}: a search makes no picture unless a file is named", advice="leave it out")
    if output is not None:
        refuse_other_ending(output)
        refuse_existing("--output", output, values["force"])
    for place in (output, plot):
        if place not in (None, "-"):
            check_writable(place)
    if output is not None and plot is not None and same_file(output, plot):
        raise UsageError("--output and --plot name the same file", advice="name another one")
