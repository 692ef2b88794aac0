"""Methods of a network that need rooms above this one: which module each is in. It is loaded when the method is first called.

This is the one place where a lower room names a higher one; `tests/test_architecture.py` holds that it stays the only one.
Code of the package calls the functions themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

#: Method -> module of the function of that name, whose first argument is the network.
HOMES = {
    "predict": "python.use",
    "predict_classes": "python.use",
    "gradient": "python.gradients",
    "summary": "python.summary",
    "recall": "python.recall",
}


def method(name: str) -> Callable[..., Any]:
    """The function behind a method."""
    found: Callable[..., Any] = getattr(import_module(f"anncli.{HOMES[name]}"), name)
    return found
