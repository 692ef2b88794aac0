"""anncli trains, tests and uses multilayer perceptrons from the shell and from Python.

    import anncli
    network = anncli.train((X, y), hidden=16).network
    network.predict_classes(X)
    anncli.AnnClassifier(hidden=16).fit(X, y)

Names are resolved on first use, so that `import anncli` alone costs nothing (no numpy).
"""

from __future__ import annotations

from anncli._version import __version__ as __version__

# No import of typing and importlib: every module that is loaded before `ann` can handle Ctrl-C prolongs the time in which
# one leaves a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anncli.api import export as export
    from anncli.api import make_network as make_network
    from anncli.api import train as train
    from anncli.api import train_epochs as train_epochs
    from anncli.dataset.dataset import Dataset as Dataset
    from anncli.errors import AnnError as AnnError
    from anncli.estimators import AnnClassifier as AnnClassifier
    from anncli.estimators import AnnRegressor as AnnRegressor
    from anncli.formats.data.assemble import read_dataset as read_dataset
    from anncli.formats.networks.sklearn_model import from_sklearn as from_sklearn
    from anncli.formats.networks.storage import load as load
    from anncli.formats.networks.storage import save as save
    from anncli.network.network import Network as Network
    from anncli.network.topology import Layer as Layer
    from anncli.python.table_files import read_table_data as read_table_data
    from anncli.python.table_files import read_table_for as read_table_for
    from anncli.python.use import evaluate as evaluate
    from anncli.python.use import predict as predict
    from anncli.python.use import predict_classes as predict_classes
    from anncli.training.attempt import EpochReport as EpochReport
    from anncli.training.outcome import TrainingResult as TrainingResult

_HOMES = {
    "AnnClassifier": "estimators",
    "AnnError": "errors",
    "AnnRegressor": "estimators",
    "Dataset": "dataset.dataset",
    "EpochReport": "training.attempt",
    "Layer": "network.topology",
    "Network": "network.network",
    "TrainingResult": "training.outcome",
    "from_sklearn": "formats.networks.sklearn_model",
    "evaluate": "python.use",
    "make_network": "api",
    "export": "api",
    "load": "formats.networks.storage",
    "predict": "python.use",
    "predict_classes": "python.use",
    "read_dataset": "formats.data.assemble",
    "read_table_data": "python.table_files",
    "read_table_for": "python.table_files",
    "save": "formats.networks.storage",
    "train": "api",
    "train_epochs": "api",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'anncli' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"anncli.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
