"""`ann help`: topics from the tables, and man pages; docs say the same as the tables."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ann_process import ROOT, Ann

from anncli.cli.man_pages import man_pages
from anncli.cli.names import COMMANDS
from anncli.cli.topics.names import TOPIC_NAMES
from anncli.cli.topics.texts import topic_text
from anncli.errors import EXIT_MEANINGS
from anncli.network.names import ACTIVATION_NAMES, LOSS_NAMES
from anncli.options.elsewhere import MATLAB, OTHERS, advice_elsewhere
from anncli.options.table import ALIASES, OPTIONS, canonical_option, option_names, options_of
from anncli.options.wording import long_name, spelling
from anncli.training.names import TRAINER_NAMES


def test_help_lists_commands_and_topics(ann: Ann) -> None:
    text = ann("help").stdout
    assert text.startswith(ann("-h").stdout)
    for name, info in TOPIC_NAMES.items():
        assert re.search(rf"^  {name} +{re.escape(info.summary)}$", text, re.MULTILINE)


@pytest.mark.parametrize("command", ["train", "help", "t"])
def test_help_of_a_command_is_its_help(ann: Ann, command: str) -> None:
    assert ann("help", command.upper()).stdout == ann(command, "-h").stdout


@pytest.mark.parametrize("topic", TOPIC_NAMES)
def test_a_topic_is_short_and_names_its_guide(topic: str) -> None:
    info = TOPIC_NAMES[topic]
    text = topic_text(topic)
    assert text.startswith(f"{topic}: {info.summary}\n\n")
    assert text.endswith(f"\n\nMore: docs/{info.guide}\n")
    assert (ROOT / "docs" / info.guide).exists()
    assert len(text.splitlines()) < 100
    if topic != "trainers":
        assert [line for line in text.splitlines() if len(line) > 80] == []


def test_topics_name_everything_in_their_tables(ann: Ann) -> None:
    for topic, names in (("activations", ACTIVATION_NAMES), ("losses", LOSS_NAMES), ("trainers", TRAINER_NAMES)):
        text = topic_text(topic)
        for name in names:
            assert re.search(rf"^ *{re.escape(name)}(?![\w+-])", text, re.MULTILINE), name
    assert ann("help", "Losses").stdout == topic_text("losses")
    # A command too, whose -h names no trainer.
    assert ann("help", "trainers").stdout == topic_text("trainers")


def test_no_command_explains_the_options_of_others(ann: Ann) -> None:
    """What --output and --to do elsewhere would fill half a page."""
    pages = {name: text for name, text in man_pages().items() if name not in ("ann-search.1", "ann.1")}
    pages["help"] = ann("info", "--help-all").stdout
    for name, page in pages.items():
        text = " ".join(page.split())
        assert "in search the network" not in text, name
        assert "in export" not in text, name
    assert "Format of the table of --weights: sqlite, " in " ".join(pages["help"].split())


def test_unknown_topics(ann: Ann) -> None:
    assert ann("help", "activaton", check=2).stderr == (
        "ann: no command and no topic 'activaton'; did you mean 'activations'?\n"
    )
    assert ann("help", "exprot", check=2).stderr == "ann: no command and no topic 'exprot'; did you mean 'export'?\n"
    assert ann("help", "zebra", check=2).stderr == (
        "ann: no command and no topic 'zebra'; ann help lists all of them\n"
    )
    assert ann("help", "train", "test", check=2).stderr.startswith("ann: Got unexpected extra argument (test)")


def test_the_guide_to_exit_codes_has_the_words_of_the_table() -> None:
    text = (ROOT / "docs/exit-codes.md").read_text("utf-8")
    for code, meaning in EXIT_MEANINGS.items():
        assert f"| {int(code)} | {meaning} |" in text


def test_the_guide_for_matlab_has_every_name() -> None:
    text = (ROOT / "docs/matlab.md").read_text("utf-8")
    words = set(re.findall(r"\w+", text))
    assert set(MATLAB) - words == set()


def test_what_is_to_be_written_in_place_of_other_names_exists() -> None:
    train = {long_name(name) for name in options_of("train")} | {"-v"}
    for name, ours in {**MATLAB, **OTHERS}.items():
        assert set(re.findall(r"--?[a-z][a-z0-9-]*", ours)) <= train, name
        assert canonical_option(name) not in OPTIONS, f"{name} is an option here"
        for option in re.findall(r"--option (\w+)=", ours):
            assert option in option_names() or option == "NAME"
        assert advice_elsewhere(name) == f"write {ours}"


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("--max_fail", "write --patience"),
        ("--divideParam", "write --validation and --test"),
        ("--performFcn", "write --loss"),
        ("--min-grad", "write --option min_gradient=X"),
        ("--hidden_layer_sizes", "write --hidden"),
        ("--vlidation", "did you mean '--validation'?"),
        ("--satlin", "try 'ann train --help'"),
    ],
)
def test_names_of_other_programs_are_answered(ann: Ann, typed: str, advice: str) -> None:
    shown = typed.replace("_", "-")
    assert ann("train", "a.csv", typed, "6", check=2).stderr == f"ann: no such option '{shown}'; {advice}\n"


def test_they_are_answered_in_files_too(small: Path, ann: Ann) -> None:
    (small / "c.yaml").write_text("max_fail: 6\n")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", "--config", "c.yaml", check=2)
    assert done.stderr == "ann: c.yaml:1:1: unknown option 'max_fail'; write --patience\n"
    (small / "net.nn").write_text((small / "net.nn").read_text() + "training: {performFcn: mse}\n")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", check=4)
    assert done.stderr == "ann: net.nn:5:12: unknown training option 'performFcn'; write --loss\n"
    done = ann("train", "net.nn", "pos.txt", "neg.txt", "--option", "mu_dec=1", check=2)
    assert done.stderr == "ann: --option mu_dec: unknown option; write --option decrease=X\n"


def test_an_alias_stands_in_the_help_of_all_options_once(ann: Ann) -> None:
    text = " ".join(ann("train", "--help-all").stdout.split())
    for alias in ("lr", "batch", "optimizer"):
        assert len(re.findall(rf"--{alias}\b(?!-)", text)) == 1
        assert f"(also {long_name(alias)})" in text
    assert "--lr" not in ann("train", "-h").stdout
    assert {"lr", "batch", "optimizer"} <= ALIASES.keys()


def test_aliases_stand_in_no_guide_but_the_tables_of_options() -> None:
    guides = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    table = (ROOT / "docs/shell.md").read_text("utf-8")
    for alias, name in ALIASES.items():
        assert f"| `{long_name(alias)}` | `{long_name(name)}` |" in table
        for guide in guides:
            if guide.name not in ("options.md", "shell.md"):
                found = re.search(rf"{long_name(alias)}(?![\w-])", guide.read_text("utf-8"))
                assert found is None, f"{guide.name}: {long_name(alias)}"


def test_a_man_page_has_every_option_of_its_command() -> None:
    pages = man_pages()
    assert set(pages) == {"ann.1", *(f"ann-{name}.1" for name in COMMANDS)}
    for command in COMMANDS:
        plain = pages[f"ann-{command}.1"].replace("\\-", "-").replace("\\(dq", '"').replace("\\(aq", "'")
        for name, info in options_of(command).items():
            assert f"\n.B {spelling(name, info)}\n" in plain, (command, name)
        assert f"\nann {command}" in plain or f"\nann-{command}" in plain
    for command, info in COMMANDS.items():
        assert f".BR ann\\-{command} (1)\n{info.summary[:20].replace('-', chr(92) + '-')[:10]}" in pages["ann.1"]


def test_man_pages_are_made_without_other_packages() -> None:
    """While a wheel is built there is neither click nor numpy."""
    code = "import sys; from anncli.cli.man_pages import man_pages; man_pages(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert not {"click", "numpy", "yaml"} & set(done.stdout.split())


def test_man_pages_are_the_same_each_time() -> None:
    assert man_pages() == man_pages()
    assert all(text.isascii() or "ü" in text for text in man_pages().values())


def test_help_writes_them(tmp_path: Path, ann: Ann) -> None:
    done = ann("help", "--man", "share/man1")
    assert done.stderr == f"ann: {len(COMMANDS) + 1} man pages written to share/man1\n"
    for name, text in man_pages().items():
        assert (tmp_path / "share/man1" / name).read_text("utf-8") == text
    (tmp_path / "file").write_text("")
    for name in ("file", ""):
        assert ann("help", "--man", name, check=2).stderr == f"ann: --man: '{name}' is no folder; name a folder\n"
    assert ann("help", "train", "--man", "x", check=2).stderr == (
        "ann: --man writes all pages; 'train' is one too many; leave it out\n"
    )


@pytest.mark.slow
def test_man_pages_have_no_fault_that_mandoc_finds(tmp_path: Path) -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    for name, text in man_pages().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["mandoc", "-T", "lint", *man_pages()], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("page", ["ann.1", "ann-train.1", "ann-plot.1"])
def test_man_shows_a_page_without_warnings(tmp_path: Path, page: str) -> None:
    if shutil.which("man") is None or (shutil.which("groff") is None and shutil.which("nroff") is None):
        pytest.skip("man is not installed")
    (tmp_path / page).write_text(man_pages()[page], encoding="utf-8")
    done = subprocess.run(
        ["man", "--warnings", "-E", "ascii", "-l", page], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    assert "NAME" in done.stdout
    if page == "ann-train.1":
        assert "--learning-rate X" in done.stdout
