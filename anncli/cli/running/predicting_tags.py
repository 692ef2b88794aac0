"""`ann predict` for a network that gives every word a tag: a line for each word, with an empty line between sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.values import Values
from anncli.cli.running.decisions import Decisions
from anncli.cli.running.predicting_texts import symbol_texts, warn_of_strange
from anncli.cli.showing.not_finite import NotFinite
from anncli.errors import DataError, printable
from anncli.evaluation.names import UNDECIDED_WORD
from anncli.formats.data.folders import expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.tagged_texts import read_sentences
from anncli.formats.data.text_files import lines_as_they_come, read_text_file
from anncli.formats.files.textfile import shown_name
from anncli.inference.predict import predict
from anncli.network.class_names import class_names
from anncli.network.sample_lengths import length_fault, short_samples

_SENTENCES = 1024


def answered_symbols(
    values: Values, decisions: Decisions, files: Sequence[str], remarks: Remarks, not_finite: NotFinite
) -> Iterator[str]:
    """The lines for the symbols of all files of a network that answers each of them: with its tag, or with the next one."""
    if decisions.network.predicts_next:
        return symbol_texts(values, decisions.network, files, remarks, not_finite)
    return tag_texts(values, decisions, files, remarks, not_finite)


def tag_texts(
    values: Values, decisions: Decisions, files: Sequence[str], remarks: Remarks, not_finite: NotFinite
) -> Iterator[str]:
    """The lines for the words of all files, in portions, with an empty line between two sentences.

    A line is the word and its tag; with --scores the probability of that tag follows. --classes leaves the word out. Raises: DataError
    for a file without words, and with the line of what is no word.
    """
    network, n_before = decisions.network, 0
    vocabulary, write = network.vocabulary, _documents if values["json"] else _lines
    assert vocabulary is not None
    for file in expand([*files], remarks):
        name, n_above, strange = shown_name(file.path), n_before, dict[str, None]()
        for part in _sentences(file.path, values["sentences"]):
            texts = [" ".join(words) for words in part]
            tokens = vocabulary.tokens(texts)
            short = short_samples(network.topology, tokens)
            if len(short):
                raise length_fault(network.topology, tokens, short, n_before - n_above + int(short[0]) + 1, name)
            outputs = predict(network, tokens, in_place=True, threads=values["threads"])
            not_finite.look(outputs)
            yield write(values, decisions, part, outputs, n_before)
            n_before += len(part)
            strange |= dict.fromkeys(vocabulary.strange(" ".join(texts)))
        if n_before == n_above:
            raise DataError("holds no words", path=name, advice="give words to tag")
        warn_of_strange(network, [*strange], name, remarks)


def _sentences(path: str, by_line: bool) -> Iterator[list[list[str]]]:
    """The sentences of a file, in portions: by_line those of a pipe as they come."""
    if by_line:
        for lines in lines_as_they_come(path):
            if part := [words for line in lines if (words := line.split())]:
                yield part
        return
    sentences = read_sentences(read_text_file(path).text, shown_name(path))
    for first in range(0, len(sentences), _SENTENCES):
        yield sentences[first : first + _SENTENCES]


def _lines(values: Values, decisions: Decisions, part: Sequence[Sequence[str]], outputs: Array, n_before: int) -> str:
    tab = values["delimiter"] if "delimiter" in values.given else "\t"
    tags, scores = _tags(decisions, outputs)
    lines, at = list[str](), 0
    for number, words in enumerate(part, n_before):
        lines += [""] if number else []
        for word in words:
            cells = [tags[at]] if values["classes"] else [printable(word), tags[at]]
            lines.append(tab.join([*cells, f"{scores[at]:.6g}"] if values["scores"] else cells))
            at += 1
    return "\n".join(lines) + "\n"


def _documents(
    values: Values, decisions: Decisions, part: Sequence[Sequence[str]], outputs: Array, n_before: int
) -> str:
    tags, _ = _tags(decisions, outputs)
    rows = ((number, word) for number, words in enumerate(part, n_before + 1) for word in words)
    found = list[str]()
    for (number, word), own, tag in zip(rows, outputs, tags, strict=True):
        scores = [float(f"{score:.6g}") if np.isfinite(score) else None for score in own]
        document: dict[str, Any] = {"sample": number, "word": word, "scores": scores}
        document["class"] = None if tag == UNDECIDED_WORD else tag
        found.append(json.dumps(document, ensure_ascii=False))
    return ",\n".join(found)


def _tags(decisions: Decisions, outputs: Array) -> tuple[list[str], list[float]]:
    """The tag of each word, and its probability; the largest one of a word that is left undecided."""
    chosen = decisions.places(outputs)
    all_scores = np.hstack([outputs, 1 - outputs]) if outputs.shape[1] == 1 else outputs
    at = np.where(chosen < all_scores.shape[1], chosen, np.argmax(all_scores, axis=1))
    names = [*map(printable, class_names(decisions.network)), UNDECIDED_WORD]
    return [names[place] for place in chosen.tolist()], all_scores[np.arange(len(outputs)), at].tolist()
