"""A run on a device: which device trains its attempts, what becomes of their weights, and what the record says about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from anncli.training.stacked.job import RunJobs

# What the record says that a device did.
TRAINED, RANKED = "trained the weights", "ranked the restarts"


class OnDevice(NamedTuple):
    """How a run uses a device.

    run_jobs: trains attempts there; description: 'name' and 'torch', of a GPU also 'hardware'; keeps_weights: whether the
    weights of the device are those of the network; otherwise the device ranks the restarts, and the CPU trains the best one.
    """

    run_jobs: RunJobs
    description: Mapping[str, str]
    keeps_weights: bool

    @property
    def name(self) -> str:
        """As --device has it."""
        return self.description["name"]

    @property
    def title(self) -> str:
        """In words, as 'cuda (NVIDIA H100, torch 2.13.0)'."""
        hardware = self.description.get("hardware", "")
        return f"{self.name} ({', '.join(filter(None, [hardware, 'torch ' + self.description['torch']]))})"


class DeviceUse(NamedTuple):
    """What a device did for a network: trained: its weights are those of the device, otherwise the CPU's; value: what the
    restart that is kept had there, see RestartSummary, None where all weights are the device's."""

    device: OnDevice
    trained: bool
    value: float | None = None

    def record(self) -> dict[str, str]:
        """For the network file."""
        return {**self.device.description, "did": TRAINED if self.trained else RANKED}
