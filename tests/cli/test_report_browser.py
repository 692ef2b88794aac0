"""Reports in headless Chromium: every figure is seen, nothing is fetched, nothing is wider than the window.

Chromium is no package of Python: `apt install chromium`. Where there is none, these tests are skipped by name.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from ann_process import ROOT, clean_environment
from browser import PROGRAM, Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]

CLASS_FIGURES = {"roc", "pr", "calibration", "confusion", "scores"}
ALWAYS = {"loss", "importance", "surface", "weights"}


def _table(header: str, rows: Iterator[str]) -> str:
    return header + "\n" + "\n".join(rows) + "\n"


def _moons(rng: np.random.Generator) -> str:
    angle, kind = rng.uniform(0, np.pi, 200), rng.integers(0, 2, 200)
    x = np.where(kind == 0, np.cos(angle), 1 - np.cos(angle)) + 0.15 * rng.normal(size=200)
    y = np.where(kind == 0, np.sin(angle), 0.5 - np.sin(angle)) + 0.15 * rng.normal(size=200)
    return _table("u,v,class", (f"{a:.4f},{b:.4f},{['sun', 'moon'][k]}" for a, b, k in zip(x, y, kind, strict=True)))


def _many(rng: np.random.Generator) -> str:
    centres, kind = rng.normal(size=(20, 6)), rng.integers(0, 20, 600)
    values = centres[kind] + 0.5 * rng.normal(size=(600, 6))
    names = [f"a rather long name of species {k + 1}" for k in range(20)]
    header = ",".join([f"a_long_name_of_a_column_{k}" for k in range(6)]) + ",class"
    return _table(
        header, (",".join([*(f"{v:.3f}" for v in row), names[k]]) for row, k in zip(values, kind, strict=True))
    )


def _numbers(rng: np.random.Generator) -> str:
    x = rng.normal(size=(200, 3))
    price = 1e6 * (x[:, 0] ** 2 - x[:, 1]) + 1e5 * rng.normal(size=200)
    return _table("a,b,c,price", (f"{a:.4f},{b:.4f},{c:.4f},{p:.1f}" for (a, b, c), p in zip(x, price, strict=True)))


def _rare(rng: np.random.Generator) -> str:
    x = rng.normal(size=(600, 4))
    fault = x[:, 0] + 0.5 * rng.normal(size=600) > 2.2
    return _table("a,b,c,d,fault", (",".join([*(f"{v:.3f}" for v in row), "yes" if f else "no"]) for row, f in zip(x, fault, strict=True)))  # fmt: skip


RUNS = {
    "two": (None, "diagnosis", CLASS_FIGURES | ALWAYS),
    "many": (_many, "class", CLASS_FIGURES | ALWAYS),
    "numbers": (_numbers, "price", {"predicted", "residuals"} | ALWAYS),
    "moons": (_moons, "class", CLASS_FIGURES | ALWAYS | {"boundary"}),
    "rare": (_rare, "fault", CLASS_FIGURES | ALWAYS),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of all runs."""
    made = tmp_path_factory.mktemp("reports")
    for name, (data, label, _) in RUNS.items():
        text = data(np.random.default_rng(1)) if data else (ROOT / "data/cancer.csv").read_text()
        (made / f"{name}.csv").write_text(text)
        for words in (
            ["train", f"{name}.csv", "20", "--label", label, "--test", "0.2"],
            ["report", f"{name}.nn", f"{name}.csv"],
        ):
            command = [sys.executable, "-m", "anncli", *words, "-q"]
            subprocess.run(command, cwd=made, env=clean_environment(), check=True, timeout=120)
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("name", RUNS)
def test_report_in_a_browser(folder: Path, browser: Browser, tmp_path: Path, name: str) -> None:
    path = folder / f"{name}-report.html"
    assert path.stat().st_size < 400_000
    browser.problems.clear()
    browser.requests.clear()
    grounds = {}
    for width in (360, 1400):
        for dark in (False, True):
            browser.load(path, width, dark=dark)
            assert browser.value("innerWidth") == width
            assert browser.value("document.documentElement.scrollWidth") <= width
            # Nothing sticks out on either side, apart from what a table scrolls.
            outside = "[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && !e.closest('svg') && e.getBoundingClientRect().right > innerWidth).length"  # fmt: skip
            assert browser.value(outside) == 0
            shown = browser.value("[...document.querySelectorAll('figure svg')].map(e => [e.querySelector('title').id, e.getBoundingClientRect().width, e.getBoundingClientRect().height])")  # fmt: skip
            assert {re.sub(r"-\d+-title", "", entry[0]) for entry in shown} == RUNS[name][2]
            assert all(entry[1] >= 300 and entry[2] >= 60 for entry in shown)
            # No text is cut off by the edge of its drawing.
            cut = "[...document.querySelectorAll('figure svg text')].filter(e => {const t = e.getBoundingClientRect(), s = e.closest('svg').getBoundingClientRect(); return t.left < s.left - 1 || t.right > s.right + 1 || t.top < s.top - 1 || t.bottom > s.bottom + 1}).map(e => e.textContent)"  # fmt: skip
            assert browser.value(cut) == []
            grounds[dark] = browser.value("getComputedStyle(document.body).backgroundColor")
    assert grounds[False] == "rgb(255, 255, 255)"
    assert grounds[True] == "rgb(22, 24, 29)"
    assert browser.problems == []
    assert set(browser.requests) == {path.resolve().as_uri()}
    browser.print(tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_every_text_can_be_read_on_its_ground(folder: Path, browser: Browser) -> None:
    luminance = "c => {const p = c.map(v => {v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4}); return .2126 * p[0] + .7152 * p[1] + .0722 * p[2]}"  # fmt: skip
    contrast = f"""(() => {{
        const light = {luminance}, parse = s => s.match(/[\\d.]+/g).slice(0, 3).map(Number);
        const ground = light(parse(getComputedStyle(document.body).backgroundColor));
        return [...document.querySelectorAll('h1,h2,h3,p,td,th,a,figcaption,summary,caption,text')].map(e => {{
            const style = getComputedStyle(e), own = light(parse(e.tagName == 'text' ? style.fill : style.color));
            return (Math.max(own, ground) + .05) / (Math.min(own, ground) + .05)}}).reduce((a, b) => Math.min(a, b))}})()"""
    for dark in (False, True):
        browser.load(folder / "two-report.html", 1400, dark=dark)
        # WCAG 2.1, 1.4.3.
        assert browser.value(contrast) >= 4.5
