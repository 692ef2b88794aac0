"""The report of `ann curvature`: traces, eigenvalues, and in words what they mean."""

from __future__ import annotations

from typing import Any, NamedTuple

from anncli.analysis.curvature import Curvature, Estimate
from anncli.analysis.curved_loss import is_convex
from anncli.arrays import Array
from anncli.cli.showing.console import table
from anncli.cli.showing.report import plain
from anncli.cli.showing.seen_rows import NOT_KNOWN
from anncli.errors import count_of, printable
from anncli.network.network import Network

_NAMES = {"hessian": "Hessian", "gauss-newton": "Gauss-Newton matrix"}


class Measured(NamedTuple):
    """A curvature with what it was measured on; rows: how many; n_seen: how many of these trained the network, None if unknown."""

    found: Curvature
    path: str
    network: Network
    loss: str
    rows: int
    n_seen: int | None

    @property
    def noun(self) -> str:
        """What texts call one of the rows."""
        return self.network.topology.noun


def curvature_text(measured: Measured) -> str:
    """Two tables and a list of findings."""
    found, network = measured.found, measured.network
    head = (
        f"{printable(measured.path)}: {network.topology}, {count_of(found.size, 'parameter')}; loss {measured.loss}, "
        f"L2 penalty {plain(found.l2)}, {count_of(measured.rows, measured.noun)}\n"
        f"{_NAMES[found.matrix]} of the mean loss on these {measured.noun}s, without the penalty"
    )
    rows = _findings(measured)
    width = max(len(title) for title, _ in rows)
    findings = "\n".join(f"{title.ljust(width)}  {words}" for title, words in rows)
    return "\n\n".join([head, _traces(found, network), _ends(found), findings])


def _traces(found: Curvature, network: Network) -> str:
    names = [f"layer {k}: {layer.text()}" for k, layer in enumerate(network.layers, 1)]
    estimates = [*zip(names, found.layers, strict=True), ("all layers", found.trace)]
    exact = [] if found.exact_layers is None else [*found.exact_layers, sum(found.exact_layers)]
    header = ["trace", f"{found.probes} probes", "+/-", *(["exact"] if exact else [])]
    rows = [
        [name, plain(value.mean), plain(value.error, 2), *([plain(exact[k])] if exact else [])]
        for k, (name, value) in enumerate(estimates)
    ]
    return table(header, rows)


def _ends(found: Curvature) -> str:
    ends, known = found.ends, found.is_exact
    header = ["eigenvalue", "largest", *([] if known else ["+/-"]), "smallest", *([] if known else ["+/-"])]
    rows = []
    for k in range(len(ends.largest)):
        high = [plain(float(ends.largest[k])), *([] if known else [plain(float(ends.largest_errors[k]), 2)])]
        low = [plain(float(ends.smallest[k])), *([] if known else [plain(float(ends.smallest_errors[k]), 2)])]
        rows.append([str(k + 1), *high, *low])
    return table(header, rows)


def _findings(measured: Measured) -> list[tuple[str, str]]:
    found = measured.found
    return [
        ("sharpness", _sharpness(found)),
        ("shape", _shape(found, measured.loss)),
        ("gradient", _gradient(found)),
        ("condition", _condition(found)),
        ("effective parameters", _effective(found)),
        (f"{measured.noun}s", _seen(measured)),
    ]


def _sharpness(found: Curvature) -> str:
    sharpest, limit = float(found.ends.largest[0]), found.step_limit
    if limit is None:
        return "no eigenvalue is above 0"
    with_penalty = f"({plain(sharpest)} + {plain(found.l2)})" if found.l2 else plain(sharpest)
    return f"the largest eigenvalue is {plain(sharpest)}: step sizes of gradient descent above 2/{with_penalty} = {plain(limit)} diverge"


def _shape(found: Curvature, loss: str) -> str:
    limit = f"-{plain(found.l2)}, too far for the L2 penalty" if found.l2 and found.shape == "saddle" else "0"
    n, flat = (
        _number(found.n_where(lambda x: x < -found.l2 - found.flatness) if limit != "0" else found.negative, found),
        found.flat.mean,
    )
    of = f"{n} of {found.size} eigenvalues"
    if found.matrix == "gauss-newton":
        if not is_convex(loss):
            return f"loss {loss} is not convex, so that this matrix can have eigenvalues below 0"
        return "this matrix has no eigenvalue below 0, whatever the network: --matrix hessian tells a minimum from a saddle"
    if found.shape == "minimum":
        level = f", level along {_number(found.flat, found)} of {found.size} directions" if flat >= 0.5 else ""
        where = "a minimum" if found.is_stationary else "a valley, but not yet its floor"
        return f"no eigenvalue is below 0: {where}{level}"
    if found.shape == "saddle":
        falls = "a saddle, from which the loss falls" if found.is_stationary else "no valley, the loss curves downwards"
        return f"{of} are below {limit}: {falls} along these directions"
    if found.shape == "held":
        return f"{of} are below 0, none below -{plain(found.l2)}: a saddle of the loss alone, which the L2 penalty on the weights makes up for"
    return (
        "no eigenvalue is above 0: a maximum"
        if found.shape == "maximum"
        else "all eigenvalues are 0: the loss is level here"
    )


def _gradient(found: Curvature) -> str:
    of = "of loss and penalty" if found.l2 else "of the loss"
    start = f"that {of} has the norm {plain(found.slope)}"
    if found.fall is None:
        return f"{start}, and the loss does not curve up along it: this is no stationary point"
    per_cent = 100 * found.fall / found.value if found.value else 0.0
    says = "this is near a stationary point" if found.is_stationary else "training can still lower it"
    by = f"{plain(per_cent, 2)} %" if per_cent < 100 else "all of it, to second order"
    return f"{start}; the best step along it lowers the loss {plain(found.value)} by {by}: {says}"


def _condition(found: Curvature) -> str:
    penalty = " with the L2 penalty" if found.l2 else ""
    if found.condition is None:
        return f"undefined: the smallest eigenvalue is not above 0{penalty}"
    return f"{plain(found.condition)}, the largest over the smallest eigenvalue{penalty}; gradient descent needs about as many steps"


def _effective(found: Curvature) -> str:
    effective = found.effective
    if effective is None:
        return "undefined: there is no L2 penalty to compare eigenvalues with; --l2 X names one"
    error = "" if found.is_exact else f" +/- {_amount(effective.error)}"
    return (
        f"{_amount(effective.mean)}{error} of {found.size}: the sum of x / (x + {plain(found.l2)}) over the eigenvalues x above 0, those "
        "that the data decide and not the penalty"
    )


def _seen(measured: Measured) -> str:
    if measured.n_seen is None:
        return f"which of them trained the network is {NOT_KNOWN}"
    if measured.n_seen == measured.rows:
        return f"all of these {measured.noun}s trained the network"
    n = measured.n_seen or "none"
    return f"{n} of these {measured.rows} {measured.noun}s trained the network, whose weights lie low on the loss of the training rows"


def _amount(value: float) -> str:
    return plain(value) if value < 1000 else f"{value:.0f}"


def _number(value: Estimate, found: Curvature) -> str:
    return f"{'' if found.is_exact else 'about '}{value.mean:.0f}"


def curvature_document(measured: Measured) -> dict[str, Any]:
    """The same as JSON values."""
    found, network, exact = measured.found, measured.network, measured.found.exact_layers
    layers = [
        {"layer": layer.text(), **_trace(value, None if exact is None else exact[k])}
        for k, (layer, value) in enumerate(zip(network.layers, found.layers, strict=True))
    ]
    ends = found.ends
    return {
        "command": "curvature",
        "network": printable(measured.path),
        "matrix": found.matrix,
        "loss": measured.loss,
        "l2": found.l2,
        "rows": measured.rows,
        "rows_seen": measured.n_seen,
        "parameters": found.size,
        "probes": found.probes,
        "trace": _trace(found.trace, None if exact is None else sum(exact)),
        "layers": layers,
        "is_exact": found.is_exact,
        "largest": _values(ends.largest, ends.largest_errors),
        "smallest": _values(ends.smallest, ends.smallest_errors),
        "negative": _estimate(found.negative),
        "zero": _estimate(found.flat),
        "step_limit": found.step_limit,
        "shape": found.shape if found.matrix == "hessian" else None,
        "condition": found.condition,
        "effective_parameters": None if found.effective is None else _estimate(found.effective),
        "value": found.value,
        "gradient": found.slope,
        "fall": found.fall,
        "is_stationary": found.is_stationary,
    }


def _trace(value: Estimate, exact: float | None) -> dict[str, Any]:
    return {**_estimate(value), "exact": exact}


def _estimate(value: Estimate) -> dict[str, float]:
    return {"mean": value.mean, "error": value.error}


def _values(values: Array, errors: Array) -> list[dict[str, float]]:
    return [{"value": float(value), "error": float(error)} for value, error in zip(values, errors, strict=True)]
