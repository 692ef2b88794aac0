"""A network as a query: a chain of common table expressions, each of which computes its columns from those of the one before.

They are materialized: a database that merged them would write the expression of a unit again wherever its value is used, and
the query would grow with the product of the layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from anncli.arrays import Array
from anncli.compiled.decimals import format_rows
from anncli.formats.data.base import NA_WORDS
from anncli.formats.exports import sql_parts as parts
from anncli.formats.exports.needs import calibration_kind
from anncli.formats.exports.sql_parts import number, signed
from anncli.formats.exports.steps import DenseStep, dense_steps
from anncli.limits import FLOAT32_MAX
from anncli.network.encoders.table import InputColumn
from anncli.network.network import Network
from anncli.tables import word_number

# So many columns are compared with each other at a time.
_GROUP = 8
# Weights of a layer that SQLite compares in no time.
_FEW = 1000
_GAPS = ("", *NA_WORDS, "NaN")


class Chain:
    """The expressions so far. `rows` is the first one: the user's table with the number of each row, in column `key`."""

    def __init__(self, rows: str, key: str) -> None:
        self._prefix, self.key = rows, key
        self.texts: list[str] = []
        self.last = rows

    def add(self, columns: Mapping[str, str], kept: Sequence[str] = (), where: Sequence[str] = ()) -> list[str]:
        """A further expression with these columns, and with some of the one before; returns the names of the new ones."""
        name = f"{self._prefix}_{len(self.texts) + 1}"
        wanted = [self.key, *kept, *(f"{text} AS {column}" for column, text in columns.items())]
        rows = f"\n  WHERE {parts.joined(where, ' AND ')}" if where else ""
        body = ",\n    ".join(wanted)
        self.texts.append(f"{name} AS MATERIALIZED (\n  SELECT {body}\n  FROM {self.last}{rows}\n)")
        self.last = name
        return list(columns)

    def end(self, columns: Mapping[str, str], kept: Sequence[str]) -> None:
        """The last expression, which is joined with the rows.

        The second SELECT gives no rows. Without it SQLite, whose estimate of the rows falls with each step, expects a few of
        them, and joins without an index.
        """
        self.add(columns, kept)
        nothing = ", ".join([self.key, *["NULL"] * (len(kept) + len(columns))])
        union = f"\n  UNION ALL SELECT {nothing} FROM {self._prefix} WHERE {self.key} < 0\n)"
        self.texts[-1] = self.texts[-1].removesuffix("\n)") + union

    def largest(self, columns: Sequence[str], name: str, kept: Sequence[str] = (), sign: str = ">=") -> str:
        """A column with the largest of these columns, or with '<=' the smallest; the columns are kept too."""
        kept, left = [*dict.fromkeys([*kept, *columns])], list(columns)
        steps = 0
        while True:
            groups = [left[k : k + _GROUP] for k in range(0, len(left), _GROUP)]
            steps += 1
            names = [name] if len(groups) == 1 else [f"{name}_{steps}_{k}" for k in range(len(groups))]
            left = self.add(dict(zip(names, (parts.largest(own, sign) for own in groups), strict=True)), kept)
            if len(groups) == 1:
                return name


def outputs(chain: Chain, network: Network) -> list[str]:
    """Add all from the user's table to the final outputs; returns the names of their columns."""
    columns = _scaled(chain, network, _inputs(chain, network))
    columns = _members(chain, network, columns)
    columns = _rounded(chain, columns)
    if units := network.target_scaling.of_outputs(len(columns)):
        numbers = zip(columns, *units, strict=True)
        columns = chain.add({f"t{k}": f"{x} * {signed(s)} + {signed(o)}" for k, (x, o, s) in enumerate(numbers, 1)})
    return _calibrated(chain, network, columns)


def _rounded(chain: Chain, columns: Sequence[str]) -> list[str]:
    return chain.add({f"r_{x}": parts.rounded(x) for x in columns})


# From the table to the inputs


def _inputs(chain: Chain, network: Network) -> list[str]:
    """The raw inputs as float32; rows with cells missing that nothing fills are left out."""
    encoder = network.encoder
    names = network.columns or [str(k) for k in range(1, network.n_inputs + 1)]
    own = encoder.columns if encoder is not None else tuple(InputColumn(name) for name in names)
    cells, columns, where = {}, {}, []
    for k, column in enumerate(own, 1):
        cell = f"{chain.last}.{parts.identifier(column.name)}"
        is_filled = encoder is not None and encoder.may_miss(column)
        gaps = f"CAST({cell} AS TEXT) IN ({', '.join(map(parts.text, _GAPS))})"
        kind = "DOUBLE PRECISION" if column.kind == "number" else "TEXT"
        cells[f"c{k}"] = f"CASE WHEN {gaps} THEN NULL ELSE CAST({cell} AS {kind}) END"
        filled = f"COALESCE(c{k}, {number(column.fill)})" if is_filled and column.fill is not None else f"c{k}"
        if column.kind == "number":
            where.append(f"({filled} BETWEEN {number(-FLOAT32_MAX)} AND {number(FLOAT32_MAX)})")
            columns[f"x{k}"] = filled
        else:
            where += [] if is_filled else [f"(c{k} IS NOT NULL)"]
            columns |= {f"x{k}_{level}": text for level, text in enumerate(_levels(f"c{k}", column), 1)}
        if column.indicator:
            columns[f"x{k}_missing"] = parts.one_where(f"c{k} IS NULL")
    chain.add(cells)
    numbers = [f"x{k}" for k, column in enumerate(own, 1) if column.kind == "number"]
    made = chain.add(columns, where=where)
    if not numbers:
        return made
    chain.add({f"r_{x}": parts.rounded(x) for x in numbers}, [x for x in made if x not in numbers])
    return [f"r_{x}" if x in numbers else x for x in made]


def _levels(cell: str, column: InputColumn) -> list[str]:
    groups = [*([level] for level in column.levels), *([list(column.rare)] if column.rare else [])]
    return [
        parts.one_where(f"{cell} IN ({', '.join(parts.text(word) for own in group for word in _spellings(own))})")
        for group in groups
    ]


def _spellings(word: str) -> list[str]:
    """How databases write the number that a word is: 1 may be an integer or a float."""
    value = word_number(word)
    return [word] if value is None else [*dict.fromkeys([word, repr(value)])]


def _scaled(chain: Chain, network: Network, columns: list[str]) -> list[str]:
    scaling = network.scaling
    if scaling.per_vector == "energy":
        squares = parts.joined([f"{x} * {x}" for x in columns], " + ")
        chain.add({"squares": squares}, columns)
        norm = "CASE WHEN squares > 0 THEN sqrt(squares) ELSE 1e0 END"
        chain.add({"norm": norm}, columns)
        columns = chain.add({f"e{k}": f"{x} / norm" for k, x in enumerate(columns, 1)})
    elif scaling.per_vector == "minmax":
        chain.largest(columns, "low", sign="<=")
        chain.largest(columns, "high", ["low"])
        factor = "CASE WHEN high > low THEN 0.8e0 / (high - low) ELSE 0.8e0 END"
        chain.add({"factor": factor}, ["low", *columns])
        columns = chain.add({f"e{k}": f"({x} - low) * factor + 0.1e0" for k, x in enumerate(columns, 1)})
    if scaling.log_floor is not None:
        floors = zip(columns, scaling.log_floor.tolist(), strict=True)
        logs = {f"l{k}": _log(x, floor) for k, (x, floor) in enumerate(floors, 1)}
        columns = chain.add(logs)
    if scaling.add is not None and scaling.multiply is not None:
        numbers = zip(columns, scaling.add.tolist(), scaling.multiply.tolist(), strict=True)
        columns = chain.add({f"s{k}": f"({x} + {signed(a)}) * {signed(m)}" for k, (x, a, m) in enumerate(numbers, 1)})
    if scaling.activation == "logistic":
        columns = chain.add({f"a{k}": parts.logistic(x) for k, x in enumerate(columns, 1)})
    elif scaling.activation == "soft-clip":
        columns = chain.add({f"a{k}": f"{x} / sqrt(1e0 + {x} * {x} / 9e0)" for k, x in enumerate(columns, 1)})
    return columns


def _log(x: str, floor: float) -> str:
    return f"ln(CASE WHEN {x} > {number(floor)} THEN {x} ELSE {number(floor)} END)" if floor > 0 else x


# The layers


def _members(chain: Chain, network: Network, columns: list[str]) -> list[str]:
    """All members side by side, and the mean of their outputs."""
    members = dense_steps(network)
    below = [columns] * len(members)
    for layer, steps in enumerate(zip(*members, strict=True), 1):
        sums: list[list[str]] = []
        texts: dict[str, str] = {}
        for member, (step, own) in enumerate(zip(steps, below, strict=True), 1):
            mark = f"{layer}_" if len(members) == 1 else f"{layer}_{member}_"
            names = [f"z{mark}{unit}" for unit in range(1, len(step.biases) + 1)]
            texts |= dict(zip(names, _sums(step, own), strict=True))
            sums.append(names)
        chain.add(texts)
        below = activated(chain, steps[0].activation, sums)
    if len(members) == 1:
        return below[0]
    n = number(len(members))
    means = {f"mean{k}": f"({parts.joined(own, ' + ')}) / {n}" for k, own in enumerate(zip(*below, strict=True), 1)}
    return chain.add(means)


def _sums(step: DenseStep, below: Sequence[str]) -> list[str]:
    """The weighted sum of each unit; weights of 0, as of pruned networks, are left out.

    SQLite compares every constant with all others, to hold equal ones once; this takes a minute for 100,000 of them. It does not
    in COALESCE, which other databases leave out when they see a constant.
    """
    term = "COALESCE({0}, {1}) * {1}" if step.weights.size > _FEW else "{0} * {1}"
    return [
        parts.joined([bias, *(term.format(w, x) for w, x in zip(weights, below, strict=True) if w)], " + ")
        for bias, weights in zip(_literals(step.biases[:, None]), _literal_rows(step.weights.T), strict=True)
    ]


def _literals(column: Array) -> list[str]:
    return [row[0] or "0e0" for row in _literal_rows(column)]


def _literal_rows(values: Array) -> list[list[str]]:
    """The shortest literals that are the float32 numbers (n, m), '' for 0."""
    lines = format_rows(values, "", " ", ("\n",)).splitlines()
    return [[_literal(word) for word in line.split(" ")] for line in lines]


def _literal(word: str) -> str:
    if float(word) == 0:
        return ""
    word = word if "e" in word else f"{word}e0"
    return f"({word})" if word[0] == "-" else word


def activated(chain: Chain, activation: str, sums: Sequence[list[str]]) -> list[list[str]]:
    """The activations of the columns z of each member."""
    every = [z for own in sums for z in own]
    if activation == "linear":
        return [*sums]
    if activation == "softmax":
        return _softmax(chain, sums)
    if activation == "gelu":
        chain.add({f"u_{z}": parts.gelu_argument(z) for z in every}, every)
        chain.add({f"e_{z}": parts.erf(f"u_{z}") for z in every}, every)
        chain.add({f"a_{z}": parts.gelu(z, f"e_{z}") for z in every})
    else:
        chain.add({f"a_{z}": parts.ACTIVATIONS[activation](z) for z in every})
    return [[f"a_{z}" for z in own] for own in sums]


def _softmax(chain: Chain, sums: Sequence[list[str]]) -> list[list[str]]:
    every = [z for own in sums for z in own]
    tops: list[str] = []
    for member, own in enumerate(sums, 1):
        tops.append(chain.largest(own, f"top{member}", [*tops, *every]))
    exps: dict[str, str] = {}
    totals: dict[str, str] = {}
    values: dict[str, str] = {}
    for member, (own, top) in enumerate(zip(sums, tops, strict=True), 1):
        exps |= {f"e_{z}": f"CASE WHEN {z} - {top} < -87 THEN 0e0 ELSE exp({z} - {top}) END" for z in own}
        totals[f"total{member}"] = parts.joined([f"e_{z}" for z in own], " + ")
        values |= {f"a_{z}": f"e_{z} / total{member}" for z in own}
    chain.add(exps)
    chain.add(totals, [*exps])
    chain.add(values)
    return [[f"a_{z}" for z in own] for own in sums]


# Calibration


def _calibrated(chain: Chain, network: Network, columns: list[str]) -> list[str]:
    kind, calibration = calibration_kind(network), network.calibration
    if calibration is None:
        return columns
    numbers = calibration.numbers.ravel().tolist()
    if kind == "isotonic":
        columns = chain.add({"q1": _steps(columns[0], calibration.numbers.tolist())})
    elif kind == "temperature":
        divisor = number(numbers[0])
        logs = {f"q{k}": f"{parts.log_probability(x)} / {divisor}" for k, x in enumerate(columns, 1)}
        columns = activated(chain, "softmax", [chain.add(logs)])[0]
    else:
        x = columns[0]
        if kind != "platt":
            (p,) = chain.add({"p1": parts.clipped_probability(x)})
            x = f"(ln({p}) - ln(1e0 - {p}))"
        curve = (
            f"{x} / {number(numbers[0])}"
            if kind == "temperature of one"
            else f"{signed(numbers[0])} * {x} + {signed(numbers[1])}"
        )
        columns = activated(chain, "logistic", [chain.add({"q1": curve})])[0]
    return _rounded(chain, columns)


def _steps(x: str, knots: Sequence[Sequence[float]]) -> str:
    """Straight lines between the knots, each a score and a probability; of equal scores the last one counts."""
    cases = [f"WHEN {x} < {number(knots[0][0])} THEN {number(knots[0][1])}"]
    for (low, start), (high, end) in pairwise(knots):
        if high > low:
            slope = signed((end - start) / (high - low))
            cases.append(f"WHEN {x} < {number(high)} THEN {number(start)} + ({x} - {signed(low)}) * {slope}")
    return f"CASE {' '.join(cases)} ELSE {number(knots[-1][1])} END"
