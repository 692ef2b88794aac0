"""The setup of a run as another process gets it: without the backend, which each process chooses for itself."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import fields
from typing import Any

from anncli.backends.choice import choose_backend, fall_back
from anncli.training.setup import Setup


class SentSetup:
    """Holds a setup, and can be pickled."""

    def __init__(self, setup: Setup) -> None:
        self._fields = {field.name: getattr(setup, field.name) for field in fields(Setup) if field.name != "backend"}

    @property
    def setup(self) -> Setup:
        """The setup with a backend of this process."""
        return Setup(backend=fall_back(choose_backend(), self._fields["problem"]), **self._fields)

    def digest(self) -> str:
        """sha256 of everything in it, whose arrays are not copied for that."""
        digest = hashlib.sha256()
        rest = pickle.dumps(self, 5, buffer_callback=lambda buffer: _add(digest, buffer))
        digest.update(rest)
        return digest.hexdigest()


def _add(digest: Any, buffer: pickle.PickleBuffer) -> None:
    digest.update(buffer.raw())
