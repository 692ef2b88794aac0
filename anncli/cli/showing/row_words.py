"""The computation of one row in formulas with its numbers: sums of products, activations, losses, deltas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# Longer sums are shown as one number.
MOST_TERMS = 6

_ERRORS = {"mse": "({a} - {t})^2", "mae": "|{a} - {t}|"}
_SLOPES = {
    "linear": "1",
    "logistic": "{a}*(1 - {a})",
    "tanh": "1 - {a}^2",
    "softplus": "1 - exp(-{a})",
    "exp": "{a}",
}


def number(value: float) -> str:
    """Six significant digits, without the sign of a zero."""
    return f"{value + 0.0:.6g}"


def factor(value: float) -> str:
    """The number as a factor or behind a minus: a negative one in parentheses."""
    return f"({number(value)})" if value < 0 else number(value)


def signed(text: str, is_first: bool, is_negative: bool) -> str:
    """A term of a sum with its sign: `-x` or `x` if it is the first, otherwise ` - x` or ` + x`."""
    if is_first:
        return f"-{text}" if is_negative else text
    return f" - {text}" if is_negative else f" + {text}"


def sum_of_products(pairs: Iterable[tuple[float, float]], start: float | None = None) -> str:
    """`0.35 + 0.15*0.05 - 0.2*0.1`: the start, then weight*value of each pair."""
    text = "" if start is None else number(start)
    for weight, value in pairs:
        text += signed(f"{number(abs(weight))}*{factor(value)}", not text, weight < 0)
    return text


def z_text(bias: float, pairs: Sequence[tuple[float, float]], most: int = MOST_TERMS) -> str:
    """The pre-activation of a unit, without its value; more than so many products are shown as one number."""
    if len(pairs) <= most:
        return sum_of_products(pairs, bias)
    total = sum(weight * value for weight, value in pairs)
    return number(bias) + signed(f"{number(abs(total))} ({len(pairs)} products)", False, total < 0)


def activation_text(activation: str, z: Sequence[float], unit: int) -> str:
    """The output of a unit, without its value; z: of all units of the layer, which softmax needs."""
    if activation == "linear":
        return "z"
    if activation == "softmax":
        if len(z) > MOST_TERMS:
            return f"exp({number(z[unit])}) / (sum of exp(z) over {len(z)} units)"
        return f"exp({number(z[unit])}) / ({' + '.join(f'exp({number(value)})' for value in z)})"
    return f"{activation}({number(z[unit])})"


def slope_text(activation: str, a: float) -> str:
    """The derivative f'(z) in terms of a = f(z), without its value; '' if it is not a short formula."""
    return _SLOPES.get(activation, "").format(a=factor(a))


def loss_text(loss: str, outputs: Sequence[float], targets: Sequence[float]) -> str:
    """The loss of the row, without its value; '' if it is no short formula."""
    pairs, n = list(zip(outputs, targets, strict=True)), len(outputs)
    if loss in _ERRORS and n <= MOST_TERMS:
        terms = [_ERRORS[loss].format(a=number(a), t=factor(t)) for a, t in pairs]
        return terms[0] if n == 1 else f"({' + '.join(terms)})/{n}"
    if loss == "cross-entropy":
        logs = [(t, f"ln({number(a)})") for a, t in pairs if t]
    elif loss == "binary-cross-entropy":
        logs = [(part, f"ln({text})") for a, t in pairs for part, text in ((t, number(a)), (1 - t, f"1 - {number(a)}")) if part]  # fmt: skip
    else:
        return ""
    if not logs or len(logs) > MOST_TERMS:
        return ""
    return "".join(
        signed(text if part == 1 else f"{number(part)}*{text}", k == 0, True) for k, (part, text) in enumerate(logs)
    )


def output_delta_text(loss: str, activation: str, a: float, slope: float, unit: int, targets: Sequence[float]) -> str:
    """dE/dz of an output unit, without its value; '' if it is no short formula.

    Args: a: its output; slope: f'(z); unit: its number from 0 among the targets.
    """
    plain, n = f"{number(a)} - {factor(targets[unit])}", len(targets)
    if loss == "binary-cross-entropy" or (loss == "cross-entropy" and abs(sum(targets) - 1) < 1e-9):
        return plain
    if loss == "mse" and activation != "softmax":
        text = f"2*({plain})" if n == 1 else f"2/{n}*({plain})"
        return text if activation == "linear" else f"{text}*{number(slope)}"
    return ""


def hidden_delta_text(pairs: Sequence[tuple[float, float]], slope: float, activation: str) -> str:
    """dE/dz of a hidden unit, without its value; pairs: weight and delta of each unit that it feeds."""
    if len(pairs) <= MOST_TERMS:
        text = sum_of_products(pairs)
        text = f"({text})" if len(pairs) > 1 and activation != "linear" else text
    else:
        text = f"{factor(sum(weight * delta for weight, delta in pairs))} ({len(pairs)} products)"
    return text if activation == "linear" else f"{text}*{number(slope)}"


def step_text(value: float, slope: float, learning_rate: float) -> str:
    """A weight after a step of gradient descent, without its value."""
    return f"{number(value)} - {number(learning_rate)}*{factor(slope)}"
