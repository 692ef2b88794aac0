"""docs/: every shell command that a guide shows runs as it stands, in a copy of the repository's data.

In docs/examples/ every block of commands is followed by what it prints, where the guide shows that: the text between it and the
next block of commands has one plain block of code. Marks of an example, each a comment in a line of its own:

    <!-- test: quick -->      anywhere: it takes less than 2 s of CPU, so it is run by default and not only with `-m slow`
    <!-- output: words -->    before a block of output: its numbers may differ, such as those of a training, its words may not
    <!-- output: none -->     before a plain block of code that is no output

A line `...` of an output stands for any number of lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from ann_process import ROOT, clean_environment

from anncli.cli.names import COMMANDS
from anncli.compiled import native_module

GUIDES = sorted(ROOT.glob("docs/**/*.md"))
EXAMPLES = sorted(ROOT.glob("docs/examples/*.md"))
# Its commands need programs that start others, and have a test of their own: test_cluster_guide.py.
CLUSTER = ROOT / "docs/cluster.md"
FIGURES = sorted(ROOT.glob("benchmarks/*.md"))
QUICK, OUTPUT = "<!-- test: quick -->", re.compile(r"(?:<!-- output: (\w+) -->\n+)?```\n(.*?)```", re.DOTALL)


def shell_blocks(text: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with configs/, data/ and an `ann` that is this one."""
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/ann"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m anncli \"$@\"\n")
    program.chmod(0o755)
    return tmp_path


def run_script(folder: Path, script: str) -> str:
    """What the commands print to stdout."""
    if "--reproducible" in script and native_module() is None:
        pytest.skip("needs the compiled kernels")
    if "--device torch-cpu" in script and find_spec("torch") is None:
        pytest.skip("needs torch")
    if "\ncc " in script and shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-euo", "pipefail", "-c", script]
    environment = clean_environment(PATH=path)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def with_commands(guides: list[Path]) -> list[Path]:
    return [guide for guide in guides if shell_blocks(guide.read_text("utf-8"))]


@pytest.mark.slow
@pytest.mark.parametrize(
    "guide",
    with_commands([g for g in GUIDES if g not in (*EXAMPLES, CLUSTER)]),
    ids=lambda g: g.relative_to(ROOT).as_posix(),
)
def test_the_commands_of_a_guide_run(folder: Path, guide: Path) -> None:
    run_script(folder, "\n".join(shell_blocks(guide.read_text("utf-8"))))


def examples() -> list[Any]:
    return [
        pytest.param(guide, marks=() if QUICK in guide.read_text("utf-8") else pytest.mark.slow, id=guide.stem)
        for guide in with_commands(EXAMPLES)
    ]


def shown_outputs(text: str) -> list[tuple[str, str, str | None]]:
    """Of each block of commands: the commands, how its output is compared, and the output that the guide shows, if any."""
    found = []
    for piece in re.split(r"^(?=```sh\n)", text, flags=re.MULTILINE)[1:]:
        script, _, rest = piece.removeprefix("```sh\n").partition("```\n")
        outputs = [(how or "exact", shown) for how, shown in OUTPUT.findall(rest) if how != "none"]
        assert len(outputs) <= 1, f"two outputs follow {script!r}; mark what is none"
        found.append((script, *(outputs[0] if outputs else ("none", None))))
    return found


def as_pattern(shown: str, how: str) -> str:
    """An expression that fits the outputs which agree with the one shown."""
    assert how in ("exact", "words"), f"unknown mark `output: {how}`"
    number = r"\s*-?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
    lines = []
    for line in shown.rstrip("\n").splitlines():
        parts = [re.escape(part) for part in (re.split(number, line.rstrip()) if how == "words" else [line.rstrip()])]
        lines.append("(?:.*\n)*?" if line.strip() == "..." else number.join(parts) + "[ ]*\n")
    return "".join(lines)


@pytest.mark.parametrize("guide", examples())
def test_an_example_prints_what_it_shows(folder: Path, guide: Path) -> None:
    for script, how, shown in shown_outputs(guide.read_text("utf-8")):
        printed = run_script(folder, script).rstrip("\n") + "\n"
        if shown is not None and not re.fullmatch(as_pattern(shown, how), printed):
            assert shown == printed, f"{script}prints something else"  # shows the lines that differ


def test_what_is_shown_is_compared() -> None:
    text = "```sh\nann a\n```\nIt prints\n```\nloss 0.5  at 3\n\n...\nend\n```\n```sh\nann b\n```\n<!-- output: none -->\n```\nx\n```\n"
    (script, how, shown), second = shown_outputs(text)
    assert (script, how, shown) == ("ann a\n", "exact", "loss 0.5  at 3\n\n...\nend\n")
    assert second == ("ann b\n", "none", None)
    exact, words = as_pattern(shown, "exact"), as_pattern(shown, "words")
    for good in ("loss 0.5  at 3\n\nend\n", "loss 0.5  at 3\n\none\ntwo\nend\n"):
        assert re.fullmatch(exact, good)
    for other in ("loss 0.5  at 4\n\nend\n", "loss 12e-3  at   14\n\nend\n"):
        assert not re.fullmatch(exact, other)
        assert re.fullmatch(words, other)
    for bad in ("loss 0.5 at 3\n", "lose 0.5  at 3\n\nend\n", "loss 0.5  at 3\n\nend\nmore\n"):
        assert not re.fullmatch(words, bad)


def test_every_example_is_listed() -> None:
    listed = (ROOT / "docs/examples/README.md").read_text("utf-8")
    assert [g.name for g in EXAMPLES if g.name != "README.md" and f"]({g.name})" not in listed] == []


def test_every_guide_is_reached_from_the_readme() -> None:
    readme = ROOT / "README.md"
    reached, ahead = {readme}, [readme]
    while ahead:
        guide = ahead.pop()
        found = {(guide.parent / link).resolve() for link, _ in links_of(guide) if link.endswith(".md")}
        ahead += sorted(found - reached)
        reached |= found
    assert sorted(set(GUIDES) - reached) == []


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"`ann {name}" not in text] == []


def links_of(guide: Path) -> list[tuple[str, str]]:
    """File and heading of each link within the repository; what stands in a block of code is no link."""
    text = re.sub(r"^```.*?^```", "", guide.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [link for link in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", text) if "://" not in link[0]]


def headings_of(guide: Path) -> set[str]:
    """As GitHub turns them into anchors."""
    text = re.sub(r"^```.*?^```", "", guide.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "guide", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *GUIDES, *FIGURES], ids=lambda g: g.name
)
def test_the_links_of_a_guide_lead_somewhere(guide: Path) -> None:
    missing = []
    for link, heading in links_of(guide):
        target = guide.parent / link if link else guide
        if not target.exists() or (heading and target.suffix == ".md" and heading not in headings_of(target)):
            missing.append(f"{link}#{heading}")
    assert missing == []
