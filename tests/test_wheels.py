"""The workflow that publishes wheels, and what `.ci/wheels.py` takes from pyproject.toml."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    path = ROOT / ".github/workflows/wheels.yml"
    if not path.exists():
        pytest.skip("the source archive has no workflows")
    found: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def wheels() -> Any:
    path = ROOT / ".ci/wheels.py"
    if not path.exists():
        pytest.skip("the source archive has no .ci")
    spec = importlib.util.spec_from_file_location("wheels", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_wheels_are_published_on_a_tag_and_after_all_other_jobs(workflow: dict[Any, Any]) -> None:
    # YAML reads the key `on` as true.
    assert workflow[True]["push"] == {"tags": ["v*"]}
    publish = workflow["jobs"]["publish"]
    assert publish["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert set(publish["needs"]) == set(workflow["jobs"]) - {"publish"}


def test_only_the_last_job_may_publish_and_no_secret_is_used(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    permissions = {name: job.get("permissions") for name, job in workflow["jobs"].items()}
    assert permissions == {"linux": None, "try": None, "others": None, "publish": {"id-token": "write"}}
    assert "secrets." not in (ROOT / ".github/workflows/wheels.yml").read_text("utf-8")


def test_every_action_has_a_version_and_every_command_exists(workflow: dict[Any, Any], wheels: Any) -> None:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert all(re.search(r"@(v\d+(\.\d+)*|release/v\d+)$", step["uses"]) for step in steps if "uses" in step)
    commands = [step["run"] for step in steps if "run" in step]
    assert commands == [
        "pip install -r .ci/wheels.txt", "python .ci/wheels.py build dist", "python .ci/wheels.py here dist"
    ]  # fmt: skip
    assert (ROOT / ".ci/wheels.txt").exists()


def test_the_lowest_versions_are_the_lower_bounds_of_the_project(wheels: Any) -> None:
    newest = wheels.requirements(lowest=False)
    assert {re.split(">=", text)[0] for text in newest} == {"click", "numpy", "pyyaml"}
    assert wheels.requirements(lowest=True) == [text.replace(">=", "==") for text in newest]


def test_versions_are_compared_as_numbers(wheels: Any) -> None:
    assert wheels.number("GLIBC_2.2.5") < wheels.number("GLIBC_2.14") < wheels.number("2.17") < wheels.number("2.17.1")


def test_a_wheel_with_another_tag_is_refused(wheels: Any, tmp_path: Path) -> None:
    wheel = tmp_path / "anncli-0.1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    with pytest.raises(SystemExit, match="expected the tags cp311-abi3"):
        wheels.check_tags(wheel)
