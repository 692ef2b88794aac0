"""Datasets: samples with labels, their encoding as targets, splits and the fitting of scalings."""

from anncli.dataset.dataset import UNLABELLED, Dataset, Source

__all__ = ["UNLABELLED", "Dataset", "Source"]
