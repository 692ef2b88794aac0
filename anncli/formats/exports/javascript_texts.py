"""The parts of an exported JavaScript module that take a text: its words, their numbers, and the layers that read these."""

from __future__ import annotations

import json

from anncli.compiled.decimals import format_rows
from anncli.formats.exports.text_steps import TokenStep, Words, text_steps, words_of
from anncli.network.network import Network

# What Python calls a word and white space, of which \w and \s of JavaScript are other characters.
_SPLITS = {
    "words": "{text}.match(/[\\p{{L}}\\p{{N}}_]+/gu) || []",
    "spaces": '{text}.split(/[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+/).filter((word) => word !== "")',
}

_WORDS = """\
/** The words of a text. */
function wordsOf(text) {{
  const words = ({words}){least};
{ngrams}  return words;
}}

"""
_NGRAMS = """\
  const n = words.length;
  for (let length = 2; length <= {most}; length++) {{
    for (let k = 0; k + length <= n; k++) words.push(words.slice(k, k + length).join(" "));
  }}
"""

_TOKENS = """\
/** The number of each of its symbols, and the value 1; all that are not among them have one number. */
function tokensOf(text) {
  if (typeof text !== "string") throw new TypeError("expected a text");
  const tokens = WORDS.map((word) => [NUMBERS.has(word) ? NUMBERS.get(word) : SYMBOLS.length, 1]);
EMPTY  return tokens;
}

"""
_EMPTY_WORD = "  if (tokens.length === 0) tokens.push([SYMBOLS.length, 1]);\n"
_EMPTY_FAULT = '  if (tokens.length === 0) throw new RangeError("the text is empty");\n'

_WEIGHED = """\
/**
 * The number of each of its words that is known, and its weight: how often it is there times the weight of the word, divided by the
 * length of the vector of all of them.
 */
function tokensOf(text) {
  if (typeof text !== "string") throw new TypeError("expected a text");
  const counts = new Map();
  for (const word of wordsOf(text)) {
    const number = NUMBERS.get(word);
    if (number !== undefined) counts.set(number, (counts.get(number) || 0) + 1);
  }
  const numbers = [...counts.keys()].sort((a, b) => a - b);
  const weights = numbers.map((number) => WEIGHTS[number] * COUNT);
  const length = Math.sqrt(weights.reduce((total, weight) => total + weight * weight, 0));
  return numbers.map((number, k) => [number, Math.fround(weights[k] / length)]);
}

"""

_FIRST = {
    "sum": """\
function firstOf(tokens, [activation, rows, biases]) {
  const z = Float64Array.from(biases);
  for (const [number, value] of tokens) {
    for (let k = 0; k < z.length; k++) z[k] += value * rows[number * z.length + k];
  }
  return activation(z);
}

""",
    "mean": """\
function firstOf(tokens, [, rows, biases]) {
  const z = Float64Array.from(biases);
  for (const [number, value] of tokens) {
    for (let k = 0; k < z.length; k++) z[k] += value * rows[number * z.length + k];
  }
  return z.map((v) => v / tokens.length);
}

""",
    "max": """\
function firstOf(tokens, [, rows, biases]) {
  const n = biases.length;
  return Float64Array.from(biases, (_, k) => Math.max(...tokens.map(([number, value]) => value * rows[number * n + k])));
}

""",
    "last": """\
function firstOf(tokens, [, rows, biases]) {
  const [number, value] = tokens[tokens.length - 1];
  return Float64Array.from(biases, (_, k) => value * rows[number * biases.length + k]);
}

""",
}

COMPUTED = "layersOf(firstOf(x, {member}[0]), {member}[1])"

PREDICT = """\
/**
 * The outputs for a text, in the order of OUTPUTS.
 * @param {string} text
 * @returns {number[]}
 * @throws {TypeError} for what is no text
 */
export function predict(text) {
  return predictTokens(tokensOf(text));
}

/**
 * The same for the tokens of a text.
 * @param {[number, number][]} x the number of each, and its value
 * @returns {number[]}
 */
export function predictTokens(x) {
  return Array.from(FINISHED);
}

"""

PREDICT_CLASS = """\
/**
 * {what}.
 * @param {{string}} text
 * @returns {{{type}}}
 */
export function predictClass(text) {{
  return decided(predict(text));
}}

/**
 * The same for the outputs of a text.
 * @param {{number[]}} outputs
 * @returns {{{type}}}
 */
export function decided(outputs) {{
{decision}}}

"""


def text_constants(network: Network) -> list[str]:
    """The symbols that the network knows, their numbers, and of documents their weights."""
    words = words_of(network)
    lines = ["// The symbols that have numbers, in the order of these."]
    lines += [
        "const SYMBOLS = [",
        *(f"  {json.dumps(symbol).replace('<', chr(92) + 'u003c')}," for symbol in words.symbols),
        "];",
    ]
    lines += ["const NUMBERS = new Map(SYMBOLS.map((symbol, number) => [symbol, number]));"]
    if words.weights is not None:
        lines += ["// What each of them counts.", f"const WEIGHTS = {words.weights.tolist()!r};"]
    return lines


def token_functions(network: Network) -> str:
    """From a text to the outputs of the layers that read its tokens."""
    words = words_of(network)
    if words.weights is not None:
        tokens = _WEIGHED.replace(
            "COUNT", "(1 + Math.log(counts.get(number)))" if words.sublinear else "counts.get(number)"
        )
    else:
        empty = _EMPTY_WORD if words.rule is not None else _EMPTY_FAULT if network.topology.least_rows else ""
        tokens = _TOKENS.replace("WORDS", "[...text]" if words.rule is None else "wordsOf(text)").replace(
            "EMPTY", empty
        )
    return _split(words) + tokens + _FIRST[text_steps(network)[0][0].how]


def _split(words: Words) -> str:
    rule = words.rule
    if rule is None:
        return ""
    found = _SPLITS[rule.split].format(text="text.toLowerCase()" if rule.fold else "text")
    # The length of a text counts characters beyond U+FFFF twice.
    least = "" if rule.least <= 1 else f".filter((word) => [...word].length >= {rule.least})"
    return _WORDS.format(words=found, least=least, ngrams="" if rule.ngrams <= 1 else _NGRAMS.format(most=rule.ngrams))


def token_weights(step: TokenStep) -> str:
    """The layers that read tokens: activation, the weights token by token, biases."""
    rows = format_rows(step.rows, "      ", ", ", (",\n",))
    biases = format_rows(step.biases[None], "", ", ", ("",))
    return (
        f"    [{step.activation.replace('-', '_')}, new Float32Array([\n{rows}    ]), new Float32Array([{biases}])],\n"
    )
