"""The fixtures of the command-line tests."""

from ann_process import NEGATIVE, NETWORK, POSITIVE, ROOT, Ann, ann, clean_environment, small, trained, trained_network

__all__ = [
    "NEGATIVE",
    "NETWORK",
    "POSITIVE",
    "ROOT",
    "Ann",
    "ann",
    "clean_environment",
    "small",
    "trained",
    "trained_network",
]
