"""Expressions of SQL that PostgreSQL, SQLite and DuckDB understand alike: numbers, words, sums, activations.

Only exp, ln, sqrt and abs are called. PostgreSQL refuses an exp that overflows or vanishes, so that arguments stay within 88 of 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anncli.network.activations.gelu import ERF_P, ERF_Q, ERFC_P, ERFC_Q

# Deeper expressions than 1,000 are refused by SQLite; a flat sum of n terms is n deep.
_FLAT = 40
# C of Veltkamp's splitting: 2^29 + 1 leaves the 24 bits of a float32.
_SPLITTER = "536870913e0"
# Numbers below are 0 as float32, or nearly so; their products might be too small for a float64, which PostgreSQL refuses.
_LEAST = "1.1754944e-38"
# The largest and the smallest probability that has a logit, as in network/calibration.py.
_MOST_P, _LEAST_P = f"{1 - 2.0**-25!r}e0", "1.1754943508222875e-38"


def number(value: float) -> str:
    """A float64 as a literal that every database reads as one and not as a decimal number of its own."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def signed(value: float) -> str:
    """The same, in parentheses where it is negative: two signs side by side would begin a comment."""
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def one_where(condition: str) -> str:
    """1 or 0 as a float64: PostgreSQL takes 1e0 for a decimal number, whose arithmetic is many times slower."""
    return f"CAST(CASE WHEN {condition} THEN 1 ELSE 0 END AS DOUBLE PRECISION)"


def text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def joined(terms: Sequence[str], operator: str) -> str:
    """Terms between operators, in groups that keep the expression flat; `operator` with blanks around it."""
    while len(terms) > _FLAT:
        groups = [terms[k : k + _FLAT] for k in range(0, len(terms), _FLAT)]
        terms = [f"({operator.join(group)})" if len(group) > 1 else group[0] for group in groups]
    return operator.join(terms)


def largest(columns: Sequence[str], sign: str = ">=") -> str:
    """The largest of a few columns, or with '<=' the smallest."""
    cases = [
        f"WHEN {joined([f'{one} {sign} {other}' for other in columns[k + 1 :]], ' AND ')} THEN {one}"
        for k, one in enumerate(columns[:-1])
    ]
    return f"CASE {' '.join(cases)} ELSE {columns[-1]} END" if cases else columns[0]


def rounded(x: str) -> str:
    """The column x with the 24 bits of a float32.

    Source: Dekker 1971, A floating-point technique for extending the available precision, Numer. Math. 18, 224-242.
    """
    split = f"{x} * {_SPLITTER}"
    return f"CASE WHEN abs({x}) < {_LEAST} THEN 0e0 ELSE {split} + ({x} - {split}) END"


def clipped_probability(x: str) -> str:
    return f"CASE WHEN {x} < {_LEAST_P} THEN {_LEAST_P} WHEN {x} > {_MOST_P} THEN {_MOST_P} ELSE {x} END"


def log_probability(x: str) -> str:
    return f"ln(CASE WHEN {x} < {_LEAST_P} THEN {_LEAST_P} ELSE {x} END)"


def _sigmoid(z: str, scale: str, limit: str, high: str = "1e0", low: str = "-1e0", factor: str = "") -> str:
    """factor * tanh(scale * z / 2)."""
    inner = f"1e0 - 2e0 / (exp({scale}{z}) + 1e0)"
    inner = f"{factor} * ({inner})" if factor else inner
    return f"CASE WHEN {z} > {limit} THEN {high} WHEN {z} < -{limit} THEN {low} ELSE {inner} END"


def logistic(z: str) -> str:
    return f"CASE WHEN {z} > 87 THEN 1e0 WHEN {z} < -87 THEN 0e0 ELSE 1e0 / (1e0 + exp(-{z})) END"


# Those that take no step or several, see sql_query.activated().
OTHER_ACTIVATIONS = ("linear", "softmax", "gelu")
# Of a column z.
ACTIVATIONS: dict[str, Callable[[str], str]] = {
    "logistic": logistic,
    "tanh": lambda z: _sigmoid(z, "2e0 * ", "20"),
    "bipolar-sigmoid": lambda z: _sigmoid(z, "", "40"),
    "lecun-tanh": lambda z: _sigmoid(z, "1.3333333333333333e0 * ", "30", "1.7159e0", "-1.7159e0", "1.7159e0"),
    "relu": lambda z: f"CASE WHEN {z} > 0 THEN {z} ELSE 0e0 END",
    "leaky-relu": lambda z: f"CASE WHEN {z} > 0 THEN {z} ELSE 0.01e0 * {z} END",
    "elu": lambda z: f"CASE WHEN {z} > 0 THEN {z} WHEN {z} < -87 THEN -1e0 ELSE exp({z}) - 1e0 END",
    "gelu-tanh": lambda z: (
        f"CASE WHEN {z} > 10 THEN {z} WHEN {z} < -10 THEN 0e0 "
        f"ELSE {z} - {z} / (exp(1.5957691216057308e0 * ({z} + 0.044715e0 * {z} * {z} * {z})) + 1e0) END"
    ),
    "silu": lambda z: f"CASE WHEN {z} > 87 THEN {z} WHEN {z} < -87 THEN 0e0 ELSE {z} / (1e0 + exp(-{z})) END",
    "softplus": lambda z: f"CASE WHEN {z} > 40 THEN {z} WHEN {z} < -87 THEN 0e0 ELSE ln(1e0 + exp({z})) END",
    "softsign": lambda z: f"{z} / (1e0 + abs({z}))",
    "exp": lambda z: f"exp(CASE WHEN {z} > 88 THEN 88e0 WHEN {z} < -87 THEN -87e0 ELSE {z} END)",
}


def gelu_argument(z: str) -> str:
    """|z| / sqrt(2), at most 6, beyond which erf is 1."""
    return f"CASE WHEN abs({z}) > 8.4e0 THEN 6e0 ELSE abs({z}) * 0.7071067811865476e0 END"


def erf(u: str) -> str:
    """The error function of a column u from 0 to 6. Source: Cody 1969, Math. Comp. 23, 631-637."""
    square = f"({u} * {u})"
    inner = f"{u} * {_polynomial(ERF_P, square)} / {_polynomial(ERF_Q, square)}"
    outer = f"1e0 - exp(-{square}) * {_polynomial(ERFC_P, u)} / {_polynomial(ERFC_Q, u)}"
    return f"CASE WHEN {u} <= 0.46875 THEN {inner} ELSE {outer} END"


def gelu(z: str, erf_of_argument: str) -> str:
    return (
        f"CASE WHEN {z} > 0 THEN {z} * (1e0 + {erf_of_argument}) / 2e0 ELSE {z} * (1e0 - {erf_of_argument}) / 2e0 END"
    )


def _polynomial(coefficients: Sequence[float], x: str) -> str:
    total = number(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = f"({total} * {x} + {number(coefficient)})"
    return total
