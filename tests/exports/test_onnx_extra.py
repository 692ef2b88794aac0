"""Without the package onnx, the export says what to install; without onnxruntime the proof does."""

from __future__ import annotations

import sys

import pytest

from anncli.errors import UsageError
from anncli.formats.exports.registry import export_format, export_name_of


def test_without_onnx_the_export_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    for name in [name for name in sys.modules if name.startswith("anncli.formats.exports.onnx")]:
        monkeypatch.delitem(sys.modules, name)
    export_format.cache_clear()
    with pytest.raises(UsageError) as caught:
        export_format("onnx")
    assert str(caught.value) == "the export format onnx needs onnx; install it: pip install 'anncli[onnx]'"
    export_format.cache_clear()


def test_the_ending_means_the_format():
    assert export_name_of("nets/cancer.ONNX") == "onnx"
