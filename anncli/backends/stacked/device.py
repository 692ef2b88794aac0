"""A device: where torch computes, and what it can do there. torch is imported on first use, never before."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeAlias

from anncli.errors import UsageError

#: A torch tensor. The types of torch are those of an extra that need not be there.
Tensor: TypeAlias = Any

#: What open_device() takes: the text of the option --device without `auto` and `cpu`, which need no torch.
DEVICE_FORM = r"torch-cpu|cuda(?::\d{1,3})?|mps"
# The part of the memory that is free on a device which one run takes, and what it takes of a CPU's.
_SHARE, _CPU_BYTES = 0.8, 1 << 30


class Device(NamedTuple):
    """A device that answered. name: as asked; torch: the module; place: its torch.device; hardware: as torch calls it, for
    records; has_float64: whether it computes in float64, which mps does not."""

    name: str
    torch: Any
    place: Any
    hardware: str
    has_float64: bool

    @property
    def wide(self) -> Any:
        """The widest float there."""
        return self.torch.float64 if self.has_float64 else self.torch.float32

    def free_bytes(self) -> int:
        """The memory that a run may take now."""
        if self.place.type == "cuda":
            return int(_SHARE * self.torch.cuda.mem_get_info(self.place)[0])
        return _CPU_BYTES


def open_device(name: str) -> Device:
    """The device of a name: `torch-cpu`, `cuda`, `cuda:1` or `mps`. Products of float32 are computed in float32, never in TF32.

    Raises: UsageError without torch, and with torch's own reason for a device that it cannot use.
    """
    if not re.fullmatch(DEVICE_FORM, name):
        raise UsageError(f"unknown device '{name}'", advice="use torch-cpu, cuda, cuda:1 or mps")
    try:
        import torch
    except ImportError:
        raise UsageError(f"--device {name} needs torch", advice="pip install 'anncli[gpu]'") from None
    if name == "mps" and not torch.backends.mps.is_available():
        # What torch itself says of it then lists its kernels.
        raise UsageError("--device mps: torch finds no Apple GPU that it can use", advice="use --device cpu")
    place = torch.device("cpu" if name == "torch-cpu" else name)
    # A whole number of TF32 bits would be lost in every product.
    torch.set_float32_matmul_precision("highest")
    try:
        torch.zeros(1, device=place).add_(1).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(f"--device {name}: {reason_of(error)}", advice="use --device cpu") from None
    hardware = torch.cuda.get_device_name(place) if place.type == "cuda" else place.type
    return Device(name, torch, place, hardware, place.type != "mps")


def reason_of(fault: Exception) -> str:
    """What torch says of a fault: its first sentence, because others name builds and addresses."""
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__).partition(". ")[0]
