"""The parts of an exported Python module that take a text: its words, their numbers, and the layers that read these."""

from __future__ import annotations

from anncli.compiled.decimals import format_rows
from anncli.formats.exports.text_steps import TokenStep, Words, text_steps, words_of
from anncli.network.network import Network

_SPLITS = {
    "words": 're.findall(r"\\w+", {text})',
    "spaces": "{text}.split()",
}

_WORDS = '''\
def _words(text):
    """The words of a text."""
    words = {words}
{least}    return {ngrams}


'''
_NGRAMS = '[*words, *(" ".join(words[k : k + n]) for n in range(2, {most} + 1) for k in range(len(words) - n + 1))]'

_CHARACTERS = '''\
def _words(text):
    """The characters of a text."""
    return text


'''

_TOKENS = '''\
def _tokens(text):
    """The number of each of its symbols, and the value 1; all that are not among them have one number."""
    if not isinstance(text, str):
        raise TypeError("expected a text, found %r" % (text,))
    tokens = [(_NUMBERS.get(word, len(_SYMBOLS)), 1.0) for word in _words(text)]
{empty}

'''
_EMPTY_WORD = "    return tokens or [(len(_SYMBOLS), 1.0)]\n"
_EMPTY_FAULT = '    if not tokens:\n        raise ValueError("the text is empty")\n    return tokens\n'
_ANY = "    return tokens\n"

_WEIGHED = '''\
def _tokens(text):
    """The number of each of its words that is known, and its weight: how often it is there times the weight of the word, divided by
    the length of the vector of all of them."""
    if not isinstance(text, str):
        raise TypeError("expected a text, found %r" % (text,))
    counts = {{}}
    for word in _words(text):
        if word in _NUMBERS:
            number = _NUMBERS[word]
            counts[number] = counts.get(number, 0) + 1
    numbers = sorted(counts)
    weights = [_WEIGHTS[number] * {count} for number in numbers]
    length = math.sqrt(sum(map(mul, weights, weights)))
    return list(zip(numbers, _rounded([weight / length for weight in weights])))


'''

_FIRST = {
    "sum": '''\
def _first(tokens, activation, rows, biases):
    sums = list(biases)
    for number, value in tokens:
        sums = [v + value * w for v, w in zip(sums, rows[number])]
    return activation(sums)


''',
    "mean": '''\
def _first(tokens, activation, rows, biases):
    columns = zip(*([value * w for w in rows[number]] for number, value in tokens))
    return [sum(column) / len(tokens) for column in columns]


''',
    "max": '''\
def _first(tokens, activation, rows, biases):
    return list(map(max, zip(*([value * w for w in rows[number]] for number, value in tokens))))


''',
    "last": '''\
def _first(tokens, activation, rows, biases):
    number, value = tokens[-1]
    return [value * w for w in rows[number]]


''',
}  # fmt: skip

COMPUTED = "_layers(_first(x, *{member}[0]), {member}[1])"

PREDICT = '''\
def predict(text):
    """The outputs for a text, a list of numbers in the order of OUTPUTS.

    Raises TypeError for what is no text{fault}.
    """
    return _finished(_tokens(text))


def _finished(x):
    """The outputs for the tokens of a text."""
    return {finished}


'''


def text_constants(network: Network) -> list[str]:
    """The symbols that the network knows, their numbers, and of documents their weights."""
    words = words_of(network)
    lines = ["# The symbols that have numbers, in the order of these."]
    lines += ["_SYMBOLS = (", *(f"    {symbol!r}," for symbol in words.symbols), ")"]
    lines += ["_NUMBERS = {symbol: number for number, symbol in enumerate(_SYMBOLS)}"]
    if words.weights is not None:
        lines += ["# What each of them counts.", f"_WEIGHTS = {words.weights.tolist()!r}"]
    return lines


def token_functions(network: Network) -> str:
    """From a text to the outputs of the layers that read its tokens."""
    words = words_of(network)
    if words.weights is not None:
        tokens = _WEIGHED.format(count="(1 + math.log(counts[number]))" if words.sublinear else "counts[number]")
    else:
        empty = _EMPTY_WORD if words.rule is not None else _EMPTY_FAULT if network.topology.least_rows else _ANY
        tokens = _TOKENS.format(empty=empty)
    return _split(words) + tokens + _FIRST[text_steps(network)[0][0].how]


def needs_text_of_length(network: Network) -> bool:
    """Whether the module refuses an empty text."""
    return words_of(network).rule is None and network.topology.least_rows > 0


def _split(words: Words) -> str:
    rule = words.rule
    if rule is None:
        return _CHARACTERS
    found = _SPLITS[rule.split].format(text="text.lower()" if rule.fold else "text")
    least = "" if rule.least <= 1 else f"    words = [word for word in words if len(word) >= {rule.least}]\n"
    return _WORDS.format(
        words=found, least=least, ngrams="words" if rule.ngrams <= 1 else _NGRAMS.format(most=rule.ngrams)
    )


def token_weights(step: TokenStep) -> str:
    """The layers that read tokens: activation, a row of weights for each token, biases."""
    rows = format_rows(step.rows, "            _rounded([", ", ", ("]),\n",))
    biases = format_rows(step.biases[None], "            _rounded([", ", ", ("]),\n",))
    name = "_" + step.activation.replace("-", "_")
    return f"        ({name}, [\n{rows}        ],\n{biases}        ),\n"
