"""Numbers as text: the shortest decimals of every float32, the same from the compiled function and its twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.compiled import decimals, native_module

PARTS = [
    "numpy",
    pytest.param("native", marks=pytest.mark.skipif(native_module() is None, reason="no compiled kernels")),
]


@pytest.fixture(params=PARTS)
def twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of writing, one after the other."""
    if request.param == "numpy":
        monkeypatch.setattr(decimals, "native_module", lambda: None)
    return str(request.param)


def lines(values: Any) -> list[str]:
    return decimals.format_rows(np.array(values, dtype=np.float32).reshape(-1, 1), "", "", ("\n",)).splitlines()


def native_lines(values: Any) -> list[str]:
    native = native_module()
    if native is None:
        pytest.skip("no compiled kernels")
    text: str = native.format_rows(values.reshape(-1, 1), "", "", ("\n",), None, decimals.shortest)
    return text.splitlines()


WRITTEN = {
    0.0: "0.0", 1.0: "1.0", -2.5: "-2.5", 0.1: "0.1", 1 / 3: "0.33333334", 0.9999999: "0.9999999",
    1e-4: "0.0001", 9.9999e-5: "9.9999e-05", 1e-45: "1e-45", 1.1754944e-38: "1.1754944e-38", 3.4028235e38: "3.4028235e+38",
    16777216: "16777216.0", 33554432: "33554432.0", 1e15: "1000000000000000.0", 1e16: "1e+16", 99999.99: "99999.99",
    123456789: "123456790.0", 2.0**-20: "9.536743e-07", 2.0**-10: "0.0009765625", 9.999999e9: "9999999000.0",
    float("nan"): "nan", float("inf"): "inf", float("-inf"): "-inf",
}  # fmt: skip


def test_known_numbers(twin: str) -> None:
    assert lines(list(WRITTEN)) == list(WRITTEN.values())
    assert lines([-0.0, 0.0]) == ["-0.0", "0.0"]
    assert [decimals.shortest(value) for value in WRITTEN] == list(WRITTEN.values())


def awkward_numbers() -> dict[str, Any]:
    rng = np.random.default_rng(7)
    powers = (2.0 ** np.arange(-149, 128)).astype(np.float32)
    tens = np.array([float(f"{k}e{e}") for k in (1, 2, 5, 9, 15, 125) for e in range(-44, 36)], dtype=np.float32)
    around = np.concatenate([powers, tens])
    return {
        "any bits": rng.integers(0, 2**32, 100_000, dtype=np.uint64).astype(np.uint32).view(np.float32),
        "scores": rng.random(100_000, dtype=np.float32),
        "denormal": rng.integers(1, 2**23, 5_000, dtype=np.uint32).view(np.float32),
        "whole": rng.integers(-(2**31), 2**31, 30_000).astype(np.float32),
        "few digits": np.round(rng.random(30_000), 3).astype(np.float32),
        "around": np.concatenate(
            [around, -around, np.nextafter(around, np.float32(np.inf)), np.nextafter(around, np.float32(0))]
        ),
    }


@pytest.mark.parametrize("kind", list(awkward_numbers()))
def test_compiled_text_is_that_of_the_twin(kind: str) -> None:
    values = awkward_numbers()[kind]
    wanted = decimals.format_rows_numpy(values.reshape(-1, 1), "", "", ("\n",), None).splitlines()
    written = native_lines(values)
    assert len(written) == len(values)
    assert [(a, b) for a, b in zip(written, wanted, strict=True) if a != b] == []


def test_text_reads_back_and_none_is_shorter(twin: str) -> None:
    values = np.concatenate([part[:2000] for part in awkward_numbers().values()])
    values = values[np.isfinite(values) & (values != 0)]
    for value, text in zip(values.tolist(), lines(values), strict=True):
        assert np.float32(float(text)) == np.float32(value)
        digits = len(text.lower().split("e")[0].strip("-").replace(".", "").strip("0"))
        if digits > 1:
            with np.errstate(over="ignore"):
                assert np.float32(float(f"{value:.{digits - 2}e}")) != np.float32(value), text


def test_rows_have_head_separator_and_their_tail(twin: str) -> None:
    values = np.array([[0.25, 1], [2, 0.5]], dtype=np.float32)
    assert decimals.format_rows(values, "<", ", ", (">\n", " é\n"), np.array([1, 0])) == "<0.25, 1.0 é\n<2.0, 0.5>\n"
    assert decimals.format_rows(values[:, :1], "", "\t", ("\n",)) == "0.25\n2.0\n"
    assert decimals.format_rows(values[:0], "<", ",", ("\n",)) == ""
    assert decimals.format_rows(values[::-1], "", ",", ("\n",)) == "2.0,0.5\n0.25,1.0\n"


def test_a_long_table_keeps_every_row(twin: str) -> None:
    values = np.arange(30_000, dtype=np.float32).reshape(-1, 3)
    text = decimals.format_rows(values, "", " ", ("\n",))
    assert text == "".join(f"{k}.0 {k + 1}.0 {k + 2}.0\n" for k in range(0, 30_000, 3))


def test_wrong_arguments_are_refused() -> None:
    native = native_module()
    if native is None:
        pytest.skip("no compiled kernels")
    values = np.zeros((2, 1), dtype=np.float32)
    for chosen in (np.array([0, 1]), np.array([0, -1])):
        with pytest.raises(IndexError, match="there is no tail"):
            native.format_rows(values, "", "", ("\n",), chosen, decimals.shortest)
    with pytest.raises(ValueError, match="chosen has the wrong shape"):
        native.format_rows(values, "", "", ("\n",), np.array([0]), decimals.shortest)
    with pytest.raises(ValueError, match="values has the wrong shape"):
        native.format_rows(values[0], "", "", ("\n",), None, decimals.shortest)
    with pytest.raises(ValueError, match="values has the wrong type"):
        native.format_rows(values.astype(float), "", "", ("\n",), None, decimals.shortest)
    with pytest.raises(TypeError, match="takes values"):
        native.format_rows(values, "", "", ["\n"], None, decimals.shortest)
    with pytest.raises(ZeroDivisionError):
        native.format_rows(values + np.float32("nan"), "", "", ("\n",), None, lambda value: 1 // 0)
