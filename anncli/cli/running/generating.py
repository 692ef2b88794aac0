"""`ann generate` at work: the start of a text, and what the network writes after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from anncli.cli.asking.network_options import require_trained
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_network_remarks
from anncli.errors import DataError, UsageError, ValueFault, asking, listed, printable, quoted
from anncli.formats.data.text_files import read_text_file
from anncli.formats.networks.storage import load
from anncli.inference.generate import Draw, check_generates, generate
from anncli.network.network import Network

_LINE_END = "\n"
# Characters that are written at a time where nobody watches.
_PORTION = 256


def run_generate(values: Values, words: Words) -> None:
    """Write the text, or one JSON document; raises UsageError for a network that predicts no next symbol, and for a start with
    characters that it does not know, DataError for such a start from stdin."""
    path, start = str(words.network), values["start"]
    if path == "-" and start == "-":
        raise UsageError("network and start cannot both come from stdin", advice="name a file for the network")
    network = load(path)
    show_network_remarks(values.console, network)
    try:
        check_generates(network)
    except ValueFault as fault:
        raise UsageError(fault.message, path=path, advice=fault.advice) from None
    require_trained(network, path)
    start = read_text_file("-").text if start == "-" else start
    begin = _beginning(values, network, start)
    draw = Draw(values["temperature"], values["seed"])
    with asking("--start"):
        written = generate(network, begin, values["length"], draw)
    if values["json"]:
        document = {"start": start or "", "text": "".join(written), "temperature": draw.temperature, "seed": draw.seed}
        print_json({"command": "generate", "network": printable(path), **document})
    else:
        assert network.text is not None
        _write(start or "", written, ends_line=network.text.definition.between != "")


def _beginning(values: Values, network: Network, start: str | None) -> str:
    """What the network reads first: the start, or without one the end of a line."""
    assert network.text is not None
    assert network.vocabulary is not None
    if start is None:
        if _LINE_END in network.vocabulary.symbols:
            return _LINE_END
        raise UsageError(
            "the network knows no line end, with which a text would begin", advice="say how it begins: --start TEXT"
        )
    if any("\udc80" <= symbol <= "\udcff" for symbol in start):
        raise UsageError("--start: is not UTF-8 text", advice="write it as UTF-8")
    if strange := network.vocabulary.strange(start):
        message = f"the network does not know {listed([quoted(symbol) for symbol in strange])}"
        advice = f"begin with {network.text.kind} of the text that trained it; ann info lists them"
        if values["start"] == "-":
            raise DataError(message, path="<stdin>", advice=advice)
        raise UsageError(f"--start: {message}", advice=advice)
    return start


def _write(start: str, written: Iterator[str], ends_line: bool) -> None:
    """UTF-8, as the text files are that a network reads; to a terminal each symbol at once. ends_line: no symbol is a line end."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    is_watched, last, waiting = sys.stdout.isatty(), start[-1:], 0
    sys.stdout.write(start)
    sys.stdout.flush()
    for last in written:
        sys.stdout.write(last)
        waiting += 1
        if is_watched or waiting == _PORTION:
            sys.stdout.flush()
            waiting = 0
    if (is_watched or ends_line) and not last.endswith(_LINE_END):
        sys.stdout.write(_LINE_END)
    sys.stdout.flush()
