"""What `ann export` prints: the files, the proof, and the evaluation beside that of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from anncli.analysis.exporting import Exported
from anncli.analysis.proof import Proof
from anncli.cli.showing.metric_words import metric_words
from anncli.errors import count_of, printable
from anncli.formats.files.output import shown_output

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation

# The metric that says most, of the first of these fields that an evaluation has.
_MAIN = ("accuracy", "subset_accuracy", "rmse")


class Measured(NamedTuple):
    """n_rows of the data, and the evaluation of the network and of the export on them."""

    n_rows: int
    network: Evaluation
    export: Evaluation

    @property
    def metric(self) -> str:
        """The field that is compared."""
        return next(field for field in _MAIN if hasattr(self.network, field))

    @property
    def values(self) -> tuple[float | None, float | None]:
        """That of the network and that of the export."""
        return getattr(self.network, self.metric), getattr(self.export, self.metric)


def export_document(
    network: str, name: str, places: Mapping[str, bytes], exported: Exported, measured: Measured | None
) -> dict[str, Any]:
    """The same as plain values for JSON."""
    files = [{"path": printable(place), "bytes": len(content)} for place, content in places.items()]
    found: dict[str, Any] = {"network": printable(network), "output": files[0]["path"], "format": name, "files": files}
    found["proof"] = None if exported.proof is None else exported.proof.document()
    found["facts"] = {} if exported.facts is None else dict(exported.facts.lines)
    if measured is None:
        return {**found, "data": None}
    before, after = measured.values
    return {**found, "data": {"rows": measured.n_rows, "metric": measured.metric, "network": before, "export": after}}


def export_lines(name: str, places: Mapping[str, bytes], exported: Exported, measured: Measured | None) -> list[str]:
    """The report, a line for each figure."""
    lines = [
        f"{printable(shown_output(place))}: {name}, {count_of(len(content), 'byte')}"
        for place, content in places.items()
    ]
    if exported.facts is not None:
        lines += [f"{name:<19} {text}" for name, text in exported.facts.lines]
    proof = exported.proof
    lines += ["proof               none: --no-prove left it out"] if proof is None else _proof_lines(proof)
    if measured is not None:
        words = metric_words(measured.metric)
        before, after = map(words.shown, measured.values)
        lines.append(
            f"{words.heading:<19} {after}, of the network {before} ({count_of(measured.n_rows, 'row')} of DATA)"
        )
    return lines


def _proof_lines(proof: Proof) -> list[str]:
    if not proof.tool:
        return [f"proof               none: {proof.missing}"]
    if proof.same:
        return [f"proof               {proof.tool}: {proof.same}"]
    inside, outside = (
        ("texts of known words", "of others too") if proof.of_texts else ("inside the range of training", "outside")
    )
    counts = {"of the self-test": proof.n_stored, inside: proof.n_inside, outside: proof.n_outside}
    rows = ", ".join(f"{n} {where}" for where, n in counts.items() if n)
    lines = [
        f"proof               {proof.tool}: {count_of(proof.n_rows, 'row')}, {rows}",
        f"largest difference  {proof.difference:.3g}, relative {proof.relative:.3g} ({_limit(proof)})",
    ]
    if proof.n_overflowed:
        lines.append(f"not compared        {count_of(proof.n_overflowed, 'row')} with outputs that 32 bits cannot hold")
    if proof.decides:
        close = f", {proof.n_close} with a score at a limit" if proof.n_close else ""
        lines.append(f"other decisions     {proof.n_other}{close}")
    return lines


def _limit(proof: Proof) -> str:
    if proof.is_stated:
        return f"allowed {proof.allowed:.3g}, by the error above"
    more = f"; {count_of(proof.n_rounded, 'row')} by the rounding of 32-bit numbers" if proof.n_rounded else ""
    least = f" and {proof.allowed:g} of the range of the outputs" if proof.is_of_range else ""
    return f"allowed {proof.allowed:g} x (1 + |output|){least}{more}"
