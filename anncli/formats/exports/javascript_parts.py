"""The parts of a JavaScript module that computes a network. Each is there only in modules that need it.

They round to 32 bits where the parts of Python do, see python_parts.py.
"""

from __future__ import annotations

import json

from anncli.network.activations.gelu import ERF_P, ERF_Q, ERFC_P, ERFC_Q

CELLS = """\
/** The cells of a row in the order of COLUMNS. */
function cellsOf(row) {
  if (Array.isArray(row) || ArrayBuffer.isView(row)) {
    if (row.length !== COLUMNS.length) throw new RangeError(`expected ${COLUMNS.length} values, found ${row.length}`);
    return row;
  }
  return COLUMNS.map((name) => {
    if (!Object.prototype.hasOwnProperty.call(row, name)) throw new RangeError(`the row has no column ${JSON.stringify(name)}`);
    return row[name];
  });
}

function isMissing(cell) {
  return cell === null || cell === undefined || cell !== cell || (typeof cell === "string" && cell.trim() === "");
}

/** The number that a cell is, NaN where it is none. */
function numberIn(cell) {
  if (typeof cell === "string" && !/^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(cell.trim())) return NaN;
  return Number(cell);
}

function numberOf(name, cell) {
  if (isMissing(cell)) throw new RangeError(`column ${JSON.stringify(name)}: the value is missing`);
  const number = Math.fround(numberIn(cell));
  if (!Number.isFinite(number)) throw new RangeError(`column ${JSON.stringify(name)}: expected a number of 32 bits, found ${JSON.stringify(String(cell))}`);
  return number;
}

"""

PLAIN_INPUTS = """\
/** The inputs of the network for a raw row. */
function inputsOf(row) {
  const cells = cellsOf(row);
  return Float64Array.from(COLUMNS, (name, k) => numberOf(name, cells[k]));
}

"""

ENCODED_INPUTS = """\
/** A cell as a word, or as the number that it is: 1, 1.0 and "01" are the same. */
function wordOf(cell) {
  const number = numberIn(cell);
  return Number.isFinite(number) ? number : String(cell);
}

/** The inputs of the network for a raw row: categories as an input for each word, which is 1 where the cell is that word. */
function inputsOf(row) {
  const inputs = [];
  const cells = cellsOf(row);
  ENCODER.forEach(([words, nWords, fill, mayMiss, hasIndicator], k) => {
    const gap = isMissing(cells[k]);
    if (gap && !mayMiss) throw new RangeError(`column ${JSON.stringify(COLUMNS[k])}: the value is missing`);
    if (words === null) {
      inputs.push(gap ? Math.fround(fill) : numberOf(COLUMNS[k], cells[k]));
    } else {
      const place = gap ? undefined : words.get(wordOf(cells[k]));
      for (let n = 0; n < nWords; n++) inputs.push(n === place ? 1 : 0);
    }
    if (hasIndicator) inputs.push(gap ? 1 : 0);
  });
  return Float64Array.from(inputs);
}

"""

_ERF = "// The error function: Cody 1969, Math. Comp. 23, 631-637.\n" + "".join(
    f"const {name} = {json.dumps(numbers)};\n"
    for name, numbers in {"ERF_P": ERF_P, "ERF_Q": ERF_Q, "ERFC_P": ERFC_P, "ERFC_Q": ERFC_Q}.items()
)
_ERF += """\
const polynomial = (coefficients, v) => coefficients.reduceRight((total, c) => total * v + c, 0);

function erf(v) {
  const y = Math.abs(v);
  if (y <= 0.46875) return (v * polynomial(ERF_P, y * y)) / polynomial(ERF_Q, y * y);
  const u = Math.min(y, 6);
  return Math.sign(v) * (1 - (Math.exp(-u * u) * polynomial(ERFC_P, u)) / polynomial(ERFC_Q, u));
}

"""

FUNCTIONS = {
    "linear": "const linear = (z) => z;\n",
    "logistic": """\
function logistic(z) {
  return z.map((v) => {
    const e = Math.exp(-Math.abs(v));
    return v >= 0 ? 1 / (1 + e) : e / (1 + e);
  });
}
""",
    "tanh": "const tanh = (z) => z.map(Math.tanh);\n",
    "bipolar-sigmoid": "const bipolar_sigmoid = (z) => z.map((v) => Math.tanh(v / 2));\n",
    "lecun-tanh": "const lecun_tanh = (z) => z.map((v) => 1.7159 * Math.tanh((2 * v) / 3));\n",
    "relu": "const relu = (z) => z.map((v) => (v > 0 ? v : 0));\n",
    "leaky-relu": "const leaky_relu = (z) => z.map((v) => (v > 0 ? v : 0.01 * v));\n",
    "elu": "const elu = (z) => z.map((v) => (v > 0 ? v : Math.expm1(v)));\n",
    "gelu": _ERF + "const gelu = (z) => z.map((v) => (v * (1 + erf(v * Math.SQRT1_2))) / 2);\n",
    "gelu-tanh": """\
const gelu_tanh = (z) => z.map((v) => (v / 2) * (1 + Math.tanh(0.7978845608028654 * (v + 0.044715 * v * v * v))));
""",
    "silu": "const silu = (z) => logistic(z).map((s, k) => z[k] * s);\n",
    "softplus": "const softplus = (z) => z.map((v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))));\n",
    "softsign": "const softsign = (z) => z.map((v) => v / (1 + Math.abs(v)));\n",
    "exp": "const exp = (z) => z.map((v) => Math.exp(Math.min(v, 88)));\n",
    "softmax": """\
function softmax(z) {
  const largest = z.reduce((a, b) => Math.max(a, b));
  const exps = z.map((v) => Math.exp(v - largest));
  const total = exps.reduce((a, b) => a + b);
  return exps.map((e) => e / total);
}
""",
    "logit": """\
function logit(output) {
  const p = Math.min(Math.max(output, 1.1754943508222875e-38), 1 - 2 ** -25);
  return Math.log(p) - Math.log1p(-p);
}
""",
}

SCALING = {
    "energy": """\
  const norm = Math.fround(Math.sqrt(x.reduce((total, v) => total + v * v, 0))) || 1;
  x = x.map((v) => Math.fround(v / norm));
""",
    "minmax": """\
  const low = x.reduce((a, b) => Math.min(a, b));
  const spread = x.reduce((a, b) => Math.max(a, b)) - low;
  x = x.map((v) => Math.fround((v - low) * (0.8 / (spread > 0 ? spread : 1)) + 0.1));
""",
    "logarithms": "  x = x.map((v, k) => (LOG_FLOOR[k] > 0 ? Math.fround(Math.log(Math.max(v, LOG_FLOOR[k]))) : v));\n",
    "linear": "  x = x.map((v, k) => Math.fround(Math.fround(v + ADD[k]) * MULTIPLY[k]));\n",
    "logistic": "  x = logistic(x).map(Math.fround);\n",
    "soft-clip": """\
  x = x.map((v) => {
    const clipped = Math.min(Math.max(v, -1e9), 1e9);
    return Math.fround(clipped / Math.sqrt(1 + (clipped / 3) * (clipped / 3)));
  });
""",
}

LAYERS = """\
/** The outputs of a chain of layers: [activation, weights unit by unit, biases]. */
function layersOf(x, layers) {
  for (const [activation, weights, biases] of layers) {
    const z = Float64Array.from(biases);
    for (let unit = 0, k = 0; unit < z.length; unit++) {
      let total = 0;
      for (let below = 0; below < x.length; below++) total += weights[k++] * x[below];
      z[unit] += total;
    }
    x = activation(z);
  }
  return x.map(Math.fround);
}

"""

CALIBRATIONS = {
    "platt": "  return logistic(x.map((v) => {slope} * v + {intercept})).map(Math.fround);\n",
    "platt of logits": "  return logistic(x.map((v) => {slope} * logit(v) + {intercept})).map(Math.fround);\n",
    "isotonic": """\
  return x.map((v) => {{
    const below = KNOTS.filter(([score]) => score <= v).length;
    if (below === 0 || below === KNOTS.length) return Math.fround(KNOTS[Math.max(below - 1, 0)][1]);
    const [[low, start], [high, end]] = [KNOTS[below - 1], KNOTS[below]];
    return Math.fround(start + ((v - low) * (end - start)) / (high - low));
  }});
""",
    "temperature of one": "  return logistic(x.map((v) => logit(v) / {temperature})).map(Math.fround);\n",
    "temperature": """\
  return softmax(x.map((v) => Math.log(Math.max(v, 1.1754943508222875e-38)) / {temperature})).map(Math.fround);
""",
}

DECISIONS = {
    "one": "  return outputs[0] > THRESHOLD ? CLASSES[0] : CLASSES[1];\n",
    "many": "  return CLASSES[outputs.indexOf(outputs.reduce((a, b) => Math.max(a, b)))];\n",
    "labels": "  return CLASSES.filter((name, k) => outputs[k] > THRESHOLD);\n",
}
ABSTAIN = {
    "one": "  if (UNDECIDED[0] <= outputs[0] && outputs[0] <= UNDECIDED[1]) return null;\n",
    "many": "  if (outputs.every((output) => output < UNDECIDED[0])) return null;\n",
}
PREDICT_CLASS = """\
/**
 * {what}.
 * @param {{ArrayLike<Cell> | Record<string, Cell>}} row see predict()
 * @returns {{{type}}}
 */
export function predictClass(row) {{
  const outputs = predict(row);
{decision}}}

"""
DECIDED = {
    "one": "The name of the class that the network decides for",
    "many": "The name of the class with the largest output",
    "labels": "The names of the labels that the network gives to the row",
}

PREDICT = """\
/** @typedef {number | string | boolean | null | undefined} Cell */
/**
 * The outputs for a row, in the order of OUTPUTS.
 * @param {ArrayLike<Cell> | Record<string, Cell>} row its values in the order of COLUMNS, or an object with the names of the
 *   columns as keys; a missing value is null
 * @returns {number[]}
 * @throws {RangeError} for a row that the network cannot take
 */
export function predict(row) {
  return Array.from(FINISHED);
}

"""

SELF_TEST = """\
/**
 * Computes the rows that were stored with the network.
 * @returns {number} the largest difference from the stored outputs, relative to 1 + their size
 * @throws {Error} where it is above 0.00001
 */
export function selfTest() {
  let largest = 0;
  for (const [inputs, expected] of STORED) {
    const found = computed(Float64Array.from(inputs));
    expected.forEach((b, k) => { largest = Math.max(largest, Math.abs(found[k] - b) / (1 + Math.abs(b))); });
  }
  if (!(largest <= 1e-5)) throw new Error(`the outputs differ by ${largest} from those that were stored`);
  return largest;
}

"""
