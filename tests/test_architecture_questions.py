"""tests/architecture_questions.yaml: the answers exist, and docs/architecture.md names each of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
QUESTIONS = yaml.safe_load((ROOT / "tests/architecture_questions.yaml").read_text(encoding="utf-8"))
TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def test_there_are_twenty_questions() -> None:
    assert len(QUESTIONS) == 20
    assert len({question["change"] for question in QUESTIONS}) == 20


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["change"])
def test_the_document_leads_to_the_answer(question: dict[str, object]) -> None:
    files = question["files"]
    assert isinstance(files, list)
    assert files
    for file in files:
        assert (ROOT / file).exists(), file
        name = Path(file).name if not file.endswith("/") else file.removeprefix("anncli/")
        assert f"{name}" in TEXT, f"{file} is not named"


def test_every_file_that_the_document_names_exists() -> None:
    import re

    here = [path.relative_to(ROOT / "anncli").as_posix() for path in (ROOT / "anncli").rglob("*") if path.suffix in (".py", ".cc", ".h")]  # fmt: skip
    for name in re.findall(r"`([a-z_0-9/]+\.(?:py|cc|h))`", TEXT):
        if name.startswith("tests/"):
            assert (ROOT / name).exists(), name
        else:
            assert any(path == name or path.endswith(f"/{name}") for path in here), name
