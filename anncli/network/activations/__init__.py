"""Activations: one file each, with value, derivative and second derivative in a form that is stable in float32.

A new activation is one file here and its row in network/names.py; the compiled code may know it too (activation.h).
"""

from __future__ import annotations

from importlib import import_module

from anncli.network.activations.base import Activation
from anncli.network.names import ACTIVATION_NAMES


class _Activations(dict[str, Activation]):
    """Name -> activation. The file of an activation is imported on first use: a run needs two or three of them."""

    def __missing__(self, name: str) -> Activation:
        module = import_module(f"anncli.network.activations.{ACTIVATION_NAMES[name].module}")
        found: Activation = module.ACTIVATION
        self[name] = found
        return found


ACTIVATIONS = _Activations()
