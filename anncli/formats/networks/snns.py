"""The network format `snns`: the text networks of the Stuttgart Neural Network Simulator, version 1 to 4.

Sections with tables whose columns are separated by `|`. A unit takes its functions from its own columns, its type, or the
defaults. SNNS User Manual 4.2, chapter 4 and appendix A; the bias is added to the weighted sum.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple, NoReturn

from anncli.errors import NetworkError, quoted
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.faults import Faults
from anncli.formats.networks.graph import Graph, Unit
from anncli.limits import decimal
from anncli.network.network import Network

# Act_Identity leaves the bias out.
_ACTIVATIONS = {
    "Act_Logistic": "logistic", "Act_LogisticTbl": "logistic", "Act_TanH": "tanh", "Act_TanH_Xdiv2": "bipolar-sigmoid",
    "Act_Identity": "linear", "Act_IdentityPlusBias": "linear", "Act_Elliott": "softsign",
}  # fmt: skip
# Its connections take many times their text.
_MOST_BYTES = 64 << 20
_WITHOUT_BIAS = "Act_Identity"
# What an output function may follow without changing a value.
_UNCHANGED = {
    "Out_Identity": None,
    "Out_Clip_01": ("logistic",),
    "Out_Clip_11": ("logistic", "tanh", "bipolar-sigmoid", "softsign"),
}
_HEADING = re.compile(r"([a-z ]+) section :", re.IGNORECASE)
_RULE = re.compile(r"[-|\s]+")
_DECLARED = re.compile(r"no\. of (units|connections) : (\d{1,12})")
_LINK = re.compile(r"\s*(\d{1,9})\s*:\s*([^\s,]+)\s*")


class _Row(NamedTuple):
    """line: from 1; cells: without the blanks around them."""

    line: int
    cells: list[str]


class Snns:
    """The format `snns`."""

    def parse(self, data: bytes, path: Path) -> Network:
        if len(data) > _MOST_BYTES:
            raise NetworkError("is larger than 64 MiB", path=shown_name(path), advice="use another format for it")
        return _File(data.decode("latin-1"), path).network()


FORMAT = Snns()


class _File:
    def __init__(self, text: str, path: Path) -> None:
        self._path = path
        self._faults = Faults(path)
        self._declared: dict[str, int] = {}
        self._sections = self._cut(text)
        self._types = {row.cells[0]: row.cells for row in self._sections.get("type definition", [])}
        defaults = self._sections.get("unit default", [])
        self._defaults = defaults[0].cells if defaults else []

    def network(self) -> Network:
        inputs, outputs, units = list[str](), list[str](), dict[str, Unit]()
        names = dict[str, str]()
        links = self._links()
        for row in self._rows("unit definition", 7):
            number, kind = row.cells[0], self._cell(row, 5, 2) or "h"
            if number in names:
                self._fail(f"unit {number} is defined twice", row.line)
            names[number] = row.cells[2]
            if kind not in ("i", "o", "h"):
                self._fail(
                    f"unit {number} is of the kind {quoted(kind)}; only input (i), hidden (h) and output (o) units are read",
                    row.line,
                )
            if kind == "i":
                if links.get(number):
                    self._fail(f"unit {number} is an input and reads other units", row.line)
                inputs.append(number)
                continue
            outputs += [number] * (kind == "o")
            units[number] = self._unit(row, links.get(number, {}))
        self._check(inputs, outputs, units, links)
        chain = Chain(len(inputs), "snns", self._path)
        Graph(chain, inputs, units, outputs).build()
        return set_answers(
            chain.network(columns=_names(names, inputs)), _names(names, outputs) if len(outputs) > 1 else ()
        )

    def _unit(self, row: _Row, sources: dict[str, float]) -> Unit:
        number = row.cells[0]
        activation, output = (self._function(row, at) for at in (0, 1))
        if activation not in _ACTIVATIONS:
            self._fail(
                f"unit {number} has the activation function {quoted(activation)}, which ann does not have", row.line
            )
        name = _ACTIVATIONS[activation]
        if output not in _UNCHANGED or name not in (_UNCHANGED[output] or (name,)):
            self._fail(
                f"unit {number} has the output function {quoted(output)} behind {activation}, which ann does not have",
                row.line,
            )
        bias = self._number(self._cell(row, 4, 1) or "0", row.line)
        label = f"{number} ({row.cells[2]})" if row.cells[2] else number
        return Unit(label, name, 0.0 if activation == _WITHOUT_BIAS else bias, sources)

    def _function(self, row: _Row, at: int) -> str:
        """The activation function (0) or output function (1) of a unit."""
        own = row.cells[7 + at : 8 + at]
        if own and own[0]:
            return own[0]
        kind = self._types.get(row.cells[1], []) if row.cells[1] else []
        return "".join(kind[1 + at : 2 + at]) or "".join(self._defaults[5 + at : 6 + at])

    def _cell(self, row: _Row, at: int, default: int) -> str:
        return row.cells[at] or "".join(self._defaults[default : default + 1])

    def _links(self) -> dict[str, dict[str, float]]:
        """For each unit the weights by the numbers of its sources."""
        found: dict[str, dict[str, float]] = {}
        target = ""
        count = 0
        for row in self._rows("connection definition", 1):
            if len(row.cells) >= 3:
                target = row.cells[0]
                if row.cells[1] and self._sites.get(row.cells[1], "") != "Site_WeightedSum":
                    self._fail(
                        f"unit {target} has the site {quoted(row.cells[1])}, whose function ann does not have", row.line
                    )
            text = row.cells[-1]
            sources = found.setdefault(target, {})
            for part in filter(str.strip, text.split(",")):
                match = _LINK.fullmatch(part)
                if match is None or not target:
                    self._fail(f"expected source:weight, found {quoted(part.strip())}", row.line)
                sources[match[1]] = sources.get(match[1], 0.0) + self._number(match[2], row.line)
                count += 1
        if count != self._declared.get("connections", count):
            self._fail(
                f"{count} connections, and the head says {self._declared['connections']}; the file is cut short or damaged"
            )
        return found

    @property
    def _sites(self) -> dict[str, str]:
        return {row.cells[0]: row.cells[1] for row in self._sections.get("site definition", []) if len(row.cells) > 1}

    def _check(
        self, inputs: list[str], outputs: list[str], units: dict[str, Unit], links: dict[str, dict[str, float]]
    ) -> None:
        if not inputs or not outputs:
            self._fail(f"{len(inputs)} input units and {len(outputs)} output units are no network")
        n = len(inputs) + len(units)
        if n != self._declared.get("units", n):
            self._fail(f"{n} units, and the head says {self._declared['units']}; the file is cut short or damaged")
        for target in links:
            if target not in units and links[target]:
                self._fail(f"connections lead to unit {quoted(target)}, which is not there")

    def _cut(self, text: str) -> dict[str, list[_Row]]:
        """The rows of the table of each section, without the names of its columns."""
        sections: dict[str, list[_Row]] = {}
        rows: list[_Row] = []
        is_table = False
        for number, line in enumerate(text.splitlines(), 1):
            if match := _DECLARED.match(line):
                self._declared[match[1]] = int(match[2])
            if match := _HEADING.match(line):
                name, is_table = match[1].lower().strip(), False
                rows = sections.setdefault(name, [])
            elif line.strip() and _RULE.fullmatch(line):
                is_table = "-" in line
            elif line.strip() and is_table:
                rows.append(_Row(number, [cell.strip() for cell in line.split("|")]))
        for name in sections.keys() & {"time delay", "translation", "subnet definition", "layer definition"}:
            if name == "time delay" and sections[name]:
                self._fail("has time delays, which ann does not have", sections[name][0].line)
        return sections

    def _rows(self, name: str, least: int) -> list[_Row]:
        if name not in self._sections:
            self._fail(f"has no {name} section; the file is cut short or damaged")
        for row in self._sections[name]:
            if len(row.cells) < least:
                self._fail(f"expected {least} columns separated by |, found {len(row.cells)}", row.line)
        return self._sections[name]

    def _number(self, text: str, line: int) -> float:
        found = decimal(text)
        if not math.isfinite(found):
            self._fail(f"expected a number, found {quoted(text)}", line)
        return found

    def _fail(self, message: str, line: int | None = None) -> NoReturn:
        self._faults.fail(message, None, line)


def _names(names: dict[str, str], keys: list[str]) -> tuple[str, ...]:
    """The names of these units, if each has one of its own; otherwise ()."""
    found = tuple(names[key] for key in keys)
    return found if all(found) and len(set(found)) == len(found) else ()
