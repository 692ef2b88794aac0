"""anncli trains, tests and uses multilayer perceptrons from the shell and from Python.

    import anncli
    network = anncli.load("cancer.nn")
    data = anncli.read_dataset(["pos.txt", "neg.txt"])
    anncli.train(network, data, epochs=100)

Names are resolved on first use, so that `import anncli` alone costs nothing (no numpy).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from anncli.dataset import Dataset as Dataset
    from anncli.errors import AnnError as AnnError
    from anncli.evaluation import evaluate as evaluate
    from anncli.formats import load as load
    from anncli.formats import read_dataset as read_dataset
    from anncli.formats import save as save
    from anncli.kernels.predict import predict as predict
    from anncli.network import Layer as Layer
    from anncli.network import Network as Network
    from anncli.training import EpochReport as EpochReport
    from anncli.training import TrainingResult as TrainingResult
    from anncli.training import train as train
    from anncli.training import train_epochs as train_epochs

_HOMES = {
    "AnnError": "anncli.errors",
    "Dataset": "anncli.dataset",
    "EpochReport": "anncli.training",
    "Layer": "anncli.network",
    "Network": "anncli.network",
    "TrainingResult": "anncli.training",
    "evaluate": "anncli.evaluation",
    "load": "anncli.formats",
    "predict": "anncli.kernels.predict",
    "read_dataset": "anncli.formats",
    "save": "anncli.formats",
    "train": "anncli.training",
    "train_epochs": "anncli.training",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'anncli' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
