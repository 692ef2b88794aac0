"""`ann compare` at work on trained networks: all of them on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import click
import numpy as np

from anncli.analysis.baselines.judging import JudgedBaselines
from anncli.arrays import Array
from anncli.cli.asking.network_options import require_trained
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.baselines import check_baselines, test_baselines
from anncli.cli.running.same_rows import SameRows, check_networks, read_same_rows
from anncli.cli.showing.baselines_report import baselines_document, shown_name
from anncli.cli.showing.compare_report import Pair, metrics_text, pairs_document, pairs_text, sentence, with_holm
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.seen_rows import NOT_KNOWN
from anncli.errors import UsageError, count_of, printable
from anncli.evaluation.comparison import Answers, differences, metrics_of
from anncli.evaluation.interval import Confidence
from anncli.experiments.executors.ranks import current_team
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.storage import load

# Options that only --folds uses.
_OF_FOLDS = ("epochs", "jobs", "ledger", "executor", "group", "order")


def run_networks(values: Values, words: Words) -> None:
    """Print the tables and sentences, or one JSON document."""
    _check(values, words)
    networks = [(path, load(path)) for path in words.networks]
    for path, network in networks:
        require_trained(network, path)
    check_networks(networks)
    takes_vectors = all(network.topology.takes_vectors for _, network in networks)
    check_baselines(values, networks[0][1].quantiles, takes_vectors)
    remarks = Remarks()
    rows = read_same_rows(values, words.data, networks, remarks)
    names = shown_names(words.networks)
    sets = _sets(rows)
    baselines = _baselines(values, rows, list(sets.values())[-1], remarks) if values["baselines"] else None
    show_remarks(values.console, remarks)
    found = {title: _Compared(values, rows, names, among) for title, among in sets.items()}
    if values["json"]:
        print_json(_document(values, words, rows, found, baselines))
    else:
        click.echo(_text(values, rows, found, baselines))


def _check(values: Values, words: Words) -> None:
    """Raises UsageError for options of --folds, for ranks, and for data that can be read only once."""
    given = [name for name in _OF_FOLDS if name in values.on_command_line]
    if given or words.epochs != values["epochs"]:
        name = f"--{given[0]}" if given else "EPOCHS"
        raise UsageError(f"{name} is for definitions that are trained anew", advice="add --folds K, or leave it out")
    if (team := current_team()) is not None:
        message = f"ann compare runs on {team.size} ranks only where it trains"
        raise UsageError(message, advice="start it without mpirun, or add --folds K")
    if "-" in words.data:
        raise UsageError("compare reads the data once for each network, and stdin only once", advice="name files")


def shown_names(paths: Sequence[str]) -> list[str]:
    """How tables call the networks: a path that is given twice gets a number."""
    names: list[str] = []
    for path in map(printable, paths):
        count = sum(name == path or name.startswith(f"{path} (") for name in names)
        names.append(path if not count else f"{path} ({count + 1})")
    return names


def _sets(rows: SameRows) -> dict[str, Array]:
    """Title -> mask (n,): all rows, and where a network has seen some of them those that none has seen."""
    seen = np.zeros(len(rows.counted), dtype=bool)
    for entry in rows.entries:
        seen |= False if entry.seen is None else entry.seen
    n_seen, new = np.count_nonzero(seen & rows.counted), rows.counted & ~seen
    if not n_seen:
        return {"all rows": rows.counted}
    return {"all rows*": rows.counted, **({"new rows": new} if new.any() else {})}


def _baselines(values: Values, rows: SameRows, among: Array, remarks: Remarks) -> JudgedBaselines:
    """As the first network reads the rows, and with its encoding and scaling."""
    first = rows.entries[0]
    return test_baselines(values, first.network, first.data, np.sort(first.order[among]), remarks)


class _Compared:
    """What was found on some rows: values of each network, and all pairs."""

    def __init__(self, values: Values, rows: SameRows, names: Sequence[str], among: Array) -> None:
        self.n, truth = int(np.count_nonzero(among)), rows.truth(among)
        self.answers: dict[str, Answers] = {
            name: rows.answers(entry, among) for name, entry in zip(names, rows.entries, strict=True)
        }
        confidence = Confidence(values["confidence"], values["seed"])
        self.pairs: list[Pair] = with_holm(
            [
                (one, other, differences(self.answers[one], self.answers[other], truth, confidence))
                for one, other in combinations(names, 2)
            ]
        )
        self.metrics = metrics_of([one.evaluation for one in self.answers.values()])

    def table(self) -> dict[str, dict[str, float | None]]:
        return {
            name: {metric: getattr(one.evaluation, metric) for metric in self.metrics}
            for name, one in self.answers.items()
        }


def _text(values: Values, rows: SameRows, found: dict[str, _Compared], baselines: JudgedBaselines | None) -> str:
    confidence, blocks = values["confidence"], []
    for title, one in found.items():
        shown: dict[str, dict[str, float | None]] = one.table()
        if baselines is not None and one is list(found.values())[-1]:
            for base in baselines.found:
                own = {metric: getattr(base.evaluation, metric, None) for metric in one.metrics}
                shown[shown_name(base)] = own
        blocks.append(metrics_text(shown, f"{title} ({one.n})"))
        blocks.append(pairs_text(one.pairs, confidence))
    last = list(found.values())[-1]
    blocks.append("\n".join(sentence(pair, confidence) for pair in last.pairs))
    blocks.append("\n".join([*_seen_lines(rows, found), *(baselines.notes if baselines else ())]))
    return "\n\n".join(blocks)


def _seen_counts(rows: SameRows) -> dict[str, int | None]:
    counts = {}
    for name, entry in zip(shown_names([e.path for e in rows.entries]), rows.entries, strict=True):
        counts[name] = None if entry.seen is None else int(np.count_nonzero(entry.seen & rows.counted))
    return counts


def _seen_lines(rows: SameRows, found: dict[str, _Compared]) -> list[str]:
    """How many of the rows trained each network: always said, because files do not tell."""
    counts, n = _seen_counts(rows), int(np.count_nonzero(rows.counted))
    lines = [f"rows that trained {name}: {NOT_KNOWN}" for name, count in counts.items() if count is None]
    seen = ", ".join(f"{count} trained {name}" for name, count in counts.items() if count)
    if not seen:
        return lines or ["rows that trained a network: none of these"]
    advice = "trust the tables of new rows" if "new rows" in found else "the differences say nothing about new rows"
    return [*lines, f"* of these {count_of(n, 'row')} {seen}; {advice}"]


def _document(
    values: Values, words: Words, rows: SameRows, found: dict[str, _Compared], baselines: JudgedBaselines | None
) -> dict[str, Any]:
    names = {"all rows": "all", "all rows*": "all", "new rows": "new"}
    document: dict[str, Any] = {
        "command": "compare", "compared": [printable(path) for path in words.networks], "confidence": values["confidence"],
        "rows": {}, "rows_seen": _seen_counts(rows),
    }  # fmt: skip
    for title, one in found.items():
        document["rows"][names[title]] = {
            "n": one.n,
            "evaluations": {name: answer.evaluation.as_dict() for name, answer in one.answers.items()},
            "pairs": pairs_document(one.pairs),
        }
    document["in_words"] = [sentence(pair, values["confidence"]) for pair in list(found.values())[-1].pairs]
    if baselines is not None:
        document["baselines"] = baselines_document(baselines, names[list(found)[-1]] + " rows")
    return document
