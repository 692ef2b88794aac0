"""Without the package onnx, the export and the import say what to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from anncli.errors import ExitCode, UsageError
from anncli.formats.exports.registry import export_format, export_name_of
from anncli.formats.networks.storage import load


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


def test_without_onnx_the_import_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError) as caught:
        load(Path(__file__).parents[1] / "data/onnx/torch_view.onnx")
    assert str(caught.value) == "the network format onnx needs onnx; install it: pip install 'anncli[onnx]'"
    assert caught.value.exit_code is ExitCode.USAGE
