"""Names and addresses of executors: what --executor takes, and how an executor elsewhere is found by its scheme."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator

import pytest

from anncli.errors import ValueFault
from anncli.experiments.executors import choice, names
from anncli.experiments.executors.base import Terms
from anncli.options import executor_names

SCHEME = "far"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[object, ...]]]:
    """What was asked of the executor of a scheme of this test, for each that was made."""
    asked: list[tuple[object, ...]] = []
    module = types.ModuleType("far_away")
    module.make = lambda *arguments: asked.append(arguments) or "an executor"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "anncli.experiments.executors.far_away", module)
    monkeypatch.setitem(names.SCHEME_NAMES, SCHEME, names.ExecutorName("machines far away", "far_away", "far"))
    return asked


def test_an_address_reaches_the_module_of_its_scheme(made: list[tuple[object, ...]]) -> None:
    found = executor_names.executor("FAR://Node-1:08786/")
    assert found == "far://node-1:8786"
    assert choice.make_executor(found, None, print, Terms(5.0, True)) == "an executor"
    assert made == [("far://node-1:8786", None, print, Terms(5.0, True))]
    assert names.forms()["far://HOST:PORT"] == "machines far away"
    assert executor_names.executor("far://[::1]:1") == "far://[::1]:1"


@pytest.mark.parametrize(
    "text",
    ["far://", "far://host", "far://host:0", "far://host:65536", "far://user@host:1", "far://host:1/x", "far://::1:5"],
)
def test_what_is_no_address(made: list[tuple[object, ...]], text: str) -> None:
    with pytest.raises(ValueFault) as fault:
        executor_names.executor(text)
    assert (fault.value.message, fault.value.advice) == (
        f"must be far://HOST:PORT, found '{text}'",
        "write for example far://localhost:8786",
    )


def test_a_scheme_that_nobody_has() -> None:
    with pytest.raises(ValueFault, match=r"^unknown executor .ray://host:1.; use one of in-process, "):
        executor_names.executor("ray://host:1")
