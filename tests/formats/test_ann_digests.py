"""`row_digests` of a network file: read back as written, covered by the checksum, faults with their place."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.network.network import Network
from anncli.network.row_digests import RowDigests

ROOT = Path(__file__).parents[2]


def network(n: int) -> Network:
    digests = np.random.default_rng(0).integers(0, 1 << 64, n, dtype=np.uint64)
    made = Network.create(2, [(1, "logistic")], parameters=np.ones(3, np.float32))
    made.row_digests = RowDigests().including(digests)
    return made


@pytest.mark.parametrize("n", [0, 1, 300, 20_000, 25_000])
def test_what_is_written_is_read_back(n: int) -> None:
    written = network(n)
    assert written.row_digests is not None
    written.row_digests = written.row_digests.including(np.arange(5, dtype=np.uint64))
    text = render_network(written)
    read = parse_network(text, "x.nn").row_digests
    assert read is not None
    assert read.n_rows == n + 5
    assert (read.exact == written.row_digests.exact).all()
    assert read.exact.dtype == np.uint64
    assert len(read.filters) == len(written.row_digests.filters) == (n > 20_000 - 5)
    assert all((ours == theirs).all() for ours, theirs in zip(read.filters, written.row_digests.filters, strict=True))
    assert max(map(len, text.splitlines())) <= 110


def test_digests_are_base64_lowest_byte_first() -> None:
    made = network(0)
    made.row_digests = RowDigests().including(np.array([1, 256], np.uint64))
    block = base64.b64encode(bytes([1, *[0] * 7, 0, 1, *[0] * 6])).decode()
    assert f"  row_digests:\n    rows: 2\n    sorted: |\n      {block}\n  checksum: " in render_network(made)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("rows: 300", "rows: many"), "x.nn:14:11: `rows` must be a number of rows, found 'many'"),
        (("sorted: |\n      ", "sorted: |\n      *"), "x.nn:15:13: must be a block of base64"),
        (("sorted: |\n      ", "sorted: |\n      AAAA"), "x.nn:15:13: `sorted` holds no whole number of digests"),
        (("sorted: |", "filters: |"), "x.nn:15:14: `filters` must be a list of blocks"),
        (("sorted:", "sotred:"), "x.nn:15:5: unknown key 'sotred'"),
        (("rows: 300", "rows: 301"), "x.nn: the checksum does not fit"),
    ],
)
def test_faults(change: tuple[str, str], message: str) -> None:
    text = render_network(network(300))
    assert change[0] in text
    with pytest.raises(NetworkError) as caught:
        parse_network(text.replace(*change, 1), "x.nn")
    assert re.sub(r":\d+:\d+:", ":", str(caught.value)).startswith(re.sub(r":\d+:\d+:", ":", message))


def test_files_of_before_have_no_digests() -> None:
    for path in sorted((ROOT / "tests/golden/networks").glob("*.nn")):
        text = path.read_text(encoding="utf-8")
        if text.lstrip("\ufeff").split("\n")[0][:1].isdigit():
            continue
        assert parse_network(text, path).row_digests is None
