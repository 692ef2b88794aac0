"""What the tests of stacked networks run on: torch on the CPU, and a GPU where there is one; losses with the outputs that they fit."""

from __future__ import annotations

import pytest

from anncli.backends.stacked.device import Device, open_device
from anncli.errors import UsageError, ValueFault
from anncli.network.names import check_loss

DEVICES = ["torch-cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def opened(name: str) -> Device:
    """The device, or a named skip without torch or without the device."""
    torch = pytest.importorskip("torch")
    # Threads of small products wait for each other, on a busy machine for minutes.
    torch.set_num_threads(1)
    try:
        return open_device(name)
    except UsageError as error:
        pytest.skip(str(error))


def fits(loss: str, activation: str) -> bool:
    """Whether output units of this activation can be trained by the loss."""
    try:
        check_loss(loss, activation)
    except ValueFault:
        return False
    return True
