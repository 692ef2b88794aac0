from __future__ import annotations

import pytest
from cases import NAMES, make_backend

from anncli.backends.base import Backend


@pytest.fixture(params=NAMES)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Every backend of this machine."""
    return make_backend(str(request.param))


@pytest.fixture(params=[name for name in NAMES if name != "numpy"])
def compiled(request: pytest.FixtureRequest) -> Backend:
    """Every backend of this machine except the reference."""
    return make_backend(str(request.param))
