"""Texts as the samples of a run: which part is for which set, the symbols of the training part, and the streams it is cut into."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Tokens, random_stream
from anncli.dataset.dataset import Dataset
from anncli.dataset.text_data import TextData, next_dataset
from anncli.errors import DataError, UsageError, ValueFault, count_of, listed, quoted
from anncli.network.encoders.symbols import TextEncoder, blanks_text
from anncli.network.encoders.words import WordInputs
from anncli.network.layers.embedding import Embedding
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.sets import SET_NAMES, divide

# The part of a text that is its validation set where the options leave it open, unless the text is as short as this.
TEXT_VALIDATION, _SHORT_TEXT = 0.1, 1000
# Streams of a text, and samples of a batch, where the options leave them open.
DEFAULT_STREAMS = 32
# Symbols over which the gradient reaches back.
TEXT_TRUNCATE = 50
# Streams of fewer symbols teach a layer with a state next to nothing that a table of pairs would not know.
_SHORT_STREAM = 10


class TextInputs(NamedTuple):
    """The network that knows the symbols, the samples, the numbers of those of each set where the texts were divided by position,
    and what the user should know."""

    network: Network
    data: Dataset
    sets: dict[str, Array] | None
    warnings: tuple[str, ...]


def encoded_texts(network: Network, data: TextData, options: TrainingOptions, sets: Mapping[str, Array]) -> TextInputs:
    """The samples of a run that trains `network` on texts; sets: the numbers of the texts of each set, where files say so.

    The symbols are those of the network, or are found in the training texts. Where the next symbol is predicted, sets are cut
    from the end of the training texts by position, and the rest into streams, one for each sample of a batch.
    Raises: UsageError for sets that leave too little to train on, and for another number of outputs; DataError for a training
        text without two different symbols.
    """
    return _PREPARED[network.text_use](network, data, options, sets)


def _next_inputs(network: Network, data: TextData, options: TrainingOptions, sets: Mapping[str, Array]) -> TextInputs:
    assert network.text is not None
    definition = network.text.definition
    parts = _parts(data, options, sets, network)
    whole = parts["training"]
    parts["training"] = streams(whole, n_streams(options))
    network = _knowing(network, [definition.join(own) for own in whole])
    assert network.vocabulary is not None
    texts = {name: [definition.join(own) for own in parts[name]] for name in SET_NAMES}
    encoded = next_dataset([text for own in texts.values() for text in own], network.vocabulary, data.sources)
    warnings = (*_strange(network, texts), *_short_streams(network, whole, parts["training"]))
    return TextInputs(network, encoded, _numbers(parts), warnings)


def _class_inputs(network: Network, data: TextData, options: TrainingOptions, sets: Mapping[str, Array]) -> TextInputs:
    rows = divide(data.bare(), options, sets, random_stream(options.seed, "split"))["training"]
    network = _knowing(network, [data.texts[row] for row in rows.tolist()])
    assert network.vocabulary is not None
    encoded = data.with_vocabulary(network.vocabulary)
    assert isinstance(encoded.inputs, Tokens)
    n_blank = network.vocabulary.blanks(encoded.inputs)
    warnings = (blanks_text(n_blank, data.n_samples),) if n_blank else ()
    return TextInputs(network, encoded, None, warnings)


# By what a network does with texts, see TakesText.text_use.
_PREPARED = {"next": _next_inputs, "classes": _class_inputs, "tags": _class_inputs}


def n_streams(options: TrainingOptions) -> int:
    """Into how many streams a training text is cut: as many as a batch has samples."""
    asked = options.trainer_options.get("batch_size", "auto")
    return DEFAULT_STREAMS if asked == "auto" else max(1, int(asked))


def streams(texts: Sequence[Sequence[str]], count: int) -> list[Sequence[str]]:
    """Texts, as sequences of symbols, cut into `count` pieces whose lengths differ by one, or, of several texts, are as equal as these allow; into fewer where
    no more are of that length, and into more only where there are more texts.

    Each piece begins with the last symbol of the piece before it, because the answer for that symbol is the next one.
    """
    longest = _longest([len(text) - 1 for text in texts], count)
    pieces = list[Sequence[str]]()
    for text in texts:
        rows = len(text) - 1
        ends = np.linspace(0, rows, -(-rows // longest) + 1).astype(np.int64).tolist()
        pieces += [text[start : stop + 1] for start, stop in pairwise(ends)]
    return pieces


def _longest(lengths: Sequence[int], count: int) -> int:
    """The least length at which `lengths` make no more than `count` pieces: one more would be a batch by itself, with as much weight as
    all others together."""
    least = max(1, -(-sum(lengths) // count))
    if len(lengths) > count:
        return least
    possible = range(least, max(least, *lengths) + 1)
    return possible[bisect_left(possible, -count, key=lambda n: -sum(-(-length // n) for length in lengths))]


def _parts(
    data: TextData, options: TrainingOptions, sets: Mapping[str, Array], network: Network
) -> dict[str, list[Sequence[str]]]:
    """The texts of each set as sequences of symbols."""
    assert network.text is not None
    symbols_of, one = network.text.definition.symbols_of, network.text.one
    given = {name: [symbols_of(data.texts[row]) for row in sets[name].tolist()] for name in SET_NAMES if name in sets}
    training = given["training"] if "training" in given else [symbols_of(text) for text in data.texts]
    total = sum(map(len, training))
    parts = {"training": training, "validation": given.get("validation", []), "test": given.get("test", [])}
    fractions = {name: 0.0 if name in given else _fraction(options, name, total) for name in ("test", "validation")}
    if sum(fractions.values()) >= 1:
        raise UsageError("--validation and --test together leave nothing to train on", advice="lower one of them")
    for name, fraction in fractions.items():
        if fraction:
            parts["training"], parts[name] = _cut(parts["training"], round(fraction * total))
            if not parts[name]:
                text = f"--{name} {fraction:g} of {count_of(total, one)} leaves no two in a row for the {name} set"
                raise UsageError(text, advice="take a larger part, or name a file")
    if not parts["training"]:
        raise UsageError("--validation and --test leave no text to train on", advice="lower one of them")
    return parts


def _fraction(options: TrainingOptions, name: str, total: int) -> float:
    fraction = getattr(options, name)
    if isinstance(fraction, tuple):
        raise UsageError("validation and test files must be read before training and given as row numbers")
    if fraction is None:
        return TEXT_VALIDATION if name == "validation" and total >= _SHORT_TEXT else 0.0
    return float(fraction)


def _cut(texts: Sequence[Sequence[str]], n: int) -> tuple[list[Sequence[str]], list[Sequence[str]]]:
    """The texts without the last n symbols, and these; of each only what is two symbols long."""
    before, after = list(texts), list[Sequence[str]]()
    while n and before:
        text = before.pop()
        taken = min(n, len(text))
        n -= taken
        after.append(text[len(text) - taken :])
        if taken < len(text):
            before.append(text[: len(text) - taken])
    return [text for text in before if len(text) > 1], [text for text in reversed(after) if len(text) > 1]


def _knowing(network: Network, training: Sequence[str]) -> Network:
    """The network with the symbols that it has, or with those of the training texts."""
    if network.vocabulary is not None:
        return network
    assert network.text is not None
    vocabulary = _of_vectors(network) or network.text.definition.fitted(training)
    if not vocabulary.symbols and not network.predicts_next:
        key = "min_documents" if network.text.kind == "documents" else "min_count"
        message = f"no {network.text.one} of the training texts counts"
        raise DataError(message, advice=f"give texts with {network.text.one}s, or lower `{key}`")
    if len(vocabulary.symbols) < 2 and network.predicts_next:
        found = f"only {quoted(vocabulary.symbols[0])}" if vocabulary.symbols else "nothing"
        raise DataError(f"the training text holds {found}", advice=f"give a text of different {network.text.kind}")
    try:
        return network.with_vocabulary(vocabulary)
    except ValueFault as fault:
        raise UsageError(fault.message, path=network.source.path, advice=fault.advice) from None


def _of_vectors(network: Network) -> TextEncoder | None:
    """The words whose vectors the first layer begins with, None where it begins with none; how texts become words is as with them.

    Raises: UsageError for a definition that chooses its words.
    """
    first, text = network.topology.layers[0], network.text
    if not isinstance(first, Embedding) or first.find is None or text is None:
        return None
    definition = text.definition
    if isinstance(definition, WordInputs) and (definition.words is not None or definition.min_count is not None):
        message = f"the words are those of {quoted(first.source)}, and `inputs` says which they are"
        raise UsageError(message, path=network.source.path, advice="write `inputs: words`")
    found = first.find().vocabulary
    return found._replace(definition=found.definition._replace(words=None, min_count=None))


def _numbers(parts: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, Array]:
    found, first = {}, 0
    for name in SET_NAMES:
        found[name] = np.arange(first, first + len(parts[name]))
        first += len(parts[name])
    return found


def _short_streams(
    network: Network, texts: Sequence[Sequence[str]], training: Sequence[Sequence[str]]
) -> tuple[str, ...]:
    """A warning where texts were cut into so many streams that a state begins anew after a few symbols."""
    longest = max(map(len, training)) - 1
    if (
        len(training) == len(texts)
        or longest >= _SHORT_STREAM
        or not any(layer.carries for layer in network.topology.layers)
    ):
        return ()
    found = (
        f"the longest of the {len(training):,} streams of the training text has {count_of(longest, network.next_noun)}"
    )
    return (f"{found}, and what stands further back is never learned; give a smaller --batch-size, or more text",)


def _strange(network: Network, texts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A warning for each set with symbols that the network does not know."""
    assert network.text is not None
    assert network.vocabulary is not None
    found, vocabulary = [], network.vocabulary
    for name in SET_NAMES:
        n = int(np.count_nonzero(vocabulary.tokens(texts[name]).indices == vocabulary.unknown))
        if n:
            strange = dict.fromkeys(symbol for text in texts[name] for symbol in vocabulary.strange(text))
            shown = listed([quoted(symbol) for symbol in strange])
            places = f"{count_of(n, 'place')} of the {name} set"
            kind = network.text.kind
            found.append(f"{kind} that the network does not know, in {places}, are left out of its figures: {shown}")
    return tuple(found)
