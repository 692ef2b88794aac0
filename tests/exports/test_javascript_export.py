"""Networks as JavaScript modules: they compute the same in Node.js, and are safe in any page."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from text_exports import (
    hostile_network,
    random_case,
    small_network,
)

from anncli.formats.exports.base import ExportRequest, ToolMissingError
from anncli.formats.exports.registry import export_format, export_name_of
from anncli.network.network import Network

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")


def text_of(network: Network) -> str:
    return export_format("javascript").render(network, ExportRequest("net"))[""].decode("ascii")


def evaluated(network: Network, folder: Path, script: str) -> object:
    """What the script gives as `result`, as JSON; `net` is the module."""
    (folder / "net.mjs").write_text(text_of(network))
    (folder / "run.mjs").write_text(
        f'import * as net from "./net.mjs";\n{script}\nconsole.log(JSON.stringify(result));\n'
    )
    done = subprocess.run(["node", "run.mjs"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_endings_mean_it() -> None:
    assert (export_name_of("net.js"), export_name_of("a/net.mjs")) == ("javascript", "javascript")


def test_no_name_ends_a_script_or_a_comment() -> None:
    text = text_of(hostile_network())
    assert "</" not in text
    assert "<!--" not in text
    assert text.isascii()


@needs_node
def test_a_module_is_used_by_position_and_by_name(tmp_path: Path) -> None:
    script = """
const result = [
  net.COLUMNS, net.CLASSES, net.OUTPUTS, net.THRESHOLD,
  net.predict([3, 1]), net.predict(new Float32Array([3, 1])), net.predict({ b: 1, other: "x", a: " 3 " }),
  net.predictClass([3, 1]), net.predict([1.75, 1]), net.predictClass([1.75, 1]), net.selfTest(),
];"""
    found = evaluated(small_network(), tmp_path, script)
    # 2 * 3 - 3 * 1 + 0.5; the threshold itself is not above it.
    assert found == [["a", "b"], ["yes", "no"], ["yes"], 1, [3.5], [3.5], [3.5], "yes", [1], "no", 0]


@needs_node
def test_rows_that_cannot_be_are_refused(tmp_path: Path) -> None:
    script = """
const result = [[1], { a: 1 }, [1, null], [1, NaN], [1, ""], ["x", 1], ["0x10", 1], [1e39, 1]].map((row) => {
  try { return net.predict(row); } catch (error) { return `${error.name}: ${error.message}`; }
});"""
    assert evaluated(small_network(), tmp_path, script) == [
        "RangeError: expected 2 values, found 1",
        'RangeError: the row has no column "b"',
        'RangeError: column "b": the value is missing',
        'RangeError: column "b": the value is missing',
        'RangeError: column "b": the value is missing',
        'RangeError: column "a": expected a number of 32 bits, found "x"',
        'RangeError: column "a": expected a number of 32 bits, found "0x10"',
        'RangeError: column "a": expected a number of 32 bits, found "1e+39"',
    ]


@needs_node
def test_a_damaged_module_fails_its_self_test(tmp_path: Path) -> None:
    text = text_of(small_network())
    assert "      2.0, -3.0,\n" in text
    (tmp_path / "net.mjs").write_text(text.replace("      2.0, -3.0,\n", "      2.0, -3.1,\n"))
    (tmp_path / "run.mjs").write_text('import { selfTest } from "./net.mjs"; selfTest();')
    done = subprocess.run(["node", "run.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Error: the outputs differ by 0.0" in done.stderr


@needs_node
def test_a_network_without_decisions_has_no_function_for_them(tmp_path: Path) -> None:
    network = Network.create(1, ["1 linear"], task="regression")
    network.set_parameters([1, 2])
    script = "const result = [Object.keys(net).sort(), net.predict([3])];"
    assert evaluated(network, tmp_path, script) == [["COLUMNS", "OUTPUTS", "predict"], [7]]


def test_without_node_nothing_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    network, rows = random_case(0, 3)
    export, request = export_format("javascript"), ExportRequest()
    with pytest.raises(ToolMissingError, match=r"^node or nodejs is not installed; install Node\.js 14 or newer$"):
        export.run(export.render(network, request), network, request, rows)


@pytest.mark.slow
def test_a_browser_computes_the_same(tmp_path: Path) -> None:
    """A page with the module inside of its own script, hostile names and all."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no browser is installed")
    network = small_network()
    network.classes = ("</script><script>document.title='broken'</script>", "no")
    call = "document.body.textContent = JSON.stringify([predict([3, 1]), predictClass([1.75, 1]), selfTest()]);"
    page = f'<!DOCTYPE html><meta charset="latin1"><title>whole</title><body><script type="module">{text_of(network)}{call}</script>'
    (tmp_path / "page.html").write_text(page)
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--dump-dom", "--virtual-time-budget=5000", (tmp_path / "page.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert '[[3.5],"no",0]' in done.stdout, done.stderr
    assert "<title>whole</title>" in done.stdout
