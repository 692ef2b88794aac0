"""tests/architecture_questions.yaml: the answers exist, and docs/architecture.md names each of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from test_architecture import MAY_IMPORT

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
    here = [path.relative_to(ROOT / "anncli").as_posix() for path in (ROOT / "anncli").rglob("*") if path.suffix in (".py", ".cc", ".h")]  # fmt: skip
    for name in re.findall(r"`([a-z_0-9/]+\.(?:py|cc|h))`", TEXT):
        if name.startswith("tests/"):
            assert (ROOT / name).exists(), name
        else:
            assert any(path == name or path.endswith(f"/{name}") for path in here), name


def rooms_by_floor() -> dict[str, tuple[int, str]]:
    """Room -> its floor and the last cell of its row in the table of rooms, from floor 2 on."""
    rows = re.findall(r"^\| ([2-6]) \| `(\w+)/` \|.*\| (.*?) \|$", TEXT, re.MULTILINE)
    return {room: (int(floor), may_import) for floor, room, may_import in rows}


def test_the_table_of_rooms_says_what_the_import_test_allows() -> None:
    floors = rooms_by_floor()
    assert floors.keys() == MAY_IMPORT.keys() - {"errors", "arrays", "logarithm", "maps", "limits", "tables", "forecasts", "_version", "names", "api", "estimators", "cli", "anncli", "__main__"}  # fmt: skip
    for room, (floor, cell) in floors.items():
        named = {"-": set(), "all rooms of floors 2 to 5": {r for r, (f, _) in floors.items() if f <= 5}}
        assert MAY_IMPORT[room] == named.get(cell, set(cell.split(", "))), room
        assert all(floors[other][0] < floor for other in MAY_IMPORT[room]), room
