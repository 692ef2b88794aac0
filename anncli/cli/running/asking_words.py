"""`ann words` at work: near words, analogies, pairs, and the words that complete a text."""

from __future__ import annotations

from typing import Any

import click

from anncli.cli.asking.values import Values
from anncli.cli.showing.console import print_json
from anncli.cli.showing.near_words_report import analogy_lines, pair_lines, similar_lines
from anncli.cli.showing.remarks import show_network_remarks
from anncli.errors import UsageError, ValueFault, printable
from anncli.formats.data.word_questions import read_analogies, read_scored_pairs
from anncli.formats.networks.named_vectors import NamedVectors, read_vectors
from anncli.inference.analogies import AnalogyScore, score_analogies
from anncli.inference.similar_words import Term, similar_words
from anncli.inference.terms import read_terms
from anncli.inference.word_pairs import PairScore, WordPair, score_pairs

_TOP = 10


def run_words(values: Values, path: str, words: tuple[str, ...]) -> None:
    """Print what was asked for, or one JSON document; raises UsageError for words and options that do not go together, and for words
    that the network does not know."""
    terms = _terms(values, words)
    found = read_vectors(path)
    if found.network is not None:
        show_network_remarks(values.console, found.network)
    document: dict[str, Any] = {"command": "words", "network": printable(path), "words": len(found.known.words), "units": found.known.vectors.shape[1]}  # fmt: skip
    if terms:
        document |= _similar(values, found, terms)
    if values["complete"] is not None:
        document |= _completed(values, found, path)
    if values["analogies"] is not None:
        document |= _analogies(values, found)
    if values["pairs"]:
        document |= _pairs(values, found)
    if values["json"]:
        print_json(document)


def _terms(values: Values, words: tuple[str, ...]) -> list[Term]:
    """What is to be looked for, () where a file or a text asks; raises UsageError before any file is read."""
    asked = [name for name in ("analogies", "pairs", "complete") if values[name]]
    if values["complete"] is not None and not values["complete"].split():
        raise UsageError("--complete: a text needs a beginning", advice="give at least one word")
    if not words:
        if not asked:
            raise UsageError("Missing argument 'TERM...'", advice="try 'ann words --help'")
        if values["top"] is not None and asked and "complete" not in asked:
            raise UsageError(f"--top is not for --{asked[0]}", advice="leave it out")
        return []
    if asked:
        message = f"the words {printable(' '.join(words))} and --{asked[0]} ask for different things"
        raise UsageError(message, advice="leave one of them out")
    if "vocabulary" in values.on_command_line:
        raise UsageError("--vocabulary is for --analogies and --pairs", advice="leave it out")
    try:
        return read_terms(words)
    except ValueFault as fault:
        raise UsageError(fault.message, advice=fault.advice) from None


def _say(values: Values, lines: list[str]) -> None:
    if not values["json"] and lines:
        click.echo("\n".join(lines))


def _similar(values: Values, found: NamedVectors, terms: list[Term]) -> dict[str, Any]:
    try:
        near = similar_words(found.known, terms, values["top"] or _TOP)
    except ValueFault as fault:
        raise UsageError(fault.message, advice=fault.advice) from None
    _say(values, similar_lines([(each.word, each.cosine) for each in near]))
    return {"terms": [term._asdict() for term in terms], "similar": [each._asdict() for each in near]}


def _completed(values: Values, found: NamedVectors, path: str) -> dict[str, Any]:
    from anncli.inference.next_words import likeliest_words

    if found.network is None:
        message = "--complete: a file of vectors does not say which word comes next"
        raise UsageError(message, path=printable(path), advice="name the network that the vectors were trained in")
    try:
        likely = likeliest_words(found.network, values["complete"], values["top"] or _TOP)
    except ValueFault as fault:
        raise UsageError(f"--complete: {fault.message}", advice=fault.advice) from None
    if likely.unknown:
        values.console.warn(f"the network does not know {', '.join(map(printable, likely.unknown))}")
    _say(values, similar_lines([(each.word, each.probability) for each in likely.words]))
    return {"complete": values["complete"], "likely": [each._asdict() for each in likely.words]}


def _analogies(values: Values, found: NamedVectors) -> dict[str, Any]:
    sections = read_analogies(values["analogies"])
    scores = score_analogies(found.known, sections, values["vocabulary"])
    _say(values, analogy_lines(scores))
    return {"vocabulary": _n_known(values, found), "analogies": [_score(score) for score in scores]}


def _pairs(values: Values, found: NamedVectors) -> dict[str, Any]:
    files = [[WordPair(*pair) for pair in read_scored_pairs(name)] for name in values["pairs"]]
    scores = [score_pairs(found.known, pairs, values["vocabulary"]) for pairs in files]
    named = list(zip(map(printable, values["pairs"]), scores, strict=True))
    _say(values, [*([""] if values["analogies"] is not None else []), *pair_lines(named)])
    return {"vocabulary": _n_known(values, found), "pairs": [_pair(name, score) for name, score in named]}


def _n_known(values: Values, found: NamedVectors) -> int:
    return min(len(found.known.words), values["vocabulary"] or len(found.known.words))


def _score(score: AnalogyScore) -> dict[str, Any]:
    return {"section": score.name, "right": score.right, "asked": score.asked, "fraction": score.fraction, "left_out": score.left_out}  # fmt: skip


def _pair(name: str, score: PairScore) -> dict[str, Any]:
    is_there = not isinstance(score.spearman, str)
    return {
        "file": name, "spearman": score.spearman if is_there else None, "why": None if is_there else score.spearman,
        "interval": None if score.interval is None else [*score.interval], "compared": score.compared, "left_out": score.left_out,
    }  # fmt: skip
