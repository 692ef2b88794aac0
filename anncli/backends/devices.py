"""Devices: what torch computes on. torch is imported only here and in the stacked program, when a device was asked for."""

from __future__ import annotations

from typing import NamedTuple

from anncli.errors import UsageError


class Device(NamedTuple):
    """name: as --device has it, 'torch-cpu', 'cuda', 'cuda:1' or 'mps'; hardware: what torch calls it, '' for the processor;
    torch: the version of torch."""

    name: str
    hardware: str
    torch: str

    @property
    def kind(self) -> str:
        """The name without a number: devices of one kind give the same results, but for the last digits."""
        return self.name.partition(":")[0]

    @property
    def title(self) -> str:
        """In words, as 'cuda:1 (NVIDIA H100, torch 2.13.0)'."""
        return f"{self.name} ({', '.join(filter(None, [self.hardware, f'torch {self.torch}']))})"

    @property
    def place(self) -> str:
        """As torch names it."""
        return "cpu" if self.name == "torch-cpu" else self.name


def open_device(name: str) -> Device:
    """The device of that name, on which torch has made an array.

    Raises: UsageError where torch is not installed, and, with the reason that torch gives, for a device that is not there.
    """
    try:
        import torch
    except ImportError as missing:
        reason = "which is not installed" if isinstance(missing, ModuleNotFoundError) else f"which fails: {missing}"
        raise UsageError(f"--device {name} needs torch, {reason}", advice="pip install 'anncli[gpu]'") from None
    found = Device(name, "", str(torch.__version__))
    try:
        torch.zeros(1, device=found.place).add_(1).cpu()
        if found.kind == "cuda":
            found = found._replace(hardware=str(torch.cuda.get_device_name(found.place)))
    # torch reports a missing device by errors of several kinds.
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        # Its first sentence: others name addresses and builds.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].partition(". ")[0]
        advice = "--device torch-cpu tries the same on the processor"
        raise UsageError(f"--device {name}: torch says: {reason}", advice=advice) from None
    return found
