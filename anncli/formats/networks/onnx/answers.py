"""The network that the outputs of an ONNX graph belong to, and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from anncli.errors import listed, quoted
from anncli.formats.files.textfile import Path
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.onnx.values import Flags, Flow, Label, Pair, Scores, Unread, UnreadError
from anncli.network.network import Network


def build(outputs: Mapping[str, Any], inputs: Sequence[str], path: Path) -> Network:
    """The network of the one output of numbers; labels beside it name the classes."""
    numbers = {name: value for name, value in outputs.items() if isinstance(value, Flow | Pair | Scores)}
    labels = [value for value in outputs.values() if isinstance(value, Label | Flags)]
    unread = {name: value for name, value in outputs.items() if isinstance(value, Unread)}
    different = {_key(_scores(value)): name for name, value in numbers.items()}
    if len(different) > 1:
        raise UnreadError(f"has several outputs of numbers: {listed(list(different.values()))}", "keep one of them")
    chosen = next(iter([*numbers.values(), *labels]), None)
    if chosen is None:
        fault = next(
            iter(unread.values()), Unread("has no output that depends on its inputs", "restore it from a copy")
        )
        raise UnreadError(*fault)
    scores = _scores(chosen)
    flow = scores.flow if isinstance(scores, Pair) else scores
    stem = flow.settled()
    chain = Chain(stem.n_inputs, "onnx", path)
    # What overflows is refused at the end.
    with np.errstate(all="ignore"):
        for tell in stem.steps():
            tell(chain)
    for name, fault in unread.items():
        chain.remark(f"the output {quoted(name)} is not read: {fault.message}")
    if left := [name for name in inputs if name not in stem.inputs]:
        raise UnreadError(f"the inputs {listed(left)} do not reach the layers", "export the model without them")
    columns = stem.inputs if len(stem.inputs) == stem.n_inputs > 1 else ()
    network = chain.network(columns=columns)
    _answers(network, scores, [chosen, *labels])
    return network


def _scores(value: Any) -> Flow | Pair:
    scores: Flow | Pair = value.scores if isinstance(value, Scores | Label | Flags) else value
    return scores


def _key(scores: Flow | Pair) -> tuple[Any, ...]:
    """Equal for the same scores, whatever shape they have."""
    flow = scores.flow if isinstance(scores, Pair) else scores
    factors = [part.tobytes() if hasattr(part, "tobytes") else part for part in (flow.factor, flow.shift)]
    return id(flow.stem), id(flow.curve), *factors, isinstance(scores, Pair)


def _answers(network: Network, scores: Flow | Pair, told: Sequence[Any]) -> None:
    """Set what the outputs stand for: classes where something decides, labels where flags do, else by the activation."""
    words = next((value.words for value in told if isinstance(value, Scores | Label) and value.words), ())
    flags = next((value for value in told if isinstance(value, Flags)), None)
    decides = isinstance(scores, Pair) or any(not isinstance(value, Flow) for value in told)
    if flags is not None and network.n_outputs > 1:
        network.task, network.threshold = "multi-label", flags.threshold
        return
    if isinstance(scores, Pair) and scores.is_second:
        words = words[::-1]
    if words and (len(words) != max(2, network.n_outputs) or len(set(words)) != len(words)):
        raise UnreadError(f"names {len(words)} classes, and the scores are of {max(2, network.n_outputs)}")
    set_answers(network, words, "classification" if decides else None)
    if flags is not None:
        network.threshold = flags.threshold
