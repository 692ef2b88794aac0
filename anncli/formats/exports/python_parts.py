"""The parts of a Python program that computes a network. Each is there only in programs that need it.

The programs compute with 64 bits and round to 32 bits where `ann` does before something sharp follows: raw inputs, whose
differences from a mean may be small; scaled inputs; and outputs, which a calibration may make logits of.
"""

from __future__ import annotations

HEAD = """\
import math
import struct
import sys
from operator import mul

"""

ROUNDING = '''\
def _rounded(values):
    """The values as numbers of 32 bits, which the network computes with."""
    layout = "%df" % len(values)
    try:
        return list(struct.unpack(layout, struct.pack(layout, *values)))
    except OverflowError:
        return [value if abs(value) < 3.4e38 else math.copysign(math.inf, value) for value in values]


'''

CELLS = '''\
def _cells(row):
    """The cells of a row in the order of COLUMNS."""
    if hasattr(row, "keys"):
        missing = [name for name in COLUMNS if name not in row]
        if missing:
            raise ValueError("the row has no column %r" % missing[0])
        return [row[name] for name in COLUMNS]
    if len(row) != len(COLUMNS):
        raise ValueError("expected %d values, found %d" % (len(COLUMNS), len(row)))
    return row


def _is_missing(cell):
    return cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())


def _number(name, cell):
    if _is_missing(cell):
        raise ValueError("column %r: the value is missing" % name)
    try:
        # float() takes 1_000 and the digits of all scripts, which are no numbers in tables.
        if isinstance(cell, str) and ("_" in cell or not cell.isascii()):
            raise ValueError
        number = float(cell)
    except ValueError:
        raise ValueError("column %r: expected a number, found %r" % (name, cell))
    if not abs(number) <= 3.4028235e38:
        raise ValueError("column %r: %r is no number of 32 bits" % (name, cell))
    return number


'''

PLAIN_INPUTS = '''\
def _inputs(row):
    """The inputs of the network for a raw row."""
    return _rounded([_number(name, cell) for name, cell in zip(COLUMNS, _cells(row))])


'''

ENCODED_INPUTS = '''\
def _word(cell):
    """A cell as a word, or as the number that it is: 1, 1.0 and "01" are the same."""
    if not isinstance(cell, str):
        return float(cell)
    if not cell.strip().strip("0123456789+-.eE"):
        try:
            if abs(float(cell)) < math.inf:
                return float(cell)
        except ValueError:
            pass
    return cell


def _inputs(row):
    """The inputs of the network for a raw row: categories as an input for each word, which is 1 where the cell is that word."""
    inputs = []
    for name, words, n_words, fill, may_miss, has_indicator, cell in zip(
        COLUMNS, _WORDS, _N_WORDS, _FILL, _MAY_MISS, _HAS_INDICATOR, _cells(row)
    ):
        is_missing = _is_missing(cell)
        if is_missing and not may_miss:
            raise ValueError("column %r: the value is missing" % name)
        if words is None:
            inputs.append(fill if is_missing else _number(name, cell))
        else:
            own = [0.0] * n_words
            place = None if is_missing else words.get(_word(cell))
            if place is not None:
                own[place] = 1.0
            inputs.extend(own)
        if has_indicator:
            inputs.append(1.0 if is_missing else 0.0)
    return _rounded(inputs)


'''

FUNCTIONS = {
    "linear": "def _linear(z):\n    return z\n",
    "logistic": """\
def _logistic(z):
    exps = [math.exp(-abs(v)) for v in z]
    return [1 / (1 + e) if v >= 0 else e / (1 + e) for v, e in zip(z, exps)]
""",
    "tanh": "def _tanh(z):\n    return list(map(math.tanh, z))\n",
    "bipolar-sigmoid": "def _bipolar_sigmoid(z):\n    return [math.tanh(v / 2) for v in z]\n",
    "lecun-tanh": "def _lecun_tanh(z):\n    return [1.7159 * math.tanh(2 * v / 3) for v in z]\n",
    "relu": "def _relu(z):\n    return [v if v > 0 else 0.0 for v in z]\n",
    "leaky-relu": "def _leaky_relu(z):\n    return [v if v > 0 else 0.01 * v for v in z]\n",
    "elu": "def _elu(z):\n    return [v if v > 0 else math.exp(v) - 1 for v in z]\n",
    "gelu": "def _gelu(z):\n    return [v * (1 + math.erf(v * 0.7071067811865476)) / 2 for v in z]\n",
    "gelu-tanh": """\
def _gelu_tanh(z):
    return [v / 2 * (1 + math.tanh(0.7978845608028654 * (v + 0.044715 * v * v * v))) for v in z]
""",
    "silu": "def _silu(z):\n    return [v * s for v, s in zip(z, _logistic(z))]\n",
    "softplus": "def _softplus(z):\n    return [(v if v > 0 else 0.0) + math.log(1 + math.exp(-abs(v))) for v in z]\n",
    "softsign": "def _softsign(z):\n    return [v / (1 + abs(v)) for v in z]\n",
    "exp": "def _exp(z):\n    return [math.exp(min(v, 88.0)) for v in z]\n",
    "softmax": """\
def _softmax(z):
    largest = max(z)
    exps = [math.exp(v - largest) for v in z]
    total = sum(exps)
    return [e / total for e in exps]
""",
    "logit": """\
def _logit(p):
    p = min(max(p, 1.1754943508222875e-38), 1 - 2.0**-25)
    return math.log(p) - math.log1p(-p)
""",
}

SCALING = {
    "energy": "    norm = _rounded([math.sqrt(sum(map(mul, x, x)))])[0] or 1.0\n    x = _rounded([v / norm for v in x])\n",
    "minmax": """\
    low, spread = min(x), max(x) - min(x)
    x = _rounded([(v - low) * (0.8 / (spread if spread > 0 else 1.0)) + 0.1 for v in x])
""",
    "logarithms": "    x = _rounded([math.log(max(v, floor)) if floor > 0 else v for v, floor in zip(x, _LOG_FLOOR)])\n",
    "linear": """\
    x = _rounded([v + add for v, add in zip(x, _ADD)])
    x = _rounded(list(map(mul, x, _MULTIPLY)))
""",
    "logistic": "    x = _rounded(_logistic(x))\n",
    "soft-clip": """\
    x = [min(max(v, -1e9), 1e9) for v in x]
    x = _rounded([v / math.sqrt(1 + (v / 3) * (v / 3)) for v in x])
""",
}

LAYERS = """\
def _layers(x, layers):
    for activation, weights, biases in layers:
        x = activation([bias + sum(map(mul, row, x)) for row, bias in zip(weights, biases)])
    return _rounded(x)


"""

CALIBRATIONS = {
    "platt": "    return _rounded(_logistic([{slope} * v + {intercept} for v in x]))\n",
    "platt of logits": "    return _rounded(_logistic([{slope} * _logit(v) + {intercept} for v in x]))\n",
    "isotonic": """\
    result = []
    for v in x:
        below = sum(1 for score, _ in _KNOTS if score <= v)
        if 0 < below < len(_KNOTS):
            (low, start), (high, end) = _KNOTS[below - 1], _KNOTS[below]
            result.append(start + (v - low) * (end - start) / (high - low))
        else:
            result.append(_KNOTS[0 if below == 0 else -1][1])
    return _rounded(result)
""",
    "temperature of one": "    return _rounded(_logistic([_logit(v) / {temperature} for v in x]))\n",
    "temperature": """\
    return _rounded(_softmax([math.log(max(v, 1.1754943508222875e-38)) / {temperature} for v in x]))
""",
}

DECISIONS = {
    "one": "    return CLASSES[0] if outputs[0] > THRESHOLD else CLASSES[1]\n",
    "many": "    return CLASSES[outputs.index(max(outputs))]\n",
    "labels": "    return [name for name, score in zip(CLASSES, outputs) if score > THRESHOLD]\n",
}
ABSTAIN = {
    "one": "    if UNDECIDED[0] <= outputs[0] <= UNDECIDED[1]:\n        return None\n",
    "many": "    if max(outputs) < UNDECIDED[0]:\n        return None\n",
}

PREDICT_CLASS = '''\
def predict_class(row):
    """{what}; row: see predict()."""
    return _decided(predict(row))


def _decided(outputs):
{decision}

'''
DECIDED = {
    "one": "The name of the class that the network decides for",
    "many": "The name of the class with the largest output",
    "labels": "The names of the labels that the network gives to the row, as a list",
}

PREDICT = '''\
def predict(row):
    """The outputs for a row, a list of numbers in the order of OUTPUTS.

    row: its values in the order of COLUMNS, or a mapping from the names of the columns to them. A missing value is None.
    Raises ValueError for a row that the network cannot take.
    """
    return {finished}


'''

SELF_TEST = '''\
def self_test():
    """Computes the rows that were stored with the network, and returns the largest difference from the stored outputs,
    relative to 1 + their size; raises ValueError where it is above 0.00001."""
    largest = 0.0
    for inputs, expected in _SELF_TEST:
        found = _computed(inputs)
        largest = max([largest] + [abs(a - b) / (1 + abs(b)) for a, b in zip(found, expected)])
    if not largest <= 1e-5:
        raise ValueError("the outputs differ by %g from those that were stored" % largest)
    return largest


'''
